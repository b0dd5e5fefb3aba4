// A store: what its instances share, who is inside (occupancy.h), how much lives in it, and what
// stays until it dies.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include <wasmrt/result.hpp>
#include <wasmrt/store.hpp>

#include "libwasmrt/abi/activation.h"
#include "libwasmrt/runtime/engine_state.h"
#include "libwasmrt/runtime/interrupt.h"
#include "libwasmrt/runtime/object.h"
#include "libwasmrt/runtime/occupancy.h"

namespace wasmrt::rt {

class Instance;

class Store final : public detail::Object {
 public:
  Store(Ref<Engine> engine, const StoreConfig& config);

  [[nodiscard]] Engine& engine() const { return *engine_; }
  [[nodiscard]] const ResourceLimits& limits() const { return limits_; }
  [[nodiscard]] void* user_data() const { return user_data_; }
  [[nodiscard]] HostCallObserver* observer() const { return observer_; }
  [[nodiscard]] InterruptCell& interrupts() const { return *interrupts_; }

  // --- who is inside ---
  /// Takes the store for this thread, or says that another one has it.
  [[nodiscard]] bool try_enter() noexcept { return occupancy_.try_enter(); }
  void leave() noexcept { occupancy_.leave(); }
  [[nodiscard]] Occupancy& occupancy() { return occupancy_; }
  /// The value stack, taken from the engine on the first call and given back when the store dies.
  ValueStack& value_stack() {
    if (!stack_.valid()) take_stack();
    return stack_;
  }
  /// The frame of calls that need none of their own (QuickCall); made when it is asked for.
  CallFrame& resting_frame();

  // --- what lives here ---
  /// Books bytes of memory. False when the store's limit forbids it; then nothing was booked.
  [[nodiscard]] bool book_memory(std::uint64_t bytes);
  void unbook_memory(std::uint64_t bytes);
  [[nodiscard]] bool book_table(std::uint64_t elements);
  void unbook_table(std::uint64_t elements);
  [[nodiscard]] bool book_instance();
  void unbook_instance();
  [[nodiscard]] std::uint64_t booked_memory() const { return memory_bytes_.load(); }
  [[nodiscard]] std::uint64_t booked_tables() const { return table_elements_.load(); }
  void count_memory(int delta);
  [[nodiscard]] StoreStats stats() const;

  /// Takes a name for an instance. False when it is taken already.
  [[nodiscard]] bool take_name(const std::string& name);
  void give_name(const std::string& name);

  /// Keeps an object of this store (or of none) until the store dies.
  void pin(detail::Object* object);
  /// The same, without effect when it was kept already.
  void pin_once(detail::Object* object);
  /// Whether an object was pinned as a host object (an externref's word).
  void add_extern(const void* object);
  [[nodiscard]] bool has_extern(const void* object) const;

 private:
  void take_stack();
  ~Store() override;
  void last_reference_gone() noexcept override;

  Ref<Engine> engine_;
  ResourceLimits limits_;
  void* user_data_;
  HostCallObserver* observer_;
  Ref<InterruptCell> interrupts_;

  Occupancy occupancy_;
  std::unique_ptr<CallFrame> resting_frame_;
  ValueStack stack_;

  std::atomic<std::uint64_t> memory_bytes_{0};
  std::atomic<std::uint64_t> table_elements_{0};
  std::atomic<std::uint64_t> instances_{0};
  std::atomic<std::uint64_t> memories_{0};

  mutable std::mutex mutex_;
  std::unordered_set<std::string> names_;
  std::vector<detail::Object*> pinned_;
  std::unordered_set<const void*> pinned_once_;
  std::unordered_set<const void*> externs_;
};

/// Holds the store for this thread while it lives, when `ok()`.
class StoreGuard {
 public:
  explicit StoreGuard(Store& store) : store_(store), ok_(store.try_enter()) {}
  ~StoreGuard() {
    if (ok_) store_.leave();
  }
  StoreGuard(const StoreGuard&) = delete;
  StoreGuard& operator=(const StoreGuard&) = delete;
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  Store& store_;
  bool ok_;
};

/// The error for a store another thread is inside.
Error store_busy();

}  // namespace wasmrt::rt
