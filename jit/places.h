// Where arguments and results travel: registers first, in order by class, then places of the
// argument area (docs/JIT.md, calling convention).
//
// In: the kinds of a list's values, one after the other. Out: a place for each. Guaranteed: this is
// the only statement of the rule; compiled code, the stubs of one signature and those of all take
// it from here.
#pragma once

#include <algorithm>
#include <cstdint>

#include "jit/lower/mir.h"
#include "jit/target.h"

namespace wasmrt::jit {

struct Place {
  bool in_reg = false;
  std::uint8_t reg = 0;      ///< Its number on the machine,
  std::uint8_t number = 0;   ///< and in the list of those that are for this.
  std::uint32_t offset = 0;  ///< In the area, for what is in no register.
};

inline RegClass class_of_value(ValType type) {
  return type == kF32 || type == kF64 || type.is_vec() ? RegClass::Vec : RegClass::Int;
}

class Places {
 public:
  Places(const Target& target, bool results)
      : regs_{results ? target.int_results : target.int_args,
              results ? target.vec_results : target.vec_args} {}

  Place next(RegClass cls, bool v128) {
    const auto n = static_cast<std::size_t>(cls);
    if (used_[n] < regs_[n].size()) {
      const std::uint8_t number = used_[n]++;
      return {true, regs_[n][number], number, 0};
    }
    const std::uint32_t offset = bytes_;
    bytes_ += v128 ? 16 : 8;
    return {false, 0, 0, offset};
  }
  Place next(ValType type) { return next(class_of_value(type), type.is_vec()); }
  /// Of the area, so far.
  [[nodiscard]] std::uint32_t bytes() const { return bytes_; }

 private:
  std::span<const std::uint8_t> regs_[2];
  std::uint8_t used_[2] = {};
  std::uint32_t bytes_ = 0;
};

/// What a signature needs of the area: its arguments and its results lie in the same.
inline std::uint32_t area_bytes(const Target& target, const FuncType& type) {
  Places params(target, false);
  for (const ValType t : type.params) params.next(t);
  Places results(target, true);
  for (const ValType t : type.results) results.next(t);
  return params.bytes() > results.bytes() ? params.bytes() : results.bytes();
}

/// Whether a signature has CallStubs::words and ::host: then no value needs the area.
inline bool travels_in_words(const FuncType& type) {
  const auto is_number = [](ValType t) { return !t.is_ref() && !t.is_vec(); };
  return type.params.size() <= kCallWords && type.results.size() <= 1 &&
         std::all_of(type.params.begin(), type.params.end(), is_number) &&
         std::all_of(type.results.begin(), type.results.end(), is_number);
}

}  // namespace wasmrt::jit
