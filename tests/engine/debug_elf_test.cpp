// The files that debuggers are given, of both machines, read by another program.
#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "libwasmrt/engine/debug_elf.h"
#include "tests/jit/compile.h"
#include "tests/support/shell.h"
#include "tests/support/temporary_directory.h"

using namespace wasmrt;
using namespace wasmrt::engine;

namespace {

constexpr const char* kModule = R"((module
  (import "m" "f" (func $away (param i32)))
  (memory 1)
  (func $leaf (param i32) (result i32) (i32.div_s (local.get 0) (i32.load (local.get 0))))
  (func $calls (param i32 i32) (result i32) (local i32)
    (call $away (local.get 0))
    (if (i32.eqz (local.get 1)) (then (return (local.get 0))))
    (loop (local.set 2 (call $leaf (i32.add (local.get 0) (local.get 1)))) (br_if 0 (local.get 2)))
    (i32.mul (local.get 0) (local.get 1)))))";

std::string output_of(const std::string& command) { return test::shell(command).out; }

}  // namespace

TEST_CASE("debuggers get symbols and frames of either machine", "[engine][no-emulation]") {
  if (std::system("command -v readelf >/dev/null") != 0) SKIP("no readelf");
  const test::TemporaryDirectory folder;
  for (const jit::Target* target : {&jit::x64_target(), &jit::arm64_target()}) {
    test::Compiled c(test::wat(kModule));
    REQUIRE(c.checked.ok);
    c.context.target = target;
    c.context.options.frame_steps = true;
    std::vector<std::uint8_t> code;
    std::vector<DebugSymbol> symbols;
    std::vector<FrameStep> steps;
    for (const std::uint32_t index : {1u, 2u}) {
      REQUIRE(c.compile(index) == nullptr);
      const auto begin = static_cast<std::uint32_t>(code.size());
      symbols.push_back({begin, c.blob.code_bytes, index == 1 ? "wasm:leaf" : "wasm:calls"});
      // In order, inside the function, and what was left is entered again.
      bool left = false;
      std::uint32_t at = 0;
      for (FrameStep s : c.blob.frame_steps) {
        CHECK(s.at >= at);
        CHECK(s.at <= c.blob.code_bytes);
        at = s.at;
        if (s.kind == FrameStep::Kind::Back) CHECK(left);
        if (s.kind == FrameStep::Kind::Left) left = true;
        if (s.kind == FrameStep::Kind::Back) left = false;
        s.at += begin;
        steps.push_back(s);
      }
      code.insert(code.end(), c.blob.code.begin(), c.blob.code.end());
    }
    const std::vector<std::uint8_t> elf =
        make_debug_elf(*target, code.data(), code.size(), symbols, steps);
    const std::string path = folder / "code.elf";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(elf.data()), static_cast<std::streamsize>(elf.size()));
    const std::string text = output_of("readelf -hSsW --debug-dump=frames-interp '" + path + "'");
    INFO(text);
    const bool x64 = target == &jit::x64_target();
    CHECK(text.find(x64 ? "Advanced Micro Devices X86-64" : "AArch64") != text.npos);
    CHECK(text.find("FUNC    LOCAL  DEFAULT    1 wasm:leaf") != text.npos);
    CHECK(text.find("FUNC    LOCAL  DEFAULT    1 wasm:calls") != text.npos);
    CHECK(text.find(".debug_frame") != text.npos);
    // The frame with what it saves, and none.
    CHECK(text.find(x64 ? "rsp+8 " : "sp+0 ") != text.npos);
    char frame[64];
    std::snprintf(frame, sizeof frame, x64 ? "rsp+%d" : "sp+%d", c.blob.frame_bytes + 8);
    CHECK(text.find(frame) != text.npos);
    CHECK(text.find(x64 ? "rbx" : "x19") != text.npos);
    CHECK(text.find("arning") == text.npos);
    CHECK(text.find("rror") == text.npos);
    CHECK(text.find("corrupt") == text.npos);
  }
}
