// The rare ways into a store: by a lock, by taking another thread's claim away.
#include "libwasmrt/runtime/occupancy.h"

#include <thread>

namespace wasmrt::rt {

std::uint64_t new_thread_id() noexcept {
  static std::atomic<std::uint64_t> last{0};
  t_thread.id = last.fetch_add(1, std::memory_order_relaxed) + 1;
  t_thread.idle_id = t_thread.id;  // without an id there was no call
  return t_thread.id;
}

constinit Occupancy::Claim Occupancy::nobodys_;

/// Somebody asked while we marked the claim: what he decides.
bool Occupancy::still_stands(Claim& c) noexcept {
  for (;;) {
    const std::uint32_t state = c.state.load(std::memory_order_acquire);
    if (state == Claim::Standing) return true;  // he saw the mark
    if (state == Claim::Taken) {
      c.inside.store(0, std::memory_order_release);
      return false;
    }
    std::this_thread::yield();
  }
}

bool Occupancy::take_away(Claim& c) noexcept {
  c.state.store(Claim::Asked, std::memory_order_seq_cst);
  os::heavy_barrier();
  // Acquires what the owner did before it left.
  if (c.inside.load(std::memory_order_acquire) != 0) {
    c.state.store(Claim::Standing, std::memory_order_release);
    return false;
  }
  c.state.store(Claim::Taken, std::memory_order_release);
  claim_.store(&nobodys_, std::memory_order_release);
  return true;
}

bool Occupancy::enter_by_lock() noexcept {
  const std::uint64_t me = thread_id();
  if (holder_.load(std::memory_order_relaxed) == me) {
    ++depth_;
    return true;
  }
  std::uint64_t nobody = 0;
  if (!holder_.compare_exchange_strong(nobody, me, std::memory_order_acquire)) return false;
  Claim& c = claim();
  if (&c != &nobodys_ && !take_away(c)) {
    holder_.store(0, std::memory_order_release);
    return false;
  }
  depth_ = 1;
  entries_ = last_holder_ == me ? entries_ + 1 : 1;
  last_holder_ = me;
  if (entries_ >= wanted_) make_claim();
  return true;
}

/// The holder goes on as the owner.
void Occupancy::make_claim() noexcept {
  entries_ = 0;
  if (claims_made_ == kMostClaims || !os::asymmetric_barriers()) return;
  wanted_ *= 8;
  claims_[claims_made_] = std::make_unique<Claim>();
  Claim& c = *claims_[claims_made_++];
  c.thread = last_holder_;
  c.inside.store(1, std::memory_order_relaxed);
  claim_.store(&c, std::memory_order_release);
  depth_ = 0;
  holder_.store(0, std::memory_order_release);
}

}  // namespace wasmrt::rt
