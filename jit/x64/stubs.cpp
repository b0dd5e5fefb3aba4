// Stubs of x64.
//
// Compiled code enters with the stack pointer 8 below a multiple of 16, as after a call; the stubs
// that call C++ align it themselves. A trap unwinds by loading the stack pointer that the entry
// noted in the activation: what stands there are the registers the entry saved.
#include "jit/x64/stubs.h"

#include <cstring>
#include <utility>

#include "jit/x64/stub_code.h"
#include "jit/x64/target.h"

namespace wasmrt::jit::x64 {

namespace {

/// eax holds the TrapWord: drop every frame down to the entry, which goes on with it.
void unwind(x86::Assembler& a) {
  a.mov(x86::rcx, vm(offsetof(Vmctx, activation)));
  a.mov(x86::rsp, x86::ptr(x86::rcx, offsetof(Activation, native_sp), 8));
  a.jmp(x86::ptr(x86::rcx, offsetof(Activation, native_back), 8));
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
  code.call_host(handler);
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
  code.call_host(handler);
  each([&](std::int32_t at, std::uint8_t r) { a.mov(x86::gpq(r), x86::ptr(x86::rsp, at, 8)); },
       [&](std::int32_t at, std::uint8_t r) { a.movups(x86::xmm(r), x86::ptr(x86::rsp, at)); });
  a.add(x86::rsp, bytes);
  code.step(Kind::Left);
  a.jmp(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, native), 8));
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
  const std::uint32_t begin = code.here();
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

}  // namespace

void save_for_entry(Code& code) {
  std::int32_t frame = 8;
  for (const Gpr r : kSavedByEntry) {
    code.a.push(x86::gpq(r));
    frame += 8;
    code.step(Kind::Size, 0, frame);
    code.step(Kind::Saved, dwarf(r), frame);
  }
}

void entry_frame(Code& code) {
  code.step(Kind::Size, 0, kEntryBytes);
  std::int32_t at = 8;
  for (const Gpr r : kSavedByEntry) code.step(Kind::Saved, dwarf(r), at += 8);
}

std::int32_t begin_entry(Code& code, Gpr activation) {
  save_for_entry(code);
  code.a.mov(x86::ptr(x86::gpq(activation), offsetof(Activation, native_sp), 8), x86::rsp);
  return kEntryBytes;
}

void end_entry(Code& code, std::int32_t frame) {
  for (std::size_t n = std::size(kSavedByEntry); n-- > 0;) {
    code.a.pop(x86::gpq(kSavedByEntry[n]));
    frame -= 8;
    code.step(Kind::Size, 0, frame);
  }
  code.a.ret();
}

void jump_to_trap(x86::Assembler& a) {
  a.mov(x86::gpq(kScratch), vm(offsetof(Vmctx, native)));
  a.jmp(x86::ptr(x86::gpq(kScratch), offsetof(NativeStubs, trap), 8));
}

void leave_adapter(Code& code, std::int32_t bytes, std::int32_t tail_at) {
  x86::Assembler& a = code.a;
  const asmjit::Label tail = a.newLabel();
  a.cmp(x86::eax, static_cast<std::int32_t>(kTailCall));
  a.je(tail);
  a.add(x86::rsp, bytes);
  code.step(Kind::Left);
  jump_to_trap(a);
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
}

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
    code.call_host(reinterpret_cast<const void*>(handlers.trap));
    unwind(a);
  };
  stubs.trap = code.here();
  a.mov(x86::ecx, x86::eax);
  report();
  stubs.fault = code.next_stub();
  code.step(Kind::Size, 0, 0);
  code.step(Kind::Link, dwarf(kScratch));
  a.push(x86::gpq(kScratch));  // as if it had been called
  code.step(Kind::Size, 0, 8);
  code.step(Kind::Saved, x64_target().frames.dwarf_return, 8);
  a.xor_(x86::ecx, x86::ecx);
  report();
  stubs.poll = code.next_stub();
  preserving_stub(code, reinterpret_cast<const void*>(handlers.poll));
  stubs.stack_limit = code.next_stub();
  preserving_stub(code, reinterpret_cast<const void*>(handlers.stack_limit));
  stubs.entry_back = code.next_stub();
  entry_frame(code);
  end_entry(code, kEntryBytes);
  stubs.quick_back = code.next_stub();
  append_quick_back(code, handlers);
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

void patch_table(std::uint8_t* code, std::uint32_t site, std::uint32_t table) {
  const std::uint32_t distance = table - (site + 4);
  std::memcpy(code + site, &distance, 4);
}

}  // namespace wasmrt::jit::x64
