// Every vector op and the sequences that compilers treat in a way of their own, on edge values:
// the compiler's code gives what the interpreter gives.
#include <string_view>

#include "tests/jit/both_engines.h"
#include "tests/jit/simd_bodies.h"
#include "tests/wasm/vector_operands.h"

using namespace wasmrt;

namespace {

using Pairs = std::vector<std::pair<V128, V128>>;

/// Pairs of edge values of the lanes that an op reads: the last shape its name mentions.
const Pairs& pairs_for(std::string_view text) {
  static const Pairs kPairs[] = {
      test::operand_pairs<std::uint8_t>(),  test::operand_pairs<std::uint16_t>(),
      test::operand_pairs<std::uint32_t>(), test::operand_pairs<std::uint64_t>(),
      test::operand_pairs<float>(),         test::operand_pairs<double>()};
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

void check(const std::vector<test::SimdBody>& bodies, std::size_t most) {
  const std::vector<Instance> all = test::on_all_engines(test::simd_module(bodies));
  REQUIRE(all.size() > 2);
  for (std::size_t k = 0; k < bodies.size(); ++k) {
    INFO(bodies[k].name);
    const Pairs& pairs = pairs_for(bodies[k].name);
    const std::size_t step = 1 + pairs.size() / most;
    for (std::size_t n = k % step; n < pairs.size(); n += step) {
      const V128& c = pairs[(n * 7 + 3) % pairs.size()].first;
      std::vector<Value> args;
      for (const V128* v : {&pairs[n].first, &pairs[n].second, &c}) {
        for (const std::uint64_t half : test::lanes_of<std::uint64_t>(*v)) {
          args.push_back(Value(static_cast<std::int64_t>(half)));
        }
      }
      args.push_back(Value(static_cast<std::int32_t>(n)));
      test::same_outcome(all, std::to_string(k), args);
    }
  }
}

}  // namespace

TEST_CASE("vector ops do the same on every engine", "[jit]") {
  const auto bodies = test::simd_op_bodies();
  CHECK(bodies.size() > 400);
  check(bodies, 60);
}

TEST_CASE("sequences of vector ops do the same on every engine", "[jit]") {
  check(test::simd_sequence_bodies(), 12);
}
