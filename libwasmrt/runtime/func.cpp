// The public Func: creation, type, calls.
#include <wasmrt/func.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/call.h"
#include "libwasmrt/runtime/entities.h"
#include "libwasmrt/runtime/quick_call.h"

namespace wasmrt {

using detail::Access;

namespace {

const FuncType& type_of(const Func& func) {
  return rt::func_type(*Access::get(func)).composite.func;
}

std::string text_of(std::span<const Value> args) {
  std::string text = "(";
  for (const Value& v : args) {
    if (text.size() > 1) text += ", ";
    text += to_string(v.type());
  }
  return text + ")";
}

std::string text_of(const std::vector<ValType>& types) {
  std::string text = "(";
  for (const ValType t : types) {
    if (text.size() > 1) text += ", ";
    text += to_string(t);
  }
  return text + ")";
}

}  // namespace

Result<Func> Func::create_callback(const Store& store, const FuncType& type,
                                   HostCallback callback) {
  return create_host(store, type, rt::from_callback(type, std::move(callback)));
}

Func Func::create_host(const Store& store, const FuncType& type, detail::HostFunction function) {
  rt::Store& s = *Access::get(store);
  const auto host = rt::make_ref<rt::HostFunc>(rt::Ref<rt::Engine>(&s.engine()), type, function);
  return Access::make_func(&s, host.get(), &host->ref());
}

std::optional<Func> Func::from_value(const Store& store, const Value& value) {
  if (!value.type().is_ref() || value.is_null()) return std::nullopt;
  if (rt::type_top(value.type()) != HeapKind::Func) return std::nullopt;
  auto* ref = reinterpret_cast<VmFuncRef*>(value.ref().bits);
  return Access::make_func(Access::get(store), rt::func_owner(*ref), ref);
}

FuncType Func::type() const { return type_of(*this); }

Value Func::to_value() const {
  VmFuncRef* ref = Access::get(*this);
  rt::pin_func(*Access::store_of(*this), *ref);
  const auto word = reinterpret_cast<std::uint64_t>(ref);
  return rt::to_value(kFuncref, &word);
}

Store Func::owner() const { return Access::make_store(Access::store_of(*this)); }

Result<void> Func::call_slots(std::span<std::uint64_t> slots, const CallOptions& options) const {
  VmFuncRef& ref = *Access::get(*this);
  const std::size_t needed = std::max(ref.param_slots, ref.result_slots);
  if (slots.size() < needed) {
    return Error(ErrorCode::InvalidArgument, "invalid parameter type for call: expected " +
                                                 std::to_string(needed) + " slots, found " +
                                                 std::to_string(slots.size()));
  }
  return rt::call_func(*Access::store_of(*this), ref, slots.data(), options);
}

detail::WordResult rt::call_words_by_slots(std::uint64_t a, std::uint64_t b, std::uint64_t c,
                                           std::uint64_t d, void* function, const Func& func) {
  std::uint64_t slots[kCallWords] = {a, b, c, d};
  VmFuncRef& ref = *static_cast<VmFuncRef*>(function);
  Result<void> done = rt::call_func(*Access::store_of(func), ref, slots, {});
  if (!done) return {0, new Error(std::move(done).error())};
  return {slots[0], nullptr};
}

static_assert(detail::kMostWords == kCallWords);
static_assert(offsetof(VmFuncRef, call_words) == 0, "Func::call_words looks there");

Error Func::take_error(Error* error) {
  const std::unique_ptr<Error> owned(error);
  return std::move(*owned);
}

Result<std::vector<Value>> Func::call_values(std::span<const Value> args,
                                             const CallOptions& options) const {
  VmFuncRef& ref = *Access::get(*this);
  const FuncType& type = type_of(*this);
  // A host function may drop every handle on what is called, this one included.
  const detail::Handle store = store_;
  const detail::Handle owner = owner_;
  bool fits = args.size() == type.params.size();
  for (std::size_t i = 0; fits && i < args.size(); ++i) {
    fits = rt::value_matches(args[i], type.params[i]);
  }
  if (!fits) {
    return Error(ErrorCode::InvalidArgument, "invalid parameter type for call: expected " +
                                                 text_of(type.params) + ", found " + text_of(args));
  }
  // Few values are the rule; many are put on the heap.
  std::array<std::uint64_t, 16> few;
  std::vector<std::uint64_t> many;
  const std::size_t needed = std::max(ref.param_slots, ref.result_slots);
  std::uint64_t* slots = few.data();
  if (needed > few.size()) {
    many.resize(needed);
    slots = many.data();
  }
  std::uint64_t* at = slots;
  for (const Value& v : args) {
    v.to_slots(at);
    at += v.type().slots();
  }
  if (Result<void> done =
          rt::call_func(reinterpret_cast<rt::Store&>(*store.get()), ref, slots, options);
      !done) {
    return std::move(done).error();
  }
  std::vector<Value> results;
  results.reserve(type.results.size());
  at = slots;
  for (const ValType t : type.results) {
    results.push_back(rt::to_value(t, at));
    at += t.slots();
  }
  return results;
}

Error Func::signature_mismatch(const FuncType& wanted) const {
  return {ErrorCode::InvalidArgument, "invalid parameter type for call: expected " +
                                          to_string(type_of(*this)) + ", found " +
                                          to_string(wanted)};
}

}  // namespace wasmrt
