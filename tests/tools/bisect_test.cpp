// tools/bisect as a process: it names a fault that was planted, accuses nobody without one, and
// always ends. And what --engine=compare compares.
#include <catch2/catch_test_macros.hpp>

#include <string>

#include "tests/support/shell.h"
#include "tests/support/temporary_directory.h"

using wasmrt::test::Ran, wasmrt::test::TemporaryDirectory;

namespace {

// Function 1 writes to a memory that nobody exports what function 0 adds up.
constexpr const char* kAdds = R"((module
  (memory 1)
  (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $keep (param i32 i32)
    (i32.store (i32.const 100) (call $add (local.get 0) (local.get 1))))
  (func (export "_start") (call $keep (i32.const 5) (i32.const 3)))))";

struct Desk {
  TemporaryDirectory folder;

  Ran shell(const std::string& command) const {
    return wasmrt::test::shell(command, folder.path());
  }
  Ran bisect(const std::string& arguments, const std::string& compile = "") const {
    return shell("WASMRT_COMPILE=" + compile +
                 " " WASMRT_SOURCE "/tools/bisect --run=" WASMRT_RUN " " + arguments);
  }
  Ran compare(const std::string& arguments, const std::string& compile = "") const {
    return shell("WASMRT_COMPILE=" + compile + " " WASMRT_RUN " --engine=compare " + arguments);
  }
};

bool has(const Ran& ran, const char* text) { return ran.out.find(text) != std::string::npos; }

}  // namespace

TEST_CASE("bisect finds a planted fault, and nothing where there is none",
          "[tools][bisect][no-emulation]") {
  Desk desk;
  desk.folder.write("adds.wat", kAdds);
  const Ran found = desk.bisect("adds.wat", "plant=0");
  INFO(found.out);
  CHECK(found.code == 1);
  CHECK(has(found, "memory 0 at 0x64: 0x8 and 0x2\n"));
  CHECK(has(found, "function 0\n"));
  const Ran none = desk.bisect("adds.wat");
  CHECK(none.code == 0);
  CHECK(none.out == "the engines agree\n");
  CHECK(desk.bisect("nosuch.wasm").code == 2);
  desk.folder.write("bad.wat", "(module (func (result i32)))");
  CHECK(desk.bisect("bad.wat").code == 2);
}

TEST_CASE("what ends engines at different points accuses nobody", "[tools][bisect][no-emulation]") {
  Desk desk;
  desk.folder.write("forever.wat", "(module (func (export \"_start\") (loop (br 0))))");
  desk.folder.write("deep.wat", R"((module
    (func $f (param i32) (result i32)
      (i32.add (call $f (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
    (func (export "_start") (drop (call $f (i32.const 60))))))");
  for (const auto& [arguments, kind] :
       {std::pair{"--timeout=50ms forever.wat", "deadline exceeded"},
        {"deep.wat", "call stack exhausted"}}) {
    const Ran compared = desk.compare(arguments);
    INFO(arguments << "\n" << compared.out);
    CHECK(compared.code == 134);
    CHECK(has(compared, kind));
    CHECK_FALSE(has(compared, "differ after"));
    const Ran found = desk.bisect(arguments);
    INFO(found.out);
    CHECK(found.code == 0);
    CHECK(has(found, kind));
    CHECK_FALSE(has(found, "function"));
  }
}

TEST_CASE("compare sees memories, globals and tables that nobody exports",
          "[tools][compare][no-emulation]") {
  Desk desk;
  const auto differs = [&](const char* fields, const char* body, const char* text) {
    desk.folder.write("one.wat", std::string("(module ") + fields + R"(
      (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "_start") )" + body +
                                     "))");
    const Ran wrong = desk.compare("one.wat", "plant=0");
    INFO(wrong.out);
    CHECK(wrong.code == 3);
    CHECK(has(wrong, text));
    CHECK(desk.compare("one.wat").code == 0);
  };
  constexpr const char* kSum = "(call $add (i32.const 5) (i32.const 3))";
  const std::string sum(kSum);
  differs("(global $g (mut i32) (i32.const 0))", ("(global.set $g " + sum + ")").c_str(),
          "global 0: 8 and 2\n");
  differs("(memory 1) (memory 1)", ("(i32.store8 1 (i32.const 9) " + sum + ")").c_str(),
          "memory 1 at 0x9: 0x8 and 0x2\n");
  differs("(table $t 10 funcref) (elem declare func $add)",
          ("(table.set $t " + sum + " (ref.func $add))").c_str(),
          "table 0 at 2: null and a reference\n");
  differs("(table $t 1 funcref)", ("(drop (table.grow $t (ref.null func) " + sum + "))").c_str(),
          "table 0 has 9 and 3 elements\n");
}
