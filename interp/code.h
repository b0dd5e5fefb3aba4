// The bytecode: what an instruction looks like, how handlers are numbered, what a function owns.
//
// In: nothing. Out: Ins, the numbering of handlers (an Op of opcodes.def times kForms plus an
// operand form, then the families of ops.def), FuncCode. The translator writes these, handlers read
// them, print reads them back. An instruction has 16 bytes, or 24 or 32 with wide operands; it
// begins with the address of its handler.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/wasm/opcode.h"

namespace wasmrt::interp {

/// The vector accumulator: a v128, or an f32 or f64 in lane 0 with the rest undefined.
using Vec = double __attribute__((vector_size(16)));

struct Ins;

/// Executes the instruction at pc and goes on with the next one. `mem` is memory 0's base, `r` the
/// integer accumulator (i32 zero-extended), `v` the vector accumulator, `aux` carries arguments to
/// slow paths.
using Handler = TrapWord (*)(const Ins* pc, std::uint64_t* sp, std::uint8_t* mem, Vmctx* ctx,
                             std::uint64_t r, std::uint64_t aux, Vec v);

/// An instruction. `d` is the destination slot (reserved even in forms that leave the result in the
/// accumulator only, so that the slot form can replace them in place), `a` the first slot operand,
/// `w` two more slots, a 32-bit immediate, a memory offset or a branch distance in bytes.
struct Ins {
  Handler handler;
  std::uint16_t d;
  std::uint16_t a;
  std::uint32_t w;

  [[nodiscard]] std::uint16_t b() const { return static_cast<std::uint16_t>(w); }
  [[nodiscard]] std::uint16_t c() const {
    std::uint16_t x;  // by itself: a load, where shifting w is three instructions
    __builtin_memcpy(&x, reinterpret_cast<const char*>(this) + 14, 2);
    return x;
  }
  [[nodiscard]] const std::uint64_t* wide() const {
    return reinterpret_cast<const std::uint64_t*>(this + 1);
  }
  /// The instruction that `bytes` after this one begins at.
  [[nodiscard]] const Ins* at(std::ptrdiff_t bytes) const {
    return reinterpret_cast<const Ins*>(reinterpret_cast<const char*>(this) + bytes);
  }
  [[nodiscard]] const Ins* target() const { return at(static_cast<std::int32_t>(w)); }
};
static_assert(sizeof(Ins) == 16);

/// Link slots below this have handlers of their own for returns.
inline constexpr std::uint32_t kNearLinks = 8;

/// Number of handler slots per op: operand forms times two destinations.
inline constexpr std::uint32_t kForms = 16;

/// Operand forms of two-operand ops. R: accumulator, S: slot, I: immediate. The handler number is
/// op * kForms + 2 * form, plus 1 when the result also goes to slot d. A 64-bit immediate takes the
/// wide word, a 32-bit one `w`.
enum class Form : std::uint8_t { RS, SR, SS, RI, SI, IR, IS };
/// For ops whose operands belong to different accumulators: both there. Shares IR's number.
inline constexpr Form kFormRR = Form::IR;

/// Forms of one-operand ops.
enum class Form1 : std::uint8_t { R, S };

/// Forms of three-operand vector ops (a, b, c).
enum class Form3 : std::uint8_t { SSS, SSR, RSS, SRS };

/// How a memory access finds and checks its memory.
enum class MemMode : std::uint8_t {
  Guarded,  ///< Memory 0, 32-bit, everything out of bounds faults. Offset in w.
  Checked,  ///< Memory 0, any address type. Offset in w.
  General,  ///< Any memory: index in w, offset in the wide word.
};
/// Loads: mode * 4 + (address in slot) * 2 + (result to slot); from 12 with the constant address w,
/// guarded then checked.
constexpr std::uint32_t load_form(MemMode mode, bool addr_slot, bool dst_slot) {
  return static_cast<std::uint32_t>(mode) * 4 + (addr_slot ? 2 : 0) + (dst_slot ? 1 : 0);
}
constexpr std::uint32_t load_abs_form(MemMode mode) {
  return 12 + static_cast<std::uint32_t>(mode) * 2;
}
/// Stores: address then value; the address slot is `a`, the value slot `d`, an immediate value is
/// the wide word. General mode has no immediate form.
enum class StoreForm : std::uint8_t { RR, RS, SR, SS, RI, SI };
constexpr std::uint32_t store_form(MemMode mode, StoreForm form) {
  return static_cast<std::uint32_t>(mode) * 6 + static_cast<std::uint32_t>(form);
}
static_assert(store_form(MemMode::General, StoreForm::SS) < kForms);

/// Numbers a handler.
using HandlerId = std::uint16_t;
inline constexpr HandlerId kNoHandler = 0xFFFF;

/// Families that are not rows of opcodes.def. Each takes `width` numbers.
enum Family : std::uint16_t {
#define FAMILY(Name, width, text, operands) Name, Name##Last_ = Name + (width)-1,
  FamilyBase_ = kOpCount * kForms - 1,
#include "interp/ops.def"
  FamilyEnd_,
#undef FAMILY
};
inline constexpr std::size_t kHandlerCount = FamilyEnd_;
static_assert(kHandlerCount < kNoHandler);

constexpr HandlerId handler_id(Op op, std::uint32_t form) {
  return static_cast<HandlerId>(static_cast<std::uint32_t>(op) * kForms + form);
}
constexpr HandlerId handler_id(Op op, Form form) {
  return handler_id(op, 2 * static_cast<std::uint32_t>(form));
}
constexpr HandlerId handler_id(Family family, std::uint32_t variant) {
  return static_cast<HandlerId>(family + variant);
}

/// All handlers by number; null where a form does not exist.
extern const Handler* handler_table();

/// A function of a module: shared by instances and threads. `code` points to `stub` until the
/// function is translated; the frame size is valid once it does not. It points to `elsewhere` from
/// the moment machine code has been published.
struct alignas(64) FuncCode {
  std::atomic<const Ins*> code{nullptr};
  std::atomic<std::uint32_t> frame_slots{0};  ///< All a call needs above its first argument.
  std::uint16_t link = 0;         ///< Slot of the return pc: max(parameter, result slots).
  std::uint8_t result_class = 0;  ///< ResultClass.
  std::uint32_t func_idx = 0;
  Ins stub{};                   ///< Translates, then goes on with `code`.
  Ins elsewhere{};              ///< Runs the function outside of the interpreter.
  Ins counted{};                ///< Counts the call, then goes on with `start`.
  void* module_code = nullptr;  ///< ModuleCodeImpl.
  const Ins* begin = nullptr;   ///< Of the bytecode.
  const Ins* start = nullptr;   ///< Where calls enter it: maybe behind an idle prologue.
  std::uint32_t code_bytes = 0;
  std::uint32_t map_bytes = 0;
  const std::uint8_t* map = nullptr;  ///< Bytecode to module offsets, see offset_map.h.
};

/// Where the results of a call are.
enum class ResultClass : std::uint8_t { None, Int, F32, F64, V128, Many };

}  // namespace wasmrt::interp
