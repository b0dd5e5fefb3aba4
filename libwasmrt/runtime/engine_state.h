// The engine as the runtime sees it: configuration and everything stores and modules share.
//
// Made by engine/engine.cpp. Thread-safe; lives as long as a module, store, linker or handle.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <wasmrt/engine.hpp>

#include "libwasmrt/abi/activation.h"
#include "libwasmrt/runtime/background.h"
#include "libwasmrt/runtime/code_table.h"
#include "libwasmrt/runtime/object.h"
#include "libwasmrt/wasm/types.h"
#include "sys/os/clock.h"
#include "sys/os/thread.h"
#include "sys/os/vm.h"

namespace wasmrt::rt {

class Engine final : public detail::Object {
 public:
  /// Bytes of address space behind a guarded memory, and how far past 4 GiB an access may begin.
  static constexpr std::uint64_t k4GiB = std::uint64_t{1} << 32;
  static constexpr std::uint64_t kGuard8GiB = k4GiB + 64 * 1024;
  static constexpr std::uint64_t kGuard4GiB = std::uint64_t{32} << 20;

  explicit Engine(const EngineConfig& config);

  [[nodiscard]] const EngineConfig& config() const { return config_; }
  [[nodiscard]] EngineConfig& config_for_setup() { return config_; }
  [[nodiscard]] TypeInterner& types() { return types_; }
  /// Null when memories are not guarded.
  [[nodiscard]] os::ReservationPool* pool() { return pool_.get(); }
  /// Bytes beyond the first 4 GiB of a guarded memory that fault; 0 when memories are not guarded.
  [[nodiscard]] std::uint64_t guard_bytes() const { return guard_bytes_; }
  [[nodiscard]] os::WorkerPool& workers() { return workers_; }
  /// For what nobody waits for.
  [[nodiscard]] Background& background() { return background_; }
  [[nodiscard]] CodeTable& code_table() { return code_table_; }
  /// The code cache, an engine::CodeCache; null without a compiler.
  [[nodiscard]] void* cache() const { return cache_.get(); }
  void set_cache(std::shared_ptr<void> cache) { cache_ = std::move(cache); }

  /// A value stack, used before or new; not valid() when there is no address space.
  ValueStack take_stack();
  void give_stack(ValueStack stack);

  /// The stubs that compiled code needs, with a compiler; else null. Set before the first module.
  [[nodiscard]] const NativeStubs* native() const { return native_; }
  void set_native(const NativeStubs* stubs) { native_ = stubs; }
  /// The processor features that compiled code may use: jit::CodeOptions::cpu.
  [[nodiscard]] std::uint64_t cpu() const { return cpu_; }
  void set_cpu(std::uint64_t cpu) { cpu_ = cpu; }
  /// Why nothing is compiled although Auto was asked for; null when there is no such reason. A
  /// string that lives for ever.
  [[nodiscard]] const char* not_compiling_because() const {
    return not_compiling_because_.load(std::memory_order_acquire);
  }
  void set_not_compiling(const char* why) {
    not_compiling_because_.store(why, std::memory_order_release);
  }

  /// Takes guard pages into use, or not (setup only; before the first memory).
  void enable_guard(bool on);

 private:
  EngineConfig config_;
  TypeInterner types_;
  std::uint64_t guard_bytes_ = 0;
  std::unique_ptr<os::ReservationPool> pool_;
  os::WorkerPool workers_;
  Background background_;
  std::uint64_t cpu_ = 0;
  const NativeStubs* native_ = nullptr;
  std::atomic<const char*> not_compiling_because_{nullptr};
  CodeTable code_table_;
  std::shared_ptr<void> cache_;
  std::mutex stacks_mutex_;
  std::vector<ValueStack> stacks_;
};

/// The thread that fires deadlines, one for the process: it is started by the first deadline and
/// shared, because engines are cheap and threads are not.
os::TimerThread& timer_thread();

}  // namespace wasmrt::rt
