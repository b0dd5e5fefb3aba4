// What the files that make x64 stubs share: the assembler, frames told to debuggers, and the parts
// that stubs of one signature and of all have in common.
//
// In: a Code to append to. Out: code in it. Guaranteed: nothing here depends on a signature.
#pragma once

#include <asmjit/x86.h>

#include <cstdint>
#include <iterator>

#include "jit/emit/stub_buffer.h"
#include "jit/target.h"
#include "jit/x64/regs.h"
#include "libwasmrt/abi/activation.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/abi/vmctx.h"

namespace wasmrt::jit::x64 {

namespace x86 = asmjit::x86;
using Kind = FrameStep::Kind;

/// What C++ expects its callees to keep, in the order in which an entry pushes it.
inline constexpr Gpr kSavedByEntry[] = {rbx, rbp, r12, r13, r14, r15};

/// They, and the return address.
inline constexpr auto kEntryBytes = static_cast<std::int32_t>(8 * std::size(kSavedByEntry) + 8);

// Where a VmTailCall goes on the way from an adapter to the code of its signature: not in registers
// of arguments.
inline constexpr std::uint32_t kTailCallee = 13;  // vector
inline constexpr Gpr kTailArgs = r11;

struct Code : StubBuffer<x86::Assembler, asmjit::Arch::kX64> {
  void call_host(const void* function) {
    a.mov(x86::rax, reinterpret_cast<std::uint64_t>(function));
    a.call(x86::rax);
  }
};

inline x86::Mem vm(std::size_t offset) {
  return x86::ptr(x86::gpq(kVmctx), static_cast<std::int32_t>(offset), 8);
}

/// The registers that an entry saves.
void save_for_entry(Code& code);
/// Tells debuggers of code that begins with such a frame standing.
void entry_frame(Code& code);
/// Saves them and where a trap goes back to. Returns the frame's size.
std::int32_t begin_entry(Code& code, Gpr activation);
/// Only they are in the frame: takes them back and returns.
void end_entry(Code& code, std::int32_t frame);
/// Behind the call of VmFuncRef::entry that gave something other than 0, in eax: goes on with a
/// trap or with the VmTailCall that lies at `tail_at`. The frame has `bytes`.
void leave_adapter(Code& code, std::int32_t bytes, std::int32_t tail_at);
/// The trap stub, as if whoever called had called it: with a TrapWord in eax.
void jump_to_trap(x86::Assembler& a);

/// CallStubs::words and ::host of a signature that travels in words.
void words_entry(Code& code, const FuncType& type, const NativeHandlers& handlers);
void host_adapter(Code& code, const FuncType& type, const NativeHandlers& handlers);
/// What NativeStubs::quick_back names.
void append_quick_back(Code& code, const NativeHandlers& handlers);

/// Stubs for all signatures.
Target::CallCode append_generic_stubs(Code& code, const NativeHandlers& handlers);

}  // namespace wasmrt::jit::x64
