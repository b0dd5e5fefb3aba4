// A store: what its instances share, who is inside, how much lives in it, and what stays until it
// dies.
//
// Entering is allowed to one thread at a time, again and again (host functions call guests).
#pragma once

#include <atomic>
#include <cstdint>
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

namespace wasmrt::rt {

struct CallFrame;
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
  [[nodiscard]] bool try_enter() noexcept {
    const std::uintptr_t me = this_thread();
    if (thread_.load(std::memory_order_relaxed) == me) {
      ++depth_;
      return true;
    }
    std::uintptr_t nobody = 0;
    if (!thread_.compare_exchange_strong(nobody, me, std::memory_order_acquire)) return false;
    depth_ = 1;
    return true;
  }
  void leave() noexcept {
    if (--depth_ == 0) thread_.store(0, std::memory_order_release);
  }
  /// Innermost call into this store; only for the thread that is inside.
  CallFrame* innermost = nullptr;
  /// The value stack, taken from the engine on the first call and given back when the store dies.
  ValueStack& value_stack() {
    if (!stack_.valid()) take_stack();
    return stack_;
  }

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
  /// A number that is this thread's as long as it lives.
  static std::uintptr_t this_thread() noexcept {
    static constinit thread_local char mark = 0;
    return reinterpret_cast<std::uintptr_t>(&mark);
  }
  void take_stack();
  ~Store() override;
  void last_reference_gone() noexcept override;

  Ref<Engine> engine_;
  ResourceLimits limits_;
  void* user_data_;
  HostCallObserver* observer_;
  Ref<InterruptCell> interrupts_;

  std::atomic<std::uintptr_t> thread_{0};
  std::uint32_t depth_ = 0;
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
