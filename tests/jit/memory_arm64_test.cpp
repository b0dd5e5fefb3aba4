// Accesses in arm64 code, by their words: addresses that are shared, and stores with a load in
// front. Runs on any host.
#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <vector>

#include "jit/arm64/mir_ops.h"
#include "tests/jit/compile.h"

using namespace wasmrt;

namespace {

std::vector<std::uint32_t> words(const std::string& functions, std::uint64_t cpu = 0) {
  test::Compiled c(test::wat("(module (memory 1)" + functions + ")"), jit::arm64_target());
  REQUIRE(c.checked.ok);
  c.context.options.cpu = cpu;
  REQUIRE(c.compile() == nullptr);
  std::vector<std::uint32_t> all(c.blob.code.size() / 4);
  std::memcpy(all.data(), c.blob.code.data(), all.size() * 4);
  all.resize(c.blob.code_bytes / 4);
  return all;
}

std::size_t count(const std::vector<std::uint32_t>& words, std::uint32_t mask, std::uint32_t bits) {
  std::size_t n = 0;
  for (const std::uint32_t w : words) n += (w & mask) == bits ? 1 : 0;
  return n;
}

/// add xN, x28, wN, uxtw
std::size_t sums(const std::vector<std::uint32_t>& code) {
  return count(code, 0xFFE0FFE0, 0x8B204380);
}

}  // namespace

TEST_CASE("accesses that differ in their offset share one address", "[jit]") {
  CHECK(sums(words(R"((func (param i32) (result i32) (i32.add
    (i32.load offset=4 (local.get 0)) (i32.load offset=8 (local.get 0)))))")) == 1);
  // Also in blocks that only this one leads to.
  CHECK(sums(words(R"((func (param i32 i32)
    (i32.store offset=8 (local.get 0) (local.get 1))
    (if (local.get 1) (then (i32.store offset=16 (local.get 0) (local.get 1)))
                      (else (i64.store offset=24 (local.get 0) (i64.const 3))))))")) == 1);
  // Not over a call, which may move the memory, and not with different indices.
  CHECK(sums(words(R"((func (param i32)
    (i32.store8 offset=8 (local.get 0) (i32.const 1)) (call 1)
    (i32.store8 offset=9 (local.get 0) (i32.const 1))) (func))")) == 2);
  CHECK(sums(words(R"((func (param i32 i32)
    (i32.store8 offset=8 (local.get 0) (i32.const 1))
    (i32.store8 offset=9 (local.get 1) (i32.const 1))))")) == 2);
}

TEST_CASE("what rests of an address in a loop is added up in front of it", "[jit]") {
  // add xN, x28, #8
  const auto bases = [](const std::vector<std::uint32_t>& code) {
    return count(code, 0xFFFFFFE0, 0x91002380);
  };
  const auto loop = [](const std::string& body) {
    return words("(func (param i32) (loop " + body +
                 "(br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 4)))))) (func)");
  };
  const std::string access = "(i32.store offset=8 (local.get 0) (i32.const 1))";
  CHECK(bases(loop(access)) == 1);
  CHECK(sums(loop(access)) == 0);
  CHECK(bases(loop(access + "(i64.store offset=8 (local.get 0) (i64.const 1))")) == 1);
  // Also for what is added to a number that is known to be small; a shift goes along.
  const std::string index = "(i32.and (local.get 0) (i32.const 0xFFF))";
  const std::string scaled = "(i32.add (i32.shl " + index + " (i32.const 2)) (i32.const 8))";
  const auto code = loop("(i32.store " + scaled + " (i32.const 1))");
  CHECK(bases(code) == 1);
  CHECK(count(code, 0xFFE0FC00, 0xB8205800) != 0);  // str w, [x, w, uxtw #2]
  // Not where the sum may wrap around, over calls, or for three that one sum in each turn serves.
  CHECK(bases(loop("(i32.store (i32.add (local.get 0) (i32.const 8)) (i32.const 1))")) == 0);
  CHECK(bases(loop(access + "(call 1)")) == 0);
  CHECK(bases(loop(access + "(i32.store offset=12 (local.get 0) (i32.const 1))"
                            "(i32.store offset=16 (local.get 0) (i32.const 1))")) == 0);
  CHECK(bases(words("(func (param i32)" + access + ")")) == 0);
}

TEST_CASE("where stores may tear, the same bytes are loaded first", "[jit]") {
  struct Kind {
    const char* store;
    const char* value;
    const char* type;
    std::uint32_t word;  // of the store, to a register's address or with an offset of 0
  };
  constexpr std::uint32_t kIndexed = 0x00200800;
  for (const Kind& kind : {Kind{"i32.store8", "local.get 1", "i32", 0x38000000 | kIndexed},
                           Kind{"i32.store16", "local.get 1", "i32", 0x78000000 | kIndexed},
                           Kind{"i32.store", "i32.const 0", "i32", 0xB8000000 | kIndexed},
                           Kind{"i64.store", "local.get 1", "i64", 0xF8000000 | kIndexed},
                           Kind{"f32.store", "local.get 1", "f32", 0xBC000000 | kIndexed},
                           Kind{"f64.store", "local.get 1", "f64", 0xFC000000 | kIndexed},
                           Kind{"v128.store", "local.get 1", "v128", 0x3C800000 | kIndexed},
                           Kind{"v128.store8_lane 3", "local.get 1", "v128", 0x0D000C00}}) {
    INFO(kind.store);
    const std::string store = kind.store;
    const std::string op = store.substr(0, store.find(' '));
    const std::string lane = store.substr(op.size());
    const std::string func = std::string("(func (param i32 ") + kind.type + ") (" + op + lane +
                             " (local.get 0) (" + kind.value + ")))";
    const std::vector<std::uint32_t> plain = words(func);
    const std::vector<std::uint32_t> probed = words(func, jit::arm64::kCpuProbeStores);
    REQUIRE(probed.size() == plain.size() + 1);
    std::size_t at = 0;
    while (plain[at] == probed[at]) ++at;  // up to the load
    CHECK((plain[at] & 0xFFE00C00) == kind.word);
    CHECK(plain[at] == probed[at + 1]);
    // The load: the same address; the zero register, or the scratch vector.
    const std::uint32_t load = probed[at];
    CHECK((load & 31) == 31);
    CHECK((load >> 5 & 31) == (plain[at] >> 5 & 31));
    if (lane.empty()) CHECK((load >> 10 & 0x7FF) == (plain[at] >> 10 & 0x7FF));
    CHECK((load >> 22 & 1) == 1);
  }
}
