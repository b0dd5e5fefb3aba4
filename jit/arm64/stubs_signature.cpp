// Stubs of one signature on arm64: an instruction or two for each argument and result.
//
// Compiled code is entered, and enters an adapter, with the return address in its register and the
// argument area at the stack pointer. stubs_generic.cpp does the same for all signatures.
#include <algorithm>
#include <utility>

#include "jit/arm64/stub_code.h"
#include "jit/arm64/stubs.h"
#include "jit/arm64/target.h"
#include "jit/places.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::arm64 {

namespace {

/// Moves values between slots at `slots` and their places; stack places lie at `area`. Uses the
/// scratch vector, and the second scratch register for far places.
void transfer(a64::Assembler& a, const std::vector<ValType>& types, bool results,
              std::uint32_t slots, std::uint32_t area, bool to_places) {
  Places places(arm64_target(), results);
  const auto access = [&a](const a64::Reg& r, std::uint32_t base, std::uint32_t at, bool load) {
    const bool q = r.isVecV();
    if (at > 4095 || (q && at % 16 != 0)) {
      add(a, kScratch2, base, at);
      base = kScratch2;
      at = 0;
    }
    const a64::Mem place = a64::ptr(x(base), static_cast<std::int32_t>(at));
    const bool gp = r.isGpW() || r.isGpX();
    a.emit(load ? (gp ? a64::Inst::kIdLdr : a64::Inst::kIdLdr_v)
                : (gp ? a64::Inst::kIdStr : a64::Inst::kIdStr_v),
           r, place);
  };
  std::uint32_t slot = 0;
  for (const ValType type : types) {
    const Place where = places.next(type);
    const std::uint32_t at = slot;
    slot += 8 * type.slots();
    const auto value = [&](std::uint32_t r, bool whole) {
      if (type.is_vec()) return a64::Reg(a64::v(r));
      if (type == kF32 && !whole) return a64::Reg(a64::s(r));
      if (type == kF64 || type == kF32) return a64::Reg(a64::d(r));
      if (type == kI32 && !whole) return a64::Reg(w(r));
      return a64::Reg(x(r));
    };
    if (where.in_reg) {
      // A slot holds no more than the value.
      if (type == kI32 && !to_places) a.mov(w(where.reg), w(where.reg));
      if (type == kF32 && !to_places) a.fmov(a64::s(where.reg), a64::s(where.reg));
      access(value(where.reg, !to_places), slots, at, to_places);
      continue;
    }
    const std::uint32_t place = area + where.offset;
    const a64::Reg t = type.is_vec()                  ? a64::Reg(a64::v(kScratchVec))
                       : type == kF32 || type == kI32 ? a64::Reg(a64::s(kScratchVec))
                                                      : a64::Reg(a64::d(kScratchVec));
    // Loading four bytes clears the rest of the register, which is stored as eight.
    const a64::Reg all = type.is_vec() ? t : a64::Reg(a64::d(kScratchVec));
    constexpr std::uint32_t kStack = sp;
    access(t, to_places ? slots : kStack, to_places ? at : place, true);
    access(all, to_places ? kStack : slots, to_places ? place : at, false);
  }
}

/// x0: VmFuncRef*, x1: slots, x2: activation.
void entry(Code& code, const FuncType& type) {
  a64::Assembler& a = code.a;
  const std::uint32_t area = aligned(area_bytes(arm64_target(), type));
  begin_entry(code);
  if (area != 0) sub_sp(a, area);
  code.step(Kind::Size, 0, kEntrySaves + area);
  a.mov(x(x19), x(x1));
  a.mov(x(x20), x(x2));
  a.mov(x(kScratch), x(x0));
  transfer(a, type.params, false, x19, 0, true);
  a.mov(x(kScratch2), x(x20));
  a.ldr(x(kLink), a64::ptr(x(kScratch), offsetof(VmFuncRef, native)));
  a.blr(x(kLink));
  transfer(a, type.results, true, x19, 0, false);
  a.mov(w(x0), a64::wzr);
  if (area != 0) add(a, sp, sp, area);
  code.step(Kind::Size, 0, kEntrySaves);
  end_entry(code);
}

/// Calls a VmTailCall's function in place of the one that the adapter stands for.
void tail(Code& code, const FuncType& type) {
  a64::Assembler& a = code.a;
  Places results(arm64_target(), true);
  for (const ValType t : type.results) results.next(t);
  const unsigned area = tail_area(area_bytes(arm64_target(), type));
  const std::uint32_t size = kTailAreas[area];
  const auto stub = [&a](std::uint32_t reg, unsigned n) {
    a.ldr(x(reg), vm(offsetof(Vmctx, native)));
    a.ldr(x(reg),
          a64::ptr(x(reg), static_cast<std::int32_t>(offsetof(NativeStubs, tail_return) + 8 * n)));
  };
  const asmjit::Label found = a.newLabel();
  const asmjit::Label full = a.newLabel();
  for (unsigned n = area; n < kTailAreaCount; ++n) {
    stub(x10, n);
    a.cmp(x(kLink), x(x10));
    a.b_eq(found);
  }
  a.mov(x(x11), Imm(size + kTailAreaWords));
  a.mov(x(x12), x(sp));
  a.sub(x(x12), x(x12), x(x11));
  a.ldr(x(x13), vm(offsetof(Vmctx, activation)));
  a.ldr(x(x13), a64::ptr(x(x13), offsetof(Activation, native_limit)));
  a.cmp(x(x12), x(x13));
  a.b_lo(full);
  a.mov(x(sp), x(x12));
  a.mov(x(x10), Imm(results.bytes()));
  a.str(x(x10), at_sp(size));
  a.str(x(kVmctx), at_sp(size + 8));
  a.str(x(kLink), at_sp(size + 16));
  stub(kLink, area);
  a.bind(found);
  transfer(a, type.params, false, kTailArgs, 0, true);
  a.ldr(x(kScratch2), vm(offsetof(Vmctx, activation)));
  a.ldr(x(kTarget), a64::ptr(x(kScratch), offsetof(VmFuncRef, native)));
  a.br(x(kTarget));
  a.bind(full);
  a.mov(w(x0), Imm(static_cast<std::uint32_t>(TrapKind::CallStackExhausted)));
  jump_to_trap(a);
}

std::uint32_t slot_count(const std::vector<ValType>& types) {
  std::uint32_t n = 0;
  for (const ValType t : types) n += t.slots();
  return n;
}

/// Entered like a compiled function, with the VmFuncRef* in the scratch register.
void adapter(Code& code, const FuncType& type) {
  a64::Assembler& a = code.a;
  const std::uint32_t slots = std::max(slot_count(type.params), slot_count(type.results));
  const std::uint32_t tail_at = aligned(8 * slots);
  const std::uint32_t bytes = tail_at + aligned(sizeof(VmTailCall)) + 16;
  // The way back lies above the slots and the tail call; the caller's area above that.
  sub_sp(a, bytes);
  code.step(Kind::Size, 0, bytes);
  add(a, kScratch2, sp, bytes - 16);
  a.str(x(kLink), a64::ptr(x(kScratch2)));
  code.step(Kind::Saved, kLink, 16);
  transfer(a, type.params, false, sp, bytes, false);
  a.mov(x(x0), x(kScratch));
  a.mov(x(x1), x(kVmctx));
  a.mov(x(x2), x(sp));
  add(a, x3, sp, tail_at);
  a.ldr(x(kScratch), a64::ptr(x(kScratch), offsetof(VmFuncRef, entry)));
  a.blr(x(kScratch));
  const asmjit::Label other = a.newLabel();
  a.cbnz(w(x0), other);
  transfer(a, type.results, true, sp, bytes, true);
  drop_adapter_frame(code, bytes);
  a.ret(x(kLink));
  code.step(Kind::Back);
  a.bind(other);
  leave_adapter(code, bytes, tail_at);
}

}  // namespace

Target::SignatureStubs make_signature_stubs(const FuncType& type, const NativeHandlers&) {
  Code code;
  const Target::CallCode calls = append_call_stubs(code, type, entry, tail, adapter);
  return {code.bytes(), std::move(code.steps), calls};
}

}  // namespace wasmrt::jit::arm64
