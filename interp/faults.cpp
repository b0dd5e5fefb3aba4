// Guard pages: a fault in a handler's memory access becomes a trap at the handler's instruction.
//
// The registers at the fault are those of the handler's arguments (machine.h says why), so the
// fault continues in do_fault_trap with the same pc, sp and ctx.
#include <algorithm>
#include <mutex>

#include "interp/interp.h"
#include "interp/machine.h"
#include "sys/os/fault.h"

namespace wasmrt::interp {

#ifdef WASMRT_INTERP_LOOP

#ifdef WASMRT_INTERP_PROFILE
// What is counted should be what normally runs; programs that are profiled do not trap.
bool install_faults() { return true; }
#else
bool install_faults() { return false; }
#endif

#else

namespace {

/// An access out of bounds, found by the hardware.
TrapWord fault_trap(WASMRT_REGS) {
  TrapReport& report = ctx->activation->report;
  report.has_address = true;
  report.address =
      ctx->activation->fault_address - reinterpret_cast<std::uintptr_t>(ctx->memory0_base);
  report.access_bytes = 0;
  report.memory_bytes = ctx->memory0_bytes;
  aux = static_cast<std::uint64_t>(TrapKind::OutOfBoundsMemoryAccess);
  WASMRT_JUMP(do_trap);
}

/// Only the accesses of our handlers fault in guarded memories with these registers; a fault of
/// anything else that happens to lie between them is not ours.
bool on_fault(void*, const os::Fault& fault, os::FaultContext& context) {
  if (!fault.in_data_range || fault.data.tag != os::kFaultTagGuarded) return false;
  const auto* ctx = reinterpret_cast<const Vmctx*>(context.argument(3));
  ctx->activation->fault_address = fault.address;
  context.set_pc(reinterpret_cast<std::uintptr_t>(&fault_trap));
  return true;
}

bool install() {
  if (!os::install_fault_handlers()) return false;
  // Handlers of one library lie in one stretch of its text; the longest is far below the margin.
  constexpr std::uintptr_t kLongest = 1024;
  const Handler* table = handler_table();
  std::uintptr_t low = ~std::uintptr_t{0};
  std::uintptr_t high = 0;
  for (std::size_t i = 0; i < kHandlerCount; ++i) {
    if (table[i] == nullptr) continue;
    const auto at = reinterpret_cast<std::uintptr_t>(table[i]);
    low = std::min(low, at);
    high = std::max(high, at + kLongest);
  }
  return os::add_code_range(
      {low, high, 0, on_fault, nullptr, os::fault_kind_bit(os::FaultKind::BadAccess), false});
}

}  // namespace

bool install_faults() {
  if (!kGuardPages) return false;
  static const bool installed = install();
  return installed && os::prepare_thread_for_faults();
}

#endif

}  // namespace wasmrt::interp
