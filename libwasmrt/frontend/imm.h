// Imm: the immediates of one instruction, decoded and resolved.
//
// In: filled by read_imm (imm.cpp) according to the op's ImmKind; the table below says which fields
// an ImmKind sets. The other fields are indeterminate: an Imm is made for every instruction, so
// nothing is cleared. Out: read by sinks. Pointers inside live until the next instruction is read.
#pragma once

#include <cstdint>
#include <span>

#include "libwasmrt/wasm/opcode.h"
#include "libwasmrt/wasm/types.h"

namespace wasmrt {

/// One clause of a try_table.
struct CatchClause {
  enum class Kind : std::uint8_t { Catch, CatchRef, CatchAll, CatchAllRef };
  Kind kind;
  TagIdx tag;           ///< Catch and CatchRef only.
  std::uint32_t label;  ///< Depth as seen from outside the try_table (its own label not counted).
};

/// Immediates by ImmKind:
///   None, Fence          -
///   Label                index = depth
///   BrTable              targets (the default is the last one)
///   Func Local Global Table Memory Elem Data Tag Type     index
///   CallIndirect         index = type, index2 = table
///   CallRef              index = type
///   TableTable MemoryMemory                               index = destination, index2 = source
///   TableInit            index = elem segment, index2 = table
///   MemoryInit           index = data segment, index2 = memory
///   MemArg               value = offset, index = memory, align = log2
///   MemArgLane           the same, lane
///   Lane                 lane
///   Shuffle V128Const    bytes
///   I32Const             value, zero-extended
///   I64Const F32Const F64Const                            value = the bits
///   HeapType             type() = the reference type: nullable for ref.null, ref.test null,
///   ref.cast null SelectTypes          type() TypeField            index = type, index2 = field
///   TypeType             index = destination type, index2 = source type
///   TypeLen              index = type, index2 = length
///   TypeData TypeElem    index = type, index2 = segment
///   BrCast               index = depth, type() = source, type2() = target
///   Block TryTable       nothing here: see ControlFrame; TryTable also catches
struct Imm {
  std::uint64_t value;
  std::uint32_t index;
  std::uint32_t index2;
  std::uint8_t align;
  std::uint8_t lane;
  std::uint64_t type_bits;
  std::uint64_t type2_bits;
  std::uint8_t bytes[16];
  const std::uint32_t* target_data;
  std::uint32_t target_count;
  std::uint32_t catch_count;
  const CatchClause* catch_data;

  [[nodiscard]] ValType type() const { return ValType::from_bits(type_bits); }
  [[nodiscard]] ValType type2() const { return ValType::from_bits(type2_bits); }
  [[nodiscard]] std::span<const std::uint32_t> targets() const {
    return {target_data, target_count};
  }
  [[nodiscard]] std::span<const CatchClause> catches() const { return {catch_data, catch_count}; }
  [[nodiscard]] std::uint64_t offset() const { return value; }
  [[nodiscard]] MemIdx memory() const { return MemIdx{index}; }
};

}  // namespace wasmrt
