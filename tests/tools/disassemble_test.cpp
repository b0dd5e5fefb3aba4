// Disassembly: what is known, and the lengths of what is not.
#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "tools/wasmrt_objdump/disassemble.h"

using wasmrt::tools::CodeLine;
using wasmrt::tools::Disassembler;

namespace {

std::vector<CodeLine> lines(const char* machine, const std::vector<std::uint8_t>& code) {
  std::vector<CodeLine> out;
  Disassembler(machine).instructions(code, 0, static_cast<std::uint32_t>(code.size()), out);
  return out;
}

}  // namespace

TEST_CASE("instructions of both machines", "[tools][objdump]") {
  // add eax, dword ptr [r15 + rdi]; ret
  std::vector<CodeLine> x64 = lines("x64", {0x41, 0x03, 0x04, 0x3f, 0xc3});
  REQUIRE(x64.size() == 2);
  CHECK(x64[0].text == "add eax, dword ptr [r15 + rdi]");
  CHECK(x64[0].bytes == 4);
  CHECK(x64[1].offset == 4);
  CHECK(x64[1].text == "ret");
  // add w0, w1, w2
  std::vector<CodeLine> arm64 = lines("arm64", {0x20, 0x00, 0x02, 0x0b});
  REQUIRE(arm64.size() == 1);
  CHECK(arm64[0].text == "add w0, w1, w2");
}

TEST_CASE("unknown instructions keep their length", "[tools][objdump]") {
  // vpternlogq xmm1, xmm2, [rax + rcx*8 + 0x12345678], 0xca, then ret: whether the disassembler
  // knows it or not, the next instruction is found.
  std::vector<CodeLine> x64 =
      lines("x64", {0x62, 0xf3, 0xed, 0x08, 0x25, 0x8c, 0xc8, 0x78, 0x56, 0x34, 0x12, 0xca, 0xc3});
  REQUIRE(x64.size() == 2);
  CHECK(x64[0].bytes == 12);
  CHECK(x64[1].text == "ret");
  // vpermt2b xmm1, xmm2, xmm3; vpermt2b xmm1, xmm2, [rdi + 16]
  x64 = lines("x64",
              {0x62, 0xf2, 0x6d, 0x08, 0x7d, 0xcb, 0x62, 0xf2, 0x6d, 0x08, 0x7d, 0x4f, 0x01, 0xc3});
  REQUIRE(x64.size() == 3);
  CHECK(x64[0].bytes == 6);
  CHECK(x64[1].bytes == 7);
  CHECK(x64[2].text == "ret");
  // Nothing at all: a byte each; a prefix without the rest does not reach behind the end.
  x64 = lines("x64", {0x06, 0x06, 0xc3});
  REQUIRE(x64.size() == 3);
  CHECK(x64[0].text == ".byte 0x06");
  x64 = lines("x64", {0x62, 0xf3});
  REQUIRE(x64.size() == 2);
  // sdot v0.4s, v1.16b, v2.16b; ret
  std::vector<CodeLine> arm64 = lines("arm64", {0x20, 0x94, 0x82, 0x4e, 0xc0, 0x03, 0x5f, 0xd6});
  REQUIRE(arm64.size() == 2);
  CHECK(arm64[0].bytes == 4);
  CHECK(arm64[1].text == "ret");
  arm64 = lines("arm64", {0xff, 0xff});
  REQUIRE(arm64.size() == 1);
  CHECK(arm64[0].text == ".byte 0xff, 0xff");
}
