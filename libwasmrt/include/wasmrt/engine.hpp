// Engine: the configuration and the shared machinery of any number of modules and stores.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <wasmrt/cache.hpp>
#include <wasmrt/detail/handle.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/features.hpp>
#include <wasmrt/limits.hpp>
#include <wasmrt/result.hpp>

namespace wasmrt {

/// What executes guest code.
enum class EngineKind : std::uint8_t {
  Auto,    ///< The compiler where there is one, without waiting long for it: small modules are
           ///< compiled at once, large ones begin in the interpreter and are compiled in the
           ///< background; a function takes its machine code at its next call, also while others
           ///< run, but never amid a loop. Else, and where the system refuses executable memory,
           ///< the interpreter.
  Interp,  ///< The interpreter.
  Jit,     ///< The compiler, waited for; Engine::create refuses it where there is none.
};

/// Address space set aside for each 32-bit memory, so that accesses need no check and the memory
/// never moves. Costs address space only, no memory.
enum class MemoryReservation : std::uint8_t {
  Guarded8GiB,  ///< 8 GiB + 64 KiB: no 32-bit access is ever checked.
  Guarded4GiB,  ///< 4 GiB + 32 MiB: accesses with offsets of 32 MiB or more are checked.
  None,         ///< As much as the memory may become at most; every access is checked.
};

/// When the pages of a memory get memory behind them.
enum class CommitMode : std::uint8_t {
  OnDemand,  ///< As the memory grows and is touched.
  UpToMax,   ///< Everything up to the memory's maximum at once, so that grow cannot fail for lack
             ///< of memory later. A memory without a declared maximum or limit is refused.
};

/// Configuration of an Engine. Plain data; the defaults suit servers.
struct EngineConfig {
  EngineKind engine = EngineKind::Auto;
  /// The proposals modules may use.
  Features features = {};
  MemoryReservation reservation = MemoryReservation::Guarded8GiB;
  CommitMode commit = CommitMode::OnDemand;
  /// Whether hardware faults may be used to find bad accesses. False installs no signal handler in
  /// the process, ever; accesses are then checked in software.
  bool signals = true;
  /// Bounds for everything this engine runs.
  ResourceLimits limits = {};
  /// Bytes of stack for guest frames of one store: those of the interpreter, and those of compiled
  /// code as far as the thread's own stack has them. Too deep recursion traps with "call stack
  /// exhausted".
  std::uint64_t stack_bytes = std::uint64_t{8} << 20;
  /// Bytes of the thread's stack that are kept free for host functions and the library when the
  /// guest is entered.
  std::uint64_t host_reserve = 24 * 1024;
  /// Memory reservations kept for reuse after their memories died.
  std::uint32_t idle_reservations = 64;
  /// Threads that help with compiling: 0 for one per CPU, 1 for none besides the caller.
  std::uint32_t threads = 0;
  /// With Auto: a module whose functions have at most this many bytes per thread (up to 8 threads)
  /// is compiled before Module::compile returns, in about 3 ms; others begin in the interpreter.
  std::uint32_t compile_at_once = 16 * 1024;
  /// With Auto: when a larger module is compiled in the background, in microseconds after the first
  /// call of one of its functions, so that what ends at once costs no compiling. 0: it begins when
  /// the module is made, called or not.
  std::uint32_t compile_after_us = 1000;
  /// With Auto, to test engines: this call of a function of a larger module (1: the first) waits
  /// until all of the module is compiled; 0: none waits. Code then changes at the same place each
  /// time.
  std::uint32_t wait_at_call = 0;
  /// The code cache on disk. The library uses none unless told to.
  CacheConfig cache = {};
  /// Whether custom sections can be read back through Module::custom_sections.
  bool keep_custom_sections = true;
  /// Whether frames of traps name source file and line, for modules with DWARF (.debug_line). The
  /// tables are read at a module's first trap and kept.
  bool source_lines = false;
  /// Whether the names of compiled functions are written to /tmp/perf-PID.map, so that `perf
  /// report` shows them.
  bool perf_map = false;
  /// A directory for a file jit-PID.dump with the compiled functions and their code, which `perf
  /// inject --jit` reads; none when empty. Of several engines the first one decides.
  std::string jitdump = {};
  /// Whether a debugger that knows the GDB JIT interface is told of compiled functions: names, and
  /// how to walk their frames. Turns the code cache off, as cached code does not come with that.
  bool gdb = false;
  /// One bit pattern for NaN results and fixed choices where the standard leaves several, so that
  /// every machine computes the same.
  bool deterministic = false;
  /// Whether compiled code stays inside where the processor guesses a check of bounds wrong:
  /// indices of tables and of br_table, and addresses of memories without guard pages, are 0 then
  /// (Spectre, variant 1). Off only where no guest shares the process with anything secret.
  bool spectre_guards = true;
  /// The processor features that compiled code may use: "native" (also when empty), "min", on
  /// x86-64 "sse4.1" and "x86-64-v2" to "-v4"; then features to add or take away, as in
  /// "native,-avx512" or "min,+popcnt". Names of features alone, as in "avx2,popcnt", allow these,
  /// what they are built on, and no other. What the machine lacks is refused.
  std::string cpu = {};
};

/// A handle: cheap to copy, thread-safe. What was made with an engine keeps it alive.
class WASMRT_API Engine {
 public:
  /// Makes an engine. Starts no thread. Errors: InvalidArgument for a configuration that this build
  /// or machine cannot serve (the text says why), Internal.
  static Result<Engine> create(const EngineConfig& config = {});

  /// The configuration; `engine` is Interp where Auto found no compiler.
  [[nodiscard]] const EngineConfig& config() const noexcept;
  /// Why an engine made with Auto only interprets; empty when it compiles, or was told not to.
  [[nodiscard]] std::string_view not_compiling_because() const noexcept;

  friend bool operator==(const Engine&, const Engine&) noexcept = default;

 private:
  friend struct detail::Access;
  explicit Engine(detail::Handle impl) noexcept : impl_(std::move(impl)) {}
  detail::Handle impl_;
};

}  // namespace wasmrt
