// Modules in text form that use every scalar op with operands of each form, every load and store,
// calls, traps and moves: what a back end's encodings are tried on.
#pragma once

#include <string>

#include "libwasmrt/wasm/opcode.h"

namespace wasmrt::test {

namespace scalar_bodies {

inline const char* name_of(SigType t) {
  switch (t) {
    case SigType::I64: return "i64";
    case SigType::F32: return "f32";
    case SigType::F64: return "f64";
    case SigType::V128: return "v128";
    default: return "i32";
  }
}

/// An operand of a type: a parameter, a small and a large constant, a load.
inline std::string operand(SigType t, unsigned form, unsigned n) {
  const std::string type = name_of(t);
  const unsigned first = t == SigType::I64 ? 2 : t == SigType::F32 ? 4 : t == SigType::F64 ? 6 : 0;
  switch (form) {
    case 0: return "(local.get " + std::to_string(t == SigType::V128 ? 8 + n : first + n) + ")";
    case 1: return "(" + type + ".const 77)";
    case 2: return "(" + type + ".const 305419896)";
    default: return "(" + type + ".load offset=24 (local.get 0))";
  }
}

inline std::string store(const std::string& type, const std::string& value) {
  return "(" + type + ".store offset=24 (local.get 0) " + value + ")";
}

}  // namespace scalar_bodies

/// A function per scalar op: on operands of each form, alone, in memory, and where a comparison is
/// used by a branch and by selections; and one per load and store.
inline std::string scalar_module(const std::string& memory) {
  using namespace scalar_bodies;
  std::string text = "(module " + memory + "\n";
  const std::string head = "(func (param i32 i32 i64 i64 f32 f32 f64 f64 v128 v128)\n";
  for (std::size_t k = 0; k < kOpCount; ++k) {
    const Op op = static_cast<Op>(k);
    const OpInfo& info = op_info(op);
    const std::string name(op_name(op));
    const OpSig& sig = info.sig;
    if (info.imm == ImmKind::MemArg && info.kind == OpKind::Load) {
      text +=
          head + store(name_of(sig.results[0]), "(" + name + " offset=9 (local.get 1))") + ")\n";
    } else if (info.imm == ImmKind::MemArg && info.kind == OpKind::Store) {
      text += head;
      for (const unsigned form : {0u, 1u, 2u}) {
        if (sig.operands[1] == SigType::V128 && form != 0) continue;
        text += "(" + name + " offset=9 (local.get 1) " + operand(sig.operands[1], form, 0) + ")";
      }
      text += ")\n";
    }
    const bool numeric = info.kind == OpKind::Unary || info.kind == OpKind::Binary ||
                         info.kind == OpKind::Compare || info.kind == OpKind::Convert ||
                         info.kind == OpKind::Trapping;
    if (!numeric || !sig.fixed || sig.result_count != 1) continue;
    text += head;
    const std::string result = name_of(sig.results[0]);
    const std::string base = name.substr(0, 3);
    for (const unsigned x : {0u, 3u}) {
      for (const unsigned y : {0u, 1u, 2u, 3u}) {
        if (sig.operand_count == 1 && y != 0) continue;
        std::string value = "(" + name + operand(sig.operands[0], x, 0);
        if (sig.operand_count == 2) value += operand(sig.operands[1], y, 1);
        value += ")";
        text += store(result, value);
        if (info.kind != OpKind::Compare) continue;
        text += "(if " + value + "(then (i32.store (local.get 1) (i32.const 5))))";
        text += store("i64", "(select (local.get 2) (local.get 3)" + value + ")");
        text += store("f64", "(select (local.get 6) (local.get 7)" + value + ")");
        text += store("f32", "(select (local.get 4) (local.get 5) (i32.eqz " + value + "))");
      }
    }
    text += ")\n";
  }
  // Divisions by constants, traps of tables, far addresses.
  for (const char* type : {"i32", "i64"}) {
    for (const char* op : {"div_s", "div_u", "rem_s", "rem_u"}) {
      for (const char* by : {"3", "7", "-9", "641", "65536"}) {
        const std::string t = type;
        text += head +
                store(t, "(" + t + "." + op + (t == "i32" ? "(local.get 0)" : "(local.get 2)") +
                             "(" + t + ".const " + by + "))") +
                ")\n";
      }
    }
  }
  for (const char* offset : {"0", "127", "128", "2147483640", "4294967280"}) {
    text += head + "(i64.store offset=" + offset + " (local.get 0) (i64.load offset=" + offset +
            " (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2))))))\n";
  }
  return text + ")";
}

/// Control, calls, tables, several memories: what the other corpora do not reach.
inline constexpr const char* kControlModule = R"((module
  (import "m" "f" (func $away (param i32 f64 v128) (result i64)))
  (type $t (func (param i32) (result i32)))
  (memory 1) (memory $two 1) (memory $wide i64 1)
  (table 8 funcref) (table $refs 4 externref) (global $g (mut v128) (v128.const i64x2 1 2))
  (global $n (mut i32) (i32.const 1))
  (elem (i32.const 0) $leaf)
  (func $leaf (type $t) (global.set $n (local.get 0)) (global.get $n))
  (func (param i32) (result i32)
    (block (block (block (block (block (br_table 0 1 2 3 4 (local.get 0)))
      (return (i32.const 10))) (return (i32.const 21))) (return (i32.const 35))) (return (i32.const 47)))
    (call_indirect (type $t) (local.get 0) (i32.const 1)))
  (func (param i32) (result i32) (return_call_indirect (type $t) (local.get 0) (local.get 0)))
  (func (param i32) (result i32) (return_call $leaf (local.get 0)))
  (func (param i32 i64 f64 v128) (result i64)
    (global.set $g (local.get 3))
    (i64.store $wide offset=0xffffffff0 (local.get 1) (i64.const -3))
    (i64.store $two offset=0xfffffff0 (local.get 0) (local.get 1))
    (i32.store8 $wide (local.get 1) (i32.const 300))
    (drop (v128.load8_lane $two 3 (local.get 0) (local.get 3)))
    (i64.add (call $away (local.get 0) (local.get 2) (local.get 3))
             (call $away (i32.const 1) (f64.const 1.5) (global.get $g))))
  (func (param i32 i32 i32) (result externref)
    (memory.copy (local.get 0) (local.get 1) (local.get 2))
    (memory.fill (local.get 0) (local.get 1) (i32.const 61))
    (memory.copy (local.get 0) (local.get 1) (i32.const 100))
    (drop (memory.grow (local.get 0)))
    (table.set $refs (local.get 0) (table.get $refs (local.get 1)))
    (if (i32.eqz (local.get 0)) (then unreachable))
    (table.get $refs (i32.const 1)))
  (func $many (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
        (result i64 i64 i64 i64 i64 i64 v128 v128 v128 v128 v128)
    (local.get 9) (local.get 8) (local.get 7) (local.get 1) (local.get 0) (local.get 3)
    (local.get 19) (local.get 18) (local.get 10) (local.get 11) (local.get 12))
  (func (param i64 v128) (result v128)
    (drop (i64.xor (local.get 0) (i64.const -1)))
    (if (i32.wrap_i64 (i64.xor (local.get 0) (i64.const -1))) (then nop))
    (call $many (local.get 0) (i64.const 1) (local.get 0) (i64.const 2) (local.get 0)
      (local.get 0) (i64.const 7) (local.get 0) (i64.const 8) (local.get 0)
      (local.get 1) (local.get 1) (local.get 1) (local.get 1) (local.get 1)
      (local.get 1) (local.get 1) (local.get 1) (local.get 1) (local.get 1))
    (v128.xor) (v128.xor) (v128.xor) (v128.xor)
    (local.set 1) (drop) (drop) (drop) (drop) (drop) (drop) (local.get 1))
  (func (param f32 f32 f64 f64) (result f32 f64)
    (loop (br_if 0 (f64.lt (local.get 2) (f64.const 7))))
    (f32.min (local.get 0) (local.get 1)) (f64.max (local.get 2) (local.get 3)))))";

/// Vectors widened twice; and more values than registers, which change places in a loop.
inline std::string loop_module() {
  std::string text = "(module (memory 1)";
  for (const char* widen : {"i32x4.extend_low_i16x8_s (i16x8.extend_low_i8x16_s",
                            "i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u",
                            "i64x2.extend_low_i32x4_s (i32x4.extend_low_i16x8_s",
                            "i64x2.extend_low_i32x4_u (i32x4.extend_low_i16x8_u"}) {
    text += std::string("(func (param v128) (result v128) (") + widen + "(local.get 0))))\n";
  }
  for (const char* type : {"i64", "f64", "v128"}) {
    for (const unsigned count : {4u, 24u}) {
      std::string gets;
      std::string sets;
      std::string types;
      for (unsigned n = 0; n < count; ++n) {
        gets += "(local.get " + std::to_string(1 + (n + 1) % count) + ")";
        sets += "(local.set " + std::to_string(count - n) + ")";
        types += std::string(" ") + type;
      }
      text += "(func (param i32" + types + ") (result" + types + ") (loop " + gets + sets +
              "(br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))" + gets + ")\n";
    }
  }
  return text + ")";
}

}  // namespace wasmrt::test
