// Stubs of arm64.
//
// Compiled code calls a stub with the return address telling where; the return address of a
// function without a frame comes in the second scratch register, and is put below the stack pointer
// where the walk over frames finds it. A trap unwinds by loading the stack pointer that the entry
// noted in the activation: what stands there are the registers the entry saved.
#include "jit/arm64/stubs.h"

#include <asmjit/core.h>

#include <asmjit/arm/a64assembler.h>
#include <asmjit/arm/a64operand.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "jit/arm64/regs.h"
#include "jit/arm64/target.h"
#include "libwasmrt/abi/activation.h"
#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::arm64 {

namespace a64 = asmjit::a64;

namespace {

using asmjit::Imm;

a64::GpX x(std::uint32_t r) { return a64::GpX(r); }
a64::GpW w(std::uint32_t r) { return a64::GpW(r); }

struct Code {
  asmjit::CodeHolder holder;
  a64::Assembler a;
  Code() {
    holder.init(asmjit::Environment(asmjit::Arch::kAArch64));
    holder.attach(&a);
  }
  std::vector<std::uint8_t> bytes() {
    if (holder.hasUnresolvedLinks()) holder.resolveUnresolvedLinks();
    const asmjit::CodeBuffer& b = holder.sectionById(0)->buffer();
    return {b.data(), b.data() + b.size()};
  }
  std::vector<FrameStep> steps;
  void step(FrameStep::Kind kind, std::uint32_t reg = 0, std::uint32_t frame = 0) {
    steps.push_back(
        {static_cast<std::uint32_t>(a.offset()), kind, static_cast<std::uint8_t>(reg), frame});
  }
};

using Kind = FrameStep::Kind;

a64::Mem vm(std::size_t offset) { return a64::ptr(x(kVmctx), static_cast<std::int32_t>(offset)); }

/// d = a + imm for sizes of frames.
void add(a64::Assembler& a, std::uint32_t d, std::uint32_t from, std::uint32_t imm) {
  if (imm >> 12 != 0) {
    a.add(x(d), x(from), Imm(imm >> 12), Imm(asmjit::arm::Shift(asmjit::arm::ShiftOp::kLSL, 12)));
    from = d;
  }
  a.add(x(d), x(from), Imm(imm & 0xFFF));
}

void sub_sp(a64::Assembler& a, std::uint32_t imm) {
  if (imm >> 12 != 0) {
    a.sub(x(sp), x(sp), Imm(imm >> 12), Imm(asmjit::arm::Shift(asmjit::arm::ShiftOp::kLSL, 12)));
  }
  a.sub(x(sp), x(sp), Imm(imm & 0xFFF));
}

void call_host(a64::Assembler& a, const void* handler) {
  a.mov(x(kScratch), Imm(reinterpret_cast<std::uint64_t>(handler)));
  a.blr(x(kScratch));
}

// What C++ expects its callees to keep, and its way back.
constexpr std::int32_t kEntrySaves = 8 * (12 + 8);

void save_for_entry(a64::Assembler& a, bool restore) {
  for (std::uint32_t n = 0; n < 12; n += 2) {
    const a64::Mem at = a64::ptr(x(sp), static_cast<std::int32_t>(8 * n));
    if (restore) {
      a.ldp(x(x19 + n), x(x19 + n + 1), at);
    } else {
      a.stp(x(x19 + n), x(x19 + n + 1), at);
    }
  }
  for (std::uint32_t n = 0; n < 8; n += 2) {
    const a64::Mem at = a64::ptr(x(sp), static_cast<std::int32_t>(96 + 8 * n));
    if (restore) {
      a.ldp(a64::d(8 + n), a64::d(9 + n), at);
    } else {
      a.stp(a64::d(8 + n), a64::d(9 + n), at);
    }
  }
}

/// w0 holds the TrapWord: drop every frame down to the entry, which returns it.
void unwind(a64::Assembler& a) {
  a.ldr(x(x1), vm(offsetof(Vmctx, activation)));
  a.ldr(x(x1), a64::ptr(x(x1), offsetof(Activation, native_sp)));
  a.mov(x(sp), x(x1));
  save_for_entry(a, true);
  a.add(x(sp), x(sp), Imm(kEntrySaves));
  a.ret(x(kLink));
}

/// Saves all registers that compiled code may be using, calls a handler with (ctx, pc, sp), and
/// goes back, or unwinds when it gives a TrapWord.
void preserving_stub(Code& code, const void* handler) {
  a64::Assembler& a = code.a;
  // x0 to x15; all vectors; at the upper end the way back and the return address of a function
  // without a frame.
  constexpr std::int32_t kVecsAt = 8 * 16;
  constexpr std::int32_t kLinkAt = kVecsAt + 16 * 32;
  constexpr std::uint32_t kBytes = kLinkAt + 16;
  const auto registers = [&a](bool restore) {
    for (std::uint32_t n = 0; n < 16; n += 2) {
      const a64::Mem at = a64::ptr(x(sp), static_cast<std::int32_t>(8 * n));
      if (restore) {
        a.ldp(x(n), x(n + 1), at);
      } else {
        a.stp(x(n), x(n + 1), at);
      }
    }
    for (std::uint32_t n = 0; n < 32; n += 2) {
      const a64::Mem at = a64::ptr(x(sp), kVecsAt + static_cast<std::int32_t>(16 * n));
      if (restore) {
        a.ldp(a64::v(n), a64::v(n + 1), at);
      } else {
        a.stp(a64::v(n), a64::v(n + 1), at);
      }
    }
  };
  sub_sp(a, kBytes);
  code.step(Kind::Size, 0, kBytes);
  registers(false);
  a.str(x(kLink), a64::ptr(x(sp), kLinkAt));
  a.str(x(kScratch2), a64::ptr(x(sp), kLinkAt + 8));
  code.step(Kind::Saved, kLink, kBytes - kLinkAt);
  code.step(Kind::Saved, kScratch2, kBytes - kLinkAt - 8);
  a.mov(x(x0), x(kVmctx));
  a.mov(x(x1), x(kLink));
  add(a, x2, sp, kBytes);
  call_host(a, handler);
  const asmjit::Label leave = a.newLabel();
  a.cbnz(w(x0), leave);
  registers(true);
  a.ldr(x(kLink), a64::ptr(x(sp), kLinkAt));
  a.ldr(x(kScratch2), a64::ptr(x(sp), kLinkAt + 8));
  add(a, sp, sp, kBytes);
  code.step(Kind::Left);
  a.ret(x(kLink));
  a.bind(leave);
  code.step(Kind::Back);
  unwind(a);
}

/// Entered like a compiled function, with the VmFuncRef* in the scratch register.
void resolve_stub(Code& code, const void* handler) {
  a64::Assembler& a = code.a;
  // x0 to x7 and the first vectors hold arguments; x16 and x17 what the callee is to be told.
  constexpr std::int32_t kVecsAt = 8 * 8;
  constexpr std::int32_t kRestAt = kVecsAt + 16 * 8;
  constexpr std::uint32_t kBytes = kRestAt + 32;
  const auto registers = [&a](bool restore) {
    const auto pair = [&](const a64::Reg& r, const a64::Reg& s, std::int32_t at) {
      const bool vec = r.isVecV();
      a.emit(restore ? (vec ? a64::Inst::kIdLdp_v : a64::Inst::kIdLdp)
                     : (vec ? a64::Inst::kIdStp_v : a64::Inst::kIdStp),
             r, s, a64::ptr(x(sp), at));
    };
    for (std::uint32_t n = 0; n < 8; n += 2) {
      const auto pairs = static_cast<std::int32_t>(n);
      pair(x(n), x(n + 1), 8 * pairs);
      pair(a64::v(n), a64::v(n + 1), kVecsAt + 16 * pairs);
    }
    pair(x(kScratch), x(kScratch2), kRestAt);
    pair(x(kLink), x(x29), kRestAt + 16);
  };
  sub_sp(a, kBytes);
  code.step(Kind::Size, 0, kBytes);
  registers(false);
  code.step(Kind::Saved, kLink, kBytes - kRestAt - 16);
  a.mov(x(x0), x(kScratch));
  a.mov(x(kTarget), Imm(reinterpret_cast<std::uint64_t>(handler)));
  a.blr(x(kTarget));
  registers(true);
  add(a, sp, sp, kBytes);
  code.step(Kind::Left);
  a.ldr(x(kTarget), a64::ptr(x(kScratch), offsetof(VmFuncRef, native)));
  a.br(x(kTarget));
}

struct Place {
  bool in_reg;
  std::uint8_t reg;
  std::uint32_t offset;
};

std::uint32_t places(const std::vector<ValType>& types, bool results, std::vector<Place>& out) {
  const Target& t = arm64_target();
  const auto ints = results ? t.int_results : t.int_args;
  const auto vecs = results ? t.vec_results : t.vec_args;
  std::size_t next[2] = {};
  std::uint32_t offset = 0;
  for (const ValType type : types) {
    const bool vec = type == kF32 || type == kF64 || type.is_vec();
    const auto regs = vec ? vecs : ints;
    if (next[vec ? 1 : 0] < regs.size()) {
      out.push_back({true, regs[next[vec ? 1 : 0]++], 0});
    } else {
      out.push_back({false, 0, offset});
      offset += type.is_vec() ? 16 : 8;
    }
  }
  return offset;
}

/// Moves values between slots at `slots` and their places; stack places lie at `area`. Uses the
/// scratch vector, and the second scratch register for far places.
void transfer(a64::Assembler& a, const std::vector<ValType>& types, bool results,
              std::uint32_t slots, std::uint32_t area, bool to_places) {
  std::vector<Place> where;
  places(types, results, where);
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
  for (std::size_t n = 0; n < types.size(); ++n) {
    const ValType type = types[n];
    const std::uint32_t at = slot;
    slot += 8 * type.slots();
    const auto value = [&](std::uint32_t r, bool whole) {
      if (type.is_vec()) return a64::Reg(a64::v(r));
      if (type == kF32 && !whole) return a64::Reg(a64::s(r));
      if (type == kF64 || type == kF32) return a64::Reg(a64::d(r));
      if (type == kI32 && !whole) return a64::Reg(w(r));
      return a64::Reg(x(r));
    };
    if (where[n].in_reg) {
      // A slot holds no more than the value.
      if (type == kI32 && !to_places) a.mov(w(where[n].reg), w(where[n].reg));
      if (type == kF32 && !to_places) a.fmov(a64::s(where[n].reg), a64::s(where[n].reg));
      access(value(where[n].reg, !to_places), slots, at, to_places);
      continue;
    }
    const std::uint32_t place = area + where[n].offset;
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

a64::Mem at_sp(std::uint32_t offset) { return a64::ptr(x(sp), static_cast<std::int32_t>(offset)); }

/// Behind a function that was called with an area: results, instance and return address. Returns
/// where it begins.
std::uint32_t tail_return_stub(Code& code, unsigned area) {
  a64::Assembler& a = code.a;
  const std::uint32_t size = kTailAreas[area];
  const asmjit::Label next = a.newLabel();
  const asmjit::Label done = a.newLabel();
  code.step(Kind::Size, 0, size + kTailAreaWords);
  code.step(Kind::Saved, kLink, 8);
  a.nop();  // debuggers look a return address up by the byte before it
  const auto begin = static_cast<std::uint32_t>(a.offset());
  a.ldr(x(kScratch), at_sp(size));
  a.cbz(x(kScratch), done);
  add(a, kScratch2, sp, size + kTailAreaWords);
  a.bind(next);
  a.sub(x(kScratch), x(kScratch), Imm(8));
  a.ldr(a64::d(kScratchVec), a64::ptr(x(sp), x(kScratch)));
  a.str(a64::d(kScratchVec), a64::ptr(x(kScratch2), x(kScratch)));
  a.cbnz(x(kScratch), next);
  a.bind(done);
  a.ldr(x(kVmctx), at_sp(size + 8));
  a.ldr(x(kLink), at_sp(size + 16));
  a.ldr(x(kMemory), vm(offsetof(Vmctx, memory0_base)));
  add(a, sp, sp, size + kTailAreaWords);
  code.step(Kind::Left);
  a.ret(x(kLink));
  return begin;
}

// Where the arguments of a VmTailCall are on the way from an adapter to the code of its signature;
// its callee is in the scratch register.
constexpr Gpr kTailArgs = x9;

/// Calls a VmTailCall's function in place of the one that the adapter stands for.
void tail_entry(a64::Assembler& a, const FuncType& type) {
  std::vector<Place> where;
  const std::uint32_t results = places(type.results, true, where);
  where.clear();
  const unsigned area = tail_area(std::max(places(type.params, false, where), results));
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
  a.mov(x(x10), Imm(results));
  a.str(x(x10), at_sp(size));
  a.str(x(kVmctx), at_sp(size + 8));
  a.str(x(kLink), at_sp(size + 16));
  stub(kLink, area);
  a.bind(found);
  transfer(a, type.params, false, kTailArgs, 0, true);
  a.ldr(x(kScratch2), vm(offsetof(Vmctx, activation)));
  a.ldr(x(kTarget), a64::ptr(x(kScratch), offsetof(VmFuncRef, native)));
  a.br(x(kTarget));
  a.bind(full);  // as if the caller had called the trap stub
  a.mov(w(x0), Imm(static_cast<std::uint32_t>(TrapKind::CallStackExhausted)));
  a.ldr(x(kScratch), vm(offsetof(Vmctx, native)));
  a.ldr(x(kScratch), a64::ptr(x(kScratch), offsetof(NativeStubs, trap)));
  a.br(x(kScratch));
}

std::uint32_t slot_count(const std::vector<ValType>& types) {
  std::uint32_t n = 0;
  for (const ValType t : types) n += t.slots();
  return n;
}

std::uint32_t aligned(std::uint32_t bytes) { return (bytes + 15) & ~15u; }

}  // namespace

Target::Stubs make_stubs(const NativeHandlers& handlers) {
  Target::Stubs stubs;
  Code code;
  a64::Assembler& a = code.a;
  const auto report = [&] {  // x1: pc, x17: where a function without a frame returns to
    a.sub(x(sp), x(sp), Imm(16));
    code.step(Kind::Size, 0, 16);
    a.stp(x(x1), x(kScratch2), a64::ptr(x(sp)));  // the pc for debuggers
    code.step(Kind::Saved, kLink, 16);
    code.step(Kind::Saved, kScratch2, 8);
    a.add(x(x2), x(sp), Imm(16));
    a.mov(x(x4), x(kTarget));
    a.mov(x(x0), x(kVmctx));
    call_host(a, reinterpret_cast<const void*>(handlers.trap));
    unwind(a);
  };
  stubs.trap = static_cast<std::uint32_t>(a.offset());
  a.mov(x(x1), x(kLink));
  a.mov(w(x3), w(x0));
  report();
  a.align(asmjit::AlignMode::kCode, 16);
  stubs.fault = static_cast<std::uint32_t>(a.offset());
  code.step(Kind::Link, kScratch);
  a.mov(x(x1), x(kScratch));
  a.mov(x(kScratch2), x(kLink));
  a.mov(w(x3), a64::wzr);
  report();
  a.align(asmjit::AlignMode::kCode, 16);
  stubs.poll = static_cast<std::uint32_t>(a.offset());
  preserving_stub(code, reinterpret_cast<const void*>(handlers.poll));
  a.align(asmjit::AlignMode::kCode, 16);
  stubs.stack_limit = static_cast<std::uint32_t>(a.offset());
  preserving_stub(code, reinterpret_cast<const void*>(handlers.stack_limit));
  a.align(asmjit::AlignMode::kCode, 16);
  stubs.resolve = static_cast<std::uint32_t>(a.offset());
  resolve_stub(code, reinterpret_cast<const void*>(handlers.resolve));
  for (unsigned n = 0; n < kTailAreaCount; ++n) {
    a.align(asmjit::AlignMode::kCode, 16);
    stubs.tail_return[n] = tail_return_stub(code, n);
  }
  stubs.code = code.bytes();
  stubs.frame_steps = std::move(code.steps);
  return stubs;
}

/// x0: VmFuncRef*, x1: slots, x2: activation.
Target::Stub make_entry(const FuncType& type) {
  Code code;
  a64::Assembler& a = code.a;
  std::vector<Place> where;
  const std::uint32_t area = std::max(places(type.params, false, where), [&] {
    where.clear();
    return places(type.results, true, where);
  }());
  a.embedUInt64(0);  // the offset of the second part, below
  a.align(asmjit::AlignMode::kZero, Target::kEntryAt);
  a.sub(x(sp), x(sp), Imm(kEntrySaves));
  code.step(Kind::Size, 0, kEntrySaves);
  save_for_entry(a, false);
  for (std::uint32_t n = 0; n < 12; ++n) code.step(Kind::Saved, x19 + n, kEntrySaves - 8 * n);
  a.mov(x(x3), x(sp));
  a.str(x(x3), a64::ptr(x(x2), offsetof(Activation, native_sp)));
  if (area != 0) sub_sp(a, aligned(area));
  code.step(Kind::Size, 0, kEntrySaves + aligned(area));
  a.mov(x(x19), x(x1));
  a.mov(x(x20), x(x2));
  a.mov(x(kScratch), x(x0));
  transfer(a, type.params, false, x19, 0, true);
  a.mov(x(kScratch2), x(x20));
  a.ldr(x(kLink), a64::ptr(x(kScratch), offsetof(VmFuncRef, native)));
  a.blr(x(kLink));
  transfer(a, type.results, true, x19, 0, false);
  a.mov(w(x0), a64::wzr);
  if (area != 0) add(a, sp, sp, aligned(area));
  code.step(Kind::Size, 0, kEntrySaves);
  save_for_entry(a, true);
  a.add(x(sp), x(sp), Imm(kEntrySaves));
  code.step(Kind::Left);
  a.ret(x(kLink));
  a.align(asmjit::AlignMode::kCode, 16);
  code.step(Kind::Left);
  const std::uint64_t tail = a.offset();
  tail_entry(a, type);
  std::vector<std::uint8_t> made = code.bytes();
  std::memcpy(made.data(), &tail, sizeof tail);
  return {std::move(made), std::move(code.steps)};
}

/// Entered like a compiled function, with the VmFuncRef* in the scratch register.
Target::Stub make_adapter(const FuncType& type) {
  Code code;
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
  const asmjit::Label trapped = a.newLabel();
  const auto leave = [&] {
    add(a, kScratch2, sp, bytes - 16);
    a.ldr(x(kLink), a64::ptr(x(kScratch2)));
    add(a, sp, sp, bytes);
    code.step(Kind::Left);
  };
  a.cbnz(w(x0), trapped);
  transfer(a, type.results, true, sp, bytes, true);
  leave();
  a.ret(x(kLink));
  code.step(Kind::Back);
  a.bind(trapped);
  const asmjit::Label tail = a.newLabel();
  a.cmn(w(x0), Imm(std::uint32_t{0} - kTailCall));
  a.b_eq(tail);
  leave();  // as if the caller had called the trap stub
  a.ldr(x(kScratch), vm(offsetof(Vmctx, native)));
  a.ldr(x(kScratch), a64::ptr(x(kScratch), offsetof(NativeStubs, trap)));
  a.br(x(kScratch));
  code.step(Kind::Back);
  a.bind(tail);
  add(a, x10, sp, tail_at);
  a.ldr(x(kScratch), a64::ptr(x(x10), offsetof(VmTailCall, callee)));
  a.ldr(x(kTailArgs), a64::ptr(x(x10), offsetof(VmTailCall, args)));
  a.ldr(x(x10), a64::ptr(x(x10), offsetof(VmTailCall, code)));
  leave();
  a.br(x(x10));
  return {code.bytes(), std::move(code.steps)};
}

std::vector<std::uint8_t> make_thunk(std::uint32_t func) {
  Code code;
  a64::Assembler& a = code.a;
  a.ldr(x(kScratch), vm(offsetof(Vmctx, funcs)));
  if (func < 4096) {
    a.ldr(x(kScratch), a64::ptr(x(kScratch), static_cast<std::int32_t>(8 * func)));
  } else {
    a.mov(x(kScratch2), Imm(func));
    a.ldr(x(kScratch),
          a64::ptr(x(kScratch), x(kScratch2), asmjit::arm::Shift(asmjit::arm::ShiftOp::kLSL, 3)));
  }
  a.ldr(x(kScratch2), vm(offsetof(Vmctx, activation)));
  a.ldr(x(kTarget), a64::ptr(x(kScratch), offsetof(VmFuncRef, native)));
  a.br(x(kTarget));
  return code.bytes();
}

bool patch_call(std::uint8_t* code, std::uint32_t site, std::uint32_t callee) {
  const std::int64_t words = (std::int64_t{callee} - std::int64_t{site}) / 4;
  if (words < -(1 << 25) || words >= 1 << 25) return false;
  std::uint32_t bits = 0;
  std::memcpy(&bits, code + site, 4);
  bits = (bits & 0xFC000000) | (static_cast<std::uint32_t>(words) & 0x03FFFFFF);
  std::memcpy(code + site, &bits, 4);
  return true;
}

}  // namespace wasmrt::jit::arm64
