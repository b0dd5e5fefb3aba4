// What an instance looks like to the code that executes it: interpreter handlers, generated code
// and the runtime agree on these structs. Standard layout only; offsets are taken by offsetof.
//
// A Vmctx is made by runtime/instantiate and lives as long as its instance. The hot words come
// first, in one cache line. Everything reachable from here keeps its address for the instance's
// life, except what VmMemory::base and VmTable::elements point to when they grow without a
// reservation.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <wasmrt/detail/words.hpp>

namespace wasmrt {

struct Vmctx;
struct VmFuncRef;
struct Builtins;
struct NativeStubs;
struct Activation;
struct VmClaim;

/// A trap as a number: the value of a TrapKind (wasm/trap.h); 0 is none.
using TrapWord = std::uint32_t;

/// A linear memory. `base` never moves while `reserved` is set.
struct VmMemory {
  std::uint8_t* base = nullptr;
  std::uint64_t bytes = 0;     ///< Current size. Shared memories: read with relaxed loads.
  std::uint64_t reserved = 0;  ///< Bytes of address space behind base; 0 when it may move.
  std::uint8_t page_size_log2 = 16;
  std::uint8_t is_64 = 0;
  /// Every 32-bit address plus 32-bit offset beyond `bytes` faults: no checks are needed.
  std::uint8_t fully_guarded = 0;
};

/// A table. An element is one word: a VmFuncRef* for function tables, else a reference word; 0 is
/// null.
struct VmTable {
  std::uint64_t* elements = nullptr;
  std::uint64_t size = 0;
  std::uint8_t is_64 = 0;
};

/// A global's cell. i32 and f32 are stored zero-extended to 64 bits; v128 takes both words.
struct alignas(16) VmGlobal {
  std::uint64_t words[2] = {};
};

/// What is left to do when an entry returns kTailCall: a function with machine code to call in its
/// place, with arguments that lie above the value stack's top until somebody uses it.
struct VmTailCall {
  VmFuncRef* callee = nullptr;
  std::uint64_t* args = nullptr;
  const void* code = nullptr;  ///< What compiled code jumps to.
};
inline constexpr TrapWord kTailCall = ~TrapWord{1};

/// Runs a function: arguments are in slots[0..], results go to the same place. `slots` has room for
/// max(arguments, results). Returns 0 or a trap; the details of a trap are in the activation; or
/// kTailCall, where `tail` is not null.
using EntryFn = TrapWord (*)(VmFuncRef* callee, Vmctx* caller, std::uint64_t* slots,
                             VmTailCall* tail);

/// A host function, as compiled code calls it when its signature travels in words.
struct VmHost {
  detail::HostWordFunction words = nullptr;  ///< Null where it does not.
  void* state = nullptr;
};

/// A function as a value: what funcref words point to. Owned by the instance (or host function)
/// that defines it. Identity: one per function per instance.
struct VmFuncRef {
  /// How the host calls it with numbers in registers; never null, whatever its signature. The first
  /// member, for the public headers look here.
  std::atomic<detail::WordFunction> call_words{nullptr};
  /// The interpreter's code object; null where the interpreter has none.
  std::atomic<const void*> code{nullptr};
  /// The call slot of compiled code: the function's machine code, the adapter of its signature, or
  /// at first NativeStubs::resolve, which finds out. Data: swung to new code at any time. Null
  /// without a compiler.
  std::atomic<const void*> native{nullptr};
  /// How the host enters `native` once that is machine code (made for the signature); null until
  /// somebody asked.
  std::atomic<const void*> enter{nullptr};
  EntryFn entry = nullptr;     ///< Enters the function from outside its engine; never null.
  Vmctx* vmctx = nullptr;      ///< The instance it runs in; null for host functions.
  std::uint64_t type_id = 0;   ///< Canonical type id.
  const void* type = nullptr;  ///< const CanonType*, for supertypes and messages.
  VmHost* host = nullptr;      ///< The runtime's HostFunc for host functions, else null.
  std::uint32_t func_idx = 0;  ///< Index in its module, for backtraces.
  std::uint32_t param_slots = 0;
  std::uint32_t result_slots = 0;
  std::uint16_t engine = 0;  ///< VmEngine; never changes.
  bool has_refs = false;     ///< Whether a parameter or result is a reference.
};

/// Values of VmFuncRef::engine. Interp: the interpreter can run it (`code`), and a code object of
/// the interpreter may itself lead to machine code. Native: it has machine code from the start.
enum class VmEngine : std::uint16_t { Host, Interp, Native };

/// A passive segment's remaining size: 0 once dropped.
struct VmSegment {
  const void* data = nullptr;  ///< bytes of a data segment, or the words of an element segment.
  std::uint64_t size = 0;      ///< in bytes, or in elements.
};

/// An instance.
struct alignas(64) Vmctx {
  // --- hot line ---
  std::uint8_t* memory0_base = nullptr;  ///< Copy of memories[0]->base; refreshed by grow.
  std::uint64_t memory0_bytes = 0;       ///< Copy of memories[0]->bytes, for checked accesses.
  Activation* activation = nullptr;      ///< Innermost activation on the thread that is inside.
  std::atomic<std::uint64_t> stack_limit{0};  ///< Native stack limit; ~0 when armed.
  /// Non-zero when an interrupt is armed: both engines read it on back-edges, the interpreter on
  /// calls, too.
  std::atomic<std::uint32_t> interrupt{0};
  std::uint32_t flags = 0;
  VmGlobal** globals = nullptr;  ///< By GlobalIdx; imported ones point into other instances.
  VmFuncRef** funcs = nullptr;   ///< By FuncIdx.
  VmTable** tables = nullptr;    ///< By TableIdx.
  // --- second line ---
  VmMemory** memories = nullptr;            ///< By MemIdx.
  VmSegment* data_segments = nullptr;       ///< By DataIdx.
  VmSegment* elem_segments = nullptr;       ///< By ElemIdx.
  const std::uint64_t* type_ids = nullptr;  ///< Canonical id by TypeIdx.
  const void* const* types = nullptr;       ///< const CanonType* by TypeIdx.
  const Builtins* builtins = nullptr;
  void* instance = nullptr;                ///< The runtime's Instance.
  void* store = nullptr;                   ///< The runtime's Store.
  std::atomic<VmClaim*>* claim = nullptr;  ///< The store's claim, whoever has it; never null.
  void* module_code = nullptr;  ///< The engine's code of the module (interp::ModuleCode).
  /// End of the interpreter's value stack: copy of activation->limit, set by the interpreter on
  /// entry.
  std::uint64_t* value_limit = nullptr;
  const NativeStubs* native =
      nullptr;  ///< Stubs of compiled code (abi/native.h); null without a compiler.
};

static_assert(offsetof(Vmctx, memories) == 64, "the hot words fill one cache line");

/// Where a memory's base or its size stands: of memory 0 in the Vmctx, of others in the VmMemory.
constexpr std::size_t memory_word_at(std::uint32_t memory, bool base) {
  if (memory == 0) return base ? offsetof(Vmctx, memory0_base) : offsetof(Vmctx, memory0_bytes);
  return base ? offsetof(VmMemory, base) : offsetof(VmMemory, bytes);
}

}  // namespace wasmrt
