// Machine code of one function, or of a linked module, with the tables that make it usable.
//
// In: made by jit/<machine>/emit. Out: linked by jit/link, published by the engine, stored in the
// cache. Guaranteed: position independent; left to fill in are the displacements of direct calls
// to other functions of the same module and of its tables of code. Offsets are from the start of
// the code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wasmrt {

/// A direct call whose displacement the linker fills in.
struct CallSite {
  std::uint32_t offset = 0;  ///< Of the displacement field (x64) or instruction (arm64).
  std::uint32_t callee = 0;  ///< Function index.
};

/// A jump to a label of another section of the function (docs/JIT.md); of a whole function none is
/// left.
struct SectionJump {
  std::uint32_t offset = 0;  ///< As CallSite::offset.
  std::uint32_t label = 0;
};

/// A place that wants the address of a table of code (jit/call_tables.h), which the linker fills
/// in.
struct TableSite {
  std::uint32_t offset = 0;  ///< Of the displacement field (x64) or the first of two instructions.
  std::uint32_t table = 0;   ///< Its number.
};

/// A point in the code at which guest execution can stop: a faulting access, a call (return
/// address; CallOut: of a function that may belong to another instance), a poll, an explicit trap,
/// the stack check before the frame exists.
struct CodePoint {
  std::uint32_t pc = 0;    ///< For calls: the return address.
  std::uint32_t wasm = 0;  ///< Byte offset of the Wasm instruction in the module.
  std::uint8_t kind = 0;   ///< PointKind
  std::uint8_t trap = 0;   ///< TrapWord for Fault and Trap, or kNoCallee.
  /// Where one instruction makes two guest accesses: CodePair. The second one's point lies a byte
  /// further on; its `pair` is 1 + the register whose value the first one stores (31: a zero),
  /// 0 where it is a load, or where neither can fault.
  /// Where one check is for several accesses (Trap): how many besides the first one, which this is.
  /// The others' points lie 1, 2, ... bytes in front.
  std::uint16_t pair = 0;
};
/// CodePoint::trap where a table of code has nothing at an index: why is to be found out.
inline constexpr std::uint8_t kNoCallee = 255;
enum class PointKind : std::uint8_t { Fault, Call, CallOut, Poll, Trap, Prologue };

/// Two accesses of equal size to neighbouring places of memory 0, the first one's below the
/// second's, which a processor may refuse as a whole. When the first one's bytes lie inside the
/// memory it counts as done, and the second has faulted.
struct CodePair {
  unsigned base = 0;      ///< Register.
  unsigned bytes = 0;     ///< Of one: 4, 8 or 16.
  unsigned distance = 0;  ///< The first one's from the base; a multiple of `bytes`, of which at
                          ///< most 63.
};
constexpr std::uint16_t pack(const CodePair& pair) {
  return static_cast<std::uint16_t>(pair.bytes | pair.base << 5 | pair.distance / pair.bytes << 10);
}
constexpr CodePair unpack(std::uint16_t bits) {
  const unsigned bytes = bits & 31;
  return {bits >> 5 & 31u, bytes, (bits >> 10) * bytes};
}

/// Where a piece of code came from; for tools.
struct CodePlace {
  std::uint32_t offset = 0;  ///< The piece ends where the next one begins.
  /// Index in MFunc::insts, of sections one after the other, or a special one.
  std::uint32_t inst = 0;
  std::uint32_t wasm = 0;  ///< Byte offset of the Wasm instruction; 0 where none is known.

  static constexpr std::uint32_t kNone = ~0u;  ///< No instruction: prologue, traps.
  static constexpr std::uint32_t kData = kNone - 1;
};

/// How the frame changes along code, for debuggers. Distances are from the stack pointer before the
/// call (where the caller's outgoing arguments begin) down; registers bear their DWARF numbers.
struct FrameStep {
  enum class Kind : std::uint8_t {
    Size,   ///< The frame has `bytes`, counted from the base register.
    Base,   ///< It is `reg` that they are counted from.
    Saved,  ///< The caller's `reg` lies `bytes` down.
    Link,   ///< The return address is in `reg`.
    Left,   ///< The frame is gone: everything is as at the function's entry.
    Back,   ///< Everything is as before Left, the first one when there were several.
  };
  std::uint32_t at = 0;  ///< From this offset on.
  Kind kind = Kind::Size;
  std::uint8_t reg = 0;
  std::uint32_t bytes = 0;
};

/// Appends the records of a piece of code that begins at `base` of the whole; `at` is the field
/// that says where in the code.
template <class T>
void append_moved(std::vector<T>& whole, const std::vector<T>& piece, std::uint32_t T::*at,
                  std::uint32_t base) {
  for (T record : piece) {
    record.*at += base;
    whole.push_back(record);
  }
}

struct CodeBlob {
  std::vector<std::uint8_t> code;
  std::vector<CallSite> calls;
  std::vector<TableSite> tables;
  // Of a section:
  std::vector<SectionJump> leaves;
  std::vector<std::uint32_t> labels;     ///< As MFunc::labels,
  std::vector<std::uint32_t> labels_at;  ///< and where they are.
  std::vector<CodePoint> points;         ///< Sorted by pc; a pc occurs once.
  std::vector<CodePlace> places;         ///< By offset, where CodeOptions::places asks for them.
  std::uint32_t entry = 0;  ///< Entry for callers in the same instance. Offset 0 is the entry
                            ///< for others, which find the instance from the VmFuncRef*.
  /// From the stack pointer in the body to the return address' slot. Negative where a function
  /// without a frame has its return address in a register: the stubs put it there.
  std::int32_t frame_bytes = 0;
  /// Where in the frame the instance is saved, in functions that call other instances; else ~0.
  std::uint32_t vmctx_at = ~0u;
  std::uint32_t code_bytes = 0;        ///< Instructions; literals and tables follow.
  std::vector<FrameStep> frame_steps;  ///< By offset, where CodeOptions::frame_steps asks for them.
  std::string listing;                 ///< The code as text, where the stage asm is dumped.

  void clear() {
    code.clear();
    listing.clear();
    calls.clear();
    tables.clear();
    leaves.clear();
    labels.clear();
    labels_at.clear();
    points.clear();
    places.clear();
    frame_steps.clear();
    code_bytes = 0;
    entry = 0;
    vmctx_at = ~0u;
    frame_bytes = 0;
  }
};

}  // namespace wasmrt
