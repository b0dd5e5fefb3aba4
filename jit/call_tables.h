// Tables of code: what indirect calls through tables that never change go by.
//
// In: a validated module. Out: for such a table and a type that calls through it name, the function
// behind each index whose type it is. The linker puts them into the image as distances to the
// functions' code, so that a call needs neither the VmFuncRef nor its type. Guaranteed: the same
// module gives the same tables; making them is linear in the module.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "libwasmrt/frontend/module.h"

namespace wasmrt::jit {

struct CallTable {
  std::vector<std::uint32_t> callees;  ///< By index up to the last function of the type: the
                                       ///< function, or kNone where a call traps.
  bool has_gaps = false;               ///< Some are kNone.

  static constexpr std::uint32_t kNone = ~0u;
  /// In the image in place of the distance to a function: of a byte that is none's.
  static constexpr std::int32_t kNoDistance = -1;
};

class CallTables {
 public:
  CallTables() = default;
  explicit CallTables(const DecodedModule& module);

  /// The number of the one for calls of a type, by its canonical id, through a table of the module;
  /// kNone where there is none.
  [[nodiscard]] std::uint32_t find(TableIdx table, std::uint64_t type) const;
  [[nodiscard]] const std::vector<CallTable>& all() const { return tables_; }

  static constexpr std::uint32_t kNone = ~0u;

 private:
  void add(const DecodedModule& module, std::uint32_t table,
           const std::vector<std::uint32_t>& elements, const std::vector<std::uint32_t>& ranks);

  std::vector<CallTable> tables_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t> numbers_;
  std::uint64_t left_ = 0;  // entries
};

}  // namespace wasmrt::jit
