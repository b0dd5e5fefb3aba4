// Functions in order. Behind each stretch of them that calls can span lie the thunks that its calls
// need: of functions without code, and of those too far away.
#include "libwasmrt/engine/link.h"

#include <cstring>
#include <utility>

#include "jit/target.h"
#include "libwasmrt/base/assert.h"

namespace wasmrt::engine {

namespace {
constexpr std::size_t kThunkAlign = 16;
}

Linker::Linker(const jit::Target& target, std::uint32_t first, std::size_t functions,
               std::span<const jit::CallTable> tables)
    : target_(target), first_(first), tables_(tables), stretches_(1) {
  out_.entries.reserve(functions);
  inner_.reserve(functions);
}

void Linker::align(std::size_t to, std::size_t ahead) {
  out_.code.resize(((out_.code.size() + ahead + to - 1) & ~(to - 1)) - ahead, 0xCC);
}

void Linker::add(const CompiledFunc& func) {
  const auto n = static_cast<std::uint32_t>(out_.entries.size());
  out_.entries.push_back(kNoCode);
  inner_.push_back(kNoCode);
  if (func.declined == nullptr) {
    const CodeBlob& blob = func.blob;
    // A stretch is half of a call's reach; the other half is for the thunks.
    const std::size_t size = blob.code.size() + target_.function_align;
    if (stretch_bytes_ != 0 && stretch_bytes_ + size > target_.call_reach / 2) {
      end_stretch();
      stretches_.push_back({n, n, calls_.size(), calls_.size(), {}});
      stretch_bytes_ = 0;
    }
    stretch_bytes_ += size;
    align(target_.function_align, blob.entry);
    const auto begin = static_cast<std::uint32_t>(out_.code.size());
    out_.code.append(blob.code);
    out_.entries[n] = begin;
    inner_[n] = begin + blob.entry;
    out_.funcs.push_back({begin, blob.frame_bytes, blob.vmctx_at, first_ + n, blob.code_bytes});
    append_moved(out_.points, blob.points, &CodePoint::pc, begin);
    append_moved(out_.frame_steps, blob.frame_steps, &FrameStep::at, begin);
    for (const CallSite& site : blob.calls) {
      calls_.push_back({begin + site.offset, site.callee - first_});
    }
    for (const TableSite& site : blob.tables) {
      table_sites_.push_back({begin + site.offset, site.table});
    }
  }
  stretches_.back().to = n + 1;
  stretches_.back().calls_end = calls_.size();
}

std::uint32_t Linker::add_thunk(std::uint32_t callee) {
  align(kThunkAlign);
  const auto at = static_cast<std::uint32_t>(out_.code.size());
  const std::vector<std::uint8_t> thunk = target_.make_thunk(first_ + callee);
  out_.code.append(thunk);
  return at;
}

/// Adds the thunks that the calls of the last stretch need.
void Linker::end_stretch() {
  Stretch& part = stretches_.back();
  for (std::size_t n = part.first_call; n < part.calls_end; ++n) {
    const std::uint32_t callee = calls_[n].callee;
    const bool near = callee >= part.from && callee < part.to;
    if ((near && inner_[callee] != kNoCode) || part.thunks.contains(callee)) continue;
    part.thunks[callee] = add_thunk(callee);
  }
}

/// The tables of code that somebody names: by index the distance from the table to the code. Ahead
/// of each is what traps, for calls that are guessed to go to where there is none.
void Linker::add_tables() {
  std::map<std::uint32_t, std::uint32_t> thunks;  // by callee
  std::vector<std::uint32_t> begins(tables_.size(), kNoCode);
  for (const TableSite& site : table_sites_) {
    std::uint32_t& begin = begins[site.table];
    if (begin == kNoCode) {
      const std::vector<std::uint32_t>& callees = tables_[site.table].callees;
      for (const std::uint32_t func : callees) {
        if (func == jit::CallTable::kNone || inner_[func - first_] != kNoCode) continue;
        if (const auto [to, added] = thunks.emplace(func - first_, 0); added) {
          to->second = add_thunk(func - first_);
        }
      }
      out_.code.push_back(0xCC);
      align(sizeof(std::uint32_t));
      begin = static_cast<std::uint32_t>(out_.code.size());
      out_.code.resize(out_.code.size() + callees.size() * sizeof(std::uint32_t), 0);
      WASMRT_ASSERT(out_.code.size() <= INT32_MAX, "distances in an image have 32 bits");
      for (std::size_t n = 0; n < callees.size(); ++n) {
        std::int32_t distance = jit::CallTable::kNoDistance;
        if (callees[n] != jit::CallTable::kNone) {
          const std::uint32_t func = callees[n] - first_;
          const std::uint32_t to = inner_[func] != kNoCode ? inner_[func] : thunks.at(func);
          distance = static_cast<std::int32_t>(to - begin);
        }
        std::memcpy(out_.code.data() + begin + n * sizeof distance, &distance, sizeof distance);
      }
    }
    target_.patch_table(out_.code.data(), site.offset, begin);
  }
}

LinkedImage Linker::finish() {
  end_stretch();
  for (const Stretch& part : stretches_) {
    for (std::size_t n = part.first_call; n < part.calls_end; ++n) {
      const auto [at, callee] = calls_[n];
      if (inner_[callee] != kNoCode && target_.patch_call(out_.code.data(), at, inner_[callee])) {
        continue;
      }
      const auto thunk = part.thunks.find(callee);
      const bool reached =
          thunk != part.thunks.end() && target_.patch_call(out_.code.data(), at, thunk->second);
      WASMRT_ASSERT(reached, "a function's calls reach the thunks behind its stretch");
    }
  }
  add_tables();
  // A return address may lie behind the last instruction: still inside the image.
  if (!out_.code.empty()) out_.code.push_back(0xCC);
  return std::move(out_);
}

}  // namespace wasmrt::engine
