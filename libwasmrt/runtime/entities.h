// Tables, globals, tags, host functions and host objects of a store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <wasmrt/externref.hpp>
#include <wasmrt/func.hpp>
#include <wasmrt/types.hpp>

#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/frontend/module.h"
#include "libwasmrt/runtime/object.h"
#include "libwasmrt/runtime/store_state.h"
#include "libwasmrt/wasm/types.h"

namespace wasmrt::rt {

/// Keeps the defined types alive that an entity's type names, and finds them; null when it names
/// none.
using TypeOwner = std::shared_ptr<const DecodedModule>;

class Table final : public detail::Object {
 public:
  /// A table of type.limits.min elements, each `init`. Errors: Limit, Internal.
  static Result<Ref<Table>> create(Store& store, const TableType& type,
                                   const ResourceLimits& limits, std::uint64_t init,
                                   TypeOwner types);

  [[nodiscard]] Store& store() const { return store_; }
  [[nodiscard]] TableType type() const;
  [[nodiscard]] const TypeOwner& types() const { return types_; }
  [[nodiscard]] VmTable& vm() { return vm_; }
  /// The old size, or ~0 when a limit or the system forbids it.
  std::uint64_t grow(std::uint64_t delta, std::uint64_t init);

 private:
  Table(Store& store, const TableType& type, TypeOwner types)
      : Object(&store), store_(store), type_(type), types_(std::move(types)) {}
  ~Table() override;

  Store& store_;
  TableType type_;
  TypeOwner types_;
  VmTable vm_;
  std::uint64_t max_ = 0;
  std::uint64_t capacity_ = 0;
};

class Global final : public detail::Object {
 public:
  Global(Store& store, const GlobalType& type, TypeOwner types)
      : Object(&store), store_(store), type_(type), types_(std::move(types)) {}

  [[nodiscard]] Store& store() const { return store_; }
  [[nodiscard]] const GlobalType& type() const { return type_; }
  [[nodiscard]] const TypeOwner& types() const { return types_; }
  [[nodiscard]] VmGlobal& cell() { return cell_; }

 private:
  ~Global() override = default;

  VmGlobal cell_;
  Store& store_;
  GlobalType type_;
  TypeOwner types_;
};

class Tag final : public detail::Object {
 public:
  Tag(Store& store, const CanonType& type, RecGroupRef group, TypeOwner types)
      : Object(&store),
        store_(store),
        type_(type),
        group_(std::move(group)),
        types_(std::move(types)) {}

  [[nodiscard]] Store& store() const { return store_; }
  [[nodiscard]] const CanonType& type() const { return type_; }

 private:
  ~Tag() override = default;

  Store& store_;
  const CanonType& type_;
  RecGroupRef group_;  ///< Keeps the type of a tag the host made; else types_ does.
  TypeOwner types_;
};

/// A function of the host. Belongs to no store: linkers share it between stores.
class HostFunc final : public detail::Object, public VmHost {
 public:
  HostFunc(Ref<Engine> engine, const FuncType& type, detail::HostFunction function);

  [[nodiscard]] VmFuncRef& ref() { return ref_; }
  [[nodiscard]] const CanonType& type() const { return *type_; }
  [[nodiscard]] const detail::HostFunction& function() const { return function_; }
  [[nodiscard]] Engine& engine() const { return *engine_; }
  /// "module.name" where a linker defined it, for messages.
  std::string name;

 private:
  ~HostFunc() override;

  Ref<Engine> engine_;
  RecGroupRef group_;
  const CanonType* type_;
  detail::HostFunction function_;
  VmFuncRef ref_;
};

/// Makes the type-erased form of an untyped host function: it converts between slots and values and
/// checks the results.
detail::HostFunction from_callback(const FuncType& type, HostCallback callback);

/// A host object behind an externref; its address is the reference's word.
class ExternObject final : public detail::Object {
 public:
  ExternObject(Store& store, void* pointer, ExternRef::Drop drop)
      : Object(&store), store_(store), pointer_(pointer), drop_(drop) {}
  [[nodiscard]] Store& store() const { return store_; }
  [[nodiscard]] void* pointer() const { return pointer_; }

 private:
  ~ExternObject() override {
    if (drop_ != nullptr) drop_(pointer_);
  }

  Store& store_;
  void* pointer_;
  ExternRef::Drop drop_;
};

/// The object that owns a function: its instance or its HostFunc.
detail::Object* func_owner(const VmFuncRef& ref);
inline const CanonType& func_type(const VmFuncRef& ref) {
  return *static_cast<const CanonType*>(ref.type);
}
/// A reference to a function leaves the hands of what owns it: the owner stays until the store
/// dies.
void pin_func(Store& store, VmFuncRef& ref);
/// The same for a value of that type, if it is a reference to a function.
void pin_value(Store& store, ValType type, std::uint64_t word);

/// The top of the hierarchy that references of a type belong to.
inline HeapKind type_top(ValType type) { return heap_top(type.heap().kind); }

/// The most general type under which a reference of a type travels through the API: for functions
/// the exact type of the function. Otherwise the type itself.
Value to_value(ValType type, const std::uint64_t* words);

/// Whether a value may be used where that type is expected; functions are judged by themselves.
bool value_matches(const Value& value, ValType expected);
/// Whether a reference may come into a store: guests' functions only into their own; a function of
/// the host is kept alive by each store it comes into.
bool admit(Store& store, ValType type, std::uint64_t word);
/// Both.
bool value_fits(Store& store, const Value& value, ValType expected);

}  // namespace wasmrt::rt
