// The engine as the runtime sees it: configuration and everything stores and modules share.
//
// Made by engine/engine.cpp. Thread-safe; lives as long as a module, store, linker or handle.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <wasmrt/engine.hpp>

#include "libwasmrt/abi/activation.h"
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

  /// A value stack, used before or new; not valid() when there is no address space.
  ValueStack take_stack();
  void give_stack(ValueStack stack);

  /// What compiled code needs of the process, with a compiler: its stubs, and where compiled code
  /// calls functions of a signature that are not compiled. Set up once, before the first module.
  struct Native {
    const NativeStubs* stubs = nullptr;
    const void* (*adapter)(const FuncType& type) = nullptr;
  };
  [[nodiscard]] const Native& native() const { return native_; }
  void set_native(const Native& native) { native_ = native; }

  /// Takes guard pages into use, or not (setup only; before the first memory).
  void enable_guard(bool on);

 private:
  EngineConfig config_;
  TypeInterner types_;
  std::uint64_t guard_bytes_ = 0;
  std::unique_ptr<os::ReservationPool> pool_;
  os::WorkerPool workers_;
  Native native_;
  std::mutex stacks_mutex_;
  std::vector<ValueStack> stacks_;
};

/// The thread that fires deadlines, one for the process: it is started by the first deadline and
/// shared, because engines are cheap and threads are not.
os::TimerThread& timer_thread();

}  // namespace wasmrt::rt
