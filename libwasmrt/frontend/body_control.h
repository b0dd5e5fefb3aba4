// BodyState: operand stack, control stack and locals of the function being walked.
//
// In: driven by BodyWalker. Out: what a sink may ask (the public part below), and the checks of the
// rarer instructions, which need no template and live in body_*.cpp. The stacks are kept from one
// function to the next: walking allocates nothing per block or function once they have grown.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libwasmrt/frontend/imm_reader.h"
#include "libwasmrt/frontend/module.h"
#include "libwasmrt/frontend/reader.h"

namespace wasmrt {

enum class FrameKind : std::uint8_t { Function, Block, Loop, If, Else, TryTable };

/// An open block. References to frames are valid during one sink call.
struct ControlFrame {
  FrameKind kind;
  bool announced;    ///< The sink was told about it: it began in reachable code.
  bool polymorphic;  ///< Validation: below the values present lies any type (unreachable code).
  bool fallthrough_live;  ///< During on_else and on_end: the part that ends can reach its end.
  bool branched_to;       ///< A reachable branch leads to the label so far.
  bool end_live;          ///< During on_end: what follows is reachable.
  bool single_result;
  std::uint32_t height;       ///< Operand stack height below the parameters.
  std::uint32_t init_height;  ///< Length of the trail of initialised locals at entry.
  std::uint32_t offset;       ///< Module offset of the instruction that opened it.
  ValType single;             ///< The result when single_result.
  const FuncType* type;       ///< Else parameters and results; null when there are none.

  [[nodiscard]] std::span<const ValType> params() const {
    return type == nullptr ? std::span<const ValType>() : std::span<const ValType>(type->params);
  }
  [[nodiscard]] std::span<const ValType> results() const {
    if (single_result) return {&single, 1};
    return type == nullptr ? std::span<const ValType>() : std::span<const ValType>(type->results);
  }
  /// What a branch to this frame's label carries: parameters of a loop, else results.
  [[nodiscard]] std::span<const ValType> label_types() const {
    return kind == FrameKind::Loop ? params() : results();
  }
};

/// The first instruction met that no engine executes yet.
struct NotExecutable {
  Op op;
  std::uint32_t offset;  ///< In the module.
};

class BodyState {
 public:
  explicit BodyState(const DecodedModule& module);
  ~BodyState();
  BodyState(const BodyState&) = delete;
  BodyState& operator=(const BodyState&) = delete;

  // --- for sinks ---
  [[nodiscard]] const DecodedModule& module() const { return module_; }
  [[nodiscard]] FuncIdx function() const { return function_; }
  [[nodiscard]] const FuncType& function_type() const { return *function_type_; }
  /// Module offset of the current instruction's first byte.
  [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(op_ - base_); }
  /// The same from the start of the body, as branch hints count.
  [[nodiscard]] std::uint32_t body_offset() const { return offset() - body_begin_; }
  /// Bytes of the body, to estimate sizes.
  [[nodiscard]] std::uint32_t body_size() const { return body_size_; }

  /// Number of operands on the stack (a v128 counts as one).
  [[nodiscard]] std::uint32_t height() const {
    return static_cast<std::uint32_t>(top_ - stack_.get());
  }
  /// Type of an operand; 0 is the topmost. depth < height().
  [[nodiscard]] ValType operand(std::uint32_t depth) const {
    return top_[-1 - static_cast<std::ptrdiff_t>(depth)];
  }
  /// All operands, the topmost last.
  [[nodiscard]] std::span<const ValType> operands() const { return {stack_.get(), height()}; }

  /// Number of open frames, the function's included.
  [[nodiscard]] std::uint32_t frame_count() const {
    return static_cast<std::uint32_t>(frames_.size());
  }
  /// An open frame by label depth: 0 is the innermost.
  [[nodiscard]] const ControlFrame& frame(std::uint32_t depth) const {
    return frames_[frames_.size() - 1 - depth];
  }
  [[nodiscard]] std::span<const ValType> label_types(std::uint32_t depth) const {
    return frame(depth).label_types();
  }

  [[nodiscard]] std::uint32_t param_count() const {
    return static_cast<std::uint32_t>(function_type_->params.size());
  }
  /// Parameters and declared locals.
  [[nodiscard]] std::uint32_t local_count() const { return local_count_; }
  [[nodiscard]] ValType local_type(std::uint32_t index) const {
    return index < flat_locals_.size() ? flat_locals_[index] : far_local_type(index);
  }
  /// Whether the current instruction is reachable (true in every sink call).
  [[nodiscard]] bool live() const { return live_; }

  // --- results of a walk ---
  [[nodiscard]] const std::optional<NotExecutable>& not_executable() const {
    return not_executable_;
  }
  /// Whom to tell what the bodies do with tables; `to` is as large as the module wants it.
  void note_tables(TableUses* to) { table_uses_ = to; }

 protected:
  // Locals beyond this many are kept as runs: fifty thousand declared by five bytes cost nothing.
  static constexpr std::uint32_t kFlatLocals = 1024;
  // Room above the top that every instruction may use without asking.
  static constexpr std::size_t kStackSlack = 8;

  struct LocalRun {
    std::uint32_t end;  // index after the last local of the run
    ValType type;
  };

  /// Reads the locals and opens the function's frame.
  bool enter(FuncIdx function);
  [[nodiscard]] ValType far_local_type(std::uint32_t index) const;

  // Operand stack. pop_* report "type mismatch" themselves.
  void grow_stack(std::size_t more);
  void reserve(std::size_t more) {
    if (static_cast<std::size_t>(limit_ - top_) < more + kStackSlack) [[unlikely]]
      grow_stack(more);
  }
  void push(ValType type) { *top_++ = type; }  // within the slack
  void push_all(std::span<const ValType> types);
  [[nodiscard]] ValType* frame_base() { return stack_.get() + frames_.back().height; }
  bool pop(ValType expected);
  bool pop_any(ValType& out);  // kBottom from polymorphic stack
  bool pop_ref(ValType& out);  // a reference type, or kBottom
  bool pop_all(std::span<const ValType> types);
  bool peek_all(std::span<const ValType> types);  // pops and pushes back as `types`
  [[nodiscard]] bool is_subtype(ValType sub, ValType super) const {
    return sub == super || sub.is_bottom() || matches(module_, sub, super);
  }
  bool mismatch(std::span<const ValType> required);
  bool mismatch(ValType required) { return mismatch({&required, 1}); }

  // Failures, at the current instruction unless said otherwise. All return false.
  bool fail(Err err, std::string detail = {});
  bool fail_index(Err err, std::uint64_t index);  // "unknown function 7"
  bool need(Feature feature, const char* what);   // true when enabled

  // Control. open_* pop parameters and push them in the new frame.
  bool read_block_type(ControlFrame& frame);
  bool open_frame(FrameKind kind, ControlFrame& frame);
  bool check_label(std::uint32_t depth);
  void mark_branch(std::uint32_t depth) {
    if (live_) frames_[frames_.size() - 1 - depth].branched_to = true;
  }
  void set_unreachable() {
    ControlFrame& f = frames_.back();
    top_ = stack_.get() + f.height;
    f.polymorphic = true;
    live_ = false;
  }
  bool check_end();       // the values at the end of the innermost frame, and its liveness
  bool check_else();      // the same at `else`
  void begin_else();      // after the sink saw on_else
  void close_frame();     // after the sink saw on_end
  bool check_body_end();  // nothing follows the function's own end
  bool fail_body_end();   // the body is over before its end was met
  bool check_results(ControlFrame& frame);
  bool check_br_table(const Imm& imm);
  bool check_br_on_non_null(std::uint32_t depth, ValType& type);
  bool check_try_table(const Imm& imm);

  // Typing of the rarer families; on success the stack shows the state after the instruction.
  bool type_fixed(const OpInfo& info, const Imm& imm);
  bool type_select(Op op, const Imm& imm, ValType& type);
  bool type_call(const FuncType& callee);
  bool type_return_call(const FuncType& callee);
  bool call_indirect_type(const Imm& imm, const FuncType*& type);  // checks indices, pops the index
  bool call_ref_type(const Imm& imm, const FuncType*& type);       // pops the reference
  bool type_memory(Op op, const Imm& imm);
  bool type_table(Op op, const Imm& imm);
  bool type_ref(Op op, const Imm& imm, ValType& type);
  bool type_gc(Op op, const Imm& imm);
  bool type_struct(Op op, const Imm& imm);
  bool type_array(Op op, const Imm& imm);
  bool type_array_bulk(Op op, const Imm& imm);
  bool type_br_on_cast(Op op, const Imm& imm);
  bool pop_in_hierarchy(HeapKind kind,
                        ValType& out);  // a reference below the top of kind's hierarchy
  bool type_exception(Op op, const Imm& imm);
  bool type_memarg(Op op, const Imm& imm);  // memory, alignment, offset, lane
  bool local_index(std::uint32_t index, ValType& type);
  bool check_local_initialized(std::uint32_t index);
  void initialize_local(std::uint32_t index);
  bool global_index(std::uint32_t index, bool for_write, ValType& type);

  [[nodiscard]] ValType memory_address(std::uint32_t memory) const {
    return module_.memories[memory].address == AddressType::I64 ? kI64 : kI32;
  }
  [[nodiscard]] ValType table_address(std::uint32_t table) const {
    return module_.tables[table].type.address == AddressType::I64 ? kI64 : kI32;
  }
  bool check_memory(std::uint32_t index);
  bool check_table(std::uint32_t index);
  bool check_elem(std::uint32_t index);
  bool check_data(std::uint32_t index);
  bool struct_type(std::uint32_t index, const CanonType*& type);
  bool array_type(std::uint32_t index, const CanonType*& type);
  bool func_type_at(std::uint32_t index, const FuncType*& type);
  bool segment_in_array(const CanonType& array, const Imm& imm, bool elem);
  [[nodiscard]] ValType sig_type(SigType type, ImmKind kind, const Imm& imm) const;
  [[nodiscard]] HeapType concrete(std::uint32_t type_index) const;

  const DecodedModule& module_;
  Features features_;
  Reader reader_;
  const std::uint8_t* base_ = nullptr;
  const std::uint8_t* op_ = nullptr;  // the current instruction
  std::uint32_t body_begin_ = 0;
  std::uint32_t body_size_ = 0;
  FuncIdx function_{};
  const FuncType* function_type_ = nullptr;

  std::unique_ptr<ValType[]> stack_;
  ValType* top_ = nullptr;
  ValType* limit_ = nullptr;
  std::vector<ControlFrame> frames_;
  bool live_ = false;

  std::vector<ValType> flat_locals_;
  std::vector<LocalRun> local_runs_;
  std::uint32_t local_count_ = 0;
  bool tracks_init_ = false;               // some local has no default value
  std::vector<bool> initialized_;          // by local; used when tracks_init_
  std::vector<std::uint32_t> init_trail_;  // locals initialised, in order, to undo at `end`

  ImmScratch imm_scratch_;
  std::optional<NotExecutable> not_executable_;
  TableUses* table_uses_ = nullptr;
};

}  // namespace wasmrt
