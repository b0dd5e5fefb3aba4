// Bulk operations across chunks, overlaps, bounds and dropped segments.
#include <vector>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

constexpr const char* kBulk = R"((module
  (memory $m (export "m") 64) (memory $n (export "n") 2)
  (data $d "hello")
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "across") (param i32 i32 i32)
    (memory.copy $n $m (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
  (func (export "drop") (data.drop $d))))";

std::vector<Value> three(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  return {Value(a), Value(b), Value(c)};
}

}  // namespace

TEST_CASE("overlapping copies larger than a chunk", "[runtime][bulk]") {
  const Instance instance = instantiate(kBulk);
  const std::span<std::uint8_t> bytes = instance.get_memory("m")->data();
  constexpr std::uint32_t kLength = (3u << 20) + 12345;
  const auto pattern = [](std::size_t i) { return static_cast<std::uint8_t>(i * 7 + (i >> 8)); };
  for (const auto& [to, from] : {std::pair<std::uint32_t, std::uint32_t>{1000, 0}, {0, 1000}}) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = pattern(i);
    must(instance.get_func("copy")->call(three(to, from, kLength)));
    bool same = true;
    for (std::size_t i = 0; i < kLength; ++i) same = same && bytes[to + i] == pattern(from + i);
    CHECK(same);
    CHECK(bytes[to + kLength] == pattern(to + kLength));
  }
}

TEST_CASE("bounds are checked before anything is written", "[runtime][bulk]") {
  const Instance instance = instantiate(kBulk);
  const std::span<std::uint8_t> bytes = instance.get_memory("m")->data();
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const Trap fill = must_trap(instance.get_func("fill")->call(three(size - 4, 1, 5)));
  CHECK(fill.kind() == TrapKind::OutOfBoundsMemoryAccess);
  CHECK(fill.detail().address == size - 4);
  CHECK(fill.detail().access_bytes == 5);
  CHECK(bytes[size - 4] == 0);
  must(instance.get_func("fill")->call(three(size, 1, 0)));
  CHECK_FALSE(instance.get_func("fill")->call(three(size + 1, 1, 0)).ok());
  CHECK_FALSE(instance.get_func("copy")->call(three(0, size, 1)).ok());
  CHECK_FALSE(instance.get_func("across")->call(three(131072, 0, 1)).ok());
  must(instance.get_func("fill")->call(three(10, 0xABCD, 3)));
  must(instance.get_func("across")->call(three(0, 9, 5)));
  const auto n = instance.get_memory("n")->data();
  CHECK(n[0] == 0);
  CHECK(n[1] == 0xCD);
  CHECK(n[3] == 0xCD);
  CHECK(n[4] == 0);
}

TEST_CASE("a dropped segment is empty", "[runtime][bulk]") {
  const Instance instance = instantiate(kBulk);
  must(instance.get_func("init")->call(three(5, 1, 4)));
  CHECK(must(instance.get_memory("m")->read_string_view(5, 4)) == "ello");
  CHECK_FALSE(instance.get_func("init")->call(three(5, 2, 4)).ok());
  must(instance.get_func("drop")->call({}));
  must(instance.get_func("drop")->call({}));
  must(instance.get_func("init")->call(three(5, 0, 0)));
  CHECK_FALSE(instance.get_func("init")->call(three(5, 0, 1)).ok());
}
