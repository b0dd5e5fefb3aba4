// Random functions, run with and without superinstructions and with checked and guarded memory: all
// must agree on results, traps, memory and locals.
//
// The generator draws from the opcode table: every scalar op with a fixed signature, loads and
// stores in a small memory, locals, select, blocks, loops with a bound, conditional branches.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstring>

#include "libwasmrt/wasm/opcode.h"
#include "tests/interp/hand_made.h"

namespace wasmrt::interp::test {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {
    for (std::size_t i = 0; i < kOpCount; ++i) {
      const Op op = static_cast<Op>(i);
      const OpInfo& info = op_info(op);
      const bool numeric = info.kind == OpKind::Unary || info.kind == OpKind::Binary ||
                           info.kind == OpKind::Compare || info.kind == OpKind::Convert ||
                           info.kind == OpKind::Trapping;
      if (numeric || info.kind == OpKind::Load) {
        by_result_[static_cast<std::size_t>(info.sig.results[0])].push_back(op);
      }
      if (info.kind == OpKind::Store) stores_.push_back(op);
    }
  }

  std::string module() {
    std::string body;
    for (int i = 0; i < 12; ++i) body += statement(3);
    // The result folds all locals, so that a wrong one is seen.
    std::string fold = "(local.get 0)";
    for (unsigned i = 1; i < kLocals; ++i) {
      const std::string get = "(local.get " + std::to_string(i) + ")";
      const char t = type_of(i);
      const std::string as =
          t == 'i'   ? "(i64.extend_i32_u " + get + ")"
          : t == 'I' ? get
          : t == 'f'
              ? "(i64.extend_i32_u (i32.reinterpret_f32 (f32.add (f32.const 0) " + get + ")))"
              : "(i64.reinterpret_f64 (f64.add (f64.const 0) " + get + "))";
      fold = "(i64.add (i64.rotl " + fold + " (i64.const 7)) " + as + ")";
    }
    return "(module (memory 1) (func (export \"f\") (param i64 i32 f32 f64) (result i64)"
           " (local i64 i32 f32 f64 i32 i64 i32)" +
           body + fold + "))";
  }

 private:
  static constexpr unsigned kLocals = 11;
  static char type_of(unsigned local) { return "IifFIifFiIi"[local]; }

  std::uint32_t next(std::uint32_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>((state_ >> 20) % n);
  }
  static char letter(SigType t) { return "iIfFv"[static_cast<unsigned>(t)]; }
  // The counters of loops are local 10; nothing else writes it.
  unsigned local(char type) {
    for (;;) {
      const unsigned i = next(kLocals - 1);
      if (type_of(i) == type) return i;
    }
  }
  std::string constant(char type) {
    static const char* const ints[] = {"0",      "1",     "2",          "3",
                                       "-1",     "31",    "255",        "65535",
                                       "-32768", "40000", "0x7fffffff", "0x80000000"};
    const std::string x = ints[next(12)];
    if (type == 'i') return "(i32.const " + x + ")";
    if (type == 'I') return "(i64.const " + (next(4) == 0 ? "0x123456789abcdef" : x) + ")";
    static const char* const floats[] = {"0", "1.5", "-2", "1e10", "-0", "inf", "0.1"};
    return std::string(type == 'f' ? "(f32.const " : "(f64.const ") + floats[next(7)] + ")";
  }
  std::string address(int depth) {
    // Mostly in bounds; an offset now and then.
    const std::uint32_t shape = next(5);
    if (shape == 4) return "(i32.const " + std::to_string(next(900)) + ")";
    const std::string i = expression('i', depth - 1);
    if (shape == 0) return "(i32.and " + i + " (i32.const 1023))";
    if (shape == 1) return "(i32.add (i32.and " + i + " (i32.const 255)) (i32.const 64))";
    if (shape == 2) {
      return "(i32.add (i32.and " + i + " (i32.const 255)) (i32.shl (i32.and (local.get " +
             std::to_string(local('i')) + ") (i32.const 63)) (i32.const " +
             std::to_string(1 + next(3)) + ")))";
    }
    return "(i32.shl (i32.and " + i + " (i32.const 255)) (i32.const 2))";
  }
  std::string memarg() { return next(3) == 0 ? " offset=" + std::to_string(next(300)) : ""; }

  // Half of the time one of those that superinstructions are made of.
  Op operation(char type) {
    static constexpr Op kInts[] = {Op::I32Add,  Op::I32Sub, Op::I32And,     Op::I32Shl,
                                   Op::I32ShrU, Op::I32Xor, Op::I32Rotl,    Op::I32Eqz,
                                   Op::I32LtU,  Op::I32Ne,  Op::I32Load,    Op::I32Load8U,
                                   Op::I32Mul,  Op::I32GtS, Op::I32WrapI64, Op::I32Load16S};
    static constexpr Op kLongs[] = {Op::I64Add, Op::I64Or,     Op::I64Rotl, Op::I64Load,
                                    Op::I64Mul, Op::I64ShrU,   Op::I64Xor,  Op::I64ExtendI32U,
                                    Op::I64And, Op::I64Load32U};
    if (next(2) == 0 && type == 'i') return kInts[next(std::size(kInts))];
    if (next(2) == 0 && type == 'I') return kLongs[next(std::size(kLongs))];
    const auto& ops = by_result_[static_cast<std::size_t>(std::strchr("iIfF", type) - "iIfF")];
    return ops[next(static_cast<std::uint32_t>(ops.size()))];
  }

  std::string expression(char type, int depth) {
    const std::uint32_t pick = next(depth <= 0 ? 2 : 12);
    if (pick == 0) return constant(type);
    if (pick <= 2) return "(local.get " + std::to_string(local(type)) + ")";
    if (pick == 3)
      return "(local.tee " + std::to_string(local(type)) + " " + expression(type, depth - 1) + ")";
    if (pick == 4) {
      return "(select " + expression(type, depth - 1) + " " + expression(type, depth - 1) + " " +
             expression('i', depth - 1) + ")";
    }
    if (pick == 5) {
      const char* const names[] = {"i32", "i64", "f32", "f64"};
      return std::string("(if (result ") + names[std::strchr("iIfF", type) - "iIfF"] + ") " +
             expression('i', depth - 1) + " (then " + expression(type, depth - 1) + ") (else " +
             statement(depth - 1) + expression(type, depth - 1) + "))";
    }
    const Op op = operation(type);
    const OpInfo& info = op_info(op);
    std::string text = "(" + std::string(op_name(op));
    if (info.kind == OpKind::Load) return text + memarg() + " " + address(depth) + ")";
    for (unsigned i = 0; i < info.sig.operand_count; ++i)
      text += " " + expression(letter(info.sig.operands[i]), depth - 1);
    return text + ")";
  }

  std::string statement(int depth) {
    switch (next(depth <= 0 ? 3 : 7)) {
      case 0:
      case 1: {
        const unsigned l = next(kLocals - 1);
        return "(local.set " + std::to_string(l) + " " + expression(type_of(l), depth) + ")\n";
      }
      case 2: {
        const unsigned l = local('i');
        return "(local.set " + std::to_string(l) + " (i32.add (local.get " + std::to_string(l) +
               ") " + constant('i') + "))\n";
      }
      case 3: {
        const Op op = stores_[next(static_cast<std::uint32_t>(stores_.size()))];
        return "(" + std::string(op_name(op)) + memarg() + " " + address(depth) + " " +
               expression(letter(op_info(op).sig.operands[1]), depth - 1) + ")\n";
      }
      case 4:
        return "(block " + statement(depth - 1) + "(br_if 0 " + expression('i', depth - 1) + ")" +
               statement(depth - 1) + ")\n";
      case 5:
        return "(if " + expression('i', depth - 1) + " (then " + statement(depth - 1) + ") (else " +
               statement(depth - 1) + "))\n";
      default:
        if (in_loop_) return statement(depth - 1);
        in_loop_ = true;
        std::string text = "(local.set 10 (i32.const " + std::to_string(1 + next(5)) + "))(loop " +
                           statement(depth - 1) + statement(depth - 1) +
                           "(br_if 0 (local.tee 10 (i32.sub (local.get 10) (i32.const 1)))))\n";
        in_loop_ = false;
        return text;
    }
  }

  std::uint64_t state_;
  bool in_loop_ = false;
  std::vector<Op> by_result_[5];
  std::vector<Op> stores_;
};

TEST_CASE("interp: superinstructions and memory modes change nothing", "[interp][no-emulation]") {
  const CodeOptions modes[] = {{0, true, false},
                               {0, true, true},
                               {std::uint64_t{1} << 33, true, true},
                               {std::uint64_t{1} << 33, true, false}};
  unsigned finished = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    const std::string wat = Generator(seed).module();
    const auto module = module_of(wat);
    Outcome first;
    std::vector<std::uint8_t> memory;
    for (const CodeOptions& mode : modes) {
      HandMade m(module, mode, {});
      for (std::uint32_t i = 0; i < 4096; ++i)
        m.memory()[i] = static_cast<std::uint8_t>(i * 37 >> 3);
      const Outcome o = m.call("f", {0x0123456789ABCDEFu, 77, 0x3FC00000, 0x4009000000000000u});
      std::vector<std::uint8_t> after(m.memory(), m.memory() + 65536);
      if (&mode == &modes[0]) {
        first = o;
        memory = std::move(after);
        finished += o.trap == TrapKind::None ? 1 : 0;
        continue;
      }
      if (o.trap != first.trap || o.slots != first.slots || after != memory) {
        std::fprintf(stderr, "seed %llu\n%s\n%s\n", static_cast<unsigned long long>(seed),
                     wat.c_str(), m.print("f").c_str());
      }
      REQUIRE(o.trap == first.trap);
      REQUIRE(o.slots == first.slots);
      REQUIRE(after == memory);
    }
  }
  // The comparison would be empty if everything trapped at once.
  REQUIRE(finished > 100);
}

}  // namespace
}  // namespace wasmrt::interp::test
