// The linear scan itself: gives each piece of each value a register or its slot, splitting pieces
// where needed.
//
// In: Intervals of a function. Out: the same pieces, more of them, each with a location.
// Guaranteed: pieces whose uses need a register have one; no two pieces share a register at a
// position; the registers that constraints and calls take are free there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "jit/regalloc/intervals.h"
#include "jit/target.h"

namespace wasmrt::jit {

/// Pieces still to be placed, by where they begin and then by number: lists by index, and a heap of
/// those at the index that the scan has reached.
class Worklist {
 public:
  void clear(std::size_t indices, std::size_t pieces);
  void push(std::uint32_t from, std::uint32_t piece);
  /// kNone at the end.
  std::uint32_t pop(const std::vector<Interval>& pieces);

 private:
  struct Item {
    std::uint32_t from, piece;
    friend bool operator<(const Item& a, const Item& b) {
      return a.from != b.from ? a.from > b.from : a.piece > b.piece;
    }
  };
  std::vector<std::uint32_t> first_;  // by index
  std::vector<std::uint32_t> next_;   // by piece
  std::vector<Item> now_;
  std::uint32_t at_ = 0;
};

class Scan {
 public:
  /// Allocates both classes. False when the budget is used up.
  bool run(const Target& target, const MFunc& func, Intervals& intervals, std::uint64_t budget);
  [[nodiscard]] std::uint64_t splits() const { return splits_; }

 private:
  /// A piece that has a register, and where it next begins or ceases to need it.
  struct Held {
    std::uint32_t piece, reg, change;
  };
  class FreeUntil;

  bool scan_class(RegClass cls);
  void advance(std::uint32_t pos);
  bool take_free(std::uint32_t piece);
  void take_blocked(std::uint32_t piece);
  void spill(std::uint32_t piece);
  void evict(std::uint32_t reg, std::uint32_t piece);
  void assign(std::uint32_t piece, std::uint32_t reg);
  void push(std::uint32_t piece);
  std::uint32_t split(std::uint32_t piece, std::uint32_t pos);

  [[nodiscard]] std::uint32_t intersection(std::uint32_t a, std::uint32_t b);
  [[nodiscard]] std::uint32_t fixed_intersection(std::uint32_t piece, std::uint32_t reg);
  [[nodiscard]] std::uint32_t call_intersection(std::uint32_t piece);
  [[nodiscard]] std::uint32_t next_use(std::uint32_t piece, std::uint32_t pos, bool need_reg_only);
  [[nodiscard]] std::uint32_t eviction_distance(std::uint32_t piece, std::uint32_t pos);
  [[nodiscard]] std::uint32_t best_split(std::uint32_t after, std::uint32_t until) const;
  [[nodiscard]] std::uint32_t hinted(std::uint32_t piece, FreeUntil& free_until) const;
  [[nodiscard]] bool can_remat(std::uint32_t vreg) const;

  const Target* target_ = nullptr;
  const MFunc* func_ = nullptr;
  Intervals* in_ = nullptr;
  std::uint64_t budget_ = 0;
  std::uint64_t splits_ = 0;
  RegClass cls_ = RegClass::Int;
  std::uint32_t regs_ = 0;  ///< Allocatable registers of the class.
  std::uint32_t clobbers_ = 0;
  std::uint32_t pos_ = 0;
  Worklist unhandled_;
  std::vector<Held> active_, inactive_;
  // The first fixed range of each register, and the first call, that may end behind pos_.
  std::uint32_t fixed_at_[32] = {};
  std::uint32_t call_at_ = 0;
};

}  // namespace wasmrt::jit
