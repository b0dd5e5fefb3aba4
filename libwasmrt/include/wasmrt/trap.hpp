// Trap: why and where a guest stopped.
//
// A trap travels as an Error with code ErrorCode::Trap; Error::trap() gives it. It owns everything
// in it and outlives module and store.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wasmrt/export.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/trap_kind.hpp>

namespace wasmrt {

/// One guest function on the stack.
struct TrapFrame {
  std::string instance;          ///< Name of the instance; may be empty.
  std::string module;            ///< Name of the module; may be empty.
  std::string function;          ///< By the name section, else its first export; may be empty.
  std::uint32_t func_index = 0;  ///< Index in the module.
  std::uint64_t offset = 0;      ///< Of the instruction, in the module's bytes.
  std::string file;              ///< Source file by DWARF; empty unless EngineConfig::source_lines.
  std::uint32_t line = 0;        ///< From 1; 0 when unknown.
  std::uint32_t column = 0;      ///< From 1; 0 when unknown.
};

/// What kinds of traps say beyond their kind; which fields are set depends on the kind.
struct TrapDetail {
  /// Effective address or table index; where a guard page found it, the first byte outside.
  std::optional<std::uint64_t> address;
  std::uint64_t access_bytes = 0;     ///< Bytes (elements) accessed there; 0 when unknown.
  std::optional<std::uint64_t> size;  ///< Size of the memory (bytes) or table (elements).
  std::string expected_type;          ///< call_indirect: the type at the call.
  std::string actual_type;            ///< call_indirect: the type of the function.
};

/// Why and where a guest stopped. Immutable once it is inside an Error.
class WASMRT_API Trap {
 public:
  /// Frames kept: the innermost ones.
  static constexpr std::size_t kMaxFrames = 128;

  Trap(TrapKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  /// The trap of a host function that failed: kind HostError with this text.
  static Trap host(std::string message) { return {TrapKind::HostError, std::move(message)}; }
  /// A trap as an Error, so that a host function can return it where it returns a Result.
  operator Error() const&;
  operator Error() &&;

  [[nodiscard]] TrapKind kind() const noexcept { return kind_; }
  /// The wording of the specification with detail, e.g. "out of bounds memory access".
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  /// Guest frames, innermost first.
  [[nodiscard]] std::span<const TrapFrame> frames() const noexcept { return frames_; }
  /// Frames further out that were left out.
  [[nodiscard]] std::uint64_t frames_omitted() const noexcept { return omitted_; }
  [[nodiscard]] const TrapDetail& detail() const noexcept { return detail_; }
  /// The C++ exception behind a HostError, or null.
  [[nodiscard]] const std::exception_ptr& host_exception() const noexcept { return exception_; }
  /// Message, detail and backtrace, one frame per line; ends without a line end. Names come from
  /// the guest: control characters in them are escaped as in "\x1b".
  [[nodiscard]] std::string to_string() const;

  // For those who make traps:
  Trap& set_detail(TrapDetail detail);
  Trap& set_frames(std::vector<TrapFrame> frames, std::uint64_t omitted);
  Trap& set_host_exception(std::exception_ptr exception);

 private:
  TrapKind kind_;
  std::string message_;
  TrapDetail detail_;
  std::vector<TrapFrame> frames_;
  std::uint64_t omitted_ = 0;
  std::exception_ptr exception_;
};

/// The stable lower-case name of a kind, e.g. "out-of-bounds-memory-access".
WASMRT_API std::string_view trap_kind_name(TrapKind kind) noexcept;

}  // namespace wasmrt
