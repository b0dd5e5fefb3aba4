// wasmrt-objdump as a process: what it prints for both machines and for images, and what it
// refuses.
#include <catch2/catch_test_macros.hpp>

#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/shell.h"
#include "tests/support/temporary_directory.h"

using wasmrt::test::Ran, wasmrt::test::TemporaryDirectory;

namespace {

constexpr const char* kModule = R"((module
  (import "m" "f" (func $away (param i32)))
  (memory (export "memory") 1)
  (table 4 funcref)
  (func $sum (export "total") (param $at i32) (param $n i32) (result i32)
    (local $s i32)
    (loop $next
      (local.set $s (i32.add (local.get $s) (i32.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func $divide (param i32 i32) (result i32)
    (call $away (local.get 0))
    (i32.div_s (call $sum (local.get 0) (local.get 1)) (local.get 1)))
  (func $switch (param i32) (result i32)
    (block (block (block (block (block
      (br_table 0 1 2 3 4 (local.get 0)))
      (return (i32.const 10))) (return (i32.const 21))) (return (i32.const 35))) (return (i32.const 47)))
    (call_indirect (param i32) (result i32) (local.get 0) (local.get 0)))
  (func $vector (param v128 v128) (result v128)
    (i8x16.shuffle 0 16 2 18 4 20 6 22 8 24 10 26 12 28 14 30
      (v128.bitselect (local.get 0) (local.get 1) (v128.const i64x2 0x123456789abcdef 5))
      (i64x2.mul (local.get 0) (local.get 1))))))";

struct Desk {
  TemporaryDirectory folder;
  Desk() { folder.write("m.wat", kModule); }

  Ran run(const std::string& words, const char* program = WASMRT_OBJDUMP) const {
    return wasmrt::test::shell("'" + std::string(program) + "' " + words, folder.path());
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The line that has all of these, in this order.
bool has_row(const std::string& text, const std::vector<std::string>& parts) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::size_t at = 0;
    for (const std::string& part : parts) {
      at = line.find(part, at);
      if (at == line.npos) break;
      at += part.size();
    }
    if (at != line.npos) return true;
  }
  return false;
}

/// Offsets and sizes of the lines of code that `--stages=asm --show-raw-insn` prints; each must
/// begin where the one before ended. Returns the end, or 0.
std::size_t contiguous(const std::string& text) {
  std::istringstream lines(text);
  std::size_t next = 0;
  for (std::string line; std::getline(lines, line);) {
    std::size_t offset = 0;
    int used = 0;
    if (std::sscanf(line.c_str(), " %zx: %n", &offset, &used) < 1 || used == 0) continue;
    if (offset != next) return 0;
    const auto digit = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    for (const char* at = line.c_str() + used; digit(at[0]) && digit(at[1]) && at[2] == ' ';
         at += 3) {
      ++next;
    }
  }
  return next;
}

}  // namespace

TEST_CASE("forms of a function stand beside each other", "[tools][objdump][no-emulation]") {
  const Desk desk;
  Ran ran = desk.run("--arch=x64 --cpu=x86-64-v3 -f sum m.wat");
  CHECK(ran.code == 0);
  CHECK(has_row(ran.out, {"wasm", "opt", "regalloc", "asm"}));
  CHECK(has_row(ran.out, {"i32.add", "add.i32", "add.4", "add eax, dword ptr [r15 + rdi]"}));
  CHECK(has(ran.out, "; may fault @0x"));
  CHECK(has(ran.out, "func 1 $\"sum\": "));
  CHECK(!has(ran.out, "divide"));
  ran = desk.run("-m arm64 -f 1 m.wat");
  CHECK(ran.code == 0);
  CHECK(has_row(ran.out, {"i32.add", "add.i32", "add", "add w"}));
  CHECK(has_row(ran.out, {"ldr w", "[x28, w0, uxtw]", "; may fault @0x"}));

  // Calls of the module, imports, traps, tables of jumps.
  ran = desk.run("--arch=x64 --cpu=min --stages=wasm,asm --function=divide,3 m.wat");
  CHECK(ran.code == 0);
  CHECK(has_row(ran.out, {"call $\"sum\"", "; call @0x", "; -> func $\"sum\""}));
  CHECK(has(ran.out, "; trap: integer divide by zero @0x"));
  CHECK(has(ran.out, "func 3 $\"switch\""));
  CHECK(has(ran.out, ".byte 0x"));
  CHECK(!has(ran.out, "add.i32"));
  // All stages, one after the other.
  ran = desk.run("--stages=all --layout=list --function=total m.wat");
  CHECK(ran.code == 0);
  std::size_t at = 0;
  for (const char* stage :
       {"-- wasm\n", "-- ir\n", "-- opt\n", "-- lower\n", "-- regalloc\n", "-- asm\n"}) {
    at = ran.out.find(stage, at);
    INFO(stage);
    CHECK(at != std::string::npos);
  }
  CHECK(has(ran.out, "(local i32)"));
}

TEST_CASE("every byte of code is printed once, for either machine",
          "[tools][objdump][no-emulation]") {
  const Desk desk;
  for (const char* arch : {"x64", "arm64"}) {
    for (const char* cpu : {"min", "x86-64-v4", "min,+lse,+dotprod"}) {
      if ((std::string(cpu) == "x86-64-v4") != (std::string(arch) == "x64") &&
          std::string(cpu) != "min") {
        continue;
      }
      for (const char* function : {"1", "2", "3", "4"}) {
        const std::string words = std::string("--stages=asm --show-raw-insn --arch=") + arch +
                                  " --cpu=" + cpu + " -f " + function + " m.wat";
        const Ran ran = desk.run(words);
        INFO(words << "\n" << ran.out);
        CHECK(ran.code == 0);
        unsigned code = 0;
        unsigned data = 0;
        const std::size_t head = ran.out.find(" bytes of wasm, ");
        REQUIRE(head != std::string::npos);
        const std::string machine = std::string(" bytes of wasm, %u of ") + arch + " code, %u of";
        CHECK(std::sscanf(ran.out.c_str() + head, machine.c_str(), &code, &data) == 2);
        CHECK(code != 0);
        CHECK(contiguous(ran.out) == code + data);
      }
    }
  }
}

TEST_CASE("images are looked at as they are", "[tools][objdump][no-emulation]") {
  const Desk desk;
  const std::string made = "--cache=cache -o m.cwasm m.wat";
  const Ran compiled = desk.run(made, WASMRT_COMPILE_EXE);
  if (compiled.code != 0 && has(compiled.out, "no compiler")) SKIP("no compiler for this machine");
  REQUIRE(compiled.code == 0);
  Ran ran = desk.run("m.cwasm");
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "i32.load"));
  CHECK(has(ran.out, "; may fault @0x"));
  CHECK(has(ran.out, "; trap: integer divide by zero @0x"));
  CHECK(!has_row(ran.out, {"wasm", "opt"}));
  // Function by function the same code as when it is compiled now, but for the calls of the linker.
  const Ran one = desk.run("--stages=asm --show-raw-insn -f sum m.cwasm");
  CHECK(contiguous(one.out) > 0);
  const Ran again = desk.run("--stages=asm --show-raw-insn --recompile -f sum m.cwasm");
  const auto body = [](const std::string& text) { return text.substr(text.find(" code, ")); };
  CHECK(body(one.out).substr(0, 2000) == body(again.out).substr(0, 2000));
  // Calls count from the function's start as everything else, and are named.
  ran = desk.run("--stages=asm -f divide m.cwasm");
  CHECK(has(ran.out, "; -> func $\"sum\""));
  ran = desk.run("-t m.cwasm");
  CHECK(has_row(ran.out, {"index", "wasm", "code", "data", "frame", "name"}));
  CHECK(has_row(ran.out, {"1", "$\"sum\""}));
  CHECK(desk.run("--recompile --arch=arm64 --stages=opt,asm -f sum m.cwasm").code == 0);
  // It need not be authentic, but whole.
  std::string bytes = desk.folder.read("m.cwasm");
  desk.folder.write("cut.cwasm", bytes.substr(0, bytes.size() - 1));
  ran = desk.run("cut.cwasm");
  CHECK(ran.code == 1);
  CHECK(has(ran.out, "cut.cwasm: a damaged image"));
}

TEST_CASE("damaged images end in an error or in a listing", "[tools][objdump][no-emulation]") {
  const Desk desk;
  if (desk.run("--cache=cache -o m.cwasm m.wat", WASMRT_COMPILE_EXE).code != 0) {
    SKIP("no compiler for this machine");
  }
  const std::string whole = desk.folder.read("m.cwasm");
  std::uint32_t random = 12345;
  const auto next = [&](std::uint32_t below) {
    random = random * 1664525 + 1013904223;
    return static_cast<std::uint32_t>(std::uint64_t{random} * below >> 32);
  };
  for (int round = 0; round < 60; ++round) {
    std::string bytes = whole;
    for (int n = 0; n < 3; ++n) {
      // The header as often as all the rest.
      const std::uint32_t at =
          next(2) == 0 ? next(256) : next(static_cast<std::uint32_t>(bytes.size()));
      bytes[at] = static_cast<char>(next(256));
    }
    desk.folder.write("bad.cwasm", bytes);
    const Ran ran = desk.run("bad.cwasm");
    INFO(round << "\n" << ran.out);
    CHECK((ran.code == 0 || ran.code == 1 || ran.code == 2));
  }
}

TEST_CASE("what is nested deeply is no longer than what is not", "[tools][objdump][no-emulation]") {
  const Desk desk;
  constexpr int kDeep = 4000;
  std::string deep = "(module (func (param i32)";
  for (int n = 0; n < kDeep; ++n) deep += " loop";
  for (int n = 0; n < kDeep; ++n) deep += " local.get 0 br_if 0 end";
  desk.folder.write("deep.wat", deep + "))");
  // Indented without end this were 64 MB.
  const Ran wasm = desk.run("--stages=wasm --layout=list deep.wat");
  CHECK(wasm.code == 0);
  CHECK(wasm.out.size() < std::size_t{4} << 20);
  const Ran table = desk.run("-t --verify deep.wat");
  CHECK(table.code == 0);
  CHECK(table.out.size() < 1000);
  const Ran code = desk.run("--stages=asm deep.wat");
  CHECK(code.code == 0);
  CHECK_FALSE(has(code.out, "loop"));
}

TEST_CASE("what wasmrt-objdump refuses", "[tools][objdump][no-emulation]") {
  const Desk desk;
  desk.folder.write("bad.wat", "(module (func (result i32)))");
  const struct {
    const char* words;
    int code;
    const char* says;
  } all[] = {
      {"", 2, "file is required"},
      {"--stages=nothing m.wat", 2, "'nothing' is none of wasm ir opt lower regalloc asm all"},
      {"--arch=mips m.wat", 2, "mips"},
      {"--arch=x64 --cpu=fast m.wat", 2, "\"fast\" is none of"},
      {"-f 9 m.wat", 1, "there is no function 9; the module has 5"},
      {"-f nobody m.wat", 1, "there is no function 'nobody'"},
      {"-f away m.wat", 1, "function away is imported"},
      {"-f 0 m.wat", 1, "function 0 is imported"},
      {"bad.wat", 1, "bad.wat: validation error: type mismatch"},
      {"absent.wasm", 1, "absent.wasm: No such file"},
  };
  for (const auto& e : all) {
    const Ran ran = desk.run(e.words);
    INFO("wasmrt-objdump " << e.words << "\n" << ran.out);
    CHECK(ran.code == e.code);
    CHECK(has(ran.out, e.says));
  }
  const Ran help = desk.run("--help");
  CHECK(help.code == 0);
  for (const char* option : {"--function", "--stages", "--arch", "--machine", "--cpu", "--layout",
                             "--show-raw-insn", "--syms", "--recompile", "--verify"}) {
    CHECK(has(help.out, option));
  }
}
