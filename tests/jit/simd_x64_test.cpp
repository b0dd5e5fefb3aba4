// Vector instructions as x64 code against the semantics: edge values, in registers, in memory and
// as constants, for the least machine and for what the host has.
#include <string>
#include <string_view>
#include <tuple>

#include "jit/x64/target.h"
#include "libwasmrt/wasm/row_kinds.h"
#include "libwasmrt/wasm/semantics_simd.h"
#include "tests/jit/x64_code.h"
#include "tests/wasm/vector_operands.h"

using namespace wasmrt;
using namespace wasmrt::test;
using jit::ir::Type;

namespace {

// ---- the oracle
// -----------------------------------------------------------------------------------------

/// Operands as bytes; the lane immediate.
struct Input {
  V128 values[3];
  std::uint8_t lane = 0;
};

template <class T>
T operand(const Input& in, unsigned& n) {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    return in.lane;
  } else {
    T value;
    std::memcpy(&value, in.values[n++].bytes, sizeof value);
    return value;
  }
}

template <class R, class... A>
V128 apply(R (*fn)(A...), const Input& in) {
  unsigned n = 0;
  const std::tuple<A...> args{operand<A>(in, n)...};
  const R result = std::apply(fn, args);
  V128 bytes;
  std::memcpy(bytes.bytes, &result, sizeof result);
  return bytes;
}

struct Row {
  Op op;
  V128 (*oracle)(const Input&);
};

#undef ROW_Simd
#undef ROW_SimdLane
#define ROW_Simd(Name, fn) {Op::Name, [](const Input& in) { return apply(&sem::fn, in); }},
#define ROW_SimdLane(Name, fn) ROW_Simd(Name, fn)
constexpr Row kRows[] = {
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) ROW_##kind(Name, fn)
#include "libwasmrt/wasm/opcodes.def"
#undef OP
};

// ---- operands
// -------------------------------------------------------------------------------------------

Type ir_type(SigType type) {
  switch (type) {
    case SigType::I32: return Type::I32;
    case SigType::I64: return Type::I64;
    case SigType::F32: return Type::F32;
    case SigType::F64: return Type::F64;
    default: return Type::V128;
  }
}

std::size_t bytes_of(Type type) {
  switch (type) {
    case Type::I32:
    case Type::F32: return 4;
    case Type::V128: return 16;
    default: return 8;
  }
}

using Pairs = std::vector<std::pair<V128, V128>>;

/// Pairs of edge values of the lanes that an op reads: the last shape its name mentions.
const Pairs& pairs_for(std::string_view text) {
  static const Pairs kPairs[] = {operand_pairs<std::uint8_t>(),  operand_pairs<std::uint16_t>(),
                                 operand_pairs<std::uint32_t>(), operand_pairs<std::uint64_t>(),
                                 operand_pairs<float>(),         operand_pairs<double>()};
  static constexpr std::string_view kShapes[] = {"i8x16", "i16x8", "i32x4",
                                                 "i64x2", "f32x4", "f64x2"};
  std::size_t best = 0;
  unsigned shape = 3;  // v128.*
  for (unsigned n = 0; n < 6; ++n) {
    const std::size_t at = text.rfind(kShapes[n]);
    if (at != text.npos && at >= best) {
      best = at;
      shape = n;
    }
  }
  return kPairs[shape];
}

/// Float arithmetic may give any quiet NaN for the oracle's; everything else every bit.
bool same_result(Op op, const V128& got, const V128& expected) {
  if (got == expected) return true;
  const std::string_view text = op_name(op);
  for (const std::string_view exact : {"abs", "neg", "pmin", "pmax", "lane", "splat"}) {
    if (text.substr(6).find(exact) == 0) return false;
  }
  const auto lanes = [&](auto zero) {
    using F = decltype(zero);
    const auto x = lanes_of<F>(got);
    const auto y = lanes_of<F>(expected);
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!same_float(x[i], y[i]) || (x[i] != x[i] && !is_quiet_nan(x[i]))) return false;
    }
    return true;
  };
  if (text.starts_with("f32x4")) return lanes(0.0f);
  if (text.starts_with("f64x2")) return lanes(0.0);
  return false;
}

enum class Form { Register, Slot, Memory, Constant };

/// The op on operands behind the first three pointers, its result behind the last. In registers
/// and slots: the operands live on, and are stored behind the result.
void build(PointerFunction& f, Op op, Form form, const Input& in) {
  const OpSig& sig = op_info(op).sig;
  PointerFunction::V args[3] = {};
  for (unsigned n = 0; n < sig.operand_count; ++n) {
    const Type type = ir_type(sig.operands[n]);
    if (form == Form::Constant && (n > 0 || sig.operand_count == 1)) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, in.values[n].bytes, std::min<std::size_t>(bytes_of(type), 8));
      args[n] = type == Type::V128 ? f.constant(in.values[n]) : f.constant(type, bits);
    } else {
      args[n] = f.load(n, type);
    }
  }
  std::uint64_t imm = 0;
  if (op == Op::I8x16Shuffle) {
    imm = f.func.v128s.size();
    f.func.v128s.push_back(in.values[2]);
  }
  const Type result = ir_type(sig.results[0]);
  PointerFunction::V v{};
  switch (sig.operand_count) {
    case 1: v = f.simd(op, result, {args[0]}, in.lane, imm); break;
    case 2: v = f.simd(op, result, {args[0], args[1]}, in.lane, imm); break;
    default: v = f.simd(op, result, {args[0], args[1], args[2]}, in.lane, imm); break;
  }
  f.store(3, v);
  if (form == Form::Register || form == Form::Slot) {
    for (unsigned n = 0; n < sig.operand_count; ++n) f.store(3, args[n], 16 * (n + 1));
  }
  f.finish();
}

struct Checker {
  CodePage page;

  void check(const Row& row, Form form, const Input& in) {
    const OpSig& sig = op_info(row.op).sig;
    // Not aligned: memory operands must do without.
    alignas(16) std::uint8_t memory[3][24] = {};
    for (unsigned n = 0; n < 3; ++n) std::memcpy(memory[n] + 1, in.values[n].bytes, 16);
    V128 out[4] = {};
    page.run(memory[0] + 1, memory[1] + 1, memory[2] + 1, out);
    const V128 expected = row.oracle(in);
    bool ok = same_result(row.op, out[0], expected);
    if (form == Form::Register || form == Form::Slot) {
      for (unsigned n = 0; n < sig.operand_count; ++n) {
        const std::size_t bytes = bytes_of(ir_type(sig.operands[n]));
        ok &= std::memcmp(out[n + 1].bytes, in.values[n].bytes, bytes) == 0;
      }
    }
    if (ok) return;
    const auto hex = [](const V128& v) {
      std::string text;
      for (const std::uint8_t byte : v.bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
      }
      return text;
    };
    INFO("a " << hex(in.values[0]) << " b " << hex(in.values[1]) << " c " << hex(in.values[2]));
    INFO("got " << hex(out[0]) << " expected " << hex(expected) << " form "
                << static_cast<int>(form));
    FAIL_CHECK(std::string(op_name(row.op)));
    ++failures;
  }

  unsigned failures = 0;
};

Input input(const Pairs& pairs, std::size_t n) {
  Input in;
  in.values[0] = pairs[n].first;
  in.values[1] = pairs[n].second;
  in.values[2] = pairs[(n * 7 + 3) % pairs.size()].first;
  return in;
}

unsigned lane_count(const Row& row) {
  if (op_info(row.op).imm != ImmKind::Lane) return 1;
  const std::string_view text = op_name(row.op);
  return text.starts_with("i8") ? 16 : text.starts_with("i16") ? 8 : text[1] == '3' ? 4 : 2;
}

}  // namespace

TEST_CASE("x64: every vector op on edge values") {
  CHECK(std::size(kRows) > 200);
  Checker checker;
  for (const std::uint64_t cpu : cpu_levels()) {
    INFO("cpu " << cpu);
    for (const Row& row : kRows) {
      if (row.op == Op::I8x16Shuffle) continue;  // simd_x64_lane_test.cpp
      INFO(op_name(row.op));
      const Pairs& pairs = pairs_for(op_name(row.op));
      for (unsigned lane = 0; lane < lane_count(row); ++lane) {
        // Many lanes: fewer values of each.
        const std::size_t step = lane_count(row);
        for (const Form form : {Form::Register, Form::Slot, Form::Memory}) {
          Input in;
          in.lane = static_cast<std::uint8_t>(lane);
          PointerFunction f;
          build(f, row.op, form, in);
          checker.page.compile(f.func, cpu, form == Form::Slot);
          const unsigned before = checker.failures;
          for (std::size_t n = lane; n < pairs.size() && checker.failures < before + 2; n += step) {
            in = input(pairs, n);
            in.lane = static_cast<std::uint8_t>(lane);
            checker.check(row, form, in);
          }
        }
      }
      const unsigned before = checker.failures;
      for (std::size_t n = 0; n < pairs.size() && checker.failures < before + 2;
           n += pairs.size() / 12) {
        Input in = input(pairs, n);
        in.lane = static_cast<std::uint8_t>(n % lane_count(row));
        PointerFunction f;
        build(f, row.op, Form::Constant, in);
        checker.page.compile(f.func, cpu);
        checker.check(row, Form::Constant, in);
      }
    }
  }
}

TEST_CASE("x64: vector shifts by every constant") {
  Checker checker;
  for (const std::uint64_t cpu : cpu_levels()) {
    INFO("cpu " << cpu);
    for (const Row& row : kRows) {
      const OpSig& sig = op_info(row.op).sig;
      if (sig.operand_count != 2 || sig.operands[1] != SigType::I32 ||
          op_info(row.op).imm == ImmKind::Lane) {
        continue;
      }
      INFO(op_name(row.op));
      const Pairs& pairs = pairs_for(op_name(row.op));
      for (std::uint32_t count = 0; count < 72; ++count) {
        Input in = input(pairs, 0);
        std::memcpy(in.values[1].bytes, &count, 4);
        PointerFunction f;
        build(f, row.op, Form::Constant, in);
        checker.page.compile(f.func, cpu);
        for (std::size_t n = 0; n < pairs.size(); n += 1 + pairs.size() / 40) {
          in.values[0] = pairs[n].first;
          checker.check(row, Form::Constant, in);
        }
      }
    }
  }
}
