// Who is inside a store: one thread at a time, again and again (host functions call guests).
//
// In: threads that enter and leave. Out: whether they may. Guaranteed: never two at once; what one
// did inside is seen by the next.
//
// A store that one thread enters again and again becomes that thread's: it has a Claim on it, and
// entering is then a mark in the claim, without a locked instruction. Another thread that finds the
// store free takes the claim away for good: it says so in the claim, makes every thread of the
// process pass a barrier, and looks at the mark. So either it sees the mark and is told that the
// store is busy, or the owner sees that it owns it no more. Each time that happens, the next claim
// takes more entries in a row; after a few there is none any more. Without barriers of that kind
// there is never one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "libwasmrt/abi/claim.h"
#include "libwasmrt/runtime/thread_state.h"
#include "sys/os/barrier.h"

namespace wasmrt::rt {

class Occupancy {
 public:
  using Claim = VmClaim;

  Occupancy() = default;
  Occupancy(const Occupancy&) = delete;
  Occupancy& operator=(const Occupancy&) = delete;

  /// Takes the store for this thread, or says that another one has it.
  [[nodiscard]] bool try_enter() noexcept {
    Claim& c = claim();
    if (c.thread == thread_id()) {
      const std::uint32_t n = c.inside.load(std::memory_order_relaxed);
      c.inside.store(n + 1, std::memory_order_relaxed);
      if (n != 0) return true;
      os::light_barrier();
      if (c.state.load(std::memory_order_acquire) == Claim::Standing || still_stands(c)) {
        return true;
      }
    }
    return enter_by_lock();
  }
  void leave() noexcept {
    Claim& c = claim();
    if (c.thread == thread_id()) {
      c.inside.store(c.inside.load(std::memory_order_relaxed) - 1, std::memory_order_release);
    } else if (--depth_ == 0) {
      holder_.store(0, std::memory_order_release);
    }
  }

  /// Enters for the first time by a claim that is this thread's; false when that is not to be had
  /// at once, which says nothing about try_enter.
  [[nodiscard]] static bool enter_by(Claim& c) noexcept {
    c.inside.store(1, std::memory_order_relaxed);
    os::light_barrier();
    if (c.state.load(std::memory_order_acquire) == Claim::Standing) return true;
    c.inside.store(0, std::memory_order_release);
    return false;
  }
  static void leave_by(Claim& c) noexcept { c.inside.store(0, std::memory_order_release); }

  /// The claim on the store, whoever has it; one of nobody when there is none.
  [[nodiscard]] Claim& claim() const noexcept { return *claim_.load(std::memory_order_acquire); }
  /// Where it is found (Vmctx::claim).
  [[nodiscard]] std::atomic<Claim*>& claim_place() noexcept { return claim_; }
  /// Claims that were taken away or stand.
  [[nodiscard]] std::size_t claims_made() const noexcept { return claims_made_; }

  static constexpr std::size_t kMostClaims = 6;
  static constexpr std::uint32_t kEntriesForClaim = 64;  ///< In a row; each time eight times more.

 private:
  static bool still_stands(Claim& c) noexcept;
  bool enter_by_lock() noexcept;
  bool take_away(Claim& c) noexcept;
  void make_claim() noexcept;

  static Claim nobodys_;
  std::atomic<Claim*> claim_{&nobodys_};
  std::atomic<std::uint64_t> holder_{0};  ///< Inside without a claim, or taking one away.

  // Of the holder.
  std::uint32_t depth_ = 0;
  std::uint32_t entries_ = 0;
  std::uint64_t wanted_ = kEntriesForClaim;
  std::uint64_t last_holder_ = 0;
  std::size_t claims_made_ = 0;
  std::unique_ptr<Claim> claims_[kMostClaims];
};

}  // namespace wasmrt::rt
