// Instruction selection for arm64: SSA to machine form, bottom-up.
//
// In: an ir::Func without dead code. Out: an MFunc. What is the same on every machine is in
// jit/lower/selection.h. Guaranteed: nothing here relies on the upper half of an i32 but the
// conversion to i64, the bounds check, and what leaves the function.
#pragma once

#include <vector>

#include "jit/arm64/mir_ops.h"
#include "jit/arm64/regs.h"
#include "jit/lower/selection.h"

namespace wasmrt::jit::arm64 {

class Selector final : public Selection {
  friend class VectorSelector;

 public:
  Selector(const CompileContext& context, ir::Func& func, MFunc& out)
      : Selection(context, func, out) {
    widening_is_free_ = !has(kCpuPoison);
    find_pairs();
    share_addresses();
    keep_shared_pairs();
    find_loops();
  }

 private:
  bool select_value(V v) override;

  /// The last source of an op: bits for MInst::aux, and a register or an immediate.
  struct Source {
    std::uint32_t bits = 0;
    VReg reg = kNoVReg;
    std::int64_t imm = 0;
  };
  [[nodiscard]] bool constant(V v, std::int64_t& out) const;
  /// A constant shift, rotation or extension of which nobody needs the result itself.
  [[nodiscard]] bool own(V v) const { return used_once(v) && !needed(v); }
  [[nodiscard]] bool is_own(V v, ir::IrOp op) const { return at(v).op == op && own(v); }
  bool shift_of(V v, bool rotate, V& inner, Shift& how, unsigned& by) const;
  bool extension_of(V v, V& inner, Extend& how) const;
  /// An operand of which only the low half is read: what cuts the upper half off is not needed.
  [[nodiscard]] V uncut(V v) const {
    return at(v).op == ir::IrOp::Wrap && !needed(v) ? at(v).arg(0) : v;
  }
  VReg low(V v) { return reg(uncut(v)); }
  Source plain(V v) { return {op2_bits(Op2::Reg), low(v), 0}; }
  /// Of additions and compares: a register, shifted or extended, or a number of 12 bits. With
  /// `negated`, also a number whose negation fits.
  Source arith_source(V v, unsigned size, bool* negated = nullptr);
  [[nodiscard]] bool arith_folds(V v) const;
  Source logic_source(V v, unsigned size);
  [[nodiscard]] bool logic_folds(V v) const;
  MInst& emit_op2(AOp op, unsigned size, VReg d, VReg a, const Source& b);

  // Families; one instruction each.
  bool select_int(V v);
  bool select_float(V v);
  bool select_mem(V v);
  bool select_control(V v);
  bool select_simd(V v);

  [[nodiscard]] bool is_immediate(V v, unsigned size) const;
  void add(V v);
  void subtract(V v);
  void logic(V v, AOp op);
  bool bit_field(V v);
  bool extract_pair(V v);
  void multiply(V v);
  void shift(V v, AOp op);
  void divide(V v);
  [[nodiscard]] bool divided_before(V v) const;
  bool multiply_add(V product, V other, V v, bool subtract);
  bool widening(V product, V& a, V& b, bool& is_signed) const;
  VReg move_imm(std::uint64_t bits);

  /// What a fused op needs to test a condition.
  struct Flags {
    Operands operands;
    std::uint32_t bits = 0;
    std::int64_t imm = 0;
    Compare compare = Compare::Int;
    Cc cc = NE;
    unsigned size = 4;
  };
  Flags flags_of(V condition, bool negate);
  Flags flags_of_icmp(const ir::Inst& icmp);
  Flags sign(V a, unsigned size, bool negative);
  Flags flags_of_bits(const ir::Inst& conjunction, unsigned size);
  Flags flags_of_fcmp(const ir::Inst& fcmp);
  Flags flags_of_vector(V condition);
  [[nodiscard]] bool is_conditional(V v) const;
  [[nodiscard]] bool is_chain(V v, unsigned nested) const;
  Flags second_flags(const ir::Inst& compare);
  Flags flags_of_chain(V v);
  bool set_chain(V v);
  MInst& emit_flags(AOp op, const Flags& flags, Operands operands, unsigned trap_kind,
                    unsigned result_size);
  void choose(V v);

  Mem address(V base, std::uint64_t offset, std::uint16_t memory, unsigned bytes);
  Mem vm_address(V base, std::uint64_t offset, unsigned bytes);
  Mem memory_of(const ir::Inst& access, unsigned bytes);  ///< Of a load or store of either kind.
  struct Parts {
    V index;
    std::int64_t offset;
  };
  [[nodiscard]] Parts parts_of(const ir::Inst& access) const;
  void set_index(V index, unsigned bytes, Mem& mem);
  void share_addresses();
  void make_shared(V v);
  void find_pairs();
  void keep_shared_pairs();
  [[nodiscard]] bool paired(V v) const { return pair_of_[raw(v)] != ~0u; }
  void select_pair(V v);
  void find_loops();
  VReg base_in_front(std::int64_t offset);
  void emit_bases(ir::BlockId block);
  Mem guest_memory(V v, unsigned bytes);
  MInst& emit_access(AOp op, unsigned size, const Operands& operands, const Mem& mem,
                     std::uint32_t aux);
  VReg loaded(V v);
  void load(VReg d, const ir::Inst& i, const Mem& mem);
  void store(const ir::Inst& i, const Mem& mem);

  /// The address that accesses with one index and other offsets have in common.
  struct SharedAddress {
    V base{};
    std::uint64_t offset = 0;  // that none of the accesses has room for
    V first{};                 // the access that makes it
    std::uint32_t accesses = 0;
    VReg reg = kNoVReg;
    std::uint64_t lowest = 0;  // of the accesses' numbers
    std::uint32_t far_pairs = 0;
  };
  /// Memory base + offset, made in front of loops.
  struct Base {
    VReg reg;
    std::int32_t offset;
    std::uint32_t next;  // of the same block
  };
  std::vector<Base> bases_;
  std::vector<std::uint32_t> bases_of_;  // by block: the first, or ~0
  std::vector<ir::BlockId> front_of_;    // by loop header: where its bases are made
  std::vector<std::uint32_t> position_, calls_before_;

  std::vector<std::uint32_t> pair_of_;  // by value: the access it is carried out with, or ~0
  std::vector<bool> is_second_;         // of such a pair
  /// The second of two loads, until the first one is reached.
  struct Waiting {
    V first;
    VReg result;
    ir::Inst inst;
    Mem mem;
  };
  std::vector<Waiting> waiting_;

  std::vector<SharedAddress> shared_;
  std::vector<std::uint32_t> shared_of_;  // by value: which, or ~0
};

Cc cc_of(ir::Cond cond);
/// Whether a number is an immediate of additions and compares, and of logical ops.
bool is_arith_imm(std::uint64_t value);
bool is_logic_imm(std::uint64_t value, unsigned size);
unsigned bytes_of(ir::Access access);
/// Target::takes_constant.
bool takes_constant(const ir::Func& func, const ir::Inst& user, unsigned operand);

}  // namespace wasmrt::jit::arm64
