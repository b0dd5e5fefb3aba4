// The allocator's three steps and its budget.
#include "jit/regalloc/regalloc.h"

#include "jit/regalloc/intervals.h"
#include "jit/regalloc/local.h"
#include "jit/regalloc/resolve.h"
#include "jit/regalloc/scan.h"

namespace wasmrt::jit {

namespace {

// Above these the light mode is used from the start (docs/JIT.md, "Limits").
constexpr std::size_t kMaxIntervals = 50000;
constexpr std::size_t kMaxInsts = 200000;
// Steps per instruction and value before the allocator gives up on quality, and on the function.
// Measured on real programs: the largest functions take about 40.
constexpr std::uint64_t kStepsPerItem = 400;

}  // namespace

struct RegisterAllocator::State {
  Intervals intervals;
  Scan scan;
  Resolve resolve;
  LocalAllocator local;
  AllocStats stats;
};

RegisterAllocator::RegisterAllocator() : state_(new State) {}
RegisterAllocator::~RegisterAllocator() { delete state_; }
const AllocStats& RegisterAllocator::stats() const { return state_->stats; }

const char* RegisterAllocator::run(const Target& target, MFunc& func, bool light) {
  State& s = *state_;
  const std::uint64_t budget = (func.insts.size() + func.vregs.size() + 1000) * kStepsPerItem;
  light |= func.vregs.size() > kMaxIntervals || func.insts.size() > kMaxInsts;
  if (!light) {
    if (!s.intervals.build(func, budget)) return "register allocation: liveness too large";
    light = !s.scan.run(target, func, s.intervals, budget);
  }
  if (light) {
    const char* const why = s.local.run(target, func);
    s.stats.moves += s.local.moves();
    ++s.stats.light;
    return why;
  }
  if (!s.resolve.run(target, func, s.intervals, 2 * budget)) {
    return "register allocation: too many moves";
  }
  s.stats.intervals += s.intervals.pieces.size();
  s.stats.splits += s.scan.splits();
  s.stats.moves += s.resolve.moves();
  return nullptr;
}

}  // namespace wasmrt::jit
