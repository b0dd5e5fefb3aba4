// WASI preview 1: what of the system a guest may see, and adding it to a Linker.
//
// Nothing is granted by default: no file, no environment, no arguments, an empty stdin, discarded
// output, no clock, no randomness.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <wasmrt/export.hpp>
#include <wasmrt/linker.hpp>
#include <wasmrt/result.hpp>

namespace wasmrt {

/// Collects what a guest writes, up to a cap. Shared with the WasiConfig it is given to; read it
/// when the guest has stopped, or through take() from any thread.
class WASMRT_API WasiBuffer {
 public:
  /// A buffer of at most `cap` bytes. The write that crosses the cap takes what fits; later ones
  /// fail with errno fbig ("output cap exceeded") and are counted.
  static std::shared_ptr<WasiBuffer> create(std::uint64_t cap);
  ~WasiBuffer();
  WasiBuffer(const WasiBuffer&) = delete;
  WasiBuffer& operator=(const WasiBuffer&) = delete;

  /// Appends what fits and says how much that was. Thread-safe.
  std::uint64_t append(std::span<const std::uint8_t> bytes);
  /// Everything collected so far.
  [[nodiscard]] std::string text() const;
  /// Takes what was collected out of the buffer; it counts towards the cap nevertheless.
  [[nodiscard]] std::string take();
  /// Whether a write was cut off or refused.
  [[nodiscard]] bool cap_exceeded() const;
  /// How many bytes were refused.
  [[nodiscard]] std::uint64_t refused_bytes() const;
  /// How many writes were refused as a whole.
  [[nodiscard]] std::uint64_t refused_writes() const;

 private:
  struct State;
  explicit WasiBuffer(std::uint64_t cap);
  std::unique_ptr<State> state_;
};

/// Where stdin comes from.
struct WasiInput {
  enum class Kind : std::uint8_t { Empty, Inherit, Fd, Text, Callback };
  /// Fills the span and gives the number of bytes, 0 at the end of the input.
  using Read = std::function<std::size_t(std::span<std::uint8_t>)>;

  Kind kind = Kind::Empty;
  int fd = -1;       ///< Fd: read from this descriptor, which stays the caller's.
  std::string text;  ///< Text: these bytes, then the end.
  Read read;         ///< Callback.

  static WasiInput empty() { return {}; }
  /// The stdin of this process.
  static WasiInput inherit() { return make(Kind::Inherit); }
  static WasiInput from_fd(int descriptor) {
    WasiInput i = make(Kind::Fd);
    i.fd = descriptor;
    return i;
  }
  static WasiInput from_text(std::string bytes) {
    WasiInput i = make(Kind::Text);
    i.text = std::move(bytes);
    return i;
  }
  static WasiInput from_callback(Read callback) {
    WasiInput i = make(Kind::Callback);
    i.read = std::move(callback);
    return i;
  }

 private:
  static WasiInput make(Kind k) {
    WasiInput i;
    i.kind = k;
    return i;
  }
};

/// Counts what went to an output and what its cap kept from it. Shared with the WasiOutput it is
/// given to; may be read at any time, from any thread.
struct WasiOutputCounts {
  std::atomic<std::uint64_t> written_bytes{0};
  std::atomic<std::uint64_t> refused_writes{0};  ///< Writes that failed with errno fbig.
  std::atomic<std::uint64_t> refused_bytes{0};   ///< Bytes of those, and what was cut off before.
};

/// Where stdout or stderr go.
struct WasiOutput {
  enum class Kind : std::uint8_t { Discard, Inherit, Fd, Buffer, Callback };
  /// Takes bytes; false makes the guest's write fail with errno io.
  using Write = std::function<bool(std::span<const std::uint8_t>)>;

  Kind kind = Kind::Discard;
  int fd = -1;                         ///< Fd: write to this descriptor, which stays the caller's.
  std::shared_ptr<WasiBuffer> buffer;  ///< Buffer.
  Write write;                         ///< Callback.
  /// Bytes after which writes fail as WasiBuffer says; for every kind but Buffer, which has its
  /// own.
  std::uint64_t cap = ~std::uint64_t{0};
  /// Filled where it is not null, with or without a cap; for every kind but Buffer.
  std::shared_ptr<WasiOutputCounts> counts = {};

  static WasiOutput discard() { return {}; }
  /// The same stream of this process.
  static WasiOutput inherit() { return make(Kind::Inherit); }
  static WasiOutput to_fd(int descriptor) {
    WasiOutput o = make(Kind::Fd);
    o.fd = descriptor;
    return o;
  }
  static WasiOutput to_buffer(std::shared_ptr<WasiBuffer> target) {
    WasiOutput o = make(Kind::Buffer);
    o.buffer = std::move(target);
    return o;
  }
  static WasiOutput to_callback(Write callback) {
    WasiOutput o = make(Kind::Callback);
    o.write = std::move(callback);
    return o;
  }

 private:
  static WasiOutput make(Kind k) {
    WasiOutput o;
    o.kind = k;
    return o;
  }
};

/// A directory of the host that the guest sees under a name.
struct WasiMount {
  std::string host_path = {};
  std::string guest_path = {};  ///< Empty: as host_path.
  bool read_only = false;
};

/// What clocks show.
struct WasiClocks {
  enum class Kind : std::uint8_t { Denied, Real, Fixed };
  Kind kind = Kind::Denied;
  /// Fixed: nanoseconds since 1970 that the realtime clock shows; the others show 0. Waiting takes
  /// no time then.
  std::uint64_t fixed_ns = 0;

  /// clock_time_get and clock_res_get fail with errno notcapable.
  static WasiClocks denied() { return {}; }
  static WasiClocks real() { return {Kind::Real, 0}; }
  static WasiClocks fixed(std::uint64_t ns_since_1970) { return {Kind::Fixed, ns_since_1970}; }
};

/// Where random_get takes its bytes from.
struct WasiRandom {
  enum class Kind : std::uint8_t { Denied, Real, Seeded };
  Kind kind = Kind::Denied;
  std::uint64_t seed = 0;  ///< Seeded: the same seed gives the same bytes on every machine.

  /// random_get fails with errno notcapable.
  static WasiRandom denied() { return {}; }
  static WasiRandom real() { return {Kind::Real, 0}; }
  static WasiRandom seeded(std::uint64_t seed) { return {Kind::Seeded, seed}; }
};

/// One WASI call, as the trace callback sees it. The views live during the callback.
struct WasiTraceEvent {
  std::string_view function;    ///< E.g. "path_open".
  std::string_view guest_path;  ///< What the guest asked for; empty when no path is involved.
  std::string_view host_path;   ///< The directory it is looked up in, and the path below it.
  std::string_view arguments;   ///< Other arguments, for people to read.
  std::uint16_t error = 0;      ///< The errno returned to the guest; 0 for success.
  std::string_view decision;    ///< "success", or the name of the errno, or "output cap exceeded".
};

/// What a guest may see. Plain data; copies are independent, except for shared buffers.
struct WasiConfig {
  /// Arguments; the first is the program's name.
  std::vector<std::string> args = {};
  /// Environment: name, value.
  std::vector<std::pair<std::string, std::string>> env = {};
  WasiInput stdin_from = {};
  WasiOutput stdout_to = {};
  WasiOutput stderr_to = {};
  /// Directories, which become descriptors 3, 4, ... in this order.
  std::vector<WasiMount> mounts = {};
  /// Whether a mount may be the root of the host's file system.
  bool allow_root_mount = false;
  WasiClocks clocks = {};
  WasiRandom random = {};
  /// Listening sockets of the host, which become descriptors after the mounts. They stay the
  /// caller's and must stay open.
  std::vector<int> listeners = {};
  /// Called after each WASI call, on the guest's thread.
  std::function<void(const WasiTraceEvent&)> trace = {};
};

/// Defines all functions of wasi_snapshot_preview1 in the linker. Every instance that imports them
/// through this linker shares one WASI state: use one linker per guest program. Errors: Io (a mount
/// does not exist, with path and reason), InvalidArgument (a name is taken; "/" is mounted without
/// permission; an argument contains a zero byte).
WASMRT_API Result<void> add_wasi(Linker& linker, WasiConfig config);

}  // namespace wasmrt
