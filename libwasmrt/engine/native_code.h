// Code of a module that is, or becomes, machine code.
//
// In: a validated module, the interpreter for what is not compiled (yet), and the image once it is
// made: before the first instance, or in the background. Out: functions that take the fastest code
// there is at each call. Guaranteed: publishing writes data only (call slots, code objects of the
// interpreter); a function that has begun in the interpreter ends there; nothing of an image goes
// away before the module does.
//
// Compiling and writing are claimed, each once, by whoever is first: the engine's thread, somebody
// who waits, or, what is to be written, the end of the module. Only who has claimed touches image,
// notes and the entry's lock until the state changes again. The engine's thread never waits for
// another process's lock, and a module's end waits for it at most until the next function is
// compiled, or the entry is written.
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
#include "libwasmrt/engine/compile_notes.h"
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
  /// Ends what runs in the background: at the next boundary of a function. What is still to be
  /// written is written.
  ~NativeCode() override;

  /// Publishes an image that exists; before the first instance. Null, or why not: kDamagedImage or
  /// kNoExecutableMemory.
  const char* adopt(const std::shared_ptr<const CachedImage>& cached);
  /// Compiles and publishes everything. False when the system refuses executable memory; the
  /// interpreter then runs everything. What the cache gets is written before it returns, or, with
  /// `write_later`, meanwhile.
  bool compile_now(bool write_later);
  /// The same on the engine's thread, a while after the guest's first call, as
  /// EngineConfig::compile_after_us says.
  void compile_meanwhile();

  /// What was published, after finish().
  [[nodiscard]] std::optional<ImageView> image() const;

  void init_function(VmFuncRef& ref, FuncIdx func) override;
  [[nodiscard]] void* module_code() override {
    return interp_ == nullptr ? nullptr : interp_->module_code();
  }
  void finish() override;
  void add_stats(ModuleStats& stats) const override;

  /// Machine code of a function of the module, null while there is none.
  [[nodiscard]] const void* code_of(FuncIdx func) const;
  /// A function of an instance changed over from the interpreter.
  void count_switch() { switched_.fetch_add(1, std::memory_order_relaxed); }

 private:
  // Waiting: nobody has begun. Unwritten: everything is published, and nobody has begun to write
  // it. Writing: the cache gets it.
  enum class State : std::uint8_t { Waiting, Compiling, Unwritten, Writing, Done };

  /// Whether who has to do with it was left behind by a fork; nobody may hold the mutex then.
  [[nodiscard]] bool is_orphan() const;
  void begin();  ///< Somebody has to do with it from now on.
  /// Waits for another process that compiles the same.
  void lock_entry();
  bool make(os::WorkerPool& workers);
  void write_and_unlock();
  void guest_runs();
  /// Leaves what is to be done to the engine's thread, once. False where there is none.
  bool add_to_background(rt::Background::Duration after);
  std::optional<rt::Background::Duration> run_background();
  /// What the caller has to do now: the state before, of which only Waiting (compile) and Unwritten
  /// (write) are his.
  State claim();
  [[nodiscard]] bool is_waiting() const;
  void make_and_write(os::WorkerPool& workers);
  void set_state(State state);
  void show_to_debuggers(const NativeImage& image, std::span<const FrameStep> steps);
  void publish(std::unique_ptr<NativeImage> image, std::span<const std::uint32_t> entries,
               CompileNotes notes);

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
  EntryLock cache_lock_;                // from before make() to write_and_unlock()
  bool unwritten_ = false;              // from make() to write_and_unlock()

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  State state_ = State::Done;
  std::uint64_t compile_ns_ = 0;
  CompileNotes notes_;
  std::string notes_text_;
  std::uint64_t native_functions_ = 0;
  std::uint64_t native_bytes_ = 0;
  CacheResult cache_result_ = CacheResult::None;

  rt::Background::Job job_;
  bool added_ = false;              // to the engine's queue; never again taken back by others
  std::atomic<bool> begun_{false};  // released after the next
  std::uint64_t generation_ = 0;    // fork_generation() then
  std::uint32_t tries_ = 0;         // of the thread, to get the lock
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> switched_{0};
};

/// NativeHandlers::resolve.
void resolve_native(VmFuncRef* ref);

}  // namespace wasmrt::engine
