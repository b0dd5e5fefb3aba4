// Code of a module that is, or becomes, machine code.
//
// In: a validated module, the interpreter for what is not compiled (yet), and the image once it is
// made: before the first instance, or in the background. Out: functions that take the fastest code
// there is at each call. Guaranteed: publishing writes data only (call slots, code objects of the
// interpreter); a function that has begun in the interpreter ends there; nothing of an image goes
// away before the module does.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "libwasmrt/engine/cache.h"
#include "libwasmrt/engine/gdb_code.h"
#include "libwasmrt/engine/interp_code.h"
#include "libwasmrt/engine/link.h"
#include "libwasmrt/engine/native_image.h"
#include "libwasmrt/runtime/engine_state.h"
#include "libwasmrt/runtime/module_state.h"

namespace wasmrt::engine {

class NativeCode final : public rt::CodeSource {
 public:
  /// `interp` may be null when an image with all functions is adopted. What is compiled is put into
  /// the cache, if there is one, under `key`.
  NativeCode(rt::Engine& engine, std::shared_ptr<const DecodedModule> module,
             std::unique_ptr<InterpCode> interp, CodeCache* cache, const CodeKey& key);
  /// Ends what runs in the background: at the next boundary of a function.
  ~NativeCode() override;

  /// Publishes an image that exists; before the first instance. False as below.
  bool adopt(const std::shared_ptr<const CachedImage>& cached);
  /// Compiles and publishes everything. False when the system refuses executable memory; the
  /// interpreter then runs everything.
  bool compile_now();
  /// The same on a thread of its own, once the guest has shown that it is worth it: short programs
  /// pay for no thread.
  void compile_when_busy();

  /// What was published, once nothing is made any more.
  [[nodiscard]] std::optional<ImageView> image() const;

  void init_function(VmFuncRef& ref, FuncIdx func) override;
  [[nodiscard]] void* module_code() override {
    return interp_ == nullptr ? nullptr : interp_->module_code();
  }
  void finish() override;
  void add_stats(ModuleStats& stats) const override;

  /// Machine code of a function of the module, null while there is none.
  [[nodiscard]] const void* code_of(FuncIdx func) const;

 private:
  enum class State : std::uint8_t { Waiting, Running, Done };

  void start_background();
  void finish_background();
  static void* run_background(void* self);
  void show_to_debuggers(const NativeImage& image, std::span<const FrameStep> steps);
  bool publish(std::unique_ptr<NativeImage> image, std::span<const std::uint32_t> entries,
               std::uint64_t declined);

  rt::Engine& engine_;
  const std::shared_ptr<const DecodedModule> module_;
  const std::unique_ptr<InterpCode> interp_;
  CodeCache* const cache_;  // the engine's, or null
  const CodeKey key_;
  // The module's call slots, by defined function: machine code, or null.
  std::unique_ptr<std::atomic<const void*>[]> slots_;
  std::unique_ptr<NativeImage> image_;
  std::vector<std::uint32_t> entries_;  // of the image, by defined function
  std::unique_ptr<GdbCode> shown_;      // of the image, to debuggers

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  State state_ = State::Done;  // of the background
  std::uintptr_t thread_ = 0;
  std::uint64_t generation_ = 0;  // fork_generation() at the thread's start
  std::uint64_t compile_ns_ = 0;
  std::uint64_t declined_ = 0;
  std::uint64_t native_functions_ = 0;
  std::uint64_t native_bytes_ = 0;
  CacheResult cache_result_ = CacheResult::None;

  std::atomic<bool> stop_{false};
};

/// NativeHandlers::resolve.
void resolve_native(VmFuncRef* ref);

}  // namespace wasmrt::engine
