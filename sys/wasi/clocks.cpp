// Clocks as granted: the host's, a fixed time, or none.
//
// The guest's monotonic clock begins at 0, so that it tells nothing about the host.
#include "sys/os/clock.h"
#include "sys/wasi/preview1.h"

namespace wasmrt::wasi {
namespace {

os::Clock host_clock(i32 id) {
  static constexpr os::Clock kClocks[kClockCount] = {os::Clock::Realtime, os::Clock::Monotonic,
                                                     os::Clock::ProcessCpu, os::Clock::ThreadCpu};
  return kClocks[id];
}

uint64_t saturating_add(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

}  // namespace

Errno Preview1::clock_now(i32 id, uint64_t& ns) const {
  if (id >= kClockCount) return Errno::Inval;
  switch (config_.clocks.kind) {
    case WasiClocks::Kind::Denied: return Errno::NotCapable;
    case WasiClocks::Kind::Fixed:
      ns = id == static_cast<i32>(ClockId::Realtime) ? config_.clocks.fixed_ns : 0;
      return Errno::Success;
    case WasiClocks::Kind::Real: break;
  }
  ns = os::clock_ns(host_clock(id));
  if (id == static_cast<i32>(ClockId::Monotonic)) ns -= start_ns_;
  return Errno::Success;
}

Errno Preview1::clock_time_get(Guest& guest, i32 id, i64, i32 result) {
  uint64_t ns = 0;
  const Errno error = clock_now(id, ns);
  if (error != Errno::Success) return error;
  return guest.memory.store<uint64_t>(result, ns) ? Errno::Success : Errno::Fault;
}

Errno Preview1::clock_res_get(Guest& guest, i32 id, i32 result) {
  if (id >= kClockCount) return Errno::Inval;
  if (config_.clocks.kind == WasiClocks::Kind::Denied) return Errno::NotCapable;
  const bool real = config_.clocks.kind == WasiClocks::Kind::Real;
  const uint64_t ns = real ? os::clock_resolution_ns(host_clock(id)) : 1;
  return guest.memory.store<uint64_t>(result, ns) ? Errno::Success : Errno::Fault;
}

Errno Preview1::clock_deadline(i32 id, uint64_t timeout, bool absolute, uint64_t& host_ns) const {
  uint64_t now = 0;
  const Errno error = clock_now(id, now);
  if (error != Errno::Success) return error;
  const bool wall =
      id == static_cast<i32>(ClockId::Realtime) || id == static_cast<i32>(ClockId::Monotonic);
  if (!wall) return Errno::NotSup;  // a thread that waits uses no processor time
  const uint64_t left = absolute ? (timeout > now ? timeout - now : 0) : timeout;
  // A fixed clock never comes nearer to a later time: waiting for it takes no time.
  const bool real = config_.clocks.kind == WasiClocks::Kind::Real;
  host_ns = real ? saturating_add(os::monotonic_ns(), left) : 0;
  return Errno::Success;
}

}  // namespace wasmrt::wasi
