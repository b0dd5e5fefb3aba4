// Stubs for all signatures on x64: C++ walks the signature and moves values between slots, stack
// and a GenericCall, whose registers are all loaded before a call and stored behind it.
//
// In and out as for those of one signature (stubs_signature.cpp). Guaranteed: no signature needs
// code of its own, so that calls work where none can be made.
#include "jit/places.h"
#include "jit/x64/stub_code.h"
#include "jit/x64/target.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::x64 {

namespace {

/// Loads or stores the registers of a list from, or into, the GenericCall at `call`.
void registers(x86::Assembler& a, bool results, const x86::Gp& call, bool load) {
  const Target& t = x64_target();
  std::int32_t at = offsetof(GenericCall, ints);
  for (const std::uint8_t r : results ? t.int_results : t.int_args) {
    const x86::Mem place = x86::ptr(call, at, 8);
    if (load) {
      a.mov(x86::gpq(r), place);
    } else {
      a.mov(place, x86::gpq(r));
    }
    at += 8;
  }
  at = offsetof(GenericCall, vecs);
  for (const std::uint8_t r : results ? t.vec_results : t.vec_args) {
    const x86::Mem place = x86::ptr(call, at, 16);
    if (load) {
      a.movaps(x86::xmm(r), place);
    } else {
      a.movaps(place, x86::xmm(r));
    }
    at += 16;
  }
}

constexpr auto kCallBytes = static_cast<std::int32_t>(sizeof(GenericCall));

/// rdi: VmFuncRef*, rsi: slots, rdx: activation. Registers that calls keep hold them, and in rbp
/// the GenericCall, below which the argument area lies.
void entry(Code& code, const NativeHandlers& handlers) {
  x86::Assembler& a = code.a;
  const std::int32_t frame = begin_entry(code, rdx);
  constexpr std::int32_t kBytes = kCallBytes + 8;
  a.sub(x86::rsp, kBytes);
  code.step(Kind::Size, 0, frame + kBytes);
  a.mov(x86::rbp, x86::rsp);
  code.step(Kind::Base, dwarf(rbp));
  a.mov(x86::rbx, x86::rsi);
  a.mov(x86::r12, x86::rdi);
  a.mov(x86::r13, x86::rdx);
  code.call_host(reinterpret_cast<const void*>(handlers.generic_area));
  a.sub(x86::rsp, x86::rax);
  const auto with_values = [&](const void* function) {
    a.mov(x86::rdi, x86::r12);
    a.mov(x86::rsi, x86::rbx);
    a.mov(x86::rdx, x86::rbp);
    a.mov(x86::rcx, x86::rsp);
    code.call_host(function);
  };
  with_values(reinterpret_cast<const void*>(handlers.generic_args));
  registers(a, false, x86::rbp, true);
  a.mov(x86::gpq(kScratch), x86::r12);
  a.movq(x86::xmm(kScratchVec), x86::r13);
  a.call(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, native), 8));
  registers(a, true, x86::rbp, false);
  with_values(reinterpret_cast<const void*>(handlers.generic_results));
  a.xor_(x86::eax, x86::eax);
  a.mov(x86::rsp, x86::rbp);
  code.step(Kind::Base, dwarf(rsp));
  a.add(x86::rsp, kBytes);
  code.step(Kind::Size, 0, frame);
  end_entry(code, frame);
}

/// Calls a VmTailCall's function in place of the one that an adapter stands for. The uppermost
/// words of the frame, up to the return address, are those of an area (abi/native.h).
void tail(Code& code, const NativeHandlers& handlers) {
  x86::Assembler& a = code.a;
  constexpr auto kBytes =
      static_cast<std::int32_t>((kCallBytes + kTailAreaWords + 15) / 16 * 16 - 8);
  constexpr auto kTail = static_cast<std::int32_t>(offsetof(GenericCall, tail));
  const auto field = [](std::size_t offset) {
    return x86::ptr(x86::rsp, static_cast<std::int32_t>(offset), 8);
  };
  const auto callee = field(kTail + offsetof(VmTailCall, callee));
  const auto args = field(kTail + offsetof(VmTailCall, args));
  a.sub(x86::rsp, kBytes);
  code.step(Kind::Size, 0, kBytes + 8);
  a.movq(callee, x86::xmm(kTailCallee));
  a.mov(args, x86::gpq(kTailArgs));
  a.mov(x86::rdi, x86::rsp);
  a.mov(x86::rsi, x86::gpq(kVmctx));
  a.lea(x86::rdx, x86::ptr(x86::rsp, kBytes + 8));
  code.call_host(reinterpret_cast<const void*>(handlers.generic_tail_area));
  const asmjit::Label full = a.newLabel();
  a.cmp(x86::rax, -1);
  a.je(full);
  a.mov(x86::rdi, callee);
  a.mov(x86::rsi, args);
  a.mov(x86::rcx, field(offsetof(GenericCall, back)));
  a.sub(x86::rsp, x86::rax);
  a.mov(x86::ptr(x86::rsp, kBytes, 8), x86::rcx);
  a.mov(callee, x86::rdi);
  a.mov(x86::rdx, x86::rsp);
  a.lea(x86::rcx, x86::ptr(x86::rsp, kBytes + 8));
  code.call_host(reinterpret_cast<const void*>(handlers.generic_args));
  registers(a, false, x86::rsp, true);
  a.mov(x86::gpq(kScratch), callee);
  a.movq(x86::xmm(kScratchVec), vm(offsetof(Vmctx, activation)));
  a.add(x86::rsp, kBytes);
  code.step(Kind::Left);
  a.jmp(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, native), 8));
  a.bind(full);
  code.step(Kind::Back);
  a.add(x86::rsp, kBytes);
  code.step(Kind::Left);
  a.mov(x86::eax, static_cast<std::uint32_t>(TrapKind::CallStackExhausted));
  jump_to_trap(a);
}

/// Entered like a compiled function, with the VmFuncRef* in the scratch register.
void adapter(Code& code, const NativeHandlers& handlers) {
  x86::Assembler& a = code.a;
  constexpr std::int32_t kBytes = kCallBytes + 8;
  a.sub(x86::rsp, kBytes);
  code.step(Kind::Size, 0, kBytes + 8);
  registers(a, false, x86::rsp, false);
  a.mov(x86::rdi, x86::gpq(kScratch));
  a.mov(x86::rsi, x86::gpq(kVmctx));
  a.mov(x86::rdx, x86::rsp);
  a.lea(x86::rcx, x86::ptr(x86::rsp, kBytes + 8));
  code.call_host(reinterpret_cast<const void*>(handlers.generic_adapter));
  const asmjit::Label other = a.newLabel();
  a.test(x86::eax, x86::eax);
  a.jnz(other);
  registers(a, true, x86::rsp, true);
  a.add(x86::rsp, kBytes);
  code.step(Kind::Left);
  a.ret();
  a.bind(other);
  code.step(Kind::Back);
  leave_adapter(code, kBytes, static_cast<std::int32_t>(offsetof(GenericCall, tail)));
}

}  // namespace

Target::CallCode append_generic_stubs(Code& code, const NativeHandlers& handlers) {
  return append_call_stubs(code, handlers, entry, tail, adapter);
}

}  // namespace wasmrt::jit::x64
