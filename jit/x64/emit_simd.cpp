// Vector instructions: each machine op is one instruction of vec_ops.def; selection has put the
// sequences together.
#include <array>
#include <bit>

#include "jit/x64/emit.h"
#include "jit/x64/vec_ops.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::x64 {

namespace x86 = asmjit::x86;
namespace Inst = x86::Inst;

namespace {

struct Encodings {
  std::uint16_t sse, vex;
};

constexpr Encodings kEncodings[] = {
#define VEC(Name, sse, vex, form, bytes) {Inst::kId##sse, Inst::kId##vex},
#include "jit/x64/vec_ops.def"
#undef VEC
};

using Halves = std::array<std::uint64_t, 2>;
Halves halves(const V128& v) { return std::bit_cast<Halves>(v); }

}  // namespace

bool Emitter::emit_simd(const MInst& i) {
  const bool avx = has(kCpuAvx);
  switch (i.op) {
    case kVec:
    case kVecStore: {
      const auto row = static_cast<VecOp>(i.aux);
      const VecInfo info = vec_info(row);
      const bool wide = info.bytes == 8;  // of an integer register
      asmjit::Operand list[6];
      unsigned n = 0;
      const auto add = [&](const MOperand& o) {
        if (o.loc.is_slot()) {
          list[n++] = slot(o.loc.n, info.bytes);
        } else if (m_.vregs[raw(o.vreg)].cls == RegClass::Vec) {
          list[n++] = xmm(o);
        } else {
          list[n++] = gp(o, wide ? 8 : 4);
        }
      };
      const auto add_memory = [&] {
        if (!has_memory(i)) return;
        if (i.mem_pinned == kLiteral) {
          const Halves v = halves(m_.literals[static_cast<std::size_t>(i.mem_disp)]);
          list[n++] = x86::ptr(literal(v[0], v[1], 16), 0, 16);
        } else {
          list[n++] = memory(i, info.bytes);
        }
      };
      const unsigned plain = plain_operands(i);
      if (i.op == kVecStore) {
        add_memory();
        add(op(i, 0));
      } else {
        add(op(i, 0));
        for (unsigned k = is_tied(info.form, avx) ? 2 : 1; k < plain; ++k) {
          // A memory operand stands before the selector of a four-operand instruction.
          if (info.form == VecForm::Four && has_memory(i) && k + 1 == plain) add_memory();
          add(op(i, k));
        }
        if (info.form != VecForm::Four) add_memory();
      }
      if (has_imm(info.form)) list[n++] = asmjit::Imm(i.imm);
      guest_access(i);
      const Encodings& ids = kEncodings[i.aux];
      a_.emitOpArray(avx ? ids.vex : ids.sse, list, n);
      return true;
    }
    case kVecConst: {
      const x86::Xmm d = xmm(op(i, 0));
      const Halves v = halves(m_.literals[static_cast<std::size_t>(i.imm)]);
      if (v == Halves{0, 0}) {
        a_.xorps(d, d);
      } else if (v == Halves{~std::uint64_t{0}, ~std::uint64_t{0}}) {
        a_.pcmpeqd(d, d);
      } else {
        a_.movaps(d, x86::ptr(literal(v[0], v[1], 16), 0, 16));
      }
      return true;
    }
    default: return false;
  }
}

}  // namespace wasmrt::jit::x64
