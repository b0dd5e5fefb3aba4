// What selection is on every machine: blocks and edges, virtual registers of values, the walk from
// last to first, and where arguments and results travel.
//
// In: an ir::Func without dead code. Out: an MFunc in layout order, critical edges split, whose
// instructions a machine's Selector, derived from Selection, has appended. Guaranteed: a value's
// code is emitted only if somebody needs it in a register; a load moves into its only user when
// nothing in between writes or traps.
#pragma once

#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "jit/places.h"
#include "jit/target.h"
#include "libwasmrt/base/assert.h"

namespace wasmrt::jit {

/// A memory operand under construction.
struct Mem {
  VReg base = kNoVReg;
  VReg index = kNoVReg;
  std::uint8_t scale = 0;   // log2
  std::uint8_t pinned = 0;  // MInst::mem_pinned
  bool guest = false;       // MInst::mem_guest
  bool index32 = false;     // the index is an i32 (of use to machines that can extend it)
  std::uint32_t pos = 0;    // MInst::mem_pos
  std::int32_t disp = 0;
};

/// The operands of an instruction under construction: a few, in place.
class Operands {
 public:
  Operands() {}  // NOLINT: what is not in the list has no value
  Operands(std::initializer_list<MOperand> list) { append(list); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const MOperand* data() const { return list_; }
  MOperand& operator[](std::size_t n) { return list_[n]; }
  [[nodiscard]] const MOperand* begin() const { return list_; }
  [[nodiscard]] const MOperand* end() const { return list_ + size_; }
  void push_back(const MOperand& o) {
    WASMRT_ASSERT(size_ < kMost, "no machine instruction has more operands");
    list_[size_++] = o;
  }
  void append(std::span<const MOperand> list) {
    for (const MOperand& o : list) push_back(o);
  }

 private:
  static constexpr std::size_t kMost = 8;
  std::size_t size_ = 0;
  union {
    MOperand list_[kMost];
  };
};

class Selection {
  friend class VectorSelection;

 public:
  const char* run();

 protected:
  using V = ir::ValueId;

  Selection(const CompileContext& context, ir::Func& func, MFunc& out)
      : context_(context), f_(func), m_(out), source_(func) {}
  ~Selection() = default;

  /// Appends the instructions of one value. False: there is no rule for it.
  virtual bool select_value(V v) = 0;

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
  MInst& emit(std::uint16_t op, unsigned size, std::initializer_list<MOperand> operands) {
    return emit(op, size, std::span<const MOperand>(operands));
  }
  MInst& emit(std::uint16_t op, unsigned size, std::span<const MOperand> operands);
  MInst& emit_mem(std::uint16_t op, unsigned size, const Operands& operands, const Mem& mem);
  VReg temp(RegClass cls, unsigned bytes = 8);
  VReg reg(V v);  ///< The register of a value, which is needed now.
  [[nodiscard]] bool needed(V v) const { return value_reg_[raw(v)] != kNoVReg; }
  [[nodiscard]] const ir::Inst& at(V v) const { return f_[v]; }
  [[nodiscard]] bool has(std::uint64_t cpu) const { return (context_.options.cpu & cpu) != 0; }
  [[nodiscard]] bool used_once(V v) const { return uses_[raw(v)] == 1; }
  /// How many uses a value has.
  [[nodiscard]] std::uint32_t uses(V v) const { return uses_[raw(v)]; }
  /// Whether nobody behind the current instruction reads a value, as far as that is known.
  [[nodiscard]] bool ends(V v) const;
  /// Whether a load may be carried out at the current instruction instead.
  [[nodiscard]] bool can_fold_load(V load) const;
  /// Whether a condition is a vector test of which nobody needs the number.
  [[nodiscard]] bool is_vector_test(V condition) const;
  void decline(const char* why) {
    if (declined_ == nullptr) declined_ = why;
  }

  /// Jumps, switches' tables, calls, returns and traps: what is the same everywhere.
  bool select_common(V v);
  /// A switch's table: positions of its targets among the successors. Gives its number.
  std::int64_t jump_table(V v);
  /// A check of memory, the machine's `op`; its result in `d`. Where a limit may be: Reg or Any.
  void check_memory(std::uint16_t op, VReg d, const ir::Inst& check, Constraint limit);

  const CompileContext& context_;
  const ir::Func& f_;
  MFunc& m_;
  std::vector<bool> folded_;       // loads that their user carries out
  bool widening_is_free_ = false;  // an i32 extended by zeros is in the register of the i32
  V current_{};

 private:
  void layout();
  void connect(std::span<const std::uint32_t> starts);
  [[nodiscard]] bool is_join(ir::BlockId b) const { return f_[b].preds.size() > 1; }
  void count_uses();
  void finish_sequence();
  void give_back(V v);
  void select(V v);
  void select_call(V v);
  void select_builtin(V v);
  void select_return(V v);
  void args_at_entry();
  std::uint32_t assign_places(std::span<const ir::Type> types, bool results,
                              std::vector<Place>& out) const;

  const char* declined_ = nullptr;
  ir::Func& source_;                    // f_, to give back what was read
  std::vector<std::uint32_t> done_at_;  // values at which give_back() has something to do
  List<VReg> value_reg_;
  List<std::uint32_t> uses_;
  std::vector<std::uint32_t> edge_values_;  // phi operands, by the block they come from
  std::vector<std::uint32_t> edge_values_at_;
  std::vector<bool> seen_;              // values with a use behind the current instruction
  List<std::uint32_t> color_;           // counts writes and traps before an instruction
  std::vector<std::uint32_t> first_m_;  // by IR block: its MBlock
  std::vector<std::uint32_t> phis_of_;  // by IR block: how many
  std::vector<std::pair<V, std::vector<VReg>>> call_results_;  // of Proj
  std::vector<std::uint32_t> sequence_;     // of the value that is being selected
  std::vector<std::uint32_t> block_insts_;  // of the block, last first
  std::vector<std::uint32_t> edge_of_;      // by IR block, for br_table
  std::uint32_t block_ = 0;                 // current MBlock
  // Of the call that is being selected.
  std::vector<MOperand> operands_;
  std::vector<ir::Type> param_types_, result_types_;
  std::vector<Place> param_places_, result_places_;
  std::vector<VReg> args_, results_;
};

RegClass class_of(ir::Type type);
unsigned size_of(ir::Type type);

}  // namespace wasmrt::jit
