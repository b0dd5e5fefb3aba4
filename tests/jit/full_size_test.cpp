// The compiler at the sizes that it must bear: the time grows with the input, and memory too.
#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <vector>

#include "jit/compile_sections.h"
#include "tests/jit/compile.h"
#include "tests/jit/peak_memory.h"
#include "tests/support/code.h"
#include "tests/support/linear_time.h"

namespace wasmrt {
namespace {

using test::Bytes;
using test::Code, test::binary_of;
using test::Compiled;
using test::kIf, test::kLoop, test::kBlock, test::kEnd, test::kAdd, test::kSub, test::kMul,
    test::kXor, test::peak_of_compiling;

Bytes many_blocks(std::uint32_t n) {
  Code c;
  for (std::uint32_t k = 0; k < n / 2; ++k) {  // each `if` begins two
    c.get(0).open(kIf).get(1).get(0).op(kAdd).set(1).op(kEnd);
    c.get(1).number(77).op(kXor).set(0);
  }
  return binary_of(c.get(1), 0);
}
Bytes many_instructions(std::uint32_t n) {
  Code c;
  for (std::uint32_t k = 0; k < n / 6; ++k) c.get(0).get(1).op(kAdd).get(0).op(kMul).set(0);
  return binary_of(c.get(0), 0);
}
Bytes many_locals(std::uint32_t n) {
  Code c;
  for (std::uint32_t k = 0; k < n; ++k) {
    c.get(0).number(static_cast<std::int32_t>(k)).op(kAdd).set(k + 2);
  }
  c.open(kLoop).get(0).number(1).op(kSub).set(0).get(0).br_if(0).op(kEnd);
  for (std::uint32_t k = 0; k < n; ++k) c.get(0).get(k + 2).op(kXor).set(0);
  return binary_of(c.get(0), n);
}
Bytes one_byte_instructions(std::uint32_t n) {
  Code c;
  c.get(0);
  for (std::uint32_t k = 0; k < n / 2; ++k) c.op(0x67).op(0x68);  // i32.clz, i32.ctz
  return binary_of(c, 0);
}
Bytes nested(std::uint32_t n, std::uint8_t construct) {
  Code c;
  for (std::uint32_t k = 0; k < n; ++k) {
    if (construct == kIf) c.get(0);
    c.open(construct);
  }
  if (construct == kBlock) c.get(0).br_if(0);
  for (std::uint32_t k = 0; k < n; ++k) {
    if (construct == kLoop) c.get(0).br_if(0);
    c.get(0).number(3).op(kAdd).set(0).op(kEnd);
  }
  return binary_of(c.get(0), 0);
}
/// In each loop a product that does not change in any of them.
Bytes nested_products(std::uint32_t n) {
  Code c;
  for (std::uint32_t k = 0; k < n; ++k) c.open(kLoop);
  for (std::uint32_t k = 0; k < n; ++k) {
    c.get(0).br_if(0).get(1).get(1).op(kMul).get(0).op(kAdd).set(0).op(kEnd);
  }
  return binary_of(c.get(0), 0);
}
Bytes long_table(std::uint32_t n) {
  constexpr std::uint32_t kTargets = 1000;
  Code c;
  for (std::uint32_t k = 0; k < kTargets; ++k) c.open(kBlock);
  c.get(0).op(0x0E).out.leb_u32(n - 1);
  for (std::uint32_t k = 0; k < n; ++k) c.out.leb_u32(k % kTargets);
  for (std::uint32_t k = 0; k < kTargets; ++k) c.get(0).number(3).op(kAdd).set(0).op(kEnd);
  return binary_of(c.get(0), 0);
}

/// `sections`: as CodeOptions::section_bytes.
void check_time_on(const jit::Target& target, const char* what,
                   const std::function<Bytes(std::uint32_t)>& make, std::uint32_t full,
                   std::uint32_t sections = 0) {
  INFO(target.name);
  test::check_linear(what, full, [&](std::uint32_t n) {
    Compiled c(make(n), target);
    REQUIRE(c.checked.ok);
    c.context.options.verify = false;
    c.context.options.section_bytes = sections;
    const double begin = test::processor_seconds();
    const char* const declined = c.compile();
    const double seconds = test::processor_seconds() - begin;
    INFO((declined == nullptr ? "" : declined));
    CHECK(declined == nullptr);
    return seconds;
  });
}
void check_time(const char* what, const std::function<Bytes(std::uint32_t)>& make,
                std::uint32_t full, std::uint32_t sections = 0) {
  for (const jit::Target* target : test::all_targets()) {
    check_time_on(*target, what, make, full, sections);
  }
}

}  // namespace

TEST_CASE("full-size functions compile in linear time", "[jit][no-tsan][no-emulation]") {
  check_time("blocks", many_blocks, 100'000);
  check_time("instructions", many_instructions, 1'000'000);
  check_time("locals", many_locals, 10'000);
  check_time(
      "nested blocks", [](std::uint32_t n) { return nested(n, kBlock); }, 48'000);
  check_time(
      "nested ifs", [](std::uint32_t n) { return nested(n, kIf); }, 48'000);
  const auto loops = [](std::uint32_t n) { return nested(n, kLoop); };
  // Each machine's largest that stay whole.
  check_time_on(jit::x64_target(), "nested loops as a whole", loops, 12'000);
  check_time_on(jit::arm64_target(), "nested loops as a whole", loops, 6'000);
  check_time("nested loops in sections", loops, 48'000, jit::kSectionBytes[0]);
  check_time("nested products", nested_products, 12'000);
  check_time("nested products in sections", nested_products, 48'000, jit::kSectionBytes[0]);
  check_time("table", long_table, 65'000);
}

// Each loop begins a section, which costs more than being a part of a whole. How much more, a
// checked build does not tell.
TEST_CASE("giant functions compile in little more time than those just below",
          "[jit][no-asan][no-tsan][no-emulation]") {
  check_time(
      "nested loops", [](std::uint32_t n) { return nested(n, kLoop); }, 48'000);
}

TEST_CASE("compiling takes memory by the size of functions, not of the module",
          "[jit][no-asan][no-tsan][no-emulation]") {
  constexpr std::int64_t kConstant = std::int64_t{8} << 20;
  Code c;
  for (int k = 0; k < 200; ++k) c.get(0).get(1).op(kAdd).get(0).op(kMul).set(0);
  const Bytes many = binary_of(c.get(0), 2, 5000);
  REQUIRE(many.size() > std::size_t{8} << 20);
  for (const jit::Target* target : test::all_targets()) {
    INFO(target->name);
    CHECK(peak_of_compiling(many, *target) <=
          40 * static_cast<std::int64_t>(many.size()) / 10 + kConstant);
  }
}

TEST_CASE("one function that is all of a module takes memory in proportion",
          "[jit][no-asan][no-tsan][no-emulation]") {
  const auto check = [&](const char* what, const Bytes& bytes, std::int64_t per_byte) {
    constexpr std::int64_t kConstant = std::int64_t{16} << 20;
    for (const jit::Target* target : test::all_targets()) {
      const std::int64_t peak = peak_of_compiling(bytes, *target);
      INFO(what << ", " << target->name << ": " << peak << " bytes for " << bytes.size());
      CHECK(peak <= per_byte * static_cast<std::int64_t>(bytes.size()) + kConstant);
    }
  };
  check("instructions", many_instructions(1'000'000), 25);
  check("locals", many_locals(10'000), 1);
  check("nested blocks", nested(48'000, kBlock), 15);
  check("table", long_table(65'000), 1);
  // Compiled in sections:
  check("nested loops", nested(48'000, kLoop), 32);
  check("nested products", nested_products(48'000), 30);
  check("blocks", many_blocks(100'000), 15);
  check("nested ifs", nested(48'000, kIf), 30);
  check("one-byte instructions", one_byte_instructions(1'000'000), 30);
}

}  // namespace wasmrt
