// The translator: a sink of the body walker that writes bytecode in one pass.
//
// In: the walker's calls for one function. Out: `code()`, the frame size and the offset map.
// An operand on the stack is a local, a constant, its own slot, or the accumulator of its class:
// nothing is emitted until an instruction needs it. A result starts in the accumulator only; when
// another result needs the accumulator, or a local.set wants it, the instruction that made it is
// rewritten into the form that also writes a slot. See docs/INTERPRETER.md.
//
// Invariants, checked by tests: at a loop header and at the end of a block that is branched to,
// every operand is in its own slot and the accumulators are forgotten; the instruction that may
// still be rewritten or fused away (`last_`) ends at the write position and stands behind every
// label.
#pragma once

#include <cstdint>
#include <vector>

#include "interp/code.h"
#include "interp/fused.h"
#include "interp/interp.h"
#include "interp/op_facts.h"
#include "libwasmrt/frontend/sink.h"

namespace wasmrt::interp {

/// Accumulators.
enum Acc : std::uint8_t { kInt = 0, kVecAcc = 1 };

constexpr Acc acc_of(ValKind kind) {
  return kind == ValKind::F32 || kind == ValKind::F64 || kind == ValKind::V128 ? kVecAcc : kInt;
}

/// An entry of the translator's operand stack.
struct Operand {
  enum class Kind : std::uint8_t { Temp, Local, Const, Acc };
  Kind kind;
  ValKind type;
  std::uint16_t slot;              ///< Its own slot: where it goes when it must be somewhere.
  std::uint16_t local;             ///< Slot of the local, for Local.
  std::uint64_t bits;              ///< For Const.
  std::uint32_t def = 0xFFFFFFFF;  ///< For Temp: the instruction that wrote the slot, if known.

  [[nodiscard]] Acc acc() const { return acc_of(type); }
  [[nodiscard]] std::uint16_t width() const { return type == ValKind::V128 ? 2 : 1; }
};

/// Where an instruction finds an operand.
struct Place {
  enum class Kind : std::uint8_t { R, S, I };
  static constexpr std::uint16_t kNoSlot = 0xFFFF;
  Kind kind;
  std::uint16_t slot;  ///< For R: a slot with the same content, or kNoSlot.
  std::uint64_t bits;

  [[nodiscard]] bool is_r() const { return kind == Kind::R; }
  [[nodiscard]] bool is_s() const { return kind == Kind::S; }
  [[nodiscard]] bool is_i() const { return kind == Kind::I; }
};

class Translator final : public SinkBase<Translator> {
 public:
  /// `funcs`: the module's functions by FuncIdx - imported_funcs.
  Translator(const DecodedModule& module, const CodeOptions& options, FuncCode* funcs);

  // --- result ---
  [[nodiscard]] const std::uint64_t* code() const { return code_.data(); }
  [[nodiscard]] std::uint32_t code_bytes() const { return pos_; }
  /// Offset of the first instruction to execute.
  [[nodiscard]] std::uint32_t entry() const { return entry_; }
  [[nodiscard]] const std::vector<std::uint8_t>& map() const { return map_; }
  [[nodiscard]] std::uint32_t frame_slots() const { return max_slots_ + far_slots_; }
  /// The function needs more slots than instructions can name.
  [[nodiscard]] bool too_large() const { return too_large_; }

  // --- sink ---
  void begin(const BodyState& state);
  void finish();
  void on_block(const ControlFrame& frame);
  void on_loop(const ControlFrame& frame);
  void on_if(const ControlFrame& frame);
  void on_else(const ControlFrame& frame);
  void on_end(const ControlFrame& frame);
  void on_br(std::uint32_t depth);
  void on_br_if(std::uint32_t depth);
  void on_br_table(const Imm& imm);
  void on_return();
  void on_unreachable();
  void on_br_on_null(std::uint32_t depth, ValType type);
  void on_br_on_non_null(std::uint32_t depth, ValType type);

  void on_call(FuncIdx func, const FuncType& type);
  void on_call_indirect(TypeIdx type_index, TableIdx table, const FuncType& type);
  void on_call_ref(TypeIdx type_index, const FuncType& type);
  void on_return_call(FuncIdx func, const FuncType& type);
  void on_return_call_indirect(TypeIdx type_index, TableIdx table, const FuncType& type);
  void on_return_call_ref(TypeIdx type_index, const FuncType& type);

  void on_local_get(std::uint32_t index, ValType type);
  void on_local_set(std::uint32_t index, ValType type);
  void on_local_tee(std::uint32_t index, ValType type);
  void on_global_get(GlobalIdx index, ValType type);
  void on_global_set(GlobalIdx index, ValType type);
  void on_drop(ValType type);
  void on_select(ValType type);

  void on_const(Op op, const Imm& imm);
  void on_unary(Op op, const Imm& imm) { unary(op), canonicalize(op), (void)imm; }
  void on_binary(Op op, const Imm& imm) { binary(op), canonicalize(op), (void)imm; }
  void on_compare(Op op, const Imm& imm);
  void on_convert(Op op, const Imm& imm);
  void on_trapping(Op op, const Imm& imm);
  void on_simd(Op op, const Imm& imm);
  void on_simd_lane(Op op, const Imm& imm);
  void on_wide_arith(Op op, const Imm& imm);
  void on_load(Op op, const Imm& imm);
  void on_store(Op op, const Imm& imm);
  void on_simd_load(Op op, const Imm& imm);
  void on_simd_store(Op op, const Imm& imm);
  void on_memory(Op op, const Imm& imm);
  void on_table(Op op, const Imm& imm);
  void on_ref(Op op, const Imm& imm, ValType type);

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static constexpr std::int32_t kNoSlot = -1;

  /// What is known about an accumulator.
  struct AccState {
    std::int32_t entry = -1;           ///< Index of the operand that is only here, or -1.
    std::int32_t mirror = kNoSlot;     ///< A slot with the same content.
    bool mirror_vec = false;           ///< ... of two words.
    bool branch_since = false;         ///< A branch was emitted since the definition.
    std::uint32_t def = kNone;         ///< Position of the defining instruction.
    HandlerId slot_form = kNoHandler;  ///< What it becomes when it also writes slot d.
  };

  /// The last emitted value instruction, which a consumer may take apart again.
  struct Last {
    std::uint32_t pos = kNone;
    std::uint32_t end = kNone;  ///< Equal to pos_ while it can be fused.
    HandlerId id = kNoHandler;
    Acc acc = kInt;
    AccState before;  ///< The accumulator it overwrote.
    std::uint16_t d = 0;
    std::uint16_t a = 0;
    std::uint32_t w = 0;
    std::uint64_t wide = 0;
  };

  /// The length of trail_ at a branch; kNone before any.
  struct TrailMark {
    std::uint32_t length = kNone;
    std::uint32_t cuts = 0;  ///< How often trail_ had been cut.
  };
  struct Label {
    FrameKind kind = FrameKind::Block;
    bool has_else = false;
    std::uint16_t slot = 0;         ///< Slot of its first parameter or result.
    std::uint32_t height = 0;       ///< Operands below its parameters.
    std::uint32_t target = kNone;   ///< Loops: where to.
    std::uint32_t patches = kNone;  ///< Forward branches to the end: chain in patches_.
    std::uint32_t else_patches = kNone;
    TrailMark trail = {};  ///< Of the branches to the end, the shortest.
    TrailMark else_trail = {};
  };
  struct Patch {
    std::uint32_t at;    ///< Where the 32-bit distance is.
    std::uint32_t from;  ///< What it counts from.
    std::uint32_t next;
  };

  /// A condition as a branch will test it.
  struct Condition {
    Op compare = kNoOp;  ///< With a and b; kNoOp: a != 0.
    bool wide = false;   ///< a has 64 bits, of which all count; without a comparison.
    bool negate = false;
    Place a{};
    Place b{};
  };

  // --- emission (translate.cpp) ---
  void emit_reserve() {
    if (pos_ + 64 > code_.size() * 8) [[unlikely]]
      grow_code();
  }
  void grow_code();
  std::uint32_t emit(HandlerId id, std::uint16_t d, std::uint16_t a, std::uint32_t w) {
    emit_reserve();
    const std::uint32_t at = pos_;
    std::uint64_t* p = code_.data() + at / 8;
    p[0] = reinterpret_cast<std::uint64_t>(handlers_[id]);
    p[1] = std::uint64_t{d} | std::uint64_t{a} << 16 | std::uint64_t{w} << 32;
    pos_ = at + 16;
    return at;
  }
  void emit_wide(std::uint64_t word) {
    code_[pos_ / 8] = word;
    pos_ += 8;
  }
  static std::uint32_t two(std::uint16_t b, std::uint16_t c) {
    return b | static_cast<std::uint32_t>(c) << 16;
  }
  /// Notes that the instruction at `pos` can trap or call.
  void note(std::uint32_t pos);
  [[nodiscard]] bool fusible() const { return options_.fuse && last_.end == pos_; }
  /// Takes the last instruction, whose result was just popped from its accumulator, out again.
  void undo_last();
  void forget_last() { last_.end = kNone; }

  // --- operand stack ---
  [[nodiscard]] std::uint16_t next_slot() const {
    return stack_.empty() ? temps_
                          : static_cast<std::uint16_t>(stack_.back().slot + stack_.back().width());
  }
  void touch_slots(std::uint32_t end) {
    if (end > max_slots_) max_slots_ = end;
    if (end > kMaxSlots) too_large_ = true;
  }
  Operand& push(Operand::Kind kind, ValKind type) {
    const std::uint16_t slot = next_slot();
    stack_.push_back({kind, type, slot, 0, 0, kNone});
    touch_slots(std::uint32_t{slot} + 2);
    return stack_.back();
  }
  void push_temp(ValKind type) { push(Operand::Kind::Temp, type); }
  /// Pushes the result of the instruction at `def`, which is in its accumulator. The accumulator
  /// must have been taken (take_acc) before the instruction was emitted.
  void push_acc(ValKind type, std::uint32_t def, HandlerId slot_form);
  Operand pop();
  /// Where a popped (or still stacked) operand is found.
  Place place(const Operand& operand) const;
  /// Like place, but an immediate is put into the operand's own slot.
  Place place_no_imm(const Operand& operand);
  /// The same, and the result is a slot in any case.
  std::uint16_t in_slot(const Operand& operand);
  void read_slot(std::uint16_t slot) {
    if (slot < temps_) touched_[slot] = pos_ + 1;
  }
  void read_place(const Place& p) {
    if (p.is_s()) read_slot(p.slot);
  }

  /// Makes an accumulator free for a new result: spills the operand that is only there.
  void take_acc(Acc acc);
  void spill(Acc acc);
  /// Puts operand `index` into its own slot.
  void materialize(std::size_t index);
  void materialize_from(std::size_t first);
  void materialize_all() { materialize_from(0); }
  void forget_accs();
  void mark_branch() { acc_[0].branch_since = acc_[1].branch_since = true; }
  void kill_mirror(std::uint16_t slot, std::uint16_t width);
  void store_place(std::uint16_t slot, ValKind type, const Place& from);
  void copy_slot(std::uint16_t d, std::uint16_t a, ValKind type);
  void const_to_slot(std::uint16_t d, ValKind type, std::uint64_t bits);
  void store_acc(std::uint16_t d, ValKind type);
  void set_local(std::uint16_t slot, const Operand& value);
  void preserve(std::uint16_t slot);
  void preserve_before_last(std::uint16_t slot);
  void assign_local(std::uint32_t index, ValType type);
  void read_local(std::uint32_t index) {
    if (assigned_[index] == 0) [[unlikely]]
      need_zero(index);
  }
  void need_zero(std::uint32_t index);
  void unassign(std::uint32_t trail);
  [[nodiscard]] std::uint32_t left_of(const TrailMark& mark) const;
  void shorten(TrailMark& mark, std::uint32_t length);
  void truncate(std::size_t size);
  void reset_stack(const Label& label, std::span<const ValType> types);

  // --- families ---
  void unary(Op op);
  void binary(Op op);
  bool divide(Op op);
  void ternary(Op op);
  /// Emits op's unary forms or those of a family numbered the same way.
  void emit_unary(HandlerId base, ValKind result, const Operand& a, std::uint32_t w);
  void emit_binary(Op op, ValKind result, Place a, Place b, ValKind imm_type);
  void remember(std::uint32_t pos, HandlerId id, Acc acc, const AccState& before, std::uint16_t a,
                std::uint32_t w, std::uint64_t wide);
  void canonicalize(Op op);
  [[nodiscard]] MemMode mem_mode(const Imm& imm, std::uint32_t size) const;
  void load(Op op, const Imm& imm, ValKind type);
  void store(Op op, const Imm& imm, ValKind type);

  // --- superinstructions (translate_fuse.cpp): true when the instruction was emitted fused ---
  bool fuse_binary(Op op, ValKind type, const Operand& a, const Operand& b);
  bool fuse_pair(Op op, ValKind type, const Operand& other, bool acc_left);
  bool fuse_float_pair(Op op, ValKind type, const Operand& other, bool acc_left);
  bool fuse_op_load(Op op, ValKind type, const Operand& other, bool acc_left);
  bool fuse_load(Op op, ValKind type, std::uint64_t offset, const Operand& address);
  bool fuse_add_load(std::uint32_t load, ValKind type, std::uint64_t offset,
                     const Operand& address);
  bool fuse_store(Op op, std::uint64_t offset, const Operand& address, const Operand& value);
  bool fuse_branch(const Condition& condition, bool taken_if, Label* target, std::uint32_t* chain);
  bool fuse_jump(Label& target);
  bool fuse_table_index(const Operand& index, HandlerId& id, std::uint16_t& d, std::uint16_t& a);
  bool fuse_select(const Operand& a, const Operand& b, const Operand& c, ValKind kind);
  bool fuse_table_again(const Label& target);
  bool fuse_table_next(std::uint16_t& a, std::uint16_t& d, std::uint64_t& wide);
  bool fuse_compare_add(Op op, ValKind type, const Operand& other);
  /// Where the fused call is, or kNone.
  std::uint32_t fuse_call(std::uint16_t args, const FuncCode& callee);
  void fuse_adds();
  bool fuse_sum_again(std::uint16_t d, ValKind type);
  /// An address that the last instruction computes, as an AddressMode of fused.h and its fields.
  struct FusedAddress {
    std::uint32_t mode = 0;
    std::uint16_t a = 0;
    std::uint32_t w = 0;
    std::uint64_t wide = 0;
    bool reads_b = false;
  };
  bool last_address(std::uint64_t offset, FusedAddress& out) const;
  /// An i32 addition that writes a slot: d <- a + k.
  struct AddParts {
    std::uint16_t d = 0;
    std::uint16_t a = 0;
    std::uint32_t k = 0;
    bool k_slot = false;
  };
  [[nodiscard]] bool split_add(const Last& last, AddParts& out) const;
  bool last_addition(AddParts& out) const;
  void remove_addition();

  // --- the same, of moves (translate_fuse_moves.cpp) ---
  bool fuse_move(bool constant, std::uint16_t d, std::uint16_t a);
  void remember_move(HandlerId id, std::uint32_t pos, std::uint16_t d, std::uint16_t a,
                     std::uint32_t w);
  FirstMove last_two(AddParts& first, AddParts& second, std::uint32_t& pos) const;
  bool fuse_add2_branch(std::uint32_t compare, const Place& y, bool back, Label* target,
                        std::uint32_t* chain);
  bool fuse_move_branch(std::uint32_t compare, const Place& x, const Place& y, bool back,
                        Label* target, std::uint32_t* chain);
  std::uint16_t tested_slot(bool to_slot);
  bool fuse_mask_branch(std::uint32_t compare, const Place& y, bool back, Label* target,
                        std::uint32_t* chain);
  bool fuse_load_at_branch(std::uint32_t compare, const Place& y, bool back, Label* target,
                           std::uint32_t* chain);
  void remember_store(std::uint32_t at, HandlerId id);
  bool fuse_store_add(const AddParts& add);
  bool fuse_store_add_branch(std::uint32_t compare, const Place& y, Label& target);
  bool take_address(const Operand& address, FusedAddress& out, std::uint64_t offset);
  bool fuse_op_store(Op op, std::uint64_t offset, const Operand& address, const Operand& value);
  bool fuse_load_op_store(Op op, std::uint64_t offset, const Operand& address,
                          const Operand& value);
  void remove_code(std::uint32_t at, std::uint32_t bytes);
  bool fuse_return(const Operand& result);
  void link_branch(std::uint32_t at, Label* target, std::uint32_t* chain);
  /// Whether the popped operand is what the last instruction left in its accumulator only.
  [[nodiscard]] bool is_last(const Operand& o) const {
    return o.kind == Operand::Kind::Acc && fusible() && acc_[o.acc()].def == last_.pos &&
           acc_[o.acc()].slot_form != kNoHandler;
  }
  void finish_fused(std::uint32_t at, HandlerId id, ValKind type, const AccState& before);

  // --- control ---
  void open(const ControlFrame& frame, FrameKind kind);
  Label& label(std::uint32_t depth) { return labels_[labels_.size() - 1 - depth]; }
  Condition pop_condition();
  void branch_if(const Condition& condition, bool when, std::uint32_t depth);
  void emit_branch(const Condition& condition, bool when, Label* target, std::uint32_t* chain);
  void emit_br(Label& target);
  void note_branch(Label& target);
  void add_patch(std::uint32_t& chain, std::uint32_t at, std::uint32_t from);
  void bind(std::uint32_t& chain);
  /// Moves the label's operands (on top, in their own slots) to where the label wants them.
  [[nodiscard]] bool needs_moves(std::uint32_t depth, const Label& target);
  void move_to_label(std::uint32_t depth, const Label& target);
  void emit_return(std::span<const ValType> results);
  [[nodiscard]] HandlerId return_id(Family family, std::uint32_t form = 0) const {
    const std::uint32_t near = link_ < kNearLinks ? link_ : kNearLinks;
    return handler_id(family, form * (kNearLinks + 1) + near);
  }
  void jump(std::uint32_t depth);

  // --- calls ---
  [[nodiscard]] static std::uint16_t slots_of(std::span<const ValType> types);
  [[nodiscard]] static std::uint64_t link_of(const FuncType& type);
  std::uint16_t prepare_args(const FuncType& type);
  void push_results(const FuncType& type);
  void emit_leave_far();
  /// Puts the n topmost operands into their slots and pops them; their first slot.
  std::uint16_t consecutive(std::size_t n);
  /// Pushes an integer that the last instruction wrote both to its slot and to the accumulator.
  void push_both(ValKind type);

  static constexpr std::uint32_t kMaxSlots = 65000;

  const DecodedModule& module_;
  CodeOptions options_;
  FuncCode* funcs_;
  const Handler* handlers_;
  const BodyState* state_ = nullptr;

  std::vector<std::uint64_t> code_;
  std::uint32_t pos_ = 0;
  std::vector<Operand> stack_;
  std::size_t settled_ = 0;  ///< Operands below are in their own slots.
  AccState acc_[2];
  Last last_;
  Last prev_;  ///< The one before: valid when it ends where last_ begins.
  Last before_prev_;
  std::vector<Label> labels_;
  std::vector<Patch> patches_;
  std::vector<std::uint16_t> local_slots_;
  std::vector<std::uint32_t> far_locals_;  ///< Distance below sp of locals from near_locals_ on.
  std::vector<std::uint32_t>
      touched_;  ///< By slot of a local: position of the last read or write + 1.
  std::vector<std::uint32_t> written_;  ///< By slot of a local: position behind its last write.
  std::uint32_t barrier_ = 0;           ///< Position of the last label or branch.
  std::vector<std::uint32_t> lazy_;     ///< By slot of a local: operands that stand for it.
  std::vector<std::uint32_t> stubs_;
  /// By local: whether every path from the entry to here writes it; those that are read before
  /// must be zeroed.
  std::vector<std::uint8_t> assigned_;
  std::vector<std::uint32_t> trail_;  ///< Locals in the order they became assigned.
  /// Where unassign() cut trail_: the length, and which cut it was. Cuts that a shorter one
  /// followed are dropped, so both grow.
  std::vector<TrailMark> cuts_;
  std::uint32_t cut_count_ = 0;
  std::uint32_t zero_begin_ = 0;  ///< Slots to zero.
  std::uint32_t zero_end_ = 0;
  std::uint32_t entry_ = 0;  ///< Where execution begins: behind ZeroLocals if it is idle.
  std::uint32_t table_note_ = kNone;
  std::uint16_t link_ = 0;
  std::uint16_t temps_ = 0;
  std::uint32_t max_slots_ = 0;
  std::uint32_t far_slots_ = 0;
  std::uint32_t near_locals_ = 0;
  bool too_large_ = false;

  std::vector<std::uint8_t> map_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> notes_;
};

}  // namespace wasmrt::interp
