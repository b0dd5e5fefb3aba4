// The table that merges equal instructions while SSA is built.
//
// In: an instruction's identity (op, types, operands, immediate, version of what it reads). Out:
// the value that already computes it, where that value dominates. Guaranteed: scopes nest like the
// constructs of the body; leaving one forgets what was entered in it, in time proportional to that.
// Of very many entries the older ones are forgotten: they cost memory and are seldom met again.
#pragma once

#include <cstdint>
#include <vector>

#include "jit/ir/ir.h"

namespace wasmrt::jit {

class ValueTable {
 public:
  /// What makes two instructions the same.
  struct Key {
    std::uint64_t head = 0;   ///< op, types, lane, aux, mem
    std::uint64_t args = 0;   ///< two operands
    std::uint64_t extra = 0;  ///< third operand and version
    std::uint64_t imm = 0;
    std::uint64_t hash = 0;  ///< Of the others.
    friend bool operator==(const Key&, const Key&) = default;
  };

  void clear();
  static Key key(const ir::Inst& inst, std::uint32_t version);
  [[nodiscard]] ir::ValueId find(const Key& key) const;
  void insert(const Key& key, ir::ValueId value);

  /// A mark to return to.
  [[nodiscard]] std::uint32_t scope() const {
    return forgotten_ + static_cast<std::uint32_t>(entries_.size());
  }
  void leave(std::uint32_t scope);
  /// All entries, of whatever scope.
  void forget();

 private:
  struct Entry {
    Key key;
    ir::ValueId value;
    std::uint32_t next;  // older entry of the bucket
    std::uint32_t bucket;
  };
  static constexpr std::uint32_t kEnd = ~0u;
  static constexpr std::size_t kMost = 1 << 15;  // entries
  void grow();

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> buckets_;
  std::uint32_t forgotten_ = 0;  // entries that were in front of those that are there
};

}  // namespace wasmrt::jit
