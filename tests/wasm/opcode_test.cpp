// The opcode table: codes are unique and found again, names and signatures hang together, and the
// number of ops per group is that of the specification (counted from its opcode index).
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

#include "libwasmrt/wasm/opcode.h"

using namespace wasmrt;

namespace {

struct Census {
  std::size_t prefix[256] = {};
  std::size_t feature[64] = {};
};

Census census() {
  Census c;
  for (std::size_t i = 0; i < kOpCount; ++i) {
    const OpInfo& info = op_info(static_cast<Op>(i));
    ++c.prefix[info.prefix()];
    ++c.feature[static_cast<std::size_t>(info.feature)];
  }
  return c;
}

std::size_t sig_bytes(SigType type) {
  switch (type) {
    case SigType::I32:
    case SigType::F32: return 4;
    case SigType::I64:
    case SigType::F64: return 8;
    default: return 16;
  }
}

}  // namespace

TEST_CASE("every op is found again by its code", "[wasm][opcode]") {
  for (std::size_t i = 0; i < kOpCount; ++i) {
    const auto op = static_cast<Op>(i);
    const OpInfo& info = op_info(op);
    if (info.prefix() == 0) {
      CHECK(lookup_op(static_cast<std::uint8_t>(info.sub())) == op);
    } else {
      REQUIRE(is_op_prefix(info.prefix()));
      CHECK(lookup_op(info.prefix(), info.sub()) == op);
    }
  }
}

TEST_CASE("every code is either one op or none", "[wasm][opcode]") {
  std::set<std::uint32_t> seen;
  for (std::size_t i = 0; i < kOpCount; ++i) {
    CHECK(seen.insert(op_info(static_cast<Op>(i)).code).second);
  }
  std::size_t found = 0;
  for (unsigned b = 0; b < 256; ++b) found += lookup_op(static_cast<std::uint8_t>(b)) != kNoOp;
  for (unsigned p = 0xFB; p <= 0xFE; ++p) {
    for (std::uint32_t sub = 0; sub < 70'000; ++sub) {
      found += lookup_op(static_cast<std::uint8_t>(p), sub) != kNoOp;
    }
    CHECK(lookup_op(static_cast<std::uint8_t>(p), 0xFFFF'FFFF) == kNoOp);
  }
  CHECK(found == kOpCount);
}

TEST_CASE("known codes", "[wasm][opcode]") {
  STATIC_REQUIRE(lookup_op(0x6A) == Op::I32Add);
  STATIC_REQUIRE(lookup_op(0xA6) == Op::F64Copysign);
  STATIC_REQUIRE(lookup_op(0xC4) == Op::I64Extend32S);
  STATIC_REQUIRE(lookup_op(0xBF) == Op::F64ReinterpretI64);
  STATIC_REQUIRE(lookup_op(0x40) == Op::MemoryGrow);
  STATIC_REQUIRE(lookup_op(0x1F) == Op::TryTable);
  STATIC_REQUIRE(lookup_op(0xFF) == kNoOp);
  STATIC_REQUIRE(lookup_op(0x06) == kNoOp);
  STATIC_REQUIRE(lookup_op(0xFB, 30) == Op::I31GetU);
  STATIC_REQUIRE(lookup_op(0xFC, 0) == Op::I32TruncSatF32S);
  STATIC_REQUIRE(lookup_op(0xFC, 17) == Op::TableFill);
  STATIC_REQUIRE(lookup_op(0xFC, 18) == kNoOp);
  STATIC_REQUIRE(lookup_op(0xFC, 22) == Op::I64MulWideU);
  STATIC_REQUIRE(lookup_op(0xFD, 1) == Op::V128Load8x8S);
  STATIC_REQUIRE(lookup_op(0xFD, 0x9A) == kNoOp);
  STATIC_REQUIRE(lookup_op(0xFD, 0xFF) == Op::F64x2ConvertLowI32x4U);
  STATIC_REQUIRE(lookup_op(0xFD, 0x113) == Op::I32x4RelaxedDotI8x16I7x16AddS);
  STATIC_REQUIRE(lookup_op(0xFE, 0x4E) == Op::I64AtomicRmw32CmpxchgU);
  CHECK(op_name(Op::I32Add) == "i32.add");
  CHECK(op_name(Op::SelectT) == "select");
  CHECK(op_name(Op::RefTestNull) == "ref.test");
  CHECK(op_fn_name(Op::RefTestNull) == "ref_test_null");
  CHECK(op_name(Op::I64AtomicRmw32CmpxchgU) == "i64.atomic.rmw32.cmpxchg_u");
}

TEST_CASE("the number of ops is that of the specification", "[wasm][opcode]") {
  const Census c = census();
  CHECK(c.prefix[0xFB] == 31);
  CHECK(c.prefix[0xFC] == 18 + 4);
  CHECK(c.prefix[0xFD] == 236 + 20);
  CHECK(c.prefix[0xFE] == 67);
  CHECK(c.feature[static_cast<std::size_t>(Feature::Mvp)] == 172);
  CHECK(c.feature[static_cast<std::size_t>(Feature::SignExtension)] == 5);
  CHECK(c.feature[static_cast<std::size_t>(Feature::SaturatingFloatToInt)] == 8);
  CHECK(c.feature[static_cast<std::size_t>(Feature::BulkMemory)] == 7);
  CHECK(c.feature[static_cast<std::size_t>(Feature::ReferenceTypes)] == 9);
  CHECK(c.feature[static_cast<std::size_t>(Feature::Simd)] == 236);
  CHECK(c.feature[static_cast<std::size_t>(Feature::RelaxedSimd)] == 20);
  CHECK(c.feature[static_cast<std::size_t>(Feature::Threads)] == 67);
  CHECK(c.feature[static_cast<std::size_t>(Feature::WideArithmetic)] == 4);
  CHECK(c.feature[static_cast<std::size_t>(Feature::TailCall)] == 3);
  CHECK(c.feature[static_cast<std::size_t>(Feature::FunctionReferences)] == 4);
  CHECK(c.feature[static_cast<std::size_t>(Feature::Exceptions)] == 3);
  CHECK(c.feature[static_cast<std::size_t>(Feature::Gc)] == 32);
}

TEST_CASE("names are unique, and fn is text with underscores", "[wasm][opcode]") {
  std::set<std::string> fns;
  std::multiset<std::string> texts;
  for (std::size_t i = 0; i < kOpCount; ++i) {
    const auto op = static_cast<Op>(i);
    const std::string fn(op_fn_name(op));
    std::string text(op_name(op));
    CHECK(fns.insert(fn).second);
    texts.insert(text);
    for (char& ch : text) ch = ch == '.' ? '_' : ch;
    const bool shared = op == Op::SelectT || op == Op::RefTestNull || op == Op::RefCastNull;
    CHECK((shared || fn == text || fn == text + "_"));
  }
  for (const std::string& text : texts) {
    const bool shared = text == "select" || text == "ref.test" || text == "ref.cast";
    CHECK(texts.count(text) == (shared ? 2u : 1u));
  }
}

TEST_CASE("signatures fit families", "[wasm][opcode]") {
  for (std::size_t i = 0; i < kOpCount; ++i) {
    const auto op = static_cast<Op>(i);
    const OpInfo& info = op_info(op);
    const OpSig& sig = info.sig;
    INFO(op_name(op));
    switch (info.kind) {
      case OpKind::Unary:
        CHECK((sig.operand_count == 1 && sig.result_count == 1));
        CHECK(sig.operands[0] == sig.results[0]);
        break;
      case OpKind::Binary:
        CHECK((sig.operand_count == 2 && sig.result_count == 1));
        CHECK((sig.operands[0] == sig.operands[1] && sig.operands[0] == sig.results[0]));
        break;
      case OpKind::Compare:
        CHECK((sig.operand_count >= 1 && sig.result_count == 1));
        CHECK(sig.results[0] == SigType::I32);
        break;
      case OpKind::Convert:
        CHECK((sig.operand_count == 1 && sig.result_count == 1));
        CHECK(sig.operands[0] != sig.results[0]);
        break;
      case OpKind::Load:
      case OpKind::SimdLoad:
        CHECK((sig.operands[0] == SigType::MemAddr && sig.result_count == 1));
        CHECK((1u << info.align) <= sig_bytes(sig.results[0]));
        break;
      case OpKind::Store:
      case OpKind::SimdStore:
        CHECK((sig.operands[0] == SigType::MemAddr && sig.result_count == 0));
        CHECK((1u << info.align) <= sig_bytes(sig.operands[1]));
        break;
      case OpKind::Gc:
      case OpKind::Control:
      case OpKind::Call:
      case OpKind::Exception:
      case OpKind::Variable:
      case OpKind::Parametric: CHECK((!sig.fixed || op == Op::Nop)); break;
      default: break;
    }
    const bool mem = info.imm == ImmKind::MemArg || info.imm == ImmKind::MemArgLane;
    CHECK((mem || info.align == 0));
    CHECK(mem == (info.kind == OpKind::Load || info.kind == OpKind::Store ||
                  info.kind == OpKind::SimdLoad || info.kind == OpKind::SimdStore ||
                  (info.kind == OpKind::Atomic && op != Op::AtomicFence)));
  }
}
