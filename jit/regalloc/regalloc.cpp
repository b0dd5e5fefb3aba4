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
// With more values than these, what the steps took is given back; else the next function uses it.
constexpr std::size_t kGivenBack = 10000;

}  // namespace

struct RegisterAllocator::State {
  Intervals intervals;
  Scan scan;
  Resolve resolve;
  LocalAllocator local;
  AllocStats stats;

  const char* run(const Target& target, MFunc& func, bool light);
};

RegisterAllocator::RegisterAllocator() : state_(new State) {}
RegisterAllocator::~RegisterAllocator() { delete state_; }
const AllocStats& RegisterAllocator::stats() const { return state_->stats; }

const char* RegisterAllocator::run(const Target& target, MFunc& func, bool light) {
  State& s = *state_;
  const char* const why = s.run(target, func, light);
  if (func.vregs.size() > kGivenBack) {
    s.intervals = {};
    s.scan = {};
    s.resolve = {};
    s.local = {};
  }
  return why;
}

const char* RegisterAllocator::State::run(const Target& target, MFunc& func, bool light) {
  const std::uint64_t budget = (func.insts.size() + func.vregs.size() + 1000) * kStepsPerItem;
  light |= func.vregs.size() > kMaxIntervals || func.insts.size() > kMaxInsts;
  if (!light) light = !intervals.build(func, budget) || !scan.run(target, func, intervals, budget);
  if (light) {
    intervals = {};
    scan = {};
    const char* const why = local.run(target, func);
    stats.moves += local.moves();
    ++stats.light;
    return why;
  }
  if (!resolve.run(target, func, intervals, 2 * budget)) {
    return "register allocation: too many moves";
  }
  stats.intervals += intervals.pieces.size();
  stats.splits += scan.splits();
  stats.moves += resolve.moves();
  return nullptr;
}

}  // namespace wasmrt::jit
