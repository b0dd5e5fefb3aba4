// Stubs of arm64.
//
// Compiled code calls a stub with the return address telling where; the return address of a
// function without a frame comes in the second scratch register, and is put below the stack pointer
// where the walk over frames finds it. A trap unwinds by loading the stack pointer that the entry
// noted in the activation: what stands there are the registers the entry saved.
#include "jit/arm64/stubs.h"

#include <cstring>
#include <utility>

#include "jit/arm64/stub_code.h"
#include "jit/arm64/target.h"

namespace wasmrt::jit::arm64 {

namespace {

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
  code.call_host(handler);
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
  const std::uint32_t begin = code.here();
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

}  // namespace

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

void begin_entry(Code& code) {
  a64::Assembler& a = code.a;
  a.sub(x(sp), x(sp), Imm(kEntrySaves));
  code.step(Kind::Size, 0, kEntrySaves);
  save_for_entry(a, false);
  for (std::uint32_t n = 0; n < 12; ++n) code.step(Kind::Saved, x19 + n, kEntrySaves - 8 * n);
  a.mov(x(x3), x(sp));
  a.str(x(x3), a64::ptr(x(x2), offsetof(Activation, native_sp)));
}

void end_entry(Code& code) {
  save_for_entry(code.a, true);
  code.a.add(x(sp), x(sp), Imm(kEntrySaves));
  code.step(Kind::Left);
  code.a.ret(x(kLink));
}

void jump_to_trap(a64::Assembler& a) {
  a.ldr(x(kScratch), vm(offsetof(Vmctx, native)));
  a.ldr(x(kScratch), a64::ptr(x(kScratch), offsetof(NativeStubs, trap)));
  a.br(x(kScratch));
}

void drop_adapter_frame(Code& code, std::uint32_t bytes) {
  add(code.a, kScratch2, sp, bytes - 16);
  code.a.ldr(x(kLink), a64::ptr(x(kScratch2)));
  add(code.a, sp, sp, bytes);
  code.step(Kind::Left);
}

void leave_adapter(Code& code, std::uint32_t bytes, std::uint32_t tail_at) {
  a64::Assembler& a = code.a;
  const asmjit::Label tail = a.newLabel();
  a.cmn(w(x0), Imm(std::uint32_t{0} - kTailCall));
  a.b_eq(tail);
  drop_adapter_frame(code, bytes);
  jump_to_trap(a);
  code.step(Kind::Back);
  a.bind(tail);
  add(a, x10, sp, tail_at);
  a.ldr(x(kScratch), a64::ptr(x(x10), offsetof(VmTailCall, callee)));
  a.ldr(x(kTailArgs), a64::ptr(x(x10), offsetof(VmTailCall, args)));
  a.ldr(x(x10), a64::ptr(x(x10), offsetof(VmTailCall, code)));
  drop_adapter_frame(code, bytes);
  a.br(x(x10));
}

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
    code.call_host(reinterpret_cast<const void*>(handlers.trap));
    unwind(a);
  };
  stubs.trap = code.here();
  a.mov(x(x1), x(kLink));
  a.mov(w(x3), w(x0));
  report();
  stubs.fault = code.next_stub();
  code.step(Kind::Link, kScratch);
  a.mov(x(x1), x(kScratch));
  a.mov(x(kScratch2), x(kLink));
  a.mov(w(x3), a64::wzr);
  report();
  stubs.poll = code.next_stub();
  preserving_stub(code, reinterpret_cast<const void*>(handlers.poll));
  stubs.stack_limit = code.next_stub();
  preserving_stub(code, reinterpret_cast<const void*>(handlers.stack_limit));
  stubs.resolve = code.next_stub();
  resolve_stub(code, reinterpret_cast<const void*>(handlers.resolve));
  for (unsigned n = 0; n < kTailAreaCount; ++n) {
    code.next_stub();
    stubs.tail_return[n] = tail_return_stub(code, n);
  }
  stubs.generic = append_generic_stubs(code, handlers);
  stubs.code = code.bytes();
  stubs.frame_steps = std::move(code.steps);
  return stubs;
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

void patch_table(std::uint8_t* code, std::uint32_t site, std::uint32_t table) {
  std::uint32_t words[2] = {};
  std::memcpy(words, code + site, sizeof words);
  const std::uint32_t pages = (table >> 12) - (site >> 12);
  words[0] |= (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5;
  words[1] |= (table & 0xFFF) << 10;
  std::memcpy(code + site, words, sizeof words);
}

}  // namespace wasmrt::jit::arm64
