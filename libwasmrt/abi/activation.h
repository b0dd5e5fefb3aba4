// One entry from the host into Wasm, and the value stack it runs on.
//
// In: runtime/call makes an Activation on its native stack for each host-to-Wasm call, links it in
// front of the enclosing one and puts it into the entered instance's Vmctx::activation. Out: after
// a trap, `report` says what happened and where, innermost frame first; the runtime makes the
// public Trap of it before the activation ends. Guaranteed: engines append the frames they unwind
// to `report`, so that when call_host returns a trap whose report already has frames (the host
// passed an inner trap on), the outer ones follow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libwasmrt/abi/vmctx.h"

namespace wasmrt {

/// The stack of interpreter frames of one thread of execution: address space whose pages appear
/// when first touched. Made by ValueStack::create, recycled with `trim`.
class ValueStack {
 public:
  /// Default size: about a million words, as deep as 8 MiB of native stack.
  static constexpr std::size_t kDefaultBytes = std::size_t{8} << 20;

  ValueStack() = default;
  ~ValueStack() { destroy(); }
  ValueStack(ValueStack&& other) noexcept : base_(other.base_), slots_(other.slots_) {
    other.base_ = nullptr;
    other.slots_ = 0;
  }
  ValueStack& operator=(ValueStack&& other) noexcept;
  ValueStack(const ValueStack&) = delete;
  ValueStack& operator=(const ValueStack&) = delete;

  /// A stack of `bytes` (rounded up to pages); `valid()` is false when there is no address space.
  static ValueStack create(std::size_t bytes = kDefaultBytes);
  [[nodiscard]] bool valid() const { return base_ != nullptr; }
  [[nodiscard]] std::uint64_t* base() const { return base_; }
  [[nodiscard]] std::uint64_t* limit() const { return base_ + slots_; }
  /// Gives the memory of all but the first `keep_bytes` back to the system (nothing may be in use).
  void trim(std::size_t keep_bytes);

 private:
  void destroy();

  std::uint64_t* base_ = nullptr;
  std::size_t slots_ = 0;
};

/// One Wasm frame of a backtrace.
struct RawFrame {
  Vmctx* ctx = nullptr;        ///< The instance the function belongs to; alive until the call ends.
  std::uint32_t func_idx = 0;  ///< Index in its module.
  std::uint64_t offset = 0;    ///< Byte offset of the instruction in the module.
};

/// What is known about a trap besides its kind.
struct TrapReport {
  /// Frames kept; deeper ones are only counted.
  static constexpr std::size_t kMaxFrames = 128;
  /// Compiled frames are walked one by one to be counted: of deeper stacks than default ones can
  /// be, only so many.
  static constexpr std::uint64_t kMaxCounted = 1'000'000;

  TrapWord word = 0;
  std::vector<RawFrame> frames;     ///< Innermost first.
  std::uint64_t total_frames = 0;   ///< Including those beyond kMaxFrames.
  bool has_address = false;         ///< The next three are set.
  std::uint64_t address = 0;        ///< First byte (or element) accessed out of bounds.
  std::uint64_t access_bytes = 0;   ///< Size of the access; 0 when only the address is known.
  std::uint64_t memory_bytes = 0;   ///< Size of the memory (or table) at that time.
  std::uint64_t expected_type = 0;  ///< Canonical ids for IndirectCallTypeMismatch, else 0.
  std::uint64_t actual_type = 0;
  std::uint64_t index = 0;  ///< Table index of a failed indirect call.

  void add_frame(Vmctx* ctx, std::uint32_t func_idx, std::uint64_t offset) {
    ++total_frames;
    if (frames.size() < kMaxFrames) frames.push_back({ctx, func_idx, offset});
  }
};

/// See the top of the file. The runtime may derive from it.
struct Activation {
  Activation* previous = nullptr;  ///< The enclosing one on this thread, of any store.
  /// Value stack: [top, limit) is free. A nested activation on the same thread starts at the
  /// enclosing one's `top`, which engines keep current while the host runs.
  std::uint64_t* top = nullptr;
  std::uint64_t* limit = nullptr;
  /// Entering with the native stack pointer below this traps with CallStackExhausted.
  std::uintptr_t native_limit = 0;
  /// Compiled code: the native stack pointer to go back to when the innermost entry of this
  /// activation ends in a trap, and (x64) the code to go on with there; mean nothing outside of
  /// compiled code.
  void* native_sp = nullptr;
  Vmctx* entered = nullptr;  ///< The instance that the host called; null for a host function.
  const void* native_back = nullptr;
  /// The call holds references of its own, to be given back at its end.
  bool holds = false;
  /// Host functions need no preparation: it holds what it has to, and nobody watches them.
  bool hosts_at_once = false;
  TrapReport report;
  /// Where a guard-page fault happened; written by the fault handler, consumed by the engine.
  std::uintptr_t fault_address = 0;
};

}  // namespace wasmrt
