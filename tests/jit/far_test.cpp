// A function of 8 MB of code runs right: branches that reach 1 MiB, 32 KiB or 128 MiB by themselves
// go over all of it, in both directions.
#include <catch2/catch_test_macros.hpp>

#include "libwasmrt/base/bytes.h"
#include "tests/support/api.h"

namespace wasmrt {
namespace {

constexpr std::uint32_t kSteps = 700'000;  // three instructions of arm64 each
constexpr std::uint32_t kStop = 0x12345678;

/// A number that no instruction takes as it is.
std::uint32_t number(std::uint32_t step) { return (step * 0x9E3779B9u) ^ 0x5BD1E995u; }

/// (turns, x) -> x: in each turn that begins with an odd x, all steps; then x goes on.
std::string module() {
  ByteBuffer body;
  const auto op = [&body](std::uint8_t byte) { body.u8(byte); };
  const auto get = [&body](std::uint32_t n) { body.u8(0x20), body.leb_u32(n); };
  const auto set = [&body](std::uint32_t n) { body.u8(0x21), body.leb_u32(n); };
  const auto constant = [&body](std::uint32_t n) {
    body.u8(0x41), body.leb_s32(static_cast<std::int32_t>(n));
  };
  op(0);                    // no locals
  op(0x02), op(0x40);       // block
  op(0x03), op(0x40);       //   loop
  get(1), constant(kStop);  //     a compare and a branch over all
  op(0x46), op(0x0D), op(1);
  get(0), op(0x45);  //     a test for zero
  op(0x0D), op(1);
  get(1), constant(1);  //     a test of a bit
  op(0x71), op(0x04), op(0x40);
  get(1);
  for (std::uint32_t n = 0; n < kSteps; ++n) {
    constant(number(n)), op(n % 2 == 0 ? 0x73 : 0x6A);  // xor, add
  }
  set(1);
  op(0x0B);
  get(1), constant(3), op(0x6C), constant(1), op(0x6A), set(1);  // x = 3 x + 1
  get(0), constant(1), op(0x6B), set(0), op(0x0C), op(0);        // back over all
  op(0x0B), op(0x0B);
  get(1), op(0x0B);

  ByteBuffer m;
  const auto section = [&m](std::uint8_t id, const ByteBuffer& content) {
    m.u8(id);
    m.leb_u32(static_cast<std::uint32_t>(content.size()));
    m.append(content.span());
  };
  m.append(std::string_view("\0asm\1\0\0\0", 8));
  ByteBuffer types;
  types.append(std::string_view("\x01\x60\x02\x7F\x7F\x01\x7F", 7));
  section(1, types);
  ByteBuffer functions;
  functions.append(std::string_view("\x01\x00", 2));
  section(3, functions);
  ByteBuffer exports;
  exports.append(
      std::string_view("\x01\x01"
                       "f\x00\x00",
                       5));
  section(7, exports);
  ByteBuffer bodies;
  bodies.leb_u32(1);
  bodies.leb_u32(static_cast<std::uint32_t>(body.size()));
  bodies.append(body.span());
  section(10, bodies);
  return {m.span().begin(), m.span().end()};
}

std::uint32_t expected(std::uint32_t turns, std::uint32_t x) {
  for (; x != kStop && turns != 0; --turns) {
    if ((x & 1) != 0) {
      for (std::uint32_t n = 0; n < kSteps; ++n) x = n % 2 == 0 ? x ^ number(n) : x + number(n);
    }
    x = 3 * x + 1;
  }
  return x;
}

}  // namespace

TEST_CASE("a function of 8 MB of code runs right", "[jit][no-asan][no-tsan]") {
  const Instance instance = test::instantiate(module(), [] {
    EngineConfig config;
    config.engine = EngineKind::Jit;
    return config;
  }());
  const auto f = instance.get_func("f");
  REQUIRE(f);
  for (const std::uint32_t x : {0u, 1u, 2u, 0x80000001u, kStop}) {
    for (const std::uint32_t turns : {0u, 1u, 3u}) {
      INFO(x << ", " << turns);
      const auto results = test::must(f->call({Value(turns), Value(x)}));
      CHECK(static_cast<std::uint32_t>(results.at(0).i32()) == expected(turns, x));
    }
  }
}

}  // namespace wasmrt
