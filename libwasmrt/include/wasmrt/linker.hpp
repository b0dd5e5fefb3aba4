// Linker: names under which modules find what they import.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include <wasmrt/detail/handle.hpp>
#include <wasmrt/engine.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/extern.hpp>
#include <wasmrt/func.hpp>
#include <wasmrt/instance.hpp>
#include <wasmrt/module.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/store.hpp>

namespace wasmrt {

/// A module with all its imports found: instantiating it looks up nothing. A handle: cheap to copy,
/// thread-safe (the stores are not). Later changes of the linker have no effect on it.
class WASMRT_API Linked {
 public:
  /// Makes an instance. Errors: Link (an item belongs to another store), Limit, Instantiation,
  /// Trap, Exit, InvalidArgument (the name is taken), Busy.
  Result<Instance> instantiate(const Store& store, const InstanceConfig& config = {}) const {
    Result<Instance> made = make(store, config);
    if (!made && config.call.rethrow) detail::rethrow_host_exception(made.error());
    return made;
  }
  [[nodiscard]] Module module() const;

 private:
  friend struct detail::Access;
  friend class Instance;
  Result<Instance> make(const Store& store, const InstanceConfig& config) const;
  explicit Linked(detail::Handle impl) noexcept : impl_(std::move(impl)) {}
  detail::Handle impl_;
};

/// Two-level names (module, name) and what they stand for. A handle: copies share the names; one
/// thread at a time may define, any number may instantiate when none does.
///
/// Host functions in a linker belong to no store and serve instances of any. Items that do belong
/// to one (memories, instances ...) keep that store alive as long as the linker lives.
class WASMRT_API Linker {
 public:
  explicit Linker(const Engine& engine);

  /// Whether a name may be defined again, replacing the earlier item. Off at first.
  void allow_shadowing(bool allow);

  /// Defines a host function from a C++ callable; its signature becomes the Wasm type.
  ///
  /// Parameters: 32- and 64-bit integers (signed or not), float, double, V128,
  /// std::optional<Func>, std::optional<ExternRef>; a first parameter `Caller&` gives access to
  /// the calling instance and is not part of the Wasm type. Pointers and references do not compile.
  /// Results: void, one of these types, or a std::tuple of them; each may be wrapped in Result<>,
  /// whose error ends the guest's call: a trap as it is, any other error as the trap HostError. A
  /// C++ exception becomes the trap HostError with its what(). longjmp across the library is
  /// undefined. The callable is called on whichever thread runs the guest, and destroyed with the
  /// last of the linker and the instances that use it.
  ///
  /// Error: InvalidArgument when the name is taken.
  template <class F>
  Result<void> func(std::string_view module, std::string_view name, F&& callable) {
    using Host = detail::HostOf<std::decay_t<F>>;
    return define_host(module, name, Host::type(), Host::make(std::forward<F>(callable)));
  }
  /// Defines a host function without static types. Errors: InvalidArgument.
  Result<void> func(std::string_view module, std::string_view name, const FuncType& type,
                    HostCallback callback) {
    return define_callback(module, name, type, detail::guarded_callback(std::move(callback)));
  }
  /// Defines anything that exists. Error: InvalidArgument when the name is taken.
  Result<void> define(std::string_view module, std::string_view name, const Extern& item);
  /// Defines all exports of an instance under a module name. Error: InvalidArgument, and then
  /// nothing was defined.
  Result<void> instance(std::string_view module, const Instance& instance);
  /// Makes `module` mean the same as `as` does now, name by name. Error: InvalidArgument.
  Result<void> alias(std::string_view as, std::string_view module);

  /// What a name stands for; empty for unknown names and for host functions, which exist only in an
  /// instance.
  [[nodiscard]] std::optional<Extern> get(std::string_view module, std::string_view name) const;

  /// Finds all imports of a module. Error: Link, and its text lists every import that is missing
  /// ("import not found: module.name") or of another type, with expected and found types.
  [[nodiscard]] Result<Linked> instantiate_pre(const Module& module) const;
  /// Finds the imports and makes an instance. Errors: those of instantiate_pre and of Linked.
  [[nodiscard]] Result<Instance> instantiate(const Store& store, const Module& module,
                                             const InstanceConfig& config = {}) const {
    Result<Linked> linked = instantiate_pre(module);
    if (!linked) return std::move(linked).error();
    return linked->instantiate(store, config);
  }

 private:
  friend struct detail::Access;
  Result<void> define_host(std::string_view module, std::string_view name, const FuncType& type,
                           detail::HostFunction function);
  Result<void> define_callback(std::string_view module, std::string_view name, const FuncType& type,
                               HostCallback callback);
  detail::Handle impl_;
};

}  // namespace wasmrt
