// Op: opcodes.def as C++.
//
// In: opcodes.def. Out: the dense enumeration `Op`, its facts (`op_info`, `op_name`, `op_fn_name`)
// and the way back from the binary (`lookup_op`). Everything is constexpr and needs no start-up
// code; each lookup is one table load and the tables hold no pointers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <wasmrt/features.hpp>

namespace wasmrt {

/// The instructions, dense, in the order of opcodes.def.
enum class Op : std::uint16_t {
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) Name,
#include "libwasmrt/wasm/opcodes.def"
#undef OP
};

inline constexpr std::size_t kOpCount = 0
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) +1
#include "libwasmrt/wasm/opcodes.def"
#undef OP
    ;

/// What `lookup_op` gives for a code that is no instruction.
inline constexpr Op kNoOp = static_cast<Op>(0xFFFF);

/// Layout of an instruction's immediates in the binary. u32, u64, s32, s33, s64 are LEB128,
/// vec(x) is a u32 count followed by that many x, a heaptype is an s33 (a type index when >= 0).
enum class ImmKind : std::uint8_t {
  None,          // nothing
  Block,         // blocktype: 0x40, a value type, or s33 type index
  TryTable,      // blocktype, vec(catch); catch: byte 0 tag label | 1 tag label | 2 label | 3 label
  Label,         // u32 label
  BrTable,       // vec(u32 label), u32 default label
  Func,          // u32 function
  CallIndirect,  // u32 type, u32 table
  CallRef,       // u32 type
  Local,         // u32 local
  Global,        // u32 global
  Table,         // u32 table
  TableTable,    // u32 destination table, u32 source table
  TableInit,     // u32 elem segment, u32 table
  Elem,          // u32 elem segment
  Memory,        // u32 memory
  MemoryMemory,  // u32 destination memory, u32 source memory
  MemoryInit,    // u32 data segment, u32 memory
  Data,          // u32 data segment
  MemArg,        // u32 flags (0..5 align log2, bit 6: u32 memory follows), [u32 memory], u64 offset
  MemArgLane,    // memarg, byte lane
  Lane,          // byte lane
  Shuffle,       // 16 bytes, lanes 0..31
  V128Const,     // 16 bytes
  I32Const,      // s32
  I64Const,      // s64
  F32Const,      // 4 bytes
  F64Const,      // 8 bytes
  HeapType,      // heaptype
  SelectTypes,   // vec(valtype)
  Type,          // u32 type
  TypeField,     // u32 type, u32 field
  TypeType,      // u32 destination type, u32 source type
  TypeLen,       // u32 type, u32 length
  TypeData,      // u32 type, u32 data segment
  TypeElem,      // u32 type, u32 elem segment
  Tag,           // u32 tag
  BrCast,        // byte flags (bit 0: source nullable, 1: target), u32 label, heaptype, heaptype
  Fence,         // byte 0
};

/// Families of instructions: what one method of a sink handles.
enum class OpKind : std::uint8_t {
  Control,     // structure and branches, br_on_* of references included
  Call,        // calls and tail calls
  Exception,   // throw, throw_ref, try_table
  Parametric,  // drop, select
  Variable,    // local.*, global.*
  Table,       // table.*, elem.drop
  Ref,         // ref.null, ref.is_null, ref.func, ref.as_non_null
  Load,        // scalar loads
  Store,       // scalar stores
  Memory,      // memory.size, grow, fill, copy, init, data.drop
  Const,       // scalar constants and v128.const
  Unary,       // t -> t, cannot trap
  Binary,      // t t -> t, cannot trap
  Compare,     // t [t] -> i32
  Convert,     // t -> u, cannot trap
  Trapping,    // numeric that can trap: integer div and rem, float to integer trunc
  Simd,        // pure vector operation without immediate
  SimdLane,    // pure vector operation with lane immediates: extract, replace, shuffle
  SimdLoad,    // vector loads, lane loads included
  SimdStore,   // vector stores, lane stores included
  Atomic,      // threads: everything behind 0xFE
  Gc,          // structs, arrays, i31, casts, ref.eq
  WideArith,   // 128-bit arithmetic in two i64 each
};

inline constexpr std::size_t kOpKindCount = static_cast<std::size_t>(OpKind::WideArith) + 1;

/// One operand or result of a fixed signature.
enum class SigType : std::uint8_t {
  I32,
  I64,
  F32,
  F64,
  V128,
  MemAddr,    // i32 or i64: address type of the memory that the immediate names
  TableAddr,  // i32 or i64: address type of the table that the immediate names
};

/// Operands and results of an op, bottom of the stack first.
struct OpSig {
  static constexpr std::size_t kMaxOperands = 4;
  static constexpr std::size_t kMaxResults = 2;

  bool fixed = false;  // false: the body walker types the op itself ("*")
  std::uint8_t operand_count = 0;
  std::uint8_t result_count = 0;
  SigType operands[kMaxOperands] = {};
  SigType results[kMaxResults] = {};
};

/// Everything opcodes.def says about an op except its names.
struct OpInfo {
  std::uint32_t code;  // byte, or prefix << 16 | sub-opcode
  ImmKind imm;
  OpKind kind;
  std::uint8_t align;  // log2 of the bytes accessed
  Feature feature;
  OpSig sig;

  /// 0 for one-byte ops, else 0xFB..0xFE.
  [[nodiscard]] constexpr std::uint8_t prefix() const {
    return static_cast<std::uint8_t>(code >> 16);
  }
  /// The code behind the prefix, or the byte itself.
  [[nodiscard]] constexpr std::uint32_t sub() const { return code & 0xFFFF; }
};

namespace opcode_detail {

// Not constexpr: reaching it while a table is built stops the compilation.
inline void bad_sig_letter() {}

consteval SigType sig_type(char c) {
  switch (c) {
    case 'i': return SigType::I32;
    case 'I': return SigType::I64;
    case 'f': return SigType::F32;
    case 'F': return SigType::F64;
    case 'v': return SigType::V128;
    case 'a': return SigType::MemAddr;
    case 't': return SigType::TableAddr;
    default: bad_sig_letter(); return SigType::I32;
  }
}

consteval OpSig parse_sig(std::string_view text) {
  OpSig sig;
  if (text == "*") return sig;
  sig.fixed = true;
  bool results = false;
  for (char c : text) {
    if (c == ':') {
      if (results) bad_sig_letter();
      results = true;
    } else if (results) {
      sig.results[sig.result_count++] = sig_type(c);
    } else {
      sig.operands[sig.operand_count++] = sig_type(c);
    }
  }
  if (!results) bad_sig_letter();
  return sig;
}

inline constexpr std::array<OpInfo, kOpCount> kInfo = {{
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) \
  {code, ImmKind::imm, OpKind::kind, align, Feature::feature, parse_sig(sig)},
#include "libwasmrt/wasm/opcodes.def"
#undef OP
}};

// All names in one string and the offset of each: no pointers, so nothing to relocate.
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) text
inline constexpr char kTexts[] =
#include "libwasmrt/wasm/opcodes.def"
    ;
#undef OP
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) #fn
inline constexpr char kFnNames[] =
#include "libwasmrt/wasm/opcodes.def"
    ;
#undef OP

using Offsets = std::array<std::uint16_t, kOpCount + 1>;

consteval Offsets offsets_of(const std::array<std::uint8_t, kOpCount>& sizes) {
  Offsets offsets = {};
  for (std::size_t i = 0; i < kOpCount; ++i) {
    offsets[i + 1] = static_cast<std::uint16_t>(offsets[i] + sizes[i]);
  }
  return offsets;
}

inline constexpr Offsets kTextOffsets = offsets_of({{
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) sizeof(text) - 1,
#include "libwasmrt/wasm/opcodes.def"
#undef OP
}});

inline constexpr Offsets kFnNameOffsets = offsets_of({{
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) sizeof(#fn) - 1,
#include "libwasmrt/wasm/opcodes.def"
#undef OP
}});

// The prefixes are 0xFB..0xFE; page 0 holds the one-byte ops.
inline constexpr std::uint8_t kFirstPrefix = 0xFB;
inline constexpr std::uint8_t kLastPrefix = 0xFE;
inline constexpr std::size_t kPages = 2 + kLastPrefix - kFirstPrefix;

constexpr std::size_t page_of(std::uint8_t prefix) {
  return prefix == 0 ? 0u : static_cast<std::size_t>(prefix - kFirstPrefix) + 1;
}

consteval std::array<std::uint32_t, kPages> page_sizes() {
  std::array<std::uint32_t, kPages> sizes = {256};
  for (const OpInfo& info : kInfo) {
    std::uint32_t& size = sizes[page_of(info.prefix())];
    if (info.sub() >= size) size = info.sub() + 1;
  }
  return sizes;
}

inline constexpr std::array<std::uint32_t, kPages> kPageSizes = page_sizes();

consteval std::array<std::uint32_t, kPages> page_starts() {
  std::array<std::uint32_t, kPages> starts = {};
  for (std::size_t i = 1; i < kPages; ++i) starts[i] = starts[i - 1] + kPageSizes[i - 1];
  return starts;
}

inline constexpr std::array<std::uint32_t, kPages> kPageStarts = page_starts();
inline constexpr std::size_t kCodeSpace = kPageStarts[kPages - 1] + kPageSizes[kPages - 1];

consteval std::array<Op, kCodeSpace> decode_table() {
  std::array<Op, kCodeSpace> table = {};
  for (Op& op : table) op = kNoOp;
  for (std::size_t i = 0; i < kOpCount; ++i) {
    Op& entry = table[kPageStarts[page_of(kInfo[i].prefix())] + kInfo[i].sub()];
    if (entry != kNoOp) bad_sig_letter();  // two rows with one code
    entry = static_cast<Op>(i);
  }
  return table;
}

inline constexpr std::array<Op, kCodeSpace> kDecode = decode_table();

}  // namespace opcode_detail

/// The facts of an op. `op` is an enumerator, not kNoOp.
constexpr const OpInfo& op_info(Op op) {
  return opcode_detail::kInfo[static_cast<std::size_t>(op)];
}

/// The keyword of the text format, e.g. "i32.add".
constexpr std::string_view op_name(Op op) {
  const auto i = static_cast<std::size_t>(op);
  const std::uint16_t begin = opcode_detail::kTextOffsets[i];
  return {opcode_detail::kTexts + begin, std::size_t{opcode_detail::kTextOffsets[i + 1]} - begin};
}

/// The name of the semantics function, e.g. "i32_add"; unique, unlike op_name.
constexpr std::string_view op_fn_name(Op op) {
  const auto i = static_cast<std::size_t>(op);
  const std::uint16_t begin = opcode_detail::kFnNameOffsets[i];
  return {opcode_detail::kFnNames + begin,
          std::size_t{opcode_detail::kFnNameOffsets[i + 1]} - begin};
}

/// True for the bytes after which a sub-opcode (u32) follows.
constexpr bool is_op_prefix(std::uint8_t byte) {
  return byte >= opcode_detail::kFirstPrefix && byte <= opcode_detail::kLastPrefix;
}

/// The op of a one-byte code, or kNoOp (also for prefixes).
constexpr Op lookup_op(std::uint8_t byte) { return opcode_detail::kDecode[byte]; }

/// The op behind a prefix byte, or kNoOp. `is_op_prefix(prefix)` holds.
constexpr Op lookup_op(std::uint8_t prefix, std::uint32_t sub) {
  const std::size_t page = opcode_detail::page_of(prefix);
  if (sub >= opcode_detail::kPageSizes[page]) return kNoOp;
  return opcode_detail::kDecode[opcode_detail::kPageStarts[page] + sub];
}

}  // namespace wasmrt
