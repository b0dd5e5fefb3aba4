// memory.copy and memory.fill of constant and of variable sizes: all sizes around the limit of what
// is done in place, overlapping, and across the end of memory, where nothing may be written.
#include <string>

#include "tests/jit/both_engines.h"
#include "tests/jit/compile.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

constexpr int kSizes[] = {0,  1,  2,  3,  4,  5,  7,  8,  9,  12,  15,  16,
                          17, 24, 31, 32, 33, 48, 63, 72, 64, 127, 128, 129};

std::string module_of() {
  std::string text = R"((module (memory (export "m") 1)
    (func (export "prepare") (local i32)
      (loop (i32.store8 (local.get 0) (i32.mul (local.get 0) (i32.const 7)))
        (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get 0) (i32.const 65536)))))
    (func (export "sum") (result i64) (local i32 i64)
      (loop (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 31)) (i64.load (local.get 0))))
        (local.set 0 (i32.add (local.get 0) (i32.const 8)))
        (br_if 0 (i32.lt_u (local.get 0) (i32.const 65536))))
      (local.get 1)))";
  for (const int n : kSizes) {
    const std::string size = std::to_string(n);
    text += "(func (export \"copy" + size +
            "\") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const " + size +
            "))) (func (export \"fill" + size +
            "\") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const " + size +
            "))) (func (export \"clear" + size +
            "\") (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const " + size + ")))";
  }
  return text + ")";
}

}  // namespace

TEST_CASE("small copies and fills", "[jit][bulk]") {
  const std::vector<Instance> all = on_all_engines(module_of());
  for (const int n : kSizes) {
    const std::string size = std::to_string(n);
    INFO("size " << n);
    same_outcome(all, "prepare", {});
    for (const std::int32_t at : {0, 100, 103, 116, 65535 - n, 65536 - n, 65537 - n, 65536, -1}) {
      for (const std::int32_t from : {0, 100, 115, 65536 - n, 65537 - n, -8}) {
        same_outcome(all, "copy" + size, {Value(at), Value(from)});
      }
      same_outcome(all, "sum", {});
      same_outcome(all, "fill" + size, {Value(at), Value(std::int32_t{0x1A5})});
      same_outcome(all, "sum", {});
      same_outcome(all, "clear" + size, {Value(at)});
      same_outcome(all, "sum", {});
    }
  }
}

TEST_CASE("small copies and fills call nothing", "[jit][bulk]") {
  Compiled c(wat(module_of()));
  REQUIRE(c.checked.ok);
  std::uint32_t index = 2;
  for (const int n : kSizes) {
    for (int kind = 0; kind < 3; ++kind) {
      INFO("size " << n);
      REQUIRE(c.compile(index++) == nullptr);
      CHECK(c.func.has_calls == (n == 0 || n > 128));
    }
  }
}

// Sizes that only the running code knows: every one up to 70 and some at the limits behind that, at
// all distances of the ranges, and across the end of memory.
TEST_CASE("copies and fills of variable size", "[jit][bulk]") {
  const std::string text = module_of();
  const std::vector<Instance> all = on_all_engines(text.substr(0, text.size() - 1) + R"(
    (func (export "copy") (param i32 i32 i32)
      (memory.copy (local.get 0) (local.get 1) (local.get 2)))
    (func (export "fill") (param i32 i32 i32)
      (memory.fill (local.get 0) (local.get 1) (local.get 2)))
    (func (export "kept") (param i32 i32 i32 i64) (result i64)
      (memory.copy (local.get 0) (local.get 1) (local.get 2))
      (i64.add (local.get 3) (i64.extend_i32_u (i32.add (local.get 0) (local.get 2)))))))");
  same_outcome(all, "prepare", {});
  std::vector<std::int32_t> sizes = {127, 128, 129, 192, 255, 1023, 1024, 1025, 65535, 65536, -1};
  for (std::int32_t n = 0; n <= 70; ++n) sizes.push_back(n);
  for (const std::int32_t n : sizes) {
    INFO("size " << n);
    for (const std::int32_t by : {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 100, 1024}) {
      same_outcome(all, "copy", {Value(2000), Value(2000 - by), Value(n)});
      same_outcome(all, "copy", {Value(2000), Value(2000 + by), Value(n)});
    }
    same_outcome(all, "sum", {});
    for (const std::int32_t at : {0, 65535 - n, 65536 - n, 65537 - n, 65536, -1}) {
      same_outcome(all, "copy", {Value(at), Value(300), Value(n)});
      same_outcome(all, "copy", {Value(300), Value(at), Value(n)});
      same_outcome(all, "fill", {Value(at), Value(n + 0x1A5), Value(n)});
      same_outcome(all, "kept",
                   {Value(at), Value(9), Value(n), Value(std::int64_t{0x123456789ABCDEF})});
    }
    same_outcome(all, "sum", {});
  }
}
