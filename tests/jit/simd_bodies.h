// Functions in text form, one for each vector op and for the sequences that compilers treat in a
// way of their own: (param $a0 .. $c1 i64) (param $n i32) (result i64 i64), three vectors in halves
// and a number. NaNs that arithmetic makes are canonical in the results.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libwasmrt/wasm/opcode.h"

namespace wasmrt::test {

namespace simd_bodies {

inline bool makes_nans(std::string_view name) {
  if (!name.starts_with("f32x4") && !name.starts_with("f64x2")) return false;
  for (const std::string_view exact :
       {"abs", "neg", "pmin", "pmax", "extract", "replace", "splat"}) {
    if (name.substr(6).find(exact) == 0) return false;
  }
  return true;
}

inline unsigned lanes_of_op(Op op) {
  const std::string_view name = op_name(op);
  return name.starts_with("i8") ? 16 : name.starts_with("i16") ? 8 : name[1] == '3' ? 4 : 2;
}

/// An op with operands given as text, and its immediate; a vector.
inline std::string call(Op op, const std::string& immediate, const std::string& operands) {
  const std::string name(op_name(op));
  std::string text = "(" + name + " " + immediate + operands + ")";
  switch (op_info(op).sig.results[0]) {
    case SigType::I32: return "(i32x4.splat " + text + ")";
    case SigType::I64: return "(i64x2.splat " + text + ")";
    case SigType::F32: return "(f32x4.splat " + text + ")";
    case SigType::F64: return "(f64x2.splat " + text + ")";
    default: break;
  }
  if (!makes_nans(name)) return text;
  const bool is_double = name[1] == '6';
  const std::string nan = is_double
                              ? "(v128.const i64x2 0x7ff8000000000000 0x7ff8000000000000)"
                              : "(v128.const i32x4 0x7fc00000 0x7fc00000 0x7fc00000 0x7fc00000)";
  const std::string eq = is_double ? "(f64x2.eq" : "(f32x4.eq";
  return "(v128.bitselect (local.tee $r " + text + ") " + nan + eq +
         "(local.get $r) (local.get $r)))";
}

inline std::string operand(SigType type, unsigned n) {
  const std::string low = std::string("(local.get $") + static_cast<char>('a' + n) + "0)";
  switch (type) {
    case SigType::I32: return "(i32.wrap_i64 " + low + ")";
    case SigType::I64: return low;
    case SigType::F32: return "(f32.reinterpret_i32 (i32.wrap_i64 " + low + "))";
    case SigType::F64: return "(f64.reinterpret_i64 " + low + ")";
    default: return std::string("(local.get $") + static_cast<char>('a' + n) + ")";
  }
}

}  // namespace simd_bodies

struct SimdBody {
  std::string name;
  std::string text;  ///< An expression: a vector.
  Op op = Op::V128And;
};

/// One or more of each op without memory: lanes, and constants where they make a difference.
inline std::vector<SimdBody> simd_op_bodies() {
  using namespace simd_bodies;
  std::vector<SimdBody> all;
  for (std::size_t k = 0; k < kOpCount; ++k) {
    const Op op = static_cast<Op>(k);
    const OpInfo& info = op_info(op);
    if ((info.kind != OpKind::Simd && info.kind != OpKind::SimdLane) || op == Op::I8x16Shuffle) {
      continue;
    }
    const std::string name(op_name(op));
    std::vector<std::string> args;
    for (unsigned n = 0; n < info.sig.operand_count; ++n) {
      args.push_back(operand(info.sig.operands[n], n));
    }
    const std::string zero = "(v128.const i64x2 0 0)";
    const auto joined = [&] {
      std::string text;
      for (const std::string& a : args) text += a;
      return text;
    };
    const unsigned lanes = info.imm == ImmKind::Lane ? lanes_of_op(op) : 1;
    for (unsigned lane = 0; lane < lanes; ++lane) {
      const std::string imm = info.imm == ImmKind::Lane ? std::to_string(lane) + " " : "";
      all.push_back({name + " " + imm, call(op, imm, joined()), op});
    }
    if (info.sig.operand_count != 2 || info.imm == ImmKind::Lane) continue;
    const std::string first = args[0];
    if (info.sig.operands[1] == SigType::I32) {
      for (const char* count : {"0", "1", "3", "7", "8", "15", "16", "31", "33", "63", "64"}) {
        args[1] = "(i32.const " + std::string(count) + ")";
        all.push_back({name + " by " + count, call(op, "", joined()), op});
      }
    } else {
      args[0] = zero;
      all.push_back({name + " of zero", call(op, "", joined()), op});
      args = {first, zero};
      all.push_back({name + " with zero", call(op, "", joined()), op});
    }
  }
  return all;
}

/// Sequences, shuffles, tests in conditions, and memory.
inline std::vector<SimdBody> simd_sequence_bodies() {
  std::vector<SimdBody> all;
  const auto add = [&](const std::string& text) { all.push_back({text, text}); };
  const std::string a = "(local.get $a)";
  const std::string b = "(local.get $b)";
  const std::string c = "(local.get $c)";
  for (const auto& [shape, bits] :
       {std::pair{"i8x16", 8}, {"i16x8", 16}, {"i32x4", 32}, {"i64x2", 64}}) {
    const std::string s = shape;
    for (const int left : {1, bits / 2, bits - 1}) {
      const std::string high = "(" + s + ".shl " + a + "(i32.const " + std::to_string(left) + "))";
      for (const std::string& x : {a, b}) {
        const std::string low =
            "(" + s + ".shr_u " + x + "(i32.const " + std::to_string(bits - left) + "))";
        add("(v128.or " + high + low + ")");
        add("(v128.xor " + low + high + ")");
      }
      for (const char* shr : {".shr_u ", ".shr_s "}) {
        const std::string x = "(" + s + shr + a + "(i32.const " + std::to_string(left) + "))";
        add("(" + s + ".add " + b + x + ")");
        add("(" + s + ".add " + x + b + ")");
      }
    }
    {
      const std::string test = ".all_true ";
      add("(select " + a + b + "(" + s + test + c + "))");
      add("(if (result v128) (" + s + test + c + ") (then " + a + ") (else " + b + "))");
      add("(if (result v128) (i32.eqz (" + s + test + c + ")) (then " + a + ") (else " + b + "))");
    }
  }
  add("(select " + a + b + "(v128.any_true " + c + "))");
  add("(select " + a + b + "(v128.any_true (v128.and " + a + c + ")))");
  add("(select " + a + b + "(local.get $n))");
  for (const char* op : {"v128.and", "v128.or", "v128.andnot", "v128.xor"}) {
    add("(" + std::string(op) + " " + a + "(v128.not " + b + "))");
    add("(" + std::string(op) + " (v128.not " + b + ")" + a + ")");
  }
  for (const char* x : {"i16x8.mul", "i16x8.extmul_low_i8x16_s", "i16x8.extmul_high_i8x16_u"}) {
    for (const char* op : {"i16x8.add", "i16x8.sub"}) {
      const std::string product = "(" + std::string(x) + " " + a + b + ")";
      add("(" + std::string(op) + " " + c + product + ")");
      add("(" + std::string(op) + " " + product + c + ")");
    }
  }
  for (const char* x : {"i32x4.mul", "i32x4.extmul_low_i16x8_u", "i32x4.extmul_high_i16x8_s"}) {
    for (const char* op : {"i32x4.add", "i32x4.sub"}) {
      const std::string product = "(" + std::string(x) + " " + a + b + ")";
      add("(" + std::string(op) + " " + c + product + ")");
      add("(" + std::string(op) + " " + product + c + ")");
    }
  }
  for (const char* x : {"low_i32x4_s", "high_i32x4_s", "low_i32x4_u", "high_i32x4_u"}) {
    add("(i64x2.add " + c + "(i64x2.extmul_" + std::string(x) + " " + a + b + "))");
  }
  for (const std::string s : {"s", "u"}) {
    add("(i16x8.add " + c + "(i16x8.extadd_pairwise_i8x16_" + s + " " + a + "))");
    add("(i32x4.add (i32x4.extadd_pairwise_i16x8_" + s + " " + a + ")" + c + ")");
  }
  // Shuffles: every place of every width, reversed, rotated, interleaved, and without any order.
  const auto shuffle = [&](auto lane) {
    std::string lanes = " ";
    for (unsigned i = 0; i < 16; ++i) lanes += std::to_string(lane(i) % 32) + " ";
    for (const std::string& operands : {a + b, a + a, a + "(v128.const i64x2 0 0)"}) {
      add("(i8x16.shuffle" + lanes + operands + ")");
    }
  };
  for (unsigned size = 1; size <= 8; size *= 2) {
    for (unsigned k = 0; k < 32 / size; k += 3) {
      shuffle([&](unsigned i) { return k * size + i % size; });
      shuffle([&](unsigned i) {
        return i / size == k % (16 / size) ? (31 - k) / size * size + i % size : i;
      });
    }
    for (unsigned odd = 0; odd < 2; ++odd) {
      shuffle(
          [&](unsigned i) { return i / size / 2 * size + i % size + 8 * odd + i / size % 2 * 16; });
      shuffle([&](unsigned i) { return (2 * (i / size) + odd) * size + i % size; });
      shuffle([&](unsigned i) {
        return (i / size - i / size % 2 + odd) * size + i % size + i / size % 2 * 16;
      });
    }
    for (unsigned group = 2 * size; group <= 16; group *= 2) {
      shuffle([&](unsigned i) {
        return i / group * group + (group - size - i % group / size * size) + i % size;
      });
    }
  }
  for (unsigned k = 0; k < 32; k += 5) {
    shuffle([&](unsigned i) { return i + k; });
    shuffle([&](unsigned i) { return i * 7 + k; });
  }
  // Memory: both vectors are stored at 100; the address is 0 to 7.
  const std::string at = "(i32.and (local.get $n) (i32.const 7))";
  const std::string stored = "(v128.store offset=100 (i32.const 0) " + a +
                             ") (v128.store offset=116 (i32.const 0) " + b + ")";
  for (const char* offset : {"offset=100 ", "offset=101 "}) {
    for (const char* op : {"8x8_s", "8x8_u", "16x4_s", "16x4_u", "32x2_s", "32x2_u", "8_splat",
                           "16_splat", "32_splat", "64_splat", "32_zero", "64_zero"}) {
      add(stored + "(v128.load" + op + " " + offset + at + ")");
    }
    for (const unsigned bits : {8u, 16u, 32u, 64u}) {
      for (unsigned lane = 0; lane < 128 / bits; ++lane) {
        const std::string tail = std::to_string(bits) + "_lane " + offset + std::to_string(lane);
        add(stored + "(v128.load" + tail + at + c + ")");
        add(stored + "(v128.store" + tail + at + c + ") (v128.load offset=101 (i32.const 0))");
      }
    }
  }
  return all;
}

/// The module of these functions, exported under their numbers.
inline std::string simd_module(const std::vector<SimdBody>& bodies) {
  std::string text = "(module (memory 1)";
  for (std::size_t n = 0; n < bodies.size(); ++n) {
    text += "(func (export \"" + std::to_string(n) +
            "\") (param $a0 i64) (param $a1 i64) (param $b0 i64) (param $b1 i64) (param $c0 i64)"
            "(param $c1 i64) (param $n i32) (result i64 i64)"
            "(local $a v128) (local $b v128) (local $c v128) (local $r v128)";
    for (const char* v : {"a", "b", "c"}) {
      const std::string s = v;
      text += "(local.set $" + s + " (i64x2.replace_lane 1 (i64x2.splat (local.get $" + s +
              "0)) (local.get $" + s + "1)))";
    }
    text += bodies[n].text +
            "(local.set $r)"
            "(i64x2.extract_lane 0 (local.get $r)) (i64x2.extract_lane 1 (local.get $r)))";
  }
  return text + ")";
}

}  // namespace wasmrt::test
