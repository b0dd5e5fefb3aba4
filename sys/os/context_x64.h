// The saved registers of a fault on Linux x64.
//
// What is peculiar here: the hardware division trap covers division by zero and the overflow of
// the quotient; an access to a non-canonical address reports no address (si_code SI_KERNEL); the
// order of registers in the saved context is not their hardware numbering.
#pragma once

#include <ucontext.h>

#include <cstdint>

namespace wasmrt::os::machine {

inline constexpr unsigned kGeneralRegisters = 16;
inline constexpr unsigned kArgumentRegisters = 6;

using Word = greg_t;

inline Word& saved_pc(ucontext_t& context) { return context.uc_mcontext.gregs[REG_RIP]; }
inline Word& saved_sp(ucontext_t& context) { return context.uc_mcontext.gregs[REG_RSP]; }

/// By hardware number: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 .. r15.
inline Word& saved_general(ucontext_t& context, unsigned n) {
  static constexpr int kPlace[kGeneralRegisters] = {
      REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
      REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  return context.uc_mcontext.gregs[kPlace[n]];
}

/// SysV order: rdi, rsi, rdx, rcx, r8, r9.
inline Word& saved_argument(ucontext_t& context, unsigned n) {
  static constexpr unsigned kNumber[kArgumentRegisters] = {7, 6, 2, 1, 8, 9};
  return saved_general(context, kNumber[n]);
}

}  // namespace wasmrt::os::machine
