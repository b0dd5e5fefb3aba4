// Store: the world in which instances live; what is in one store can be linked together.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include <wasmrt/detail/handle.hpp>
#include <wasmrt/engine.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/limits.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/types.hpp>

namespace wasmrt {

class Caller;

/// Stands between guests and the host functions they call: for tools that compare, record or replay
/// executions.
class HostCallObserver {
 public:
  virtual ~HostCallObserver() = default;
  /// Called in place of a host function: `name` is "module.name" where a linker defined it, `slots`
  /// hold the arguments and then the results (value.hpp). `proceed` carries the call out; an
  /// observer that does not call it writes the results itself. An error ends the guest's call as
  /// an error of the host function would.
  virtual Result<void> host_call(Caller& caller, std::string_view name, const FuncType& type,
                                 std::span<std::uint64_t> slots,
                                 const std::function<Result<void>()>& proceed) = 0;
};

/// Options of a Store.
struct StoreConfig {
  /// Bounds for what lives in the store.
  ResourceLimits limits = {};
  /// Any word of the embedder; see Store::user_data and Caller::store.
  void* user_data = nullptr;
  /// Sees every call that a guest makes into the host. Must outlive the store.
  HostCallObserver* observer = nullptr;
};

/// How much lives in a store.
struct StoreStats {
  std::uint64_t instances = 0;       ///< Live instances.
  std::uint64_t memories = 0;        ///< Live memories.
  std::uint64_t memory_bytes = 0;    ///< Their sizes together.
  std::uint64_t table_elements = 0;  ///< Sizes of all live tables together.
};

/// A handle: cheap to copy. Handles may be copied and dropped on any thread, but only one thread at
/// a time may be inside a store; another one gets ErrorCode::Busy ("instance busy: ...").
///
/// A store lives as long as a handle on it or on anything in it (Instance, Func, Memory, Table,
/// Global, Tag, ExternRef). An instance whose last handle goes is freed at once, provided that no
/// reference to one of its functions could have got out of it: that it shares no table or global of
/// a reference type and has passed no function reference to anybody. Otherwise it lives until the
/// store dies.
class WASMRT_API Store {
 public:
  explicit Store(const Engine& engine, const StoreConfig& config = {});

  [[nodiscard]] Engine engine() const;
  /// The word given in the configuration.
  [[nodiscard]] void* user_data() const noexcept;
  /// Counts what lives in the store. Any thread.
  [[nodiscard]] StoreStats stats() const;

  friend bool operator==(const Store&, const Store&) noexcept = default;

 private:
  friend struct detail::Access;
  explicit Store(detail::Handle impl) noexcept : impl_(std::move(impl)) {}
  detail::Handle impl_;
};

}  // namespace wasmrt
