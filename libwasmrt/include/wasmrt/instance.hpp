// Instance: a module brought to life in a store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wasmrt/detail/handle.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/extern.hpp>
#include <wasmrt/func.hpp>
#include <wasmrt/global.hpp>
#include <wasmrt/limits.hpp>
#include <wasmrt/memory.hpp>
#include <wasmrt/module.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/store.hpp>
#include <wasmrt/table.hpp>
#include <wasmrt/tag.hpp>

namespace wasmrt {

/// What is called when an instance is made, after the module's own start function.
enum class StartPolicy : std::uint8_t {
  /// `_initialize` (a reactor); when that is not exported, nothing: `_start` of a command is left
  /// to the caller.
  Initialize,
  /// `_initialize`, or else `_start` (a command).
  InitializeOrStart,
  /// The functions in InstanceConfig::start_functions, in that order.
  List,
  /// Nothing.
  None,
};

/// Options of instantiation.
struct InstanceConfig {
  /// Shown in traps and metrics. Must be unique among the store's live instances when not empty.
  std::string name = {};
  /// What is called at the end of instantiation.
  StartPolicy start = StartPolicy::InitializeOrStart;
  /// For StartPolicy::List: exported functions without parameters. Absent ones are skipped.
  std::vector<std::string> start_functions = {};
  /// Whether the instance stays callable after a start function ended with proc_exit(0). Otherwise
  /// instantiation gives ErrorCode::Exit also for that, and with any other code it always does.
  bool keep_after_exit = false;
  /// Bounds for this instance.
  ResourceLimits limits = {};
  /// Deadline, token and user data for everything that runs during instantiation.
  CallOptions call = {};
};

/// A handle: cheap to copy; keeps the instance, its module and its store alive.
///
/// An instance belongs to one thread at a time: a call while another thread is inside it, or inside
/// another instance of its store, gives ErrorCode::Busy ("instance busy"). Calls from within a host
/// function on the same thread are allowed.
class WASMRT_API Instance {
 public:
  /// Instantiates a module that imports nothing. What is imported is supplied by a Linker.
  static Result<Instance> create(const Store& store, const Module& module,
                                 const InstanceConfig& config = {}) {
    Result<Instance> made = make(store, module, config);
    if (!made && config.call.rethrow) detail::rethrow_host_exception(made.error());
    return made;
  }

  /// The name given in the configuration.
  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] Module module() const;
  [[nodiscard]] Store store() const;
  /// The names and full types of all exports, in the module's order.
  [[nodiscard]] std::vector<ExportType> exports() const;

  // Looking up exports. Empty when there is none with that name, or it is of another kind.
  [[nodiscard]] std::optional<Extern> get(std::string_view name) const;
  [[nodiscard]] std::optional<Func> get_func(std::string_view name) const;
  [[nodiscard]] std::optional<Memory> get_memory(std::string_view name) const;
  [[nodiscard]] std::optional<Table> get_table(std::string_view name) const;
  [[nodiscard]] std::optional<Global> get_global(std::string_view name) const;
  [[nodiscard]] std::optional<Tag> get_tag(std::string_view name) const;
  /// An exported function with its C++ signature. Errors: InvalidArgument, when there is no such
  /// function or its type differs ("invalid parameter type for call", with expected and found).
  template <class Signature>
  [[nodiscard]] Result<TypedFunc<Signature>> get_typed(std::string_view name) const {
    const std::optional<Func> func = get_func(name);
    if (!func) return no_such_function(name);
    return func->typed<Signature>();
  }

  /// Everything that the instance can change, exported or not, its imports among it: tables,
  /// memories, globals, each in the order of their indices. For debuggers and comparisons.
  [[nodiscard]] std::vector<Extern> state() const;

  /// Ends the instance: calls give ErrorCode::Closed ("instance closed") from now on, and one that
  /// is under way ends with the trap "cancelled". Any thread. Memory goes back with the last
  /// handle.
  void close() const;
  [[nodiscard]] bool closed() const noexcept;

  /// Whether two handles are of the same instance.
  friend bool operator==(const Instance&, const Instance&) noexcept = default;

 private:
  friend struct detail::Access;
  explicit Instance(detail::Handle impl) noexcept : impl_(std::move(impl)) {}
  static Result<Instance> make(const Store& store, const Module& module,
                               const InstanceConfig& config);
  static Error no_such_function(std::string_view name);
  detail::Handle impl_;
};

}  // namespace wasmrt
