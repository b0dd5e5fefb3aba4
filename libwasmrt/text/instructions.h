// Instructions, plain and folded, from tokens to bytes; used for functions and constant
// expressions.
//
// Nesting lives on an explicit stack, so its depth costs heap only. A folded instruction stands
// before its operands in the text and behind them in the binary: its bytes wait on `pending_`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libwasmrt/base/seeded_hash.h"
#include "libwasmrt/text/encoder.h"
#include "libwasmrt/wasm/opcode.h"

namespace wasmrt::text {

class InstructionEncoder {
 public:
  /// `locals` is null in constant expressions.
  InstructionEncoder(Encoder& e, ByteWriter& out, IndexSpace* locals)
      : e_(e), in_(e.in), out_(out), locals_(locals) {}

  /// Everything up to the `)` that closes the field; it is not consumed.
  void sequence();
  /// One folded instruction, with its parentheses.
  void single();

  std::vector<NamedIndex> take_label_names() { return std::move(label_names_); }
  std::vector<BranchHint> take_hints() { return std::move(hints_); }

 private:
  enum class FrameKind : std::uint8_t {
    Block,        // block, loop, try_table ... end
    If,           // if ... else? end
    Else,         // behind else
    FoldedBlock,  // (block ...)
    FoldedIf,     // (if ... before its (then
    FoldedThen,   // (then ...)
    FoldedElse,   // (else ...)
    FoldedTail,   // behind (then ...) or (else ...): only `)` or (else
    FoldedPlain,  // (op operand*)
  };
  struct Frame {
    FrameKind kind;
    std::size_t pending = 0;  // where its bytes begin on pending_
    std::string_view label;   // the identifier token's name, may be empty
    std::optional<std::string> hint;
  };
  struct Label {
    std::string_view name;
    std::optional<std::size_t> shadowed;  // the label of the same name outside
  };

  void run(bool one);
  void open();
  void close();
  void keyword();
  void open_plain(std::optional<std::string> hint);
  void else_keyword();
  void end_keyword();
  void check_label(const Frame& frame);
  void push_block(FrameKind kind, std::string_view label);
  void pop_label();
  void flush_pending(Frame& frame);
  [[nodiscard]] bool takes_plain() const;
  std::string_view take_label();

  // immediates.cpp
  void instruction(Op op);
  void opcode(Op op);
  void block_type();
  void label_use();
  void catch_clauses();
  void br_table();
  void call_indirect();
  void select();
  void ref_test_or_cast(Op op);
  void br_on_cast();
  void two_indices(const IndexSpace& first, const IndexSpace& second, bool optional);
  void optional_index(const IndexSpace& space);
  void segment_and_target(const IndexSpace& segments, const IndexSpace& targets);
  void mem_arg(Op op, bool lane);
  std::optional<std::uint64_t> assignment(std::string_view key);
  void field_use();
  void lane();
  [[nodiscard]] std::size_t number_count() const;
  void shuffle();
  void v128_const();
  void integer(unsigned bits, Err range);
  void integer_lane(unsigned bits, Err range);
  void float_bits(unsigned bits);
  void hint_before(std::optional<std::string> hint, std::size_t offset);

  Encoder& e_;
  Cursor& in_;
  ByteWriter& out_;
  IndexSpace* locals_;
  std::vector<Frame> frames_;
  ByteWriter pending_;
  std::vector<Label> labels_;
  std::unordered_map<std::string_view, std::size_t, SeededHash>
      label_ids_;  // innermost of each name
  std::uint32_t label_count_ = 0;
  std::vector<NamedIndex> label_names_;
  std::vector<BranchHint> hints_;
};

}  // namespace wasmrt::text
