// The table behind the walker's main loop: for each first byte, how it is handled.
//
// In: opcodes.def and a feature set. Out: one entry of 32 bytes per byte value, made at compile
// time for the usual feature sets and once per process for others. A byte whose instruction is
// rare, disabled or illegal has class Slow and is looked at again in BodyWalker::step.
#pragma once

#include <array>
#include <cstdint>

#include <wasmrt/features.hpp>
#include <wasmrt/types.hpp>

#include "libwasmrt/wasm/opcode.h"

namespace wasmrt {

enum class FastClass : std::uint8_t {
  Slow,
  LocalGet,
  LocalSet,
  LocalTee,
  GlobalGet,
  GlobalSet,
  I32Const,
  I64Const,
  FConst,  // f32.const, f64.const
  Unary,   // fixed signature, one operand, one result, no immediate
  Binary,  // the same with two operands
  Load,    // scalar
  Store,
  Drop,
  Select,
  Block,
  Loop,
  If,
  Else,
  End,
  Br,
  BrIf,
  Call,
  Return,
};

struct FastOp {
  FastClass cls = FastClass::Slow;
  std::uint8_t align = 0;  // log2 of the natural alignment
  OpKind kind = OpKind::Control;
  Op op = kNoOp;
  ValType a;  // operands, bottom of the stack first; loads and stores: the value in a
  ValType b;
  ValType result;
};

using FastTable = std::array<FastOp, 256>;

/// The table for a feature set; lives forever.
const FastTable& fast_table(Features features);

}  // namespace wasmrt
