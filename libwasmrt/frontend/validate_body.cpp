// The validator: the body walker with a sink that wants nothing.
#include "libwasmrt/frontend/validate_body.h"

#include <atomic>
#include <optional>
#include <vector>

#include "libwasmrt/frontend/body_walker.h"

namespace wasmrt {

namespace {

// Bodies are handed out in runs of about this many bytes: large enough that handing out costs
// nothing, small enough that two threads end together (measured on a 20 MB program: 64 KiB to 1 MiB
// make no difference).
constexpr std::size_t kChunkBytes = 256 * 1024;

struct Chunk {
  std::uint32_t begin = 0;  // indices into DecodedModule::bodies
  std::uint32_t end = 0;
  // Results: the first body that is wrong, the first instruction that is not executable.
  std::optional<std::uint32_t> failed;
  Failure failure;
  std::optional<std::uint32_t> blocked;
  std::optional<NotExecutable> not_executable;
  TableUses table_uses;
};

/// Each chunk keeps as many notes as there are types: not for modules that have little else.
bool notes_tables(const DecodedModule& module) {
  constexpr std::size_t kMost = 1 << 16;
  return !module.tables.empty() && module.tables.size() <= kMost && module.types.size() <= kMost;
}

std::vector<Chunk> make_chunks(const DecodedModule& module) {
  std::vector<Chunk> chunks;
  std::size_t bytes = 0;
  const auto count = static_cast<std::uint32_t>(module.bodies.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    if (chunks.empty() || bytes >= kChunkBytes) {
      chunks.emplace_back().begin = i;
      bytes = 0;
    }
    chunks.back().end = i + 1;
    bytes += module.bodies[i].size;
  }
  return chunks;
}

void validate_chunk(const DecodedModule& module, Chunk& chunk,
                    std::atomic<std::uint32_t>& first_failed) {
  NullSink sink;
  BodyWalker<NullSink> walker(module, sink);
  if (notes_tables(module)) {
    chunk.table_uses = TableUses(module.tables.size(), module.types.size());
    walker.note_tables(&chunk.table_uses);
  }
  for (std::uint32_t i = chunk.begin; i < chunk.end; ++i) {
    // Only what comes before the first failure known so far can still matter.
    if (i > first_failed.load(std::memory_order_relaxed)) return;
    const bool ok = walker.walk_quietly(FuncIdx{module.imported_funcs + i});
    const std::optional<NotExecutable>& blocked = walker.state().not_executable();
    if (blocked.has_value() && !chunk.blocked.has_value()) {
      chunk.blocked = i;
      chunk.not_executable = blocked;
    }
    if (ok) continue;
    chunk.failed = i;
    chunk.failure = walker.failure();
    std::uint32_t known = first_failed.load(std::memory_order_relaxed);
    while (i < known && !first_failed.compare_exchange_weak(known, i, std::memory_order_relaxed)) {}
    return;
  }
}

}  // namespace

Result<void> validate_bodies(DecodedModule& module, const ParallelFor* parallel) {
  std::vector<Chunk> chunks = make_chunks(module);
  std::atomic<std::uint32_t> first_failed{UINT32_MAX};
  const auto run = [&](std::size_t i) { validate_chunk(module, chunks[i], first_failed); };
  if (parallel != nullptr && *parallel && chunks.size() > 1) {
    (*parallel)(chunks.size(), run);
  } else {
    for (std::size_t i = 0; i < chunks.size(); ++i) run(i);
  }
  for (const Chunk& chunk : chunks) {
    if (!chunk.failed.has_value()) continue;
    return make_error(chunk.failure, &module, FuncIdx{module.imported_funcs + *chunk.failed});
  }
  if (notes_tables(module)) {
    module.table_uses.emplace(module.tables.size(), module.types.size());
    for (const Chunk& chunk : chunks) module.table_uses->add(chunk.table_uses);
  }
  if (!module.not_executable.empty()) return {};
  for (const Chunk& chunk : chunks) {
    if (!chunk.blocked.has_value()) continue;
    module.not_executable = std::string(op_name(chunk.not_executable->op)) + " (in " +
                            function_text(module, FuncIdx{module.imported_funcs + *chunk.blocked}) +
                            ")";
    break;
  }
  return {};
}

Result<void> validate_body(const DecodedModule& module, FuncIdx function) {
  NullSink sink;
  BodyWalker<NullSink> walker(module, sink);
  return walker.walk(function);
}

}  // namespace wasmrt
