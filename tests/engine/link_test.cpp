// Calls in an image: to functions near by, to those without code, and to those out of reach.
#include "libwasmrt/engine/link.h"

#include <catch2/catch_test_macros.hpp>
#include <cstring>

#include "jit/call_tables.h"
#include "jit/target.h"

using namespace wasmrt;
using namespace wasmrt::engine;

namespace {

constexpr std::uint32_t kBl = 0x94000000;

std::uint32_t word_at(const LinkedImage& image, std::uint32_t at) {
  std::uint32_t word = 0;
  REQUIRE(at + 4 <= image.code.size());
  std::memcpy(&word, image.code.data() + at, 4);
  return word;
}

/// Where an arm64 call goes.
std::uint32_t target_of(const LinkedImage& image, std::uint32_t at) {
  const std::uint32_t word = word_at(image, at);
  REQUIRE((word & 0xFC000000) == kBl);
  const auto words = static_cast<std::int32_t>(word << 6) >> 6;
  return at + 4 * static_cast<std::uint32_t>(words);
}

/// A function of so many bytes that begins with calls.
CompiledFunc function(std::size_t bytes, const std::vector<std::uint32_t>& callees) {
  CompiledFunc f;
  f.blob.code.resize(bytes);
  for (std::uint32_t n = 0; n < callees.size(); ++n) {
    std::memcpy(f.blob.code.data() + std::size_t{4} * n, &kBl, 4);
    f.blob.calls.push_back({4 * n, callees[n]});
  }
  return f;
}

LinkedImage link(const std::vector<CompiledFunc>& all) {
  engine::Linker linker(jit::arm64_target(), 0, all.size());
  for (const CompiledFunc& f : all) linker.add(f);
  return linker.finish();
}

}  // namespace

TEST_CASE("calls out of reach go through thunks near by", "[engine][link]") {
  const jit::Target& target = jit::arm64_target();
  std::vector<CompiledFunc> all;
  all.push_back(function(64, {1, 3, 4}));
  all.push_back(function(64, {}));
  all.push_back(function(target.call_reach + 64, {}));
  all.push_back(function(64, {0, 1, 4}));
  all.push_back(function(0, {}));
  all.back().declined = "for this test";
  const LinkedImage image = link(all);

  REQUIRE(image.entries.size() == 5);
  CHECK(image.entries[4] == kNoCode);
  const auto thunk = [&](std::uint32_t at, std::uint32_t callee) {
    const std::vector<std::uint8_t> code = target.make_thunk(callee);
    REQUIRE(at + code.size() <= image.code.size());
    return std::memcmp(image.code.data() + at, code.data(), code.size()) == 0;
  };
  CHECK(target_of(image, 0) == image.entries[1]);
  CHECK(thunk(target_of(image, 4), 3));
  CHECK(thunk(target_of(image, 8), 4));
  const std::uint32_t last = image.entries[3];
  CHECK(last > target.call_reach);
  CHECK(thunk(target_of(image, last), 0));
  CHECK(thunk(target_of(image, last + 4), 1));
  CHECK(thunk(target_of(image, last + 8), 4));
}

TEST_CASE("calls in a small image are direct", "[engine][link]") {
  const LinkedImage image = link({function(64, {1, 0}), function(32, {0})});
  CHECK(image.code.size() == 97);
  CHECK(target_of(image, 0) == 64);
  CHECK(target_of(image, 4) == 0);
  CHECK(target_of(image, 64) == 0);
}

TEST_CASE("direct calls go to lines of the instruction cache", "[engine][link]") {
  const jit::Target& target = jit::arm64_target();
  std::vector<CompiledFunc> all;
  for (const std::uint32_t entry : {32u, 16u, 0u, 32u}) {
    all.push_back(function(100, {0, 1, 2, 3}));
    all.back().blob.entry = entry;
  }
  const LinkedImage image = link(all);
  for (std::uint32_t n = 0; n < 4; ++n) {
    const std::uint32_t to = target_of(image, image.entries[1] + 4 * n);
    CHECK(to % target.function_align == 0);
    CHECK(to == image.entries[n] + all[n].blob.entry);
  }
}

TEST_CASE("tables of code lie behind the functions", "[engine][link]") {
  const jit::Target& target = jit::arm64_target();
  std::vector<CompiledFunc> all;
  for (int n = 0; n < 3; ++n) all.push_back(function(64, {}));
  all[0].blob.entry = 16;
  constexpr std::uint32_t kAddress[] = {0x90000003, 0x91000063};  // adrp x3, 0; add x3, x3, 0
  std::memcpy(all[1].blob.code.data() + 8, kAddress, sizeof kAddress);
  all[1].blob.tables.push_back({8, 1});
  all[2].declined = "for this test";
  const std::vector<jit::CallTable> tables = {
      {{0}, false}, {{jit::CallTable::kNone, 0, 1, 2, 2}, true}, {{1}, false}};
  engine::Linker linker(target, 0, all.size(), tables);
  for (const CompiledFunc& f : all) linker.add(f);
  const LinkedImage image = linker.finish();

  const std::uint32_t site = image.entries[1] + 8;
  const std::uint32_t table = word_at(image, site + 4) >> 10 & 0xFFF;
  CHECK(word_at(image, site) == kAddress[0]);  // within the same 4096 bytes
  CHECK(word_at(image, site + 4) == (kAddress[1] | table << 10));
  CHECK(word_at(image, table) == ~0u);  // leads to what traps
  CHECK(image.code[table - 1] == 0xCC);
  CHECK(table + word_at(image, table + 4) == image.entries[0] + 16);
  CHECK(table + word_at(image, table + 8) == image.entries[1]);
  const std::uint32_t thunk = table + word_at(image, table + 12);
  CHECK(table + word_at(image, table + 16) == thunk);
  const std::vector<std::uint8_t> code = target.make_thunk(2);
  REQUIRE(thunk + code.size() <= table);
  CHECK(std::memcmp(image.code.data() + thunk, code.data(), code.size()) == 0);
  CHECK(image.code.size() == table + 5 * 4 + 1);  // nobody names the others
}

TEST_CASE("the address of a table of code in pages", "[engine][link]") {
  std::vector<std::uint8_t> code(0x5000);
  constexpr std::uint32_t kAddress[] = {0x90000003, 0x91000063};
  for (const std::uint32_t site : {0x0u, 0xFF8u, 0x1234u}) {
    std::memcpy(code.data() + site, kAddress, sizeof kAddress);
    jit::arm64_target().patch_table(code.data(), site, 0x4ABC);
    std::uint32_t words[2] = {};
    std::memcpy(words, code.data() + site, sizeof words);
    const std::uint32_t pages = (words[0] >> 29 & 3) | (words[0] >> 5 & 0x7FFFF) << 2;
    CHECK((site & ~0xFFFu) + (pages << 12) + (words[1] >> 10 & 0xFFF) == 0x4ABC);
  }
  std::uint32_t distance = 0;
  jit::x64_target().patch_table(code.data(), 3, 0x4ABC);
  std::memcpy(&distance, code.data() + 3, 4);
  CHECK(3 + 4 + distance == 0x4ABC);
}
