// What the files that make arm64 stubs share: the assembler, frames told to debuggers, and the
// parts that stubs of one signature and of all have in common.
//
// In: a Code to append to. Out: code in it. Guaranteed: nothing here depends on a signature.
#pragma once

#include <asmjit/core.h>

#include <asmjit/arm/a64assembler.h>
#include <asmjit/arm/a64operand.h>

#include <cstdint>

#include "jit/arm64/regs.h"
#include "jit/emit/stub_buffer.h"
#include "jit/target.h"
#include "libwasmrt/abi/activation.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/abi/vmctx.h"

namespace wasmrt::jit::arm64 {

namespace a64 = asmjit::a64;
using asmjit::Imm;
using Kind = FrameStep::Kind;

/// What C++ expects its callees to keep, and its way back.
inline constexpr std::int32_t kEntrySaves = 8 * (12 + 8);

/// Where the arguments of a VmTailCall are on the way from an adapter to the code of its signature;
/// its callee is in the scratch register.
inline constexpr Gpr kTailArgs = x9;

inline a64::GpX x(std::uint32_t r) { return a64::GpX(r); }
inline a64::GpW w(std::uint32_t r) { return a64::GpW(r); }

struct Code : StubBuffer<a64::Assembler, asmjit::Arch::kAArch64> {
  void call_host(const void* function) {
    a.mov(x(kScratch), Imm(reinterpret_cast<std::uint64_t>(function)));
    a.blr(x(kScratch));
  }
};

inline a64::Mem vm(std::size_t offset) {
  return a64::ptr(x(kVmctx), static_cast<std::int32_t>(offset));
}
inline a64::Mem at_sp(std::uint32_t offset) {
  return a64::ptr(x(sp), static_cast<std::int32_t>(offset));
}
constexpr std::uint32_t aligned(std::uint32_t bytes) { return (bytes + 15) & ~15u; }

/// d = from + imm, and sp -= imm, for sizes of frames.
void add(a64::Assembler& a, std::uint32_t d, std::uint32_t from, std::uint32_t imm);
void sub_sp(a64::Assembler& a, std::uint32_t imm);

/// The registers that an entry saves, and where a trap goes back to.
void begin_entry(Code& code);
/// Only they are in the frame: takes them back and returns.
void end_entry(Code& code);
/// Behind the call of VmFuncRef::entry that gave something other than 0, in w0: goes on with a trap
/// or with the VmTailCall that lies at `tail_at`. The frame has `bytes`, of which the last 16 hold
/// the way back.
void leave_adapter(Code& code, std::uint32_t bytes, std::uint32_t tail_at);
/// Takes the way back from there and drops the frame.
void drop_adapter_frame(Code& code, std::uint32_t bytes);
/// The trap stub, as if whoever called had called it: with a TrapWord in w0.
void jump_to_trap(a64::Assembler& a);

/// Stubs for all signatures.
Target::CallCode append_generic_stubs(Code& code, const NativeHandlers& handlers);

}  // namespace wasmrt::jit::arm64
