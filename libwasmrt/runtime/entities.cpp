// Globals, tags, host functions and host objects, and the public handles of all but functions.
#include "libwasmrt/runtime/entities.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "libwasmrt/abi/func_ref.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/call.h"
#include "libwasmrt/runtime/instance_state.h"

namespace wasmrt::rt {

HostFunc::HostFunc(Ref<Engine> engine, const FuncType& type, detail::HostFunction function)
    : engine_(std::move(engine)),
      group_(engine_->types().intern(type)),
      type_(group_.types()[0]),
      function_(function) {
  words = function.invoke_words;
  state = function.state;
  ref_.call_words = &call_words_by_slots;
  ref_.entry = &host_entry;
  ref_.type_id = type_->id;
  ref_.type = type_;
  ref_.host = this;
  ref_.engine = static_cast<std::uint16_t>(VmEngine::Host);
  if (engine_->native() != nullptr) ref_.native = engine_->native()->resolve;
  set_signature(ref_, type);
}

HostFunc::~HostFunc() {
  if (function_.destroy != nullptr) function_.destroy(function_.state);
}

namespace {

struct Callback {
  FuncType type;
  HostCallback call;

  static Result<void> invoke(void* state, Caller& caller, std::uint64_t* slots) {
    const Callback& self = *static_cast<Callback*>(state);
    std::vector<Value> args;
    args.reserve(self.type.params.size());
    std::uint64_t* at = slots;
    for (const ValType t : self.type.params) {
      args.push_back(to_value(t, at));
      at += t.slots();
    }
    // A result that nobody fills in keeps a type that matches nothing.
    const std::uint64_t nothing[2] = {};
    std::vector<Value> results(self.type.results.size(), Value::from_slots(kBottom, nothing));
    Result<void> done = self.call(caller, args, results);
    if (!done) return done;
    at = slots;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const ValType expected = self.type.results[i];
      if (!value_matches(results[i], expected)) {
        const bool missing = results[i].type().is_bottom();
        return Trap(TrapKind::HostResultMismatch,
                    "host function returned the wrong results: result " + std::to_string(i) +
                        ": expected " + to_string(expected) + ", found " +
                        (missing ? std::string("none") : to_string(results[i].type())));
      }
      results[i].to_slots(at);
      at += expected.slots();
    }
    return {};
  }
};

}  // namespace

detail::HostFunction from_callback(const FuncType& type, HostCallback callback) {
  detail::HostFunction f;
  f.state = new Callback{type, std::move(callback)};
  f.invoke = &Callback::invoke;
  f.destroy = [](void* state) { delete static_cast<Callback*>(state); };
  return f;
}

detail::Object* func_owner(const VmFuncRef& ref) {
  if (ref.host != nullptr) return static_cast<HostFunc*>(ref.host);
  return static_cast<Instance*>(ref.vmctx->instance);
}

void pin_func(Store& store, VmFuncRef& ref) {
  if (ref.host != nullptr) {
    store.pin_once(static_cast<HostFunc*>(ref.host));
  } else {
    static_cast<Instance*>(ref.vmctx->instance)->pin();
  }
}

void pin_value(Store& store, ValType type, std::uint64_t word) {
  if (word == 0 || !carries_functions(type)) return;
  if (type_top(type) == HeapKind::Func) pin_func(store, *reinterpret_cast<VmFuncRef*>(word));
}

Value to_value(ValType type, const std::uint64_t* words) {
  if (type.is_ref() && words[0] != 0 && type_top(type) == HeapKind::Func) {
    const auto& ref = *reinterpret_cast<const VmFuncRef*>(words[0]);
    return {ValType::ref(HeapType{HeapKind::ConcreteFunc, ref.type_id}, false), RawRef{words[0]}};
  }
  return Value::from_slots(type, words);
}

bool value_matches(const Value& value, ValType expected) {
  const ValType type = value.type();
  if (!expected.is_ref() || !type.is_ref()) return type == expected;
  const HeapKind top = type_top(expected);
  if (type_top(type) != top) return false;
  if (value.is_null()) return expected.nullable();
  const HeapType heap = expected.heap();
  if (heap.kind == top) return true;
  if (top == HeapKind::Func && heap.kind == HeapKind::ConcreteFunc) {
    const auto& ids = func_type(*reinterpret_cast<const VmFuncRef*>(value.ref().bits)).display;
    return std::find(ids.begin(), ids.end(), heap.id) != ids.end();
  }
  return type.heap() == heap;
}

bool admit(Store& store, ValType type, std::uint64_t word) {
  if (word == 0 || !type.is_ref() || type_top(type) != HeapKind::Func) return true;
  VmFuncRef& ref = *reinterpret_cast<VmFuncRef*>(word);
  if (ref.host == nullptr) return ref.vmctx->store == &store;
  pin_func(store, ref);
  return true;
}

bool value_fits(Store& store, const Value& value, ValType expected) {
  return value_matches(value, expected) && admit(store, expected, value.ref().bits);
}

}  // namespace wasmrt::rt

namespace wasmrt {

using detail::Access;

Result<Global> Global::create(const Store& store, const GlobalType& type, const Value& init) {
  rt::Store& s = *Access::get(store);
  if (!rt::value_fits(s, init, type.value)) {
    return Error(ErrorCode::InvalidArgument, "invalid global value: expected " +
                                                 to_string(type.value) + ", found " +
                                                 to_string(init.type()));
  }
  const rt::Ref<rt::Global> global = rt::make_ref<rt::Global>(s, type, nullptr);
  init.to_slots(global->cell().words);
  return Access::make_global(global.get());
}

GlobalType Global::type() const { return Access::get(*this)->type(); }

Value Global::get() const {
  rt::Global& g = *Access::get(*this);
  return rt::to_value(g.type().value, g.cell().words);
}

Result<void> Global::set(const Value& value) const {
  rt::Global& g = *Access::get(*this);
  if (!g.type().is_mutable) {
    return Error(ErrorCode::InvalidArgument, "global is immutable: " + to_string(g.type().value));
  }
  if (!rt::value_fits(g.store(), value, g.type().value)) {
    return Error(ErrorCode::InvalidArgument, "invalid global value: expected " +
                                                 to_string(g.type().value) + ", found " +
                                                 to_string(value.type()));
  }
  const rt::StoreGuard guard(g.store());
  if (!guard.ok()) return rt::store_busy();
  value.to_slots(g.cell().words);
  return {};
}

Store Global::owner() const { return Access::make_store(&Access::get(*this)->store()); }

Result<Tag> Tag::create(const Store& store, const TagType& type) {
  rt::Store& s = *Access::get(store);
  if (!type.type.results.empty()) {
    return Error(ErrorCode::InvalidArgument, "non-empty tag result type: " + to_string(type.type));
  }
  RecGroupRef group = s.engine().types().intern(type.type);
  const CanonType& canon = *group.types()[0];
  return Access::make_tag(rt::make_ref<rt::Tag>(s, canon, std::move(group), nullptr).get());
}

TagType Tag::type() const { return {Access::get(*this)->type().composite.func}; }
Store Tag::owner() const { return Access::make_store(&Access::get(*this)->store()); }

ExternRef ExternRef::create(const Store& store, void* pointer, Drop drop) {
  rt::Store& s = *Access::get(store);
  const auto object = rt::make_ref<rt::ExternObject>(s, pointer, drop);
  s.pin(object.get());
  s.add_extern(object.get());
  return Access::make_externref(object.get());
}

std::optional<ExternRef> ExternRef::from_value(const Store& store, const Value& value) {
  if (!value.type().is_ref() || value.is_null()) return std::nullopt;
  auto* object = reinterpret_cast<rt::ExternObject*>(value.ref().bits);
  if (!Access::get(store)->has_extern(object)) return std::nullopt;
  return Access::make_externref(object);
}

void* ExternRef::pointer() const noexcept { return Access::get(*this)->pointer(); }

Value ExternRef::to_value() const {
  return {ValType::ref(HeapKind::Extern, false),
          RawRef{reinterpret_cast<std::uint64_t>(Access::get(*this))}};
}

Store ExternRef::owner() const { return Access::make_store(&Access::get(*this)->store()); }

ExternType type_of(const Extern& item) {
  return std::visit([](const auto& handle) { return ExternType(handle.type()); }, item);
}

}  // namespace wasmrt
