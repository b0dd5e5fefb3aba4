// Stubs of one signature on x64: an instruction or two for each argument and result.
//
// Compiled code is entered with the stack pointer 8 below a multiple of 16, as after a call, and
// enters an adapter so. stubs_generic.cpp does the same for all signatures.
#include <algorithm>
#include <span>
#include <utility>

#include "jit/places.h"
#include "jit/x64/stub_code.h"
#include "jit/x64/stubs.h"
#include "jit/x64/target.h"
#include "libwasmrt/abi/claim.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::x64 {

namespace {

/// Moves values between slots at `slots` and their places; stack places lie at `area`.
void transfer(x86::Assembler& a, const std::vector<ValType>& types, bool results,
              const x86::Gp& slots, std::int32_t slots_at, std::int32_t area, bool to_places) {
  Places places(x64_target(), results);
  std::vector<Place> where;
  where.reserve(types.size());
  for (const ValType t : types) where.push_back(places.next(t));
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

/// rdi: VmFuncRef*, rsi: slots, rdx: activation.
void entry(Code& code, const FuncType& type) {
  x86::Assembler& a = code.a;
  const std::int32_t frame = begin_entry(code, rdx);
  const auto bytes = static_cast<std::int32_t>(8 + ((area_bytes(x64_target(), type) + 15) & ~15u));
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
  end_entry(code, frame);
}

/// Calls a VmTailCall's function in place of the one that the adapter stands for.
void tail(Code& code, const FuncType& type) {
  x86::Assembler& a = code.a;
  Places results(x64_target(), true);
  for (const ValType t : type.results) results.next(t);
  const unsigned area = tail_area(area_bytes(x64_target(), type));
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
  a.mov(x86::ptr(x86::rsp, size + 8, 8), results.bytes());
  a.mov(x86::ptr(x86::rsp, size + 16, 8), x86::gpq(kVmctx));
  stub(area);
  a.mov(x86::ptr(x86::rsp, 0, 8), x86::rax);
  a.bind(found);
  transfer(a, type.params, false, x86::gpq(kTailArgs), 0, 8, true);
  a.movq(x86::gpq(kScratch), x86::xmm(kTailCallee));
  a.movq(x86::xmm(kScratchVec), vm(offsetof(Vmctx, activation)));
  a.jmp(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, native), 8));
  a.bind(full);
  a.mov(x86::eax, static_cast<std::uint32_t>(TrapKind::CallStackExhausted));
  jump_to_trap(a);
}

std::uint32_t slot_count(const std::vector<ValType>& types) {
  std::uint32_t n = 0;
  for (const ValType t : types) n += t.slots();
  return n;
}

/// Entered like a compiled function, with the VmFuncRef* in the scratch register.
void adapter(Code& code, const FuncType& type) {
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
  const asmjit::Label other = a.newLabel();
  a.test(x86::eax, x86::eax);
  a.jnz(other);
  transfer(a, type.results, true, x86::rsp, 0, bytes + 8, true);
  a.add(x86::rsp, bytes);
  code.step(Kind::Left);
  a.ret();
  a.bind(other);
  code.step(Kind::Back);
  leave_adapter(code, bytes, tail_at);
}

}  // namespace

// ---- words: whole calls between host and guest with every value in a register
// ------------------------------------------------------------------------------
//
// Words are in the first registers of C++ arguments, which are those of our convention. A call that
// is not the ordinary one goes to C++, as if it had never come here. Each has one indirect call:
// those are what such a call spends its time on.

namespace {

/// Between a vector register's number and a word, which holds no more than that.
void vec_to_word(x86::Assembler& a, ValType type, std::uint32_t gp, std::uint32_t vec) {
  if (type == kF32) {
    a.movd(x86::gpd(gp), x86::xmm(vec));
  } else {
    a.movq(x86::gpq(gp), x86::xmm(vec));
  }
}

x86::Mem field(Gpr base, std::size_t offset, unsigned size = 8) {
  return x86::ptr(x86::gpq(base), static_cast<std::int32_t>(offset), size);
}

/// A word of the calling thread's state.
x86::Mem of_thread(std::int32_t offset) {
  x86::Mem place = x86::ptr_abs(static_cast<std::uint64_t>(std::int64_t{offset}), 8);
  place.setSegment(x86::fs);
  return place;
}

/// The claim, which the frame holds beside the registers of an entry.
constexpr std::int32_t kQuickBytes = kEntryBytes + 8;

void quick_frame(Code& code) {
  entry_frame(code);
  code.step(Kind::Size, 0, kQuickBytes);
}

/// Ends a call that trapped, or holds references. rax: result, esi: TrapWord. The claim is on top
/// of the frame.
void finish(Code& code, const NativeHandlers& handlers) {
  x86::Assembler& a = code.a;
  a.mov(x86::rdi, x86::ptr(x86::rsp, 0, 8));
  a.mov(x86::rbx, x86::rax);
  code.call_host(reinterpret_cast<const void*>(handlers.finish_quick_call));
  a.mov(x86::rdx, x86::rax);
  a.mov(x86::rax, x86::rbx);
  a.add(x86::rsp, 8);
  code.step(Kind::Size, 0, kEntryBytes);
  end_entry(code, kEntryBytes);
}

}  // namespace

void append_quick_back(Code& code, const NativeHandlers& handlers) {
  quick_frame(code);
  code.a.mov(x86::esi, x86::eax);
  code.a.xor_(x86::eax, x86::eax);
  finish(code, handlers);
}

/// r8: VmFuncRef*, r9: const Func&. Does what begin_quick_call and end_quick_call do
/// (runtime/quick_call.h), in their order. Compiled code keeps the other registers of C++, which
/// only a trap takes back.
void words_entry(Code& code, const FuncType& type, const NativeHandlers& handlers) {
  x86::Assembler& a = code.a;
  const asmjit::Label general = a.newLabel();
  const asmjit::Label asked = a.newLabel();
  const asmjit::Label held = a.newLabel();
  constexpr Gpr kClaim = r10;
  a.mov(x86::rax, field(r8, offsetof(VmFuncRef, vmctx)));
  a.mov(x86::gpq(kClaim), field(rax, offsetof(Vmctx, claim)));
  a.mov(x86::r11, of_thread(handlers.thread_idle_id));
  a.mov(x86::gpq(kClaim), field(kClaim, 0));
  a.cmp(field(kClaim, offsetof(VmClaim, ready)), x86::r11);
  a.jne(general);
  a.mov(x86::r11, field(rax, offsetof(Vmctx, stack_limit)));
  a.cmp(x86::r11, field(kClaim, offsetof(VmClaim, native_limit)));
  a.jne(general);
  a.mov(x86::r11, x86::rsp);
  a.sub(x86::r11, field(kClaim, offsetof(VmClaim, native_from)));
  a.cmp(x86::r11, field(kClaim, offsetof(VmClaim, native_room)));
  a.jae(general);
  a.cmp(field(kClaim, offsetof(VmClaim, inside), 4), 0);
  a.jne(general);
  a.mov(field(kClaim, offsetof(VmClaim, inside), 4), 1);
  a.cmp(field(kClaim, offsetof(VmClaim, state), 4), VmClaim::Standing);
  a.jne(asked);
  a.mov(x86::r11, field(kClaim, offsetof(VmClaim, frame)));
  save_for_entry(code);
  a.push(x86::gpq(kClaim));
  code.step(Kind::Size, 0, kQuickBytes);
  a.mov(field(r11, offsetof(Activation, native_sp)), x86::rsp);
  a.mov(field(r11, offsetof(Activation, entered)), x86::rax);
  a.movq(x86::xmm(kScratchVec), x86::r11);
  a.mov(x86::gpq(kScratch), x86::r8);
  const std::span<const std::uint8_t> words = x64_target().int_args;
  Places params(x64_target(), false);
  for (std::size_t n = 0; n < type.params.size(); ++n) {
    // Its place is that of its own word or of an earlier one.
    const Place place = params.next(type.params[n]);
    if (class_of_value(type.params[n]) == RegClass::Vec) {
      a.movq(x86::xmm(place.reg), x86::gpq(words[n]));
    } else if (place.reg != words[n]) {
      a.mov(x86::gpq(place.reg), x86::gpq(words[n]));
    }
  }
  a.call(field(r8, offsetof(VmFuncRef, native)));
  for (const ValType t : type.results) {
    if (class_of_value(t) == RegClass::Vec) vec_to_word(a, t, rax, 0);
  }
  a.mov(x86::gpq(kClaim), x86::ptr(x86::rsp, 0, 8));
  a.mov(x86::r11, field(kClaim, offsetof(VmClaim, frame)));
  a.cmp(field(r11, offsetof(Activation, holds), 1), 0);
  a.jne(held);
  static_assert(kSavedByEntry[4] == kVmctx && kSavedByEntry[5] == kMemory);
  a.mov(x86::gpq(kMemory), x86::ptr(x86::rsp, 8, 8));
  a.mov(x86::gpq(kVmctx), x86::ptr(x86::rsp, 16, 8));
  a.mov(field(kClaim, offsetof(VmClaim, inside), 4), 0);
  a.xor_(x86::edx, x86::edx);
  a.add(x86::rsp, kQuickBytes - 8);
  code.step(Kind::Left);
  a.ret();
  a.bind(held);
  quick_frame(code);
  a.xor_(x86::esi, x86::esi);
  finish(code, handlers);
  a.bind(asked);
  code.step(Kind::Left);
  a.mov(field(kClaim, offsetof(VmClaim, inside), 4), 0);
  a.bind(general);
  a.mov(x86::rax, reinterpret_cast<std::uint64_t>(handlers.call_by_slots));
  a.jmp(x86::rax);
}

/// An adapter of typed host functions: entered like a compiled function, with the VmFuncRef* in the
/// scratch register. Does what call_host_in does once a frame's first host function has prepared
/// it.
void host_adapter(Code& code, const FuncType& type, const NativeHandlers& handlers) {
  x86::Assembler& a = code.a;
  const asmjit::Label by_slots = a.newLabel();
  const asmjit::Label other = a.newLabel();
  const asmjit::Label done = a.newLabel();
  const asmjit::Label trapped = a.newLabel();
  constexpr auto kBytes = static_cast<std::int32_t>(sizeof(VmHostCall) + 8);  // and a result
  static_assert((kBytes + 8) % 16 == 0);
  const std::span<const std::uint8_t> words = x64_target().int_args;
  Places params(x64_target(), false);
  Place places[kCallWords];
  for (std::size_t n = 0; n < type.params.size(); ++n) places[n] = params.next(type.params[n]);
  a.sub(x86::rsp, kBytes);
  code.step(Kind::Size, 0, kBytes + 8);
  for (std::size_t n = type.params.size(); n-- > 0;) {  // see words_entry
    if (class_of_value(type.params[n]) == RegClass::Vec) {
      vec_to_word(a, type.params[n], words[n], places[n].reg);
    } else if (places[n].reg != words[n]) {
      a.mov(x86::gpq(words[n]), x86::gpq(places[n].reg));
    }
  }
  a.mov(x86::rax, vm(offsetof(Vmctx, activation)));
  a.cmp(field(rax, offsetof(Activation, hosts_at_once), 1), 0);
  a.je(by_slots);
  a.mov(x86::gpq(kScratch), field(kScratch, offsetof(VmFuncRef, host)));
  a.mov(field(rsp, offsetof(VmHostCall, activation)), x86::rax);
  a.mov(field(rsp, offsetof(VmHostCall, ctx)), x86::gpq(kVmctx));
  a.mov(x86::r8, field(kScratch, offsetof(VmHost, state)));
  a.mov(x86::r9, x86::rsp);
  a.call(field(kScratch, offsetof(VmHost, words)));
  a.test(x86::rdx, x86::rdx);
  a.jne(other);
  a.mov(x86::rcx, field(rsp, offsetof(VmHostCall, activation)));
  a.cmp(of_thread(handlers.thread_innermost), x86::rcx);
  a.jne(other);
  a.cmp(x86::ptr(x86::gpq(kVmctx), offsetof(Vmctx, interrupt), 4), 0);
  a.jne(other);
  a.bind(done);
  for (const ValType t : type.results) {
    if (class_of_value(t) == RegClass::Vec) a.movq(x86::xmm0, x86::rax);
  }
  a.add(x86::rsp, kBytes);
  code.step(Kind::Left);
  a.ret();
  a.bind(other);
  code.step(Kind::Back);
  const x86::Mem result = field(rsp, sizeof(VmHostCall));
  a.mov(result, x86::rax);
  a.mov(x86::rdi, x86::rsp);
  a.mov(x86::rsi, x86::rdx);
  code.call_host(reinterpret_cast<const void*>(handlers.host_has_ended));
  a.test(x86::eax, x86::eax);
  a.jne(trapped);
  a.mov(x86::rax, result);
  a.jmp(done);
  a.bind(by_slots);
  a.mov(x86::r8, x86::gpq(kScratch));
  a.mov(x86::r9, x86::gpq(kVmctx));
  code.call_host(reinterpret_cast<const void*>(handlers.host_by_slots));
  a.test(x86::edx, x86::edx);
  a.je(done);
  a.mov(x86::eax, x86::edx);
  a.bind(trapped);
  a.add(x86::rsp, kBytes);
  code.step(Kind::Left);
  jump_to_trap(a);
}

Target::SignatureStubs make_signature_stubs(const FuncType& type, const NativeHandlers& handlers) {
  Code code;
  Target::CallCode calls = append_call_stubs(code, type, entry, tail, adapter);
  if (travels_in_words(type)) append_word_stubs(code, type, handlers, calls);
  return {code.bytes(), std::move(code.steps), calls};
}

}  // namespace wasmrt::jit::x64
