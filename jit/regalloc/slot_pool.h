// Slots of the frame for values that come in the order in which their lifetimes begin.
//
// In: lifetimes. Out: a slot for each. Guaranteed: those whose lifetimes meet have slots of their
// own; linear but for a logarithm.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace wasmrt::jit {

class SlotPool {
 public:
  /// `next`: the first slot that nobody has; grows by `words` for a value.
  SlotPool(std::uint32_t& next, unsigned words) : next_(next), words_(words) {}

  std::uint32_t take(std::uint32_t from, std::uint32_t to) {
    std::uint32_t slot = next_;
    if (!busy_.empty() && busy_.top().first < from) {
      slot = busy_.top().second;
      busy_.pop();
    } else {
      next_ += words_;
    }
    busy_.push({to, slot});
    return slot;
  }

 private:
  using Busy = std::pair<std::uint32_t, std::uint32_t>;  // end of the last value, slot
  std::priority_queue<Busy, std::vector<Busy>, std::greater<>> busy_;
  std::uint32_t& next_;
  unsigned words_;
};

}  // namespace wasmrt::jit
