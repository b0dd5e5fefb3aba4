// The loop over the functions, on the engine's workers when it is worth them.
#include "libwasmrt/engine/compile_module.h"

#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "jit/compile_function.h"
#include "jit/restrict.h"
#include "jit/target.h"

namespace wasmrt::engine {

namespace {

// Starting a thread takes some 50 us, and no start-up of a small program should pay for it; this
// much takes about 2 ms to compile.
constexpr std::size_t kParallelFrom = 16 * 1024;

// The memory that a body of more bytes needed is not kept for those behind it.
constexpr std::size_t kLargeBody = 128 * 1024;

// Distances in an image have 32 bits with a sign; what lies between and behind the functions needs
// some of them.
constexpr std::size_t kMostImage = std::size_t{3} << 29;

/// What a memory has at least. One that cannot be has all there are.
std::uint64_t least_bytes(const MemoryType& type) {
  const std::uint64_t pages = type.limits.min;
  const bool huge = pages > ~std::uint64_t{0} >> type.page_size_log2;
  return huge ? ~std::uint64_t{0} : pages << type.page_size_log2;
}

}  // namespace

std::vector<jit::ir::MemoryInfo> memory_infos(const rt::Engine& engine, const DecodedModule& m) {
  std::vector<jit::ir::MemoryInfo> infos;
  for (const MemoryType& type : m.memories) {
    jit::ir::MemoryInfo info;
    info.is_64 = type.address == AddressType::I64;
    info.least_bytes = least_bytes(type);
    info.page_size_log2 = type.page_size_log2;
    const bool guarded = engine.config().signals && !info.is_64 && type.page_size_log2 == 16;
    info.guarded_bytes = guarded ? engine.guard_bytes() : 0;
    info.may_move = !guarded;
    infos.push_back(info);
  }
  return infos;
}

bool compile_module(const rt::Engine& engine, os::WorkerPool& workers, const DecodedModule& module,
                    const std::atomic<bool>& stop, LinkedImage& image, CompileNotes& notes) {
  const jit::Target& target = *jit::host_target();
  const std::vector<jit::ir::MemoryInfo> memories = memory_infos(engine, module);
  jit::CompileContext context;
  context.module = &module;
  context.target = &target;
  context.options.cpu = engine.cpu();
  context.options.signals = engine.config().signals;
  context.options.deterministic = engine.config().deterministic;
  context.options.spectre_guards = engine.config().spectre_guards;
  context.options.frame_steps = engine.config().gdb;
  context.options.section_bytes = jit::section_bytes();
#ifdef WASMRT_DEBUG_CHECKS
  context.options.verify = true;
#endif
  context.memories = memories;
  const jit::CallTables call_tables(module);
  context.call_tables = &call_tables;

  // What is compiled is linked as soon as all in front of it are, so that nothing lies around
  // twice; a function waits only while another worker is behind.
  const std::size_t count = module.bodies.size();
  Linker linker(target, module.imported_funcs, count, call_tables.all());
  std::mutex mutex;
  std::map<std::size_t, CompiledFunc> waiting;
  std::size_t next = 0;
  std::size_t image_bytes = 0;
  notes = {};
  const auto add = [&](CompiledFunc& f) {
    if (f.declined == nullptr && f.blob.code.size() > kMostImage - image_bytes) {
      f.declined = "the image is full";
    }
    if (f.declined == nullptr) image_bytes += f.blob.code.size();
    if (f.declined != nullptr) ++notes.declined[f.declined];
    linker.add(f);
    ++next;
  };
  std::vector<std::unique_ptr<jit::CompileState>> idle;
  const auto compile_range = [&](std::size_t begin, std::size_t end) {
    std::unique_ptr<jit::CompileState> worker;
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        worker = std::move(idle.back());
        idle.pop_back();
      }
    }
    CompiledFunc func;
    for (std::size_t n = begin; n < end && !stop.load(std::memory_order_relaxed); ++n) {
      const FuncIdx index{static_cast<std::uint32_t>(module.imported_funcs + n)};
      if (worker == nullptr) worker = std::make_unique<jit::CompileState>(context);
      const std::uint64_t light = worker->allocator.stats().light;
      func.declined = jit::compile_function(index, *worker, func.blob);
      const bool is_light = worker->allocator.stats().light != light;
      const bool in_sections = worker->in_sections;
      if (module.bodies[n].size > kLargeBody) worker = nullptr;
      const std::lock_guard lock(mutex);
      if (func.declined == nullptr) {
        notes.light += is_light ? 1 : 0;
        notes.sectioned += in_sections ? 1 : 0;
      }
      if (n != next) {
        waiting.emplace(n, std::move(func));
        func = {};
        continue;
      }
      add(func);
      for (auto at = waiting.begin(); at != waiting.end() && at->first == next;) {
        add(at->second);
        at = waiting.erase(at);
      }
    }
    const std::lock_guard lock(mutex);
    if (worker != nullptr) idle.push_back(std::move(worker));
  };
  std::size_t bytes = 0;
  for (const FuncBody& body : module.bodies) bytes += body.size;
  if (bytes < kParallelFrom) {
    compile_range(0, count);
  } else {
    workers.parallel_for(count, 16, compile_range);
  }
  if (stop.load(std::memory_order_relaxed)) return false;
  image = linker.finish();
  return true;
}

}  // namespace wasmrt::engine
