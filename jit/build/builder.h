// From a function body to SSA: a sink of the body walker.
//
// In: a validated body and the locals each construct assigns. Out: an ir::Func; or a reason why the
// function is declined. Guaranteed: one pass; joins make phis only for what differs; folding,
// merging and load forwarding happen as instructions are appended (docs/JIT.md).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include <wasmrt/trap_kind.hpp>

#include "jit/build/assigned_locals.h"
#include "jit/build/value_table.h"
#include "jit/ir/ir.h"
#include "jit/memory_limit.h"
#include "jit/target.h"
#include "libwasmrt/frontend/body_walker.h"
#include "libwasmrt/frontend/sink.h"

namespace wasmrt::jit {

/// How a function is built that is too large to be held as a whole: in sections of so many bytes
/// of its body at most (docs/JIT.md, "Sections").
struct Sections {
  std::uint32_t bytes = 0;
  /// Takes a section, which lies in the ir::Func; gives why the function is declined, or nullptr.
  std::function<const char*()> take;
};

class Builder : public SinkBase<Builder> {
 public:
  Builder(const CompileContext& context, const AssignedLocals& assigned, ir::Func& func)
      : context_(context), module_(*context.module), assigned_(assigned), f_(func) {}

  /// Of the next function; null: as a whole.
  void set_sections(const Sections* sections) { sections_ = sections; }
  /// Why the function cannot be compiled; nullptr when it can.
  [[nodiscard]] const char* declined() const { return declined_; }

  // --- sink ---
  void begin(const BodyState& state);
  bool before_instruction() { return state_->body_offset() < look_at_ || look_around(); }
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
  void on_call(FuncIdx callee, const FuncType& type);
  void on_call_indirect(TypeIdx type_index, TableIdx table, const FuncType& type);
  void on_call_ref(TypeIdx type_index, const FuncType& type);
  void on_return_call(FuncIdx callee, const FuncType& type);
  void on_return_call_indirect(TypeIdx type_index, TableIdx table, const FuncType& type);
  void on_return_call_ref(TypeIdx type_index, const FuncType& type);
  void on_local_get(std::uint32_t local, ValType) { push(this->local(local)); }
  void on_local_set(std::uint32_t local, ValType) { set_local(local, pop()); }
  void on_local_tee(std::uint32_t local, ValType) { set_local(local, top()); }
  void on_global_get(GlobalIdx global, ValType type);
  void on_global_set(GlobalIdx global, ValType type);
  void on_drop(ValType) { pop(); }
  void on_select(ValType type);
  void on_const(Op op, const Imm& imm);
  void on_unary(Op op, const Imm& imm);
  void on_binary(Op op, const Imm& imm);
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
  using V = ir::ValueId;

  /// A branch on its way to a label: where from, and the values it brings.
  struct Edge {
    ir::BlockId from;
    std::uint32_t
        values;  // in edge_values_: assigned locals of the frame, then the label's operands
  };
  struct Frame {
    FrameKind kind;
    std::uint32_t number;  // among announced frames, for AssignedLocals
    std::uint32_t height;  // value stack below the parameters
    std::uint32_t label_arity;
    std::uint32_t first_edge;  // edges_ from here on, linked by next_edge_
    std::uint32_t last_edge;
    std::uint32_t edge_count;
    std::uint32_t scope;         // of the value table at entry
    std::uint32_t entry_values;  // If: assigned locals and parameters at entry, in edge_values_
    ir::BlockId header;          // Loop
    ir::BlockId otherwise;       // If: start of the else part
    std::uint32_t first_phi;     // Loop: id of the first phi
    std::uint32_t phi_count;
    // Labels that branches in other sections go to: of the frame, and of an If's else part.
    std::uint32_t label, else_label;
  };

  // Values.
  void push(V v) { stack_.push_back(v); }
  V pop() {
    const V v = top();
    stack_.pop_back();
    if (sections_ != nullptr) [[unlikely]]
      operands_left(stack_.size());
    return v;
  }
  V top() { return operand(stack_.size() - 1); }
  V operand(std::size_t n) {
    return stack_[n] != ir::kNoValue ? stack_[n] : home_of_operand(static_cast<std::uint32_t>(n));
  }
  void cut(std::size_t height) {
    stack_.resize(height);
    operands_left(height);
  }
  void operands_left(std::size_t height) {
    section_.kept = std::min(section_.kept, height);
    section_.stored = std::min(section_.stored, height);
  }
  V local(std::uint32_t n) { return locals_[n] != ir::kNoValue ? locals_[n] : home_of_local(n); }
  void set_local(std::uint32_t n, V v) {
    locals_[n] = v;
    if (sections_ != nullptr) note_assigned(n);
  }
  V append(ir::Inst inst);      ///< Folds, merges, or appends.
  V append_raw(ir::Inst inst);  ///< Appends as it is.
  V fold(ir::Inst& inst);  ///< A value that the instruction equals, or kNoValue; may rewrite it.
  V fold_int(ir::Inst& inst);
  V fold_icmp(ir::Inst& inst);
  V fold_constants(const ir::Inst& inst);
  V divide_by_constant(const ir::Inst& inst, std::uint64_t divisor);
  V quotient(ir::IrOp op, ir::Type type, V x, std::uint64_t divisor);
  V load_or_forward(ir::Inst inst);
  void remember_store(const ir::Inst& inst);
  V vector(const V128& v);
  /// `v`, the result of `op`, with NaNs made canonical in the deterministic mode.
  V canonical(Op op, V v);
  V constant(ir::Type type, std::uint64_t bits);
  V op1(ir::IrOp op, ir::Type type, V a, ir::Type aux_type = ir::Type::Void);
  V op2(ir::IrOp op, ir::Type type, V a, V b);
  V icmp(ir::Cond cond, ir::Type type, V a, V b);
  V vmctx();
  V vm_const(V base, std::uint64_t offset);  ///< A 64-bit word that never changes.
  V vm_load(V base, std::uint64_t offset, ir::Access access, ir::Type type);
  void vm_store(V base, std::uint64_t offset, ir::Access access, V value, ir::Type type);
  V zero(ir::Type type);
  [[nodiscard]] bool is_const(V v, std::uint64_t bits) const;
  void append_trap(const ir::Inst& trap);
  void trap_if(V condition, TrapKind kind);
  void trap_if_info(V condition, TrapKind kind, V info);
  V checked_index(V index, V size, TrapKind kind);  ///< Traps unless it is below the size.
  void trap_if_not(V condition, TrapKind kind);
  void trap(TrapKind kind);   ///< Ends the block.
  void clobber_everything();  ///< After calls: no load may be merged across.

  // Control.
  Frame& frame_at(std::uint32_t depth) { return frames_[frames_.size() - 1 - depth]; }
  void open(const ControlFrame& frame, Frame& out);
  std::uint32_t record(const Frame& frame);
  void add_edge(Frame& frame, ir::BlockId from);
  void jump_to(std::uint32_t depth);
  void jump_by_table(V index, std::span<const std::uint32_t> targets);
  void return_values();
  void start_block(ir::BlockId block);
  void jump(ir::BlockId from, ir::BlockId to);
  void branch(V condition, ir::BlockId then, ir::BlockId otherwise, ir::Hint hint);
  void branch_if(V condition, std::uint32_t depth, ir::Hint hint);
  bool merge(const Frame& frame);
  void join(Frame& frame);
  void begin_otherwise(Frame& frame, std::span<const ValType> params);
  void come_from_sections(const ControlFrame& frame);
  void begin_function();
  void finish_function();
  void close_loop(Frame& frame);
  void remove_trivial_phis();
  void find_loops();
  [[nodiscard]] ir::Hint hint_here() const;

  // Sections.
  void begin_sections();
  void next_section(bool live);
  void close_section();
  void open_section();
  void split_loop(const ControlFrame& frame);
  void end_split_loop(const ControlFrame& frame);
  void enter(std::uint32_t label);
  void enter_frame(Frame& frame, std::uint32_t label, std::span<const ValType> operands);
  void leave(std::uint32_t label);
  void leave_frame(Frame& frame);
  void leave_frames();
  void store_assigned();
  void store_home(std::uint32_t home, V value);
  V load_home(std::uint32_t home, ir::Type type);
  V home_of_local(std::uint32_t local);
  V home_of_operand(std::uint32_t n);
  V home_of_operand(std::uint32_t n, ir::Type type);
  void note_assigned(std::uint32_t local);
  [[nodiscard]] std::uint32_t local_home(std::uint32_t local) const;
  [[nodiscard]] std::uint32_t operand_home(std::size_t n) const;

  // Memory and tables.
  struct Address {
    V base;
    std::uint64_t offset;
    std::uint16_t mem;
  };
  Address address(V index, const Imm& imm, std::uint32_t bytes);
  V checked_address(V index, std::uint32_t memory, std::uint64_t end);
  V memory_word(std::uint32_t memory, bool base);
  V memory_struct(std::uint32_t memory);
  [[nodiscard]] bool small_bulk(std::uint32_t dst, std::uint32_t src);
  void copy_inline(V dst, V src, std::uint32_t n);
  void fill_inline(V dst, V value, std::uint32_t n);
  void probe(V dst, std::uint32_t n);
  void store_part(V dst, std::uint32_t offset, ir::Access access, V value);
  V table_struct(std::uint32_t table);
  V wide(V index);  ///< As i64.
  struct Element {
    V address;  ///< Of its word.
    V index;
  };
  Element table_element(V index, std::uint32_t table, TrapKind kind);
  V global_cell(std::uint32_t global);
  void builtin(unsigned id, std::initializer_list<V> args, ir::Type result);

  // Calls.
  V func_ref(FuncIdx func);
  V indirect_callee(TypeIdx type, TableIdx table);
  bool call_through_code(TypeIdx type, TableIdx table, const FuncType& func_type);
  [[nodiscard]] std::uint32_t known_callee(TypeIdx type, TableIdx table);
  V non_null(V ref, TrapKind kind);
  void call(ir::IrOp op, std::uint64_t imm, const FuncType& type, V callee, bool tail);

  void decline(const char* why) {
    if (declined_ == nullptr) declined_ = why;
    look_at_ = 0;
  }
  /// Bytes of memory, roughly, that all stages take together for what was built so far.
  [[nodiscard]] std::uint64_t takes() const;
  /// Before an instruction: compares what was built with its bounds, and begins the next section
  /// where this one ends. False when the function is declined.
  bool look_around();

  const CompileContext& context_;
  const DecodedModule& module_;
  const AssignedLocals& assigned_;
  ir::Func& f_;
  const Sections* sections_ = nullptr;
  const BodyState* state_ = nullptr;
  const char* declined_ = nullptr;

  ir::BlockId block_{};  // where instructions go
  std::vector<V> locals_;
  std::vector<V> stack_;
  std::vector<Frame> frames_;
  std::uint32_t frame_number_ = 0;
  std::vector<Edge> edges_;
  std::vector<std::uint32_t> next_edge_;
  std::vector<std::uint32_t> edge_values_;
  std::vector<std::uint32_t> incoming_;  // of merge
  std::vector<V> merged_;                // its result
  std::vector<V> loop_phis_;             // all phis, for the clean-up
  std::vector<ir::BlockId> by_depth_;    // of jump_by_table; all none otherwise
  ValueTable table_;
  std::uint32_t memory_version_ = 0;
  std::uint32_t vm_version_ = 0;
  std::uint32_t calls_version_ = 0;
  V open_check_ = ir::kNoValue;  // behind it nothing was appended that has an effect or may trap
  const std::vector<BranchHint>* hints_ = nullptr;
  /// The instructions in front of this place in the body are too few to take much memory. Those
  /// with many values, which may take much by themselves, set it to 0.
  std::uint32_t look_at_ = 0;
  static constexpr std::uint32_t kLookBytes = 64;
  std::uint64_t work_ = 0, budget_ = 0;
  std::uint64_t call_operands_ = 0;  // of all calls; f_.pool has those of phis, too
  static constexpr const char* kTooManyValues = "too many values cross branches and calls";

  static constexpr std::uint32_t kNoLabel = ~0u;
  /// The section that is being built. A local or an operand that it has not touched is kNoValue in
  /// locals_ or stack_: its value waits in its home.
  struct Section {
    std::uint32_t end = ~0u;  // from here in the body on, the next instruction begins another
    ir::BlockId entry{};      // where homes are loaded
    struct Way {
      std::uint32_t label;
      ir::BlockId to;
    };
    std::vector<Way> ways;               // into it
    std::vector<std::uint32_t> open;     // frames to which something in it may branch
    std::vector<std::uint32_t> changed;  // locals assigned in it
    std::vector<std::uint32_t> unsaved;  // those whose homes do not know it
    std::vector<std::uint32_t> loaded;   // locals that were
    std::size_t kept = 0;                // operands below were never taken,
    std::size_t stored = 0;              // and these are in their homes
  };
  Section section_;
  std::uint32_t label_count_ = 0;
  std::uint32_t local_words_ = 1;  // of a home
  struct LocalState {
    bool changed = false, unsaved = false;
    V home = ir::kNoValue;
  };
  std::vector<LocalState> local_states_;
  std::unordered_map<std::uint64_t, V> operand_homes_;  // by home and type
  std::vector<ir::Type> operand_types_;                 // of those in homes
};

ir::Type ir_type(ValType type);

/// Builds functions, one after the other, in what `func` refers to.
class FunctionBuilder {
 public:
  FunctionBuilder(const CompileContext& context, ir::Func& func)
      : scan_(*context.module, assigned_),
        builder_(context, assigned_, func),
        walker_(*context.module, builder_) {}

  /// Returns nullptr or why the function is declined. As a whole, or, where `sections` are given,
  /// in these: then each of them was taken. kTooLarge: smaller ones take less memory.
  const char* build(FuncIdx index, const Sections* sections = nullptr);

 private:
  AssignedLocals assigned_;
  BodyWalker<AssignedLocals> scan_;
  Builder builder_;
  BodyWalker<Builder> walker_;
};

}  // namespace wasmrt::jit
