// The stubs of the process, and how calls get in and out of compiled code.
//
// In: functions with their types. Out: what enters their code from C++, and what compiled code
// calls where there is none. A signature begins with the stubs for all signatures, whose work is
// done here by walking it; one that is called often gets stubs of its own, as long as the process
// has not made as many as it may and the system gives memory. Guaranteed: calls of every signature
// work, whatever modules come; what is made for signatures is bounded.
#pragma once

#include <cstdint>

#include "libwasmrt/abi/native.h"
#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/wasm/types.h"

namespace wasmrt::engine {

/// The stubs of the process; null when they could not be made.
const NativeStubs* native_stubs();
/// Tells debuggers of all code beside images, now and in the future.
void show_native_stubs();
/// How calls of a function type get in and out of compiled code.
const CallStubs& call_stubs(const CanonType& type);
/// What compiled code calls where `ref` has no code of its own.
const void* adapter_of(const VmFuncRef& ref, const CallStubs& stubs);

/// VmFuncRef::entry of compiled functions.
TrapWord native_entry(VmFuncRef* callee, Vmctx* caller, std::uint64_t* slots, VmTailCall*);
/// Sets VmTailCall::code.
void prepare_tail_call(VmTailCall& call);

/// When signatures get stubs of their own. WASMRT_COMPILE changes it, and tests do.
struct StubPolicy {
  std::uint32_t after = 2000;  ///< Calls: what making them takes, they save by then (10 ns each).
  std::uint32_t most = 1024;   ///< Signatures that have them, in the process: a page of code each.
};
StubPolicy stub_policy();
void set_stub_policy(StubPolicy policy);
/// How many have them.
std::size_t signatures_with_stubs();

}  // namespace wasmrt::engine
