// Stubs for all signatures on arm64: C++ walks the signature and moves values between slots, stack
// and a GenericCall, whose registers are all loaded before a call and stored behind it.
//
// In and out as for those of one signature (stubs_signature.cpp). Guaranteed: no signature needs
// code of its own, so that calls work where none can be made.
#include "jit/arm64/stub_code.h"
#include "jit/arm64/target.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::arm64 {

namespace {

/// Loads or stores the registers of a list from, or into, the GenericCall at `call`.
void registers(a64::Assembler& a, bool results, std::uint32_t call, bool load) {
  const Target& t = arm64_target();
  const auto ints = results ? t.int_results : t.int_args;
  const auto vecs = results ? t.vec_results : t.vec_args;
  const auto at = [call](std::size_t offset) {
    return a64::ptr(x(call), static_cast<std::int32_t>(offset));
  };
  for (std::size_t n = 0; n < ints.size(); n += 2) {
    const a64::Mem place = at(offsetof(GenericCall, ints) + 8 * n);
    if (load) {
      a.ldp(x(ints[n]), x(ints[n + 1]), place);
    } else {
      a.stp(x(ints[n]), x(ints[n + 1]), place);
    }
  }
  for (std::size_t n = 0; n < vecs.size(); n += 2) {
    const a64::Mem place = at(offsetof(GenericCall, vecs) + 16 * n);
    if (load) {
      a.ldp(a64::v(vecs[n]), a64::v(vecs[n + 1]), place);
    } else {
      a.stp(a64::v(vecs[n]), a64::v(vecs[n + 1]), place);
    }
  }
}

constexpr auto kCallBytes = static_cast<std::uint32_t>(sizeof(GenericCall));

/// x0: VmFuncRef*, x1: slots, x2: activation. Registers that calls keep hold them, and in x22 the
/// GenericCall, below which the argument area lies.
void entry(Code& code, const NativeHandlers& handlers) {
  a64::Assembler& a = code.a;
  begin_entry(code);
  sub_sp(a, kCallBytes);
  code.step(Kind::Size, 0, kEntrySaves + kCallBytes);
  a.mov(x(x22), x(sp));
  code.step(Kind::Base, x22);
  a.mov(x(x19), x(x1));
  a.mov(x(x20), x(x2));
  a.mov(x(x21), x(x0));
  code.call_host(reinterpret_cast<const void*>(handlers.generic_area));
  a.sub(x(x0), x(x22), x(x0));
  a.mov(x(sp), x(x0));
  const auto with_values = [&](const void* function) {
    a.mov(x(x0), x(x21));
    a.mov(x(x1), x(x19));
    a.mov(x(x2), x(x22));
    a.mov(x(x3), x(sp));
    code.call_host(function);
  };
  with_values(reinterpret_cast<const void*>(handlers.generic_args));
  registers(a, false, x22, true);
  a.mov(x(kScratch), x(x21));
  a.mov(x(kScratch2), x(x20));
  a.ldr(x(kLink), a64::ptr(x(kScratch), offsetof(VmFuncRef, native)));
  a.blr(x(kLink));
  registers(a, true, x22, false);
  with_values(reinterpret_cast<const void*>(handlers.generic_results));
  a.mov(w(x0), a64::wzr);
  a.mov(x(sp), x(x22));
  code.step(Kind::Base, sp);
  add(a, sp, sp, kCallBytes);
  code.step(Kind::Size, 0, kEntrySaves);
  end_entry(code);
}

/// Calls a VmTailCall's function in place of the one that an adapter stands for. The uppermost
/// words of the frame are those of an area (abi/native.h), the last of them the return address.
void tail(Code& code, const NativeHandlers& handlers) {
  a64::Assembler& a = code.a;
  constexpr std::uint32_t kBytes = aligned(kCallBytes + kTailAreaWords);
  constexpr auto kTail = static_cast<std::uint32_t>(offsetof(GenericCall, tail));
  const a64::Mem callee = at_sp(kTail + offsetof(VmTailCall, callee));
  const a64::Mem args = at_sp(kTail + offsetof(VmTailCall, args));
  const a64::Mem link = at_sp(kBytes - 8);
  sub_sp(a, kBytes);
  code.step(Kind::Size, 0, kBytes);
  a.str(x(kLink), link);
  code.step(Kind::Saved, kLink, 8);
  a.str(x(kScratch), callee);
  a.str(x(kTailArgs), args);
  a.mov(x(x0), x(sp));
  a.mov(x(x1), x(kVmctx));
  add(a, x2, sp, kBytes);
  code.call_host(reinterpret_cast<const void*>(handlers.generic_tail_area));
  const asmjit::Label full = a.newLabel();
  a.cmn(x(x0), Imm(1));
  a.b_eq(full);
  a.ldr(x(x9), callee);
  a.ldr(x(x1), args);
  a.ldr(x(x10), at_sp(offsetof(GenericCall, back)));
  a.mov(x(x11), x(sp));
  a.sub(x(x11), x(x11), x(x0));
  a.mov(x(sp), x(x11));
  a.str(x(x10), link);
  a.str(x(x9), callee);
  a.mov(x(x0), x(x9));
  a.mov(x(x2), x(sp));
  add(a, x3, sp, kBytes);
  code.call_host(reinterpret_cast<const void*>(handlers.generic_args));
  registers(a, false, sp, true);
  a.ldr(x(kScratch), callee);
  a.ldr(x(kScratch2), vm(offsetof(Vmctx, activation)));
  a.ldr(x(kTarget), a64::ptr(x(kScratch), offsetof(VmFuncRef, native)));
  a.ldr(x(kLink), link);
  add(a, sp, sp, kBytes);
  code.step(Kind::Left);
  a.br(x(kTarget));
  a.bind(full);
  code.step(Kind::Back);
  a.ldr(x(kLink), link);
  add(a, sp, sp, kBytes);
  code.step(Kind::Left);
  a.mov(w(x0), Imm(static_cast<std::uint32_t>(TrapKind::CallStackExhausted)));
  jump_to_trap(a);
}

/// Entered like a compiled function, with the VmFuncRef* in the scratch register.
void adapter(Code& code, const NativeHandlers& handlers) {
  a64::Assembler& a = code.a;
  constexpr std::uint32_t kBytes = kCallBytes + 16;
  sub_sp(a, kBytes);
  code.step(Kind::Size, 0, kBytes);
  a.str(x(kLink), at_sp(kCallBytes));
  code.step(Kind::Saved, kLink, 16);
  registers(a, false, sp, false);
  a.mov(x(x0), x(kScratch));
  a.mov(x(x1), x(kVmctx));
  a.mov(x(x2), x(sp));
  add(a, x3, sp, kBytes);
  code.call_host(reinterpret_cast<const void*>(handlers.generic_adapter));
  const asmjit::Label other = a.newLabel();
  a.cbnz(w(x0), other);
  registers(a, true, sp, true);
  drop_adapter_frame(code, kBytes);
  a.ret(x(kLink));
  code.step(Kind::Back);
  a.bind(other);
  leave_adapter(code, kBytes, static_cast<std::uint32_t>(offsetof(GenericCall, tail)));
}

}  // namespace

Target::CallCode append_generic_stubs(Code& code, const NativeHandlers& handlers) {
  return append_call_stubs(code, handlers, entry, tail, adapter);
}

}  // namespace wasmrt::jit::arm64
