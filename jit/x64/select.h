// Instruction selection for x64: SSA to machine form, bottom-up.
//
// In: an ir::Func without dead code. Out: an MFunc. What is the same on every machine is in
// jit/lower/selection.h.
#pragma once

#include <vector>

#include "jit/lower/selection.h"
#include "jit/x64/mir_ops.h"
#include "jit/x64/regs.h"

namespace wasmrt::jit::x64 {

class Selector final : public Selection {
  friend class VectorSelector;

 public:
  Selector(const CompileContext& context, ir::Func& func, MFunc& out)
      : Selection(context, func, out) {}

 private:
  bool select_value(V v) override;
  [[nodiscard]] bool imm32(V v, std::int64_t& out) const;

  // Families; one instruction each.
  bool select_int(V v);
  bool select_float(V v);
  bool select_mem(V v);
  bool select_control(V v);
  bool select_simd(V v);

  void alu(V v, XOp op);
  void multiply(V v);
  void shift(V v, XOp op);
  void divide(V v);
  [[nodiscard]] bool upper_half_clear(V v) const;
  void rhs(V value, unsigned size, Operands& operands, Mem& mem, bool& folded, std::int64_t& imm,
           bool& is_imm);
  /// The operands of a fused compare for a condition value; gives its machine condition.
  struct Flags {
    Operands operands;
    Mem mem;
    bool folded = false;
    bool is_imm = false;
    std::int64_t imm = 0;
    Compare compare = Compare::Test;
    Cc cc = NE;
    unsigned size = 4;
  };
  Flags flags_of(V condition, bool negate);
  /// Where `v` is compared and becomes the definition, too: needs no copy for it.
  void same_as(Flags& flags, V v);
  Flags flags_of_icmp(const ir::Inst& icmp);
  Flags flags_of_fcmp(const ir::Inst& fcmp);
  void flags_of_and(const ir::Inst& conjunction, Flags& r);
  bool flags_of_bit(const ir::Inst& conjunction, Flags& r);
  Flags flags_of_vector(V condition);
  MInst& emit_flags(XOp op, const Flags& flags, Operands operands, unsigned aux_trap,
                    unsigned size);

  void float_binary(V v, XOp op, bool commutes);
  V fold_index32(V index, Mem& mem);
  Mem address(V base, std::uint64_t offset, std::uint16_t mem);
  Mem vm_address(V base, std::uint64_t offset);
  Mem memory_of(const ir::Inst& access);  ///< Of a load or store of either kind.
  void load(V v, const Mem& mem);
  void store(const ir::Inst& i, const Mem& mem);
};

Cc cc_of(ir::Cond cond);

}  // namespace wasmrt::jit::x64
