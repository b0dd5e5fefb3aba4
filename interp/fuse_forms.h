// What the translator's fusion reads from a handler's number: the op and form it was made from.
#pragma once

#include "interp/code.h"

namespace wasmrt::interp {

constexpr bool is_op(HandlerId id) { return id < kOpCount * kForms; }
constexpr Op op_of(HandlerId id) { return static_cast<Op>(id / kForms); }
constexpr std::uint32_t form_of(HandlerId id) { return id % kForms; }
/// Whether the handler leaves its result in the accumulator only and has these operands.
constexpr bool is_form(HandlerId id, Form form) {
  return form_of(id) == 2 * static_cast<std::uint32_t>(form);
}
/// Whether a value instruction also writes slot d: bit 0 of the form, or of the family's variant.
constexpr bool writes_slot(HandlerId id) {
  if (id >= LoadAt && id <= LoadAtLast_) return (id - LoadAt) % 2 != 0;
  if (id >= Pair32 && id <= Pair32Last_) return (id - Pair32) % 2 != 0;
  if (id >= Pair64 && id <= Pair64Last_) return (id - Pair64) % 2 != 0;
  if (id >= Pair64Wide && id <= Pair64WideLast_) return (id - Pair64Wide) % 2 != 0;
  if (id >= OpLoad && id <= OpLoadLast_) return (id - OpLoad) % 2 != 0;
  return is_op(id) && id % 2 != 0;
}

}  // namespace wasmrt::interp
