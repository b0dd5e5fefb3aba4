// Positions, lifetime intervals and the liveness that makes them.
//
// Every block head and every instruction gets an index k, in layout order, and four positions:
//   4k    gap: moves before the instruction; copies into fixed and tied operands happen here
//   4k+1  uses are read          4k+2  definitions are written, calls clobber
//   4k+3  moves after the instruction: results leave their fixed registers
// A range is [from, to). A value that dies as a fixed or tied use ends at the gap, so the operand's
// register can be the value's own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "jit/lower/mir.h"
#include "jit/target.h"

namespace wasmrt::jit {

inline constexpr std::uint32_t kNone = ~0u;

constexpr std::uint32_t gap_of(std::uint32_t index) { return 4 * index; }
constexpr std::uint32_t index_of(std::uint32_t pos) { return pos / 4; }

struct Range {
  std::uint32_t from, to, next;
};

struct Use {
  std::uint32_t pos;
  std::uint32_t operand;  ///< In MFunc::ops.
  std::uint32_t next;
  std::uint16_t depth;  ///< Loop depth.
  bool need_reg;
};

/// A piece of a value's lifetime with one location. Pieces of one value form a chain in order.
struct Interval {
  std::uint32_t vreg = kNone;
  std::uint32_t first_range = kNone;
  std::uint32_t first_use = kNone;
  std::uint32_t next_piece = kNone;
  std::uint32_t from = 0, to = 0;
  std::uint32_t cursor = kNone;  ///< Range at or after the scan position.
  Loc loc;  ///< Slot: the value's own slot (or nowhere, if it can be made again).
};

/// Where a register is taken by an operand constraint.
struct FixedRange {
  std::uint32_t from, to;
};

/// A copy that a constraint asks for.
struct ConstraintMove {
  enum class Kind : std::uint8_t { ToFixed, FromFixed, Tie };
  Kind kind;
  std::uint8_t reg;        ///< ToFixed, FromFixed
  std::uint32_t index;     ///< Instruction index.
  std::uint32_t from, to;  ///< Virtual registers; Tie: both.
};

/// Intervals of a function. Interval i < vregs is the first piece of virtual register i.
struct Intervals {
  std::vector<Interval> pieces;
  std::vector<Range> ranges;
  std::vector<Use> uses;
  std::vector<FixedRange> fixed[2][32];  ///< By class and register, ascending.
  std::vector<std::uint32_t> calls;      ///< Indices of calls, ascending.
  std::vector<ConstraintMove> moves;
  std::vector<std::uint32_t> block_index;  ///< Index k of each block's head; one more for the end.
  std::vector<std::uint32_t> block_at;     ///< Block of each index.
  std::vector<std::uint32_t> loop_parent;  ///< By block: header of the next outer loop, or kNone.
  std::vector<std::uint32_t> hint_vreg;    ///< By vreg.
  std::vector<std::uint8_t>
      hint_reg[2];  ///< By vreg: register wished at the end, at the start; 255 none.
  std::vector<std::uint32_t> def_inst;  ///< By vreg: MInst index, kNone for parameters.
  std::uint64_t work = 0;

  /// Fills everything from a function. False when the budget is used up, or the function's memory:
  /// many values may live across many blocks.
  bool build(const MFunc& func, std::uint64_t budget);
  /// Cuts a piece at a position inside it; the rest becomes a new piece, whose index is returned.
  std::uint32_t split(std::uint32_t piece, std::uint32_t pos);
  /// The piece of a value that covers a position; kNone when it is not live there. Nothing is split
  /// any more once this was asked.
  [[nodiscard]] std::uint32_t piece_at(std::uint32_t vreg, std::uint32_t pos);
  [[nodiscard]] bool covers(std::uint32_t piece, std::uint32_t pos) const;
  /// The values that a block finds in place, its parameters not among them.
  [[nodiscard]] std::span<const std::uint32_t> live_into(std::uint32_t block) const {
    return {live_lists_.data() + live_in_[block].first, live_in_[block].count};
  }

 private:
  void clear(const MFunc& func);
  /// Bytes of the lists that may grow beyond the size of the function, while they are copied.
  [[nodiscard]] std::uint64_t lists_take() const {
    return 3 * (ranges.size() * sizeof(Range) + live_lists_.size() * sizeof(std::uint32_t));
  }
  void number(const MFunc& func);
  void add_range(std::uint32_t vreg, std::uint32_t from, std::uint32_t to);
  void set_from(std::uint32_t vreg, std::uint32_t from);
  void add_use(std::uint32_t vreg, std::uint32_t pos, std::uint32_t operand, std::uint32_t depth,
               bool need_reg);
  void visit(const MFunc& func, std::uint32_t inst, std::uint32_t k, std::uint32_t block,
             std::uint32_t block_from);

  /// A range and its piece, for values with many.
  struct Segment {
    std::uint32_t from, to, piece;
  };
  void index_segments(std::uint32_t vreg);
  std::vector<Segment> segments_;
  std::vector<std::uint32_t>
      segments_of_;  // by vreg: the number of segments, then where they begin
  // The live set while blocks are walked backwards: dense list with positions.
  void live_add(std::uint32_t vreg);
  void live_remove(std::uint32_t vreg);
  std::vector<std::uint32_t> live_;
  std::vector<std::uint32_t> live_pos_;
  struct List {
    std::uint32_t first = 0, count = 0;
  };
  std::vector<List> live_in_;  // by block, in live_lists_
  std::vector<std::uint32_t> live_lists_;
};

}  // namespace wasmrt::jit
