// Stubs of x64.
//
// Compiled code enters with the stack pointer 8 below a multiple of 16, as after a call; the stubs
// that call C++ align it themselves. A trap unwinds by loading the stack pointer that the entry
// noted in the activation: what stands there are the registers the entry saved.
#include "jit/x64/stubs.h"

#include <asmjit/x86.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "jit/x64/regs.h"
#include "jit/x64/target.h"
#include "libwasmrt/abi/activation.h"
#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::x64 {

namespace x86 = asmjit::x86;

namespace {

constexpr Gpr kSavedByEntry[] = {rbx, rbp, r12, r13, r14, r15};

struct Code {
  asmjit::CodeHolder holder;
  x86::Assembler a;
  Code() {
    holder.init(asmjit::Environment(asmjit::Arch::kX64));
    holder.attach(&a);
  }
  std::vector<std::uint8_t> bytes() {
    if (holder.hasUnresolvedLinks()) holder.resolveUnresolvedLinks();
    const asmjit::CodeBuffer& b = holder.sectionById(0)->buffer();
    return {b.data(), b.data() + b.size()};
  }
  std::vector<FrameStep> steps;
  void step(FrameStep::Kind kind, std::uint8_t reg = 0, std::int32_t frame = 0) {
    steps.push_back(
        {static_cast<std::uint32_t>(a.offset()), kind, reg, static_cast<std::uint32_t>(frame)});
  }
};

using Kind = FrameStep::Kind;

x86::Mem vm(std::size_t offset) {
  return x86::ptr(x86::gpq(kVmctx), static_cast<std::int32_t>(offset), 8);
}

/// eax holds the TrapWord: drop every frame down to the entry, which returns it.
void unwind(x86::Assembler& a) {
  a.mov(x86::rcx, vm(offsetof(Vmctx, activation)));
  a.mov(x86::rsp, x86::ptr(x86::rcx, offsetof(Activation, native_sp), 8));
  for (std::size_t n = std::size(kSavedByEntry); n-- > 0;) a.pop(x86::gpq(kSavedByEntry[n]));
  a.ret();
}

/// Saves all registers that compiled code may be using, calls a handler with (ctx, pc, sp), and
/// goes back, or unwinds when it gives a TrapWord.
void preserving_stub(Code& code, const void* handler) {
  x86::Assembler& a = code.a;
  static constexpr Gpr kInts[] = {rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r12, r13};
  constexpr std::int32_t kIntBytes = 8 * 12;
  constexpr std::int32_t kBytes = kIntBytes + 16 * 16;
  a.sub(x86::rsp, kBytes);
  code.step(Kind::Size, 0, kBytes + 8);
  for (std::int32_t n = 0; n < 12; ++n) {
    a.mov(x86::ptr(x86::rsp, 8 * n, 8), x86::gpq(kInts[n]));
    code.step(Kind::Saved, dwarf(kInts[n]), kBytes + 8 - 8 * n);
  }
  for (std::int32_t n = 0; n < 16; ++n) {
    a.movups(x86::ptr(x86::rsp, kIntBytes + 16 * n), x86::xmm(static_cast<std::uint32_t>(n)));
  }
  a.mov(x86::rdi, x86::gpq(kVmctx));
  a.mov(x86::rsi, x86::ptr(x86::rsp, kBytes, 8));
  a.lea(x86::rdx, x86::ptr(x86::rsp, kBytes + 8));
  a.mov(x86::rbx, x86::rsp);
  code.step(Kind::Base, dwarf(rbx));
  a.and_(x86::rsp, -16);
  a.mov(x86::rax, reinterpret_cast<std::uint64_t>(handler));
  a.call(x86::rax);
  a.mov(x86::rsp, x86::rbx);
  code.step(Kind::Base, dwarf(rsp));
  const asmjit::Label leave = a.newLabel();
  a.test(x86::eax, x86::eax);
  a.jnz(leave);
  for (std::int32_t n = 0; n < 12; ++n) a.mov(x86::gpq(kInts[n]), x86::ptr(x86::rsp, 8 * n, 8));
  for (std::int32_t n = 0; n < 16; ++n) {
    a.movups(x86::xmm(static_cast<std::uint32_t>(n)), x86::ptr(x86::rsp, kIntBytes + 16 * n));
  }
  a.add(x86::rsp, kBytes);
  code.step(Kind::Left);
  a.ret();
  a.bind(leave);
  code.step(Kind::Back);
  unwind(a);
}

/// Entered like a compiled function, with the VmFuncRef* in the scratch register.
void resolve_stub(Code& code, const void* handler) {
  x86::Assembler& a = code.a;
  const Target& t = x64_target();
  const auto ints = static_cast<std::int32_t>(t.int_args.size());
  const auto vecs = static_cast<std::int32_t>(t.vec_args.size());
  const std::int32_t vec_at = 8 * (ints + 1);
  const std::int32_t bytes = (vec_at + 16 * (vecs + 1) + 15) / 16 * 16 + 8;
  const auto each = [&](auto&& gp, auto&& vec) {
    for (std::int32_t n = 0; n < ints; ++n) gp(8 * n, t.int_args[static_cast<std::size_t>(n)]);
    gp(8 * ints, t.scratch[0]);
    for (std::int32_t n = 0; n < vecs; ++n) {
      vec(vec_at + 16 * n, t.vec_args[static_cast<std::size_t>(n)]);
    }
    vec(vec_at + 16 * vecs, t.scratch[1]);
  };
  a.sub(x86::rsp, bytes);
  code.step(Kind::Size, 0, bytes + 8);
  each([&](std::int32_t at, std::uint8_t r) { a.mov(x86::ptr(x86::rsp, at, 8), x86::gpq(r)); },
       [&](std::int32_t at, std::uint8_t r) { a.movups(x86::ptr(x86::rsp, at), x86::xmm(r)); });
  a.mov(x86::rdi, x86::gpq(kScratch));
  a.mov(x86::rax, reinterpret_cast<std::uint64_t>(handler));
  a.call(x86::rax);
  each([&](std::int32_t at, std::uint8_t r) { a.mov(x86::gpq(r), x86::ptr(x86::rsp, at, 8)); },
       [&](std::int32_t at, std::uint8_t r) { a.movups(x86::xmm(r), x86::ptr(x86::rsp, at)); });
  a.add(x86::rsp, bytes);
  code.step(Kind::Left);
  a.jmp(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, native), 8));
}

struct Place {
  bool in_reg;
  std::uint8_t reg;
  std::uint32_t offset;
};

std::uint32_t places(const std::vector<ValType>& types, bool results, std::vector<Place>& out) {
  const Target& t = x64_target();
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

/// Moves values between slots at `slots` and their places; stack places lie at `area`.
void transfer(x86::Assembler& a, const std::vector<ValType>& types, bool results, x86::Gp slots,
              std::int32_t slots_at, std::int32_t area, bool to_places) {
  std::vector<Place> where;
  places(types, results, where);
  // Stack places first: they go through the scratch registers.
  for (const bool stack : {true, false}) {
    std::int32_t at = slots_at;
    for (std::size_t n = 0; n < types.size(); ++n) {
      const ValType type = types[n];
      const std::int32_t slot_at = at;
      at += static_cast<std::int32_t>(8 * type.slots());
      if (where[n].in_reg == stack) continue;
      const auto slot = [&](unsigned size, std::int32_t extra = 0) {
        return x86::ptr(slots, slot_at + extra, size);
      };
      const std::int32_t place = area + static_cast<std::int32_t>(where[n].offset);
      if (stack) {
        for (std::int32_t w = 0; w < static_cast<std::int32_t>(8 * type.slots()); w += 8) {
          const x86::Mem in_area = x86::ptr(x86::rsp, place + w, 8);
          const x86::Xmm t = x86::xmm(14);
          if (to_places) {
            a.movq(t, slot(8, w));
            a.movq(in_area, t);
          } else {
            a.movq(t, in_area);
            a.movq(slot(8, w), t);
          }
        }
        if (!to_places && type == kF32) a.mov(slot(4, 4), 0);
        continue;
      }
      const std::uint32_t r = where[n].reg;
      if (type.is_vec()) {
        if (to_places) {
          a.movups(x86::xmm(r), slot(16));
        } else {
          a.movups(slot(16), x86::xmm(r));
        }
      } else if (type == kF32) {
        if (to_places) {
          a.movss(x86::xmm(r), slot(4));
        } else {
          a.movss(slot(4), x86::xmm(r));
          a.mov(slot(4, 4), 0);
        }
      } else if (type == kF64) {
        if (to_places) {
          a.movsd(x86::xmm(r), slot(8));
        } else {
          a.movsd(slot(8), x86::xmm(r));
        }
      } else if (type == kI32) {
        if (to_places) {
          a.mov(x86::gpd(r), slot(4));
        } else {
          a.mov(slot(8), x86::gpq(r));
        }
      } else if (to_places) {
        a.mov(x86::gpq(r), slot(8));
      } else {
        a.mov(slot(8), x86::gpq(r));
      }
    }
  }
}

/// Behind a function that was called with an area: results, instance and return address. Returns
/// where it begins.
std::uint32_t tail_return_stub(Code& code, unsigned area) {
  x86::Assembler& a = code.a;
  const auto size = static_cast<std::int32_t>(kTailAreas[area]);
  const x86::Gp left = x86::gpq(kScratch);
  const asmjit::Label next = a.newLabel();
  const asmjit::Label done = a.newLabel();
  code.step(Kind::Size, 0, size + static_cast<std::int32_t>(kTailAreaWords));
  a.nop();  // debuggers look a return address up by the byte before it
  const auto begin = static_cast<std::uint32_t>(a.offset());
  a.mov(left, x86::ptr(x86::rsp, size, 8));
  a.test(left, left);
  a.jz(done);
  a.bind(next);
  a.sub(left, 8);
  a.movq(x86::xmm(kScratchVec), x86::ptr(x86::rsp, left, 0, 0, 8));
  a.movq(x86::ptr(x86::rsp, left, 0, size + 24, 8), x86::xmm(kScratchVec));
  a.jnz(next);
  a.bind(done);
  a.mov(x86::gpq(kVmctx), x86::ptr(x86::rsp, size + 8, 8));
  a.mov(x86::gpq(kMemory), vm(offsetof(Vmctx, memory0_base)));
  a.add(x86::rsp, size + 16);
  code.step(Kind::Left);
  a.ret();
  return begin;
}

// Where a VmTailCall goes on the way from an adapter to the code of its signature: not in registers
// of arguments.
constexpr std::uint32_t kTailCallee = 13;  // vector
constexpr Gpr kTailArgs = r11;

/// Calls a VmTailCall's function in place of the one that the adapter stands for.
void tail_entry(x86::Assembler& a, const FuncType& type) {
  std::vector<Place> where;
  const std::uint32_t results = places(type.results, true, where);
  where.clear();
  const unsigned area = tail_area(std::max(places(type.params, false, where), results));
  const auto size = static_cast<std::int32_t>(kTailAreas[area]);
  const auto stub = [&a](unsigned n) {
    a.mov(x86::rax, vm(offsetof(Vmctx, native)));
    a.mov(x86::rax,
          x86::ptr(x86::rax, static_cast<std::int32_t>(offsetof(NativeStubs, tail_return) + 8 * n),
                   8));
  };
  const asmjit::Label found = a.newLabel();
  const asmjit::Label full = a.newLabel();
  for (unsigned n = area; n < kTailAreaCount; ++n) {
    stub(n);
    a.cmp(x86::ptr(x86::rsp, 0, 8), x86::rax);
    a.je(found);
  }
  a.lea(x86::rcx, x86::ptr(x86::rsp, -size - static_cast<std::int32_t>(kTailAreaWords)));
  a.mov(x86::rdx, vm(offsetof(Vmctx, activation)));
  a.cmp(x86::rcx, x86::ptr(x86::rdx, offsetof(Activation, native_limit), 8));
  a.jb(full);
  a.mov(x86::rsp, x86::rcx);
  a.mov(x86::ptr(x86::rsp, size + 8, 8), results);
  a.mov(x86::ptr(x86::rsp, size + 16, 8), x86::gpq(kVmctx));
  stub(area);
  a.mov(x86::ptr(x86::rsp, 0, 8), x86::rax);
  a.bind(found);
  transfer(a, type.params, false, x86::gpq(kTailArgs), 0, 8, true);
  a.movq(x86::gpq(kScratch), x86::xmm(kTailCallee));
  a.movq(x86::xmm(kScratchVec), vm(offsetof(Vmctx, activation)));
  a.jmp(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, native), 8));
  a.bind(full);  // as if the caller had called the trap stub
  a.mov(x86::eax, static_cast<std::uint32_t>(TrapKind::CallStackExhausted));
  a.mov(x86::gpq(kScratch), vm(offsetof(Vmctx, native)));
  a.jmp(x86::ptr(x86::gpq(kScratch), offsetof(NativeStubs, trap), 8));
}

std::uint32_t slot_count(const std::vector<ValType>& types) {
  std::uint32_t n = 0;
  for (const ValType t : types) n += t.slots();
  return n;
}

}  // namespace

Target::Stubs make_stubs(const NativeHandlers& handlers) {
  Target::Stubs stubs;
  Code code;
  x86::Assembler& a = code.a;
  const auto report = [&] {  // ecx: word, r10: information; the pc lies on the stack
    a.mov(x86::rsi, x86::ptr(x86::rsp, 0, 8));
    a.lea(x86::rdx, x86::ptr(x86::rsp, 8));
    a.mov(x86::r8, x86::r10);
    a.mov(x86::rdi, x86::gpq(kVmctx));
    a.mov(x86::rbx, x86::rsp);  // for debuggers
    code.step(Kind::Base, dwarf(rbx));
    a.and_(x86::rsp, -16);
    a.mov(x86::rax, reinterpret_cast<std::uint64_t>(handlers.trap));
    a.call(x86::rax);
    unwind(a);
  };
  stubs.trap = static_cast<std::uint32_t>(a.offset());
  a.mov(x86::ecx, x86::eax);
  report();
  a.align(asmjit::AlignMode::kCode, 16);
  stubs.fault = static_cast<std::uint32_t>(a.offset());
  code.step(Kind::Size, 0, 0);
  code.step(Kind::Link, dwarf(kScratch));
  a.push(x86::gpq(kScratch));  // as if it had been called
  code.step(Kind::Size, 0, 8);
  code.step(Kind::Saved, x64_target().frames.dwarf_return, 8);
  a.xor_(x86::ecx, x86::ecx);
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

/// rdi: VmFuncRef*, rsi: slots, rdx: activation.
Target::Stub make_entry(const FuncType& type) {
  Code code;
  x86::Assembler& a = code.a;
  std::vector<Place> where;
  const std::uint32_t area = std::max(places(type.params, false, where), [&] {
    where.clear();
    return places(type.results, true, where);
  }());
  a.embedUInt64(0);  // the offset of the second part, below
  a.align(asmjit::AlignMode::kZero, Target::kEntryAt);
  std::int32_t frame = 8;
  for (const Gpr r : kSavedByEntry) {
    a.push(x86::gpq(r));
    frame += 8;
    code.step(Kind::Size, 0, frame);
    code.step(Kind::Saved, dwarf(r), frame);
  }
  a.mov(x86::ptr(x86::rdx, offsetof(Activation, native_sp), 8), x86::rsp);
  const auto bytes = static_cast<std::int32_t>(8 + ((area + 15) & ~15u));
  a.sub(x86::rsp, bytes);
  code.step(Kind::Size, 0, frame + bytes);
  a.mov(x86::rbx, x86::rsi);
  a.mov(x86::gpq(kScratch), x86::rdi);
  a.movq(x86::xmm(kScratchVec), x86::rdx);
  transfer(a, type.params, false, x86::rbx, 0, 0, true);
  a.call(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, native), 8));
  transfer(a, type.results, true, x86::rbx, 0, 0, false);
  a.xor_(x86::eax, x86::eax);
  a.add(x86::rsp, bytes);
  code.step(Kind::Size, 0, frame);
  for (std::size_t n = std::size(kSavedByEntry); n-- > 0;) {
    a.pop(x86::gpq(kSavedByEntry[n]));
    frame -= 8;
    code.step(Kind::Size, 0, frame);
  }
  a.ret();
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
  x86::Assembler& a = code.a;
  const std::uint32_t slots = std::max(slot_count(type.params), slot_count(type.results));
  const auto tail_at = static_cast<std::int32_t>(8 * slots);
  const auto bytes =
      static_cast<std::int32_t>(8 + ((8 * slots + sizeof(VmTailCall) + 15) & ~std::size_t{15}));
  a.sub(x86::rsp, bytes);
  code.step(Kind::Size, 0, bytes + 8);
  transfer(a, type.params, false, x86::rsp, 0, bytes + 8, false);
  a.mov(x86::rdi, x86::gpq(kScratch));
  a.mov(x86::rsi, x86::gpq(kVmctx));
  a.mov(x86::rdx, x86::rsp);
  a.lea(x86::rcx, x86::ptr(x86::rsp, tail_at));
  a.call(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, entry), 8));
  const asmjit::Label trapped = a.newLabel();
  a.test(x86::eax, x86::eax);
  a.jnz(trapped);
  transfer(a, type.results, true, x86::rsp, 0, bytes + 8, true);
  a.add(x86::rsp, bytes);
  code.step(Kind::Left);
  a.ret();
  a.bind(trapped);
  code.step(Kind::Back);
  const asmjit::Label tail = a.newLabel();
  a.cmp(x86::eax, static_cast<std::int32_t>(kTailCall));
  a.je(tail);
  a.add(x86::rsp, bytes);  // as if the caller had called the trap stub
  code.step(Kind::Left);
  a.mov(x86::gpq(kScratch), vm(offsetof(Vmctx, native)));
  a.jmp(x86::ptr(x86::gpq(kScratch), offsetof(NativeStubs, trap), 8));
  a.bind(tail);
  code.step(Kind::Back);
  const auto field = [&](std::size_t offset) {
    return x86::ptr(x86::rsp, tail_at + static_cast<std::int32_t>(offset), 8);
  };
  a.movq(x86::xmm(kTailCallee), field(offsetof(VmTailCall, callee)));
  a.mov(x86::gpq(kTailArgs), field(offsetof(VmTailCall, args)));
  a.mov(x86::rax, field(offsetof(VmTailCall, code)));
  a.add(x86::rsp, bytes);
  code.step(Kind::Left);
  a.jmp(x86::rax);
  return {code.bytes(), std::move(code.steps)};
}

std::vector<std::uint8_t> make_thunk(std::uint32_t func) {
  Code code;
  x86::Assembler& a = code.a;
  a.mov(x86::gpq(kScratch), vm(offsetof(Vmctx, funcs)));
  a.mov(x86::gpq(kScratch), x86::ptr(x86::gpq(kScratch), static_cast<std::int32_t>(8 * func), 8));
  a.movq(x86::xmm(kScratchVec), vm(offsetof(Vmctx, activation)));
  a.jmp(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, native), 8));
  return code.bytes();
}

bool patch_call(std::uint8_t* code, std::uint32_t site, std::uint32_t callee) {
  const std::int64_t distance = std::int64_t{callee} - std::int64_t{site} - 4;
  const auto field = static_cast<std::int32_t>(distance);
  if (field != distance) return false;
  std::memcpy(code + site, &field, 4);
  return true;
}

}  // namespace wasmrt::jit::x64
