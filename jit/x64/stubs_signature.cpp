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

/// Between a vector register's number and a word, which holds no more than that.
void vec_to_word(x86::Assembler& a, ValType type, std::uint32_t gp, std::uint32_t vec) {
  if (type == kF32) {
    a.movd(x86::gpd(gp), x86::xmm(vec));
  } else {
    a.movq(x86::gpq(gp), x86::xmm(vec));
  }
}

/// Words in the first registers of C++ arguments, which are those of ours; r8: VmFuncRef*, r9:
/// activation. Compiled code keeps the other registers of C++, which only a trap takes back.
void words_entry(Code& code, const FuncType& type) {
  x86::Assembler& a = code.a;
  const std::int32_t frame = begin_entry(code, r9);
  a.sub(x86::rsp, 8);
  code.step(Kind::Size, 0, frame + 8);
  a.mov(x86::gpq(kScratch), x86::r8);
  a.movq(x86::xmm(kScratchVec), x86::r9);
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
  a.call(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, native), 8));
  for (const ValType t : type.results) {
    if (class_of_value(t) == RegClass::Vec) vec_to_word(a, t, rax, 0);
  }
  a.xor_(x86::edx, x86::edx);
  static_assert(kSavedByEntry[4] == kVmctx && kSavedByEntry[5] == kMemory);
  a.mov(x86::gpq(kMemory), x86::ptr(x86::rsp, 8, 8));
  a.mov(x86::gpq(kVmctx), x86::ptr(x86::rsp, 16, 8));
  a.add(x86::rsp, frame);
  code.step(Kind::Left);
  a.ret();
}

/// An adapter of typed host functions.
void host_adapter(Code& code, const FuncType& type) {
  x86::Assembler& a = code.a;
  const std::span<const std::uint8_t> words = x64_target().int_args;
  Places params(x64_target(), false);
  Place places[kCallWords];
  for (std::size_t n = 0; n < type.params.size(); ++n) places[n] = params.next(type.params[n]);
  a.sub(x86::rsp, 8);
  code.step(Kind::Size, 0, 16);
  for (std::size_t n = type.params.size(); n-- > 0;) {  // see words_entry
    if (class_of_value(type.params[n]) == RegClass::Vec) {
      vec_to_word(a, type.params[n], words[n], places[n].reg);
    } else if (places[n].reg != words[n]) {
      a.mov(x86::gpq(words[n]), x86::gpq(places[n].reg));
    }
  }
  a.mov(x86::r8, x86::gpq(kScratch));
  a.mov(x86::r9, x86::gpq(kVmctx));
  a.mov(x86::rax, vm(offsetof(Vmctx, native)));
  a.call(x86::ptr(x86::rax, offsetof(NativeStubs, call_host), 8));
  const asmjit::Label trapped = a.newLabel();
  a.test(x86::edx, x86::edx);
  a.jnz(trapped);
  for (const ValType t : type.results) {
    if (class_of_value(t) == RegClass::Vec) a.movq(x86::xmm0, x86::rax);
  }
  a.add(x86::rsp, 8);
  code.step(Kind::Left);
  a.ret();
  a.bind(trapped);
  code.step(Kind::Back);
  a.mov(x86::eax, x86::edx);
  a.add(x86::rsp, 8);
  code.step(Kind::Left);
  jump_to_trap(a);
}

}  // namespace

Target::SignatureStubs make_signature_stubs(const FuncType& type) {
  Code code;
  Target::CallCode calls = append_call_stubs(code, type, entry, tail, adapter);
  if (travels_in_words(type)) append_word_stubs(code, type, words_entry, host_adapter, calls);
  return {code.bytes(), std::move(code.steps), calls};
}

}  // namespace wasmrt::jit::x64
