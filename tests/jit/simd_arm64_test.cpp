// Vector instructions as arm64 code, on any host: nothing is declined, and the rows of vec_ops.def
// are what another assembler writes for their text (skipped where there is no llvm-mc).
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "jit/arm64/vec_ops.h"
#include "tests/jit/compile.h"
#include "tests/jit/simd_bodies.h"
#include "tests/support/temporary_directory.h"

using namespace wasmrt;
using namespace wasmrt::jit::arm64;

namespace {

constexpr const char* kTexts[] = {
#define VEC(Name, word, form, imm, bytes, text) text,
#include "jit/arm64/vec_ops.def"
#undef VEC
};

std::string with(std::string text, char name, unsigned value) {
  const std::string place = {'$', name};
  for (std::size_t at = text.find(place); at != text.npos; at = text.find(place)) {
    text.replace(at, 2, std::to_string(value));
  }
  return text;
}

/// The numbers an instruction takes.
std::vector<unsigned> numbers(const VecInfo& info) {
  std::vector<unsigned> all;
  const auto range = [&](unsigned from, unsigned to) {
    for (unsigned n = from; n < to; ++n) all.push_back(n);
  };
  const unsigned lanes = info.bytes == 0 ? 0 : 16u / info.bytes;
  switch (info.imm) {
    case VecImm::None: all.push_back(0); break;
    case VecImm::Left: range(0, 8u * info.bytes); break;
    case VecImm::Right: range(1, 8u * info.bytes + 1); break;
    case VecImm::Bytes: range(0, 16); break;
    case VecImm::Lane:
    case VecImm::MemLane: range(0, lanes); break;
    case VecImm::Lanes:
      for (unsigned to = 0; to < lanes; ++to) {
        for (unsigned from = 0; from < lanes; ++from) all.push_back(to | from << 4);
      }
  }
  return all;
}

}  // namespace

TEST_CASE("arm64: no vector op is declined", "[jit]") {
  for (const auto& bodies : {test::simd_op_bodies(), test::simd_sequence_bodies()}) {
    test::Compiled c(test::wat(test::simd_module(bodies)));
    REQUIRE(c.checked.ok);
    c.context.target = &jit::arm64_target();
    for (std::size_t n = 0; n < bodies.size(); ++n) {
      INFO(bodies[n].name);
      const char* why = c.compile(static_cast<std::uint32_t>(n));
      INFO((why == nullptr ? "" : why));
      CHECK(why == nullptr);
    }
  }
}

TEST_CASE("arm64: no extended operand is declined", "[jit]") {
  for (const char* body :
       {"(i64.add (local.get 1) (i64.extend_i32_u (local.get 0)))",
        "(i64.sub (local.get 1) (i64.shl (i64.extend_i32_s (local.get 0)) (i64.const 3)))",
        "(i64.extend_i32_u (i64.lt_u (local.get 1) (i64.extend_i32_s (local.get 0))))",
        "(i64.extend_i32_u (i32.add (local.get 0) (i32.extend8_s (local.get 0))))",
        "(i64.extend_i32_u (i32.trunc_f32_s (local.get 2)))",
        "(i64.load offset=100 (local.get 0))"}) {
    INFO(body);
    test::Compiled c(test::wat(std::string("(module (memory 1) (func (param i32 i64 f32) "
                                           "(result i64) ") +
                               body + "))"));
    REQUIRE(c.checked.ok);
    c.context.target = &jit::arm64_target();
    CHECK(c.compile() == nullptr);
  }
}

TEST_CASE("arm64: vector encodings are those of another assembler", "[jit][no-emulation]") {
  if (std::system("command -v llvm-mc-14 >/dev/null") != 0) SKIP("no llvm-mc-14");
  const test::TemporaryDirectory folder;
  const std::string source = folder / "a.s";
  std::vector<std::uint32_t> expected;
  {
    std::ofstream out(source);
    for (std::size_t k = 0; k < std::size(kTexts); ++k) {
      const VecInfo info = vec_info(static_cast<VecOp>(k));
      for (const unsigned n : numbers(info)) {
        const std::string text = kTexts[k];
        const bool lanes = info.imm == VecImm::Lanes;
        std::uint32_t word = vec_word(info, n) | 3 | 21 << 5;
        if (text.find("$2") != text.npos) word |= 30 << 16;
        expected.push_back(word);
        out << with(with(with(with(with(text, '0', 3), '1', 21), '2', 30), 'i', lanes ? n & 15 : n),
                    'j', n >> 4)
            << '\n';
      }
    }
  }
  FILE* pipe =
      popen(("llvm-mc-14 --triple=aarch64 --show-encoding " + source + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::vector<std::string> lines;
  std::vector<std::uint32_t> words;
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) {
    const std::string line = buffer;
    CHECK(line.find("error") == line.npos);
    const std::size_t at = line.find("encoding: [");
    if (at == line.npos) continue;
    unsigned bytes[4] = {};
    std::sscanf(line.c_str() + at, "encoding: [%x,%x,%x,%x]", &bytes[0], &bytes[1], &bytes[2],
                &bytes[3]);
    words.push_back(bytes[0] | bytes[1] << 8 | bytes[2] << 16 | bytes[3] << 24);
    lines.push_back(line.substr(0, at));
  }
  pclose(pipe);
  REQUIRE(words.size() == expected.size());
  for (std::size_t n = 0; n < words.size(); ++n) {
    INFO(lines[n]);
    CHECK(words[n] == expected[n]);
  }
}
