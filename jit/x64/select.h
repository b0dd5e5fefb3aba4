// Instruction selection for x64: SSA to machine form, bottom-up.
//
// In: an ir::Func without dead code. Out: an MFunc in layout order, critical edges split.
// Guaranteed: a value's code is emitted only if somebody needs it in a register; a load moves into
// its only user when nothing in between writes or traps.
#pragma once

#include <initializer_list>
#include <vector>

#include "jit/target.h"
#include "jit/x64/mir_ops.h"
#include "jit/x64/regs.h"

namespace wasmrt::jit::x64 {

/// A memory operand under construction.
struct Mem {
  VReg base = kNoVReg;
  VReg index = kNoVReg;
  std::uint8_t scale = 0;   // log2
  std::uint8_t pinned = 0;  // MInst::mem_pinned
  bool guest = false;       // MInst::mem_guest
  std::uint32_t pos = 0;    // MInst::mem_pos
  std::int32_t disp = 0;
};

class Selector {
  friend class VectorSelector;

 public:
  Selector(const CompileContext& context, const ir::Func& func, MFunc& out)
      : context_(context), f_(func), m_(out) {}
  const char* run();

 private:
  using V = ir::ValueId;

  // Operands.
  static MOperand def(VReg r);
  static MOperand def_early(VReg r);
  static MOperand def_fixed(VReg r, std::uint8_t reg);
  static MOperand def_same(VReg r, std::uint8_t use);  // position in the operand list
  static MOperand use(VReg r);
  static MOperand use_any(VReg r);
  static MOperand use_late(VReg r);
  static MOperand use_fixed(VReg r, std::uint8_t reg);

  /// Appends an instruction to the current one's sequence.
  MInst& emit(XOp op, unsigned size, std::initializer_list<MOperand> operands);
  MInst& emit(XOp op, unsigned size, const std::vector<MOperand>& operands);
  MInst& emit_mem(XOp op, unsigned size, std::vector<MOperand> operands, const Mem& mem);
  VReg temp(RegClass cls, unsigned bytes = 8);
  VReg reg(V v);  ///< The register of a value, which is needed now.
  [[nodiscard]] bool needed(V v) const { return value_reg_[raw(v)] != kNoVReg; }
  [[nodiscard]] const ir::Inst& at(V v) const { return f_[v]; }
  [[nodiscard]] bool has(std::uint64_t cpu) const { return (context_.options.cpu & cpu) != 0; }
  [[nodiscard]] bool imm32(V v, std::int64_t& out) const;
  [[nodiscard]] bool used_once(V v) const { return uses_[raw(v)] == 1; }
  /// Whether a load may be carried out at the current instruction instead.
  [[nodiscard]] bool can_fold_load(V load) const;
  void decline(const char* why) {
    if (declined_ == nullptr) declined_ = why;
  }

  // Blocks.
  void layout();
  void count_uses();
  void finish_sequence();

  // Families; one instruction each.
  void select(V v);
  bool select_int(V v);
  bool select_float(V v);
  bool select_mem(V v);
  bool select_control(V v);
  bool select_simd(V v);

  void alu(V v, XOp op);
  void multiply(V v);
  void shift(V v, XOp op);
  void divide(V v);
  bool divide_by_constant(V v);
  void rhs(V value, unsigned size, std::vector<MOperand>& operands, Mem& mem, bool& folded,
           std::int64_t& imm, bool& is_imm);
  /// The operands of a fused compare for a condition value; gives its machine condition.
  struct Flags {
    std::vector<MOperand> operands;
    Mem mem;
    bool folded = false;
    bool is_imm = false;
    std::int64_t imm = 0;
    Compare compare = Compare::Test;
    Cc cc = NE;
    unsigned size = 4;
  };
  Flags flags_of(V condition, bool negate);
  Flags flags_of_icmp(const ir::Inst& icmp);
  Flags flags_of_fcmp(const ir::Inst& fcmp);
  /// Whether a condition is a vector test of which nobody needs the number.
  [[nodiscard]] bool is_vector_test(V condition) const;
  Flags flags_of_vector(V condition);
  MInst& emit_flags(XOp op, Flags flags, std::vector<MOperand> before, unsigned aux_trap,
                    unsigned size);

  void float_binary(V v, XOp op, bool commutes);
  Mem address(V base, std::uint64_t offset, std::uint16_t mem);
  Mem vm_address(V base, std::uint64_t offset);
  Mem memory_of(const ir::Inst& access);  ///< Of a load or store of either kind.
  void load(V v, const Mem& mem);
  void store(const ir::Inst& i, const Mem& mem);
  void select_call(V v);
  void select_builtin(V v);
  void select_return(V v);
  void args_at_entry();
  struct Place {
    bool in_reg;
    std::uint8_t reg;
    std::uint32_t offset;
  };
  std::uint32_t assign_places(std::span<const ir::Type> types, bool results,
                              std::vector<Place>& out) const;

  const CompileContext& context_;
  const ir::Func& f_;
  MFunc& m_;
  const char* declined_ = nullptr;
  std::vector<VReg> value_reg_;
  std::vector<std::uint32_t> uses_;
  std::vector<bool> folded_;            // loads that their user carries out
  std::vector<std::uint32_t> color_;    // counts writes and traps before an instruction
  std::vector<std::uint32_t> first_m_;  // by IR block: its MBlock
  std::vector<std::pair<V, std::vector<VReg>>> call_results_;  // of Proj
  std::vector<std::uint32_t> sequence_;
  std::vector<std::uint32_t> edge_of_;  // by IR block, for br_table
  std::uint32_t block_ = 0;             // current MBlock
  V current_{};
};

RegClass class_of(ir::Type type);
unsigned size_of(ir::Type type);
Cc cc_of(ir::Cond cond);

}  // namespace wasmrt::jit::x64
