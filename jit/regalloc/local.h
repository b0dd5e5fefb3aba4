// Register allocation block by block, for functions that are too large for the linear scan.
//
// In: an MFunc as the scan takes it. Out: the same, allocated: what is read in another block than
// its own is stored where it is defined; inside a block, and from a block into the next when that
// is the only way there, values stay in registers until those of others are read earlier.
// Guaranteed: time and memory are linear in the function: some 24 bytes per value besides its
// moves.
#pragma once

#include <cstdint>
#include <vector>

#include "jit/lower/mir.h"
#include "jit/regalloc/moves.h"
#include "jit/target.h"

namespace wasmrt::jit {

class LocalAllocator {
 public:
  /// Returns nullptr, or why the function is declined.
  const char* run(const Target& target, MFunc& func);
  [[nodiscard]] std::uint64_t moves() const { return writer_.moves(); }

 private:
  static constexpr std::uint32_t kNone = ~0u;
  static constexpr std::uint32_t kHeld = kNone - 1;  // in in_reg_: until the instruction is over
  static constexpr std::uint8_t kNoReg = 255;

  /// A value. Positions count block heads and instructions.
  struct Value {
    std::uint32_t from = 0, to = 0;  ///< Where its slot is its own; `to` 0: it is never read.
    std::uint32_t block = 0;         ///< Where it is defined.
    std::uint32_t next = kNone;      ///< Its next use in the current block; at last, its slot.
    std::uint8_t reg = kNoReg;
    bool elsewhere : 1 = false;  ///< Read in another block.
    bool again : 1 = false;      ///< Made again instead of stored.
    bool stored : 1 = false;
    bool has_slot : 1 = false;
  };
  using Masks = std::uint32_t[2];  // of registers, by class

  void find_lifetimes();
  void read_at(std::uint32_t vreg, std::uint32_t block, std::uint32_t pos);
  void find_next_uses(std::uint32_t block);
  void allocate(std::uint32_t block);
  void instruction(std::uint32_t inst);
  void edge_moves(const MEdge& edge);
  void number_slots();

  // Parts of instruction().
  void read_fixed(std::uint32_t op, std::uint8_t reg);
  void read(std::uint32_t op, std::uint32_t next);
  void read_tied(std::uint32_t op, std::uint32_t def, bool lives_on);
  void empty(unsigned cls, std::uint32_t reg);
  void define(std::uint32_t op);

  [[nodiscard]] unsigned cls_of(std::uint32_t vreg) const {
    return static_cast<unsigned>(func_->vregs[vreg].cls);
  }
  [[nodiscard]] Loc place(std::uint32_t vreg);
  [[nodiscard]] std::uint32_t find_free(unsigned cls, std::uint32_t allowed) const;
  std::uint32_t pick(unsigned cls, std::uint32_t allowed);
  void hold(std::uint32_t vreg, std::uint32_t reg);
  void drop(unsigned cls, std::uint32_t reg);
  void store(std::uint32_t vreg);
  void move(std::uint32_t vreg, Loc from, Loc to);
  void wrote(unsigned cls, std::uint32_t reg);

  const Target* target_ = nullptr;
  MFunc* func_ = nullptr;
  const char* declined_ = nullptr;
  List<Value> values_;                      // by vreg
  List<std::uint32_t> def_inst_;            // by vreg; kNone for parameters
  std::vector<std::uint32_t> block_at_;     // position of each block's head; one more for the end
  std::vector<std::uint32_t> loop_parent_;  // by block that is a header
  std::vector<std::uint32_t> nexts_;        // of the block's operands, last first
  std::vector<std::uint32_t> op_next_;      // of the instruction's operands
  std::vector<std::uint32_t> out_;          // the block's instructions
  std::vector<ParallelMove> group_;
  std::uint32_t in_reg_[2][32] = {};  // who is in a register: a value, kHeld or kNone
  // Of the instruction: registers that are read, read late, lost, written.
  Masks read_ = {}, late_ = {}, lost_ = {}, written_ = {};
  MoveWriter writer_;
};

}  // namespace wasmrt::jit
