// The saved registers of a fault on Linux arm64.
//
// What is peculiar here: division never traps; a fault address may have lost its tag byte; the
// stack pointer is not a general register and keeps its own slot.
#pragma once

#include <ucontext.h>

#include <cstdint>

namespace wasmrt::os::machine {

inline constexpr unsigned kGeneralRegisters = 31;
inline constexpr unsigned kArgumentRegisters = 8;

using Word = decltype(mcontext_t::pc);

inline Word& saved_pc(ucontext_t& context) { return context.uc_mcontext.pc; }
inline Word& saved_sp(ucontext_t& context) { return context.uc_mcontext.sp; }
inline Word& saved_general(ucontext_t& context, unsigned n) { return context.uc_mcontext.regs[n]; }
inline Word& saved_argument(ucontext_t& context, unsigned n) { return saved_general(context, n); }

}  // namespace wasmrt::os::machine
