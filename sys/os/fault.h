// Hardware faults (bad access, arithmetic, illegal instruction) turned into resumed execution.
//
// In:  ranges of native code whose faults we own, and ranges of data (guarded buffers, poll pages)
//      in which such code may fault.
// Out: a fault whose pc lies in a code range (and, for a bad access, whose address lies in a data
//      range) continues where the range says; any other fault goes to whoever handled it before.
// Guaranteed: nothing is installed before `install_fault_handlers`; the handler takes no lock,
//      allocates nothing, runs on a per-thread stack of its own, rewrites the saved registers and
//      returns (no non-local jump); registries may change while other threads fault; the handlers
//      survive fork and can be removed again.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmrt::os {

/// What the hardware complained about.
enum class FaultKind : uint8_t {
  BadAccess,           ///< an address that may not be read or written
  Arithmetic,          ///< integer division (the hardware's division trap)
  IllegalInstruction,  ///< an instruction that means "unreachable"
};

/// Bits for CodeRange::kinds.
inline constexpr uint8_t fault_kind_bit(FaultKind kind) {
  return static_cast<uint8_t>(1u << static_cast<unsigned>(kind));
}

/// Tag of data ranges that are guarded buffers.
inline constexpr uint32_t kFaultTagGuarded = 0;

/// A range of addresses in which registered code may fault. Ranges do not overlap.
struct DataRange {
  uintptr_t begin;  ///< first byte
  uintptr_t end;    ///< one past the last byte
  uint32_t tag;     ///< what it is: kFaultTagGuarded or the owner's own number
};

/// One fault, as seen by a callback.
struct Fault {
  FaultKind kind;
  uintptr_t pc;        ///< the faulting instruction
  uintptr_t address;   ///< the accessed address (BadAccess), else 0
  bool in_data_range;  ///< `address` lies in a registered data range ...
  DataRange data;      ///< ... this one
};

/// The interrupted registers; changes take effect when the handler returns.
class FaultContext {
 public:
  /// Wraps the system's saved context; only the handler makes these.
  explicit FaultContext(void* native) : native_(native) {}

  uintptr_t pc() const;             ///< the program counter
  void set_pc(uintptr_t value);     ///< where to continue
  uintptr_t stack_pointer() const;  ///< the stack pointer
  void set_stack_pointer(uintptr_t value);
  /// The n-th integer argument register of the platform's C calling convention (n < 6 on x64,
  /// n < 8 on arm64).
  uintptr_t argument(unsigned n) const;
  void set_argument(unsigned n, uintptr_t value);
  /// Any general register by its hardware number (x64: rax=0, rcx=1 .. r15=15; arm64: x0..x30).
  uintptr_t general(unsigned n) const;
  void set_general(unsigned n, uintptr_t value);

 private:
  void* native_;
};

/// Decides about one fault inside the signal handler: only async-signal-safe work. True: continue
/// with the context as changed. False: not ours after all, the previous handler gets it.
using FaultCallback = bool (*)(void* user, const Fault& fault, FaultContext& context);

/// Native code whose faults are ours. Ranges do not overlap.
///
/// With `resume_at` and no callback, the faulting code continues at `resume_at` with every
/// register unchanged except the pc: meant for functions that all share one signature with pinned
/// argument registers and have no prologue at the faulting instruction.
struct CodeRange {
  uintptr_t begin;         ///< first byte of code
  uintptr_t end;           ///< one past the last byte
  uintptr_t resume_at;     ///< where to continue (callback null)
  FaultCallback callback;  ///< decides instead of `resume_at`
  void* user;              ///< for the callback; must live until the range is removed
  uint8_t kinds;           ///< which kinds are ours, by fault_kind_bit
  bool any_address;        ///< take a BadAccess outside all data ranges too (a callback decides)
};

/// Adds a code range. False when it is empty, overlaps another one or memory is short.
bool add_code_range(const CodeRange& range);
/// Removes the code range that begins at `begin`. No thread may be running in it any more.
void remove_code_range(uintptr_t begin);

/// Adds a data range. False when it is empty, overlaps another one or memory is short.
bool add_data_range(const DataRange& range);
/// Removes the data range that begins at `begin`.
void remove_data_range(uintptr_t begin);

/// Whether handlers may be installed: some processes (sanitizers, other runtimes, debuggers) want
/// nobody to. Decided before the first installation.
enum class FaultPolicy : uint8_t { OnDemand, Never };

/// Sets the policy of the process. False when handlers are installed already.
bool set_fault_policy(FaultPolicy policy);

/// Installs the handlers once (later calls only check). False: the policy forbids it or the system
/// refused, and code must then be made that does not rely on faults.
bool install_fault_handlers();

/// Puts back what was there before, where the handlers are still ours. True when all of them were.
bool remove_fault_handlers();

/// Whether all handlers are installed and still ours (another library may have replaced them).
bool fault_handlers_intact();

/// Makes sure that this thread has an alternate signal stack of at least kFaultStackBytes; cheap
/// after the first call on a thread. It is freed when the thread ends. False when memory is short.
bool prepare_thread_for_faults();

/// The least size of a thread's alternate signal stack.
inline constexpr size_t kFaultStackBytes = 256 * 1024;

}  // namespace wasmrt::os
