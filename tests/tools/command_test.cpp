// wasmrt-run as a process: exit codes, and what it says where.
#include <catch2/catch_test_macros.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/support/shell.h"
#include "tests/support/temporary_directory.h"

using wasmrt::test::Ran, wasmrt::test::TemporaryDirectory;

namespace {

constexpr const char* kMath = R"((module
  (memory 1)
  (func (export "add") (param i32 i64) (result i32 i64) (local.get 0) (local.get 1))
  (func $load (export "load") (drop (i32.load (i32.const 70000))))
  (func (export "spin") (loop (br 0)))))";

// Writes six bytes four times.
constexpr const char* kChatty = R"((module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00") (data (i32.const 16) "hello\n")
  (func (export "_start") (local i32)
    (loop
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
      (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 4))))))";

constexpr const char* kExit = R"((module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "_start") (call $exit (i32.const 42)))
  (func (export "other") (call $exit (i32.const 7)))))";

struct Desk {
  TemporaryDirectory folder;

  Desk() {
    folder.write("math.wat", kMath);
    folder.write("chatty.wat", std::string(kChatty) + ")");
    folder.write("exit.wat", kExit);
    folder.write("invalid.wat", "(module (func (result i32)))");
    folder.write("gc.wat",
                 "(module (type (array i32)) (func (drop (array.new_default 0 (i32.const 1)))))");
    folder.write(
        "wants.wat",
        "(module (import \"a\" \"b\" (func (param i32))) (import \"a\" \"c\" (memory 1)))");
    folder.write("component.wasm", std::string("\0asm\x0d\0\1\0", 8));
    folder.write("elf", std::string("\x7f"
                                    "ELF\2\1\1\0\0\0",
                                    10));
    folder.write("empty.wat", "");
    folder.write("locked.wat", "(module)");
    chmod((folder / "locked.wat").c_str(), 0);
    folder.write("colour.wat", "(module (func $\"a\\1b[31m\" (export \"f\") unreachable))");
  }

  Ran run(const std::string& words) const { return shell("'" WASMRT_RUN "' " + words); }
  Ran shell(const std::string& words) const { return wasmrt::test::shell(words, folder.path()); }
};

struct Expectation {
  const char* words;
  int code;
  const char* says;
};

}  // namespace

#if WASMRT_HAS_JIT && defined(__x86_64__)
TEST_CASE("why functions are not compiled is counted and shown", "[tools][no-emulation]") {
  const Desk desk;
  // Loops in loops, all of which assign all locals.
  constexpr int kLoops = 500;
  std::string many = "(module (func (export \"f\") (param i32) (local";
  for (int n = 0; n < kLoops; ++n) many += " i32";
  many += ")";
  for (int n = 0; n < kLoops; ++n) many += " loop";
  for (int n = 1; n < kLoops; ++n) {
    const std::string local = std::to_string(n);
    many += "(local.set " + local + " (i32.add (local.get " + local + ") (i32.const 1)))";
  }
  for (int n = 0; n < kLoops; ++n) many += "(br_if 0 (local.get 0)) end ";
  desk.folder.write("many.wat", many + "))");
  const std::string text = "\ndeclined 1: too many values cross branches and calls\n";
  const std::string options = " --engine=jit --cache=cache --invoke=f many.wat 0";
  for (const char* cache : {"stored", "hit"}) {  // made, then from the cache
    const Ran ran = desk.run("--stats" + options);
    INFO(ran.out);
    CHECK(ran.code == 0);
    CHECK(ran.out.find("declined                    1\n") != std::string::npos);
    CHECK(ran.out.find(text) != std::string::npos);
    CHECK(ran.out.find(std::string("code cache       ") + cache) != std::string::npos);
  }
  CHECK(desk.run("--stats=json" + options)
            .out.find("{\"too many values cross branches and calls\":1}") != std::string::npos);
}

TEST_CASE("large functions with simply allocated registers are counted", "[tools][no-emulation]") {
  const Desk desk;
  std::string large = "(module (func (export \"f\") (param i32) (result i32)";
  for (int n = 0; n < 70'000; ++n) {
    large += "(local.set 0 (i32.mul (i32.xor (local.get 0) (i32.const 7)) (local.get 0)))";
  }
  desk.folder.write("large.wat", large + "(local.get 0)) (func))");
  const Ran ran = desk.run("--stats --engine=jit --invoke=f large.wat 3");
  INFO(ran.out);
  CHECK(ran.code == 0);
  CHECK(ran.out.find("\nsimply allocated            1\n") != std::string::npos);
}

TEST_CASE("functions compiled in sections are counted", "[tools][no-emulation]") {
  const Desk desk;
  std::string giant = "(module (func (export \"f\") (param i32) (result i32) local.get 0";
  for (int n = 0; n < 100'000; ++n) giant += " i32.ctz i32.clz i32.popcnt";
  desk.folder.write("giant.wat", giant + ") (func))");
  for (const char* cache : {"stored", "hit"}) {
    const Ran ran = desk.run("--stats --engine=jit --cache=cache --invoke=f giant.wat 3");
    INFO(ran.out);
    CHECK(ran.code == 0);
    CHECK(ran.out.find("\nin sections                 1\n") != std::string::npos);
    CHECK(ran.out.find(std::string("code cache       ") + cache) != std::string::npos);
  }
}

TEST_CASE("the interpreter's process maps no code", "[tools][no-emulation]") {
  const Desk desk;
  // What may be run and is no file of the program or its libraries, while the guest runs.
  const auto code = [&](const std::string& engine) {
    const Ran ran =
        desk.shell(WASMRT_RUN " --engine=" + engine +
                   " --timeout=60s --invoke=spin math.wat & p=$!; "
                   "while [ $(cut -d' ' -f14 /proc/$p/stat) -lt 20 ]; do sleep 0.05; done; "
                   "grep ' ..x. ' /proc/$p/maps | grep -v '\\.so\\|wasmrt-run\\|\\[v'; kill $p");
    return ran.out;
  };
  CHECK(code("interp").empty());
  CHECK_FALSE(code("jit").empty());
}

TEST_CASE("engines are compared in step", "[tools][compare]") {
  const Desk desk;
  desk.folder.write("sum.wat", R"((module
    (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\06\00\00\00") (data (i32.const 16) "hello\n")
    (func $say (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))))
    (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "_start") (call $say)
      (i32.store (i32.const 100) (call $add (i32.const 5) (i32.const 3))) (call $say))))");
  Ran ran = desk.run("--engine=compare sum.wat");
  CHECK(ran.code == 0);
  CHECK(ran.out == "hello\nhello\n");
  CHECK(desk.run("--engine=compare exit.wat").code == 42);
  CHECK(desk.run("--engine=compare --invoke=add math.wat 1 -2").out == "1\n-2\n");
  ran = desk.run("--engine=compare --invoke=load math.wat");
  CHECK(ran.code == 134);
  CHECK(ran.out.find("out of bounds memory access") ==
        ran.out.rfind("out of bounds memory access"));
  // A fault that was put in on purpose is seen at the next host call; not when it is left out.
  setenv("WASMRT_COMPILE", "plant=2", 1);
  ran = desk.run("--engine=compare sum.wat");
  CHECK(ran.code == 3);
  CHECK(ran.out.find("differ after 1 host calls:\n  memory 0 at 0x64: 0x8 and 0x2\n") !=
        std::string::npos);
  setenv("WASMRT_COMPILE", "plant=2,-plant-fault", 1);
  CHECK(desk.run("--engine=compare sum.wat").code == 0);
  setenv("WASMRT_COMPILE", "plant=2,func=0-1", 1);
  CHECK(desk.run("--engine=compare sum.wat").code == 0);
  setenv("WASMRT_COMPILE", "-nothing", 1);
  ran = desk.run("--engine=compare sum.wat");
  CHECK(ran.code == 2);
  CHECK(
      ran.out.find("\"-nothing\" is none of func=A-B stubs=A-B sections=N plant=N -plant-fault") !=
      std::string::npos);
  unsetenv("WASMRT_COMPILE");
}

TEST_CASE("code can be measured without its polls", "[tools]") {
  const Desk desk;
  desk.folder.write("loop.wat", R"((module (func (export "f") (param i32) (result i32)
    (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))))");
  setenv("WASMRT_DUMP", "regalloc", 1);
  const Ran with = desk.run("--engine=jit --no-cache --invoke=f loop.wat 4");
  setenv("WASMRT_COMPILE", "-polls", 1);
  const Ran without = desk.run("--engine=jit --no-cache --invoke=f loop.wat 4");
  unsetenv("WASMRT_COMPILE");
  unsetenv("WASMRT_DUMP");
  CHECK(with.out.find("poll") != std::string::npos);
  CHECK(without.out.find("poll") == std::string::npos);
  CHECK(without.out.find("\n10\n") != std::string::npos);
}
#endif

TEST_CASE("exit codes of wasmrt-run, and what it says", "[tools][no-emulation]") {
  const Desk desk;
  const Expectation all[] = {
      {"--invoke=add math.wat 1 -2", 0, "1\n-2\n"},
      {"--invoke add math.wat 1 -2", 0, "1\n-2\n"},
      {"--stdout-cap=8 chatty.wat", 0,
       "hello\nhewasmrt-run: output cap exceeded: 2 writes refused, 16 bytes in all\n"},
      {"--stats --stdout-cap=8 chatty.wat", 0, "\nrefused writes              2\n"},
      {"--stats=json chatty.wat", 0, "\"stdout_bytes\":24,"},
      {"--stats=json chatty.wat", 0, ",\"declined_by_reason\":{},"},
      {"--stats chatty.wat", 0, "\nsimply allocated            0\n"},
      {"--stats chatty.wat", 0, "\nin sections                 0\n"},
      {"exit.wat", 42, ""},
      {"--start other exit.wat", 7, ""},
      {"--preload a=math.wat exit.wat --bogus", 42, ""},
      // What the module lacks or breaks: 1.
      {"invalid.wat", 1, "wasmrt-run: invalid.wat: validation error: type mismatch"},
      {"component.wasm", 1, "invalid Wasm binary: this is a WebAssembly component"},
      {"elf", 1, "invalid Wasm binary: magic header not detected"},
      {"empty.wat", 1, "invalid Wasm binary: the file is empty"},
      {"gc.wat", 1, "not executable yet: array.new_default"},
      {"wants.wat", 1,
       "wants.wat: import not found: a.b: expected func (i32) -> ()\n"
       "import not found: a.c: expected memory"},
      {"--preload a=math.wat wants.wat", 1, "import not found: a.b"},
      {"--features=wasm1 --invoke=add math.wat 1 2", 1, "feature not enabled: multi-value"},
      {"--max-memory=1K math.wat", 1, "memory size exceeds limit: 65536 bytes wanted, 0 allowed"},
      {"--invoke=nothing math.wat", 1, "no exported function 'nothing'"},
      {"--start=nothing math.wat", 1, "no exported function 'nothing'"},
      // Bad usage: 2.
      {"", 2, "no FILE given"},
      {"--bogus math.wat", 2, "unknown option --bogus"},
      {"--timeout=50 --invoke=spin math.wat", 2, "expected a duration with its unit"},
      {"--invoke=add math.wat 1", 2, "expected 2 arguments, found 1"},
      {"--invoke=add math.wat x 1", 2, "argument 1: expected i32, found 'x'"},
      {"--engine=fast math.wat", 2, "expected auto, interp, jit or compare"},
      {"--features=wasm9 math.wat", 2, "unknown feature \"wasm9\""},
      {"--dir=/ math.wat", 2, "--allow-root-mount"},
      {"--dir=absent math.wat", 2, "cannot mount absent: No such file or directory"},
      {"--clock=fixed:now math.wat", 2, "expected a duration"},
      {"--random-seed=x math.wat", 2, "expected a number"},
      {"--stdout-cap=x math.wat", 2, "expected a size"},
      {"--preload math.wat math.wat", 2, "expected NAME=FILE"},
      {"--env =x math.wat", 2, "expected NAME[=VALUE]"},
      {"--trace=nothing math.wat", 2, "unknown stage"},
      {"--listen=nowhere math.wat", 2, "--listen nowhere"},
      // Files that are not there, or cannot be read.
      {"absent.wasm", 127, "absent.wasm: No such file or directory"},
      {".", 126, "Is a directory"},
      // Traps and deadlines: 134 and a backtrace.
      {"--invoke=load math.wat", 134,
       "wasmrt-run: trap: out of bounds memory access: at 0x11170, size 65536\n  0: load @ 0x"},
      {"--timeout=20ms --invoke=spin math.wat", 134, "trap: deadline exceeded\n  0: spin @ 0x"},
      {"--invoke=f colour.wat", 134, "\n  0: a\\x1b[31m @ 0x"},
  };
  for (const Expectation& e : all) {
    const Ran ran = desk.run(e.words);
    INFO("wasmrt-run " << e.words << "\n" << ran.out);
    CHECK(ran.code == e.code);
    CHECK(ran.out.find(e.says) != std::string::npos);
  }
  if (geteuid() != 0) CHECK(desk.run("locked.wat").code == 126);
}

TEST_CASE("help and version go to standard output", "[tools][no-emulation]") {
  const Desk desk;
  const Ran help = desk.run("--help 2>/dev/null");
  CHECK(help.code == 0);
  for (const char* option :
       {"--dir", "--env", "--invoke", "--preload", "--engine", "--max-memory", "--timeout",
        "--features", "--stats", "--trace", "--version", "--allow-root-mount", "--stdout-cap",
        "--random-seed", "--clock", "--start"}) {
    INFO(option);
    CHECK(help.out.find(option) != std::string::npos);
  }
  const Ran version = desk.run("--version 2>/dev/null");
  CHECK(version.code == 0);
  CHECK(version.out.starts_with("wasmrt-run "));
  CHECK((version.out.find("engines: interp jit") != std::string::npos) == (WASMRT_HAS_JIT != 0));
  const Ran jit = desk.run("--engine=jit --invoke=add math.wat 1 2");
  CHECK(jit.code == (WASMRT_HAS_JIT != 0 ? 0 : 2));
}

TEST_CASE("the environment is what was asked for, the last value of a name counts",
          "[tools][no-emulation]") {
  const Desk desk;
  desk.folder.write("env.wat", R"((module
    (import "wasi_snapshot_preview1" "environ_sizes_get"
      (func $sizes (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "sizes") (result i32 i32)
      (drop (call $sizes (i32.const 0) (i32.const 4)))
      (i32.load (i32.const 0)) (i32.load (i32.const 4)))))");
  CHECK(desk.run("--invoke=sizes env.wat").out == "0\n0\n");
  CHECK(desk.run("--env A=1 --env=A=22 --invoke=sizes env.wat").out == "1\n5\n");
  CHECK(desk.run("--env WASMRT_ABSENT_NAME --invoke=sizes env.wat").out == "0\n0\n");
}
