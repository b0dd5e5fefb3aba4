// gdb and perf as users run them: backtraces through compiled frames, names of compiled functions.
// Skipped where they are missing or may not trace.
#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <string>

#include "tests/support/shell.h"
#include "tests/support/temporary_directory.h"

using wasmrt::test::TemporaryDirectory;

namespace {

// What calls out has saved registers, an odd frame, and results in several places.
constexpr const char* kModule = R"((module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\03\00\00\00") (data (i32.const 16) "hi\n")
  (func $leaf (param i32 f64) (result i32) (local i32)
    (local.set 2 (i32.mul (local.get 0) (local.get 0)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
    (i32.add (local.get 0) (local.get 2)))
  (func $middle (param i32) (result i32) (local f64)
    (local.set 1 (f64.convert_i32_s (local.get 0)))
    (i32.add (call $leaf (i32.add (local.get 0) (i32.const 1)) (local.get 1))
             (i32.add (i32.trunc_sat_f64_s (local.get 1))
                      (call $leaf (local.get 0) (local.get 1)))))
  (func $crash (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "_start") (drop (call $middle (i32.const 5))))
  (func (export "crash") (drop (call $crash (i32.const -9))))
  (func $hot (export "hot") (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 1103515245)) (i32.const 12345)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))))";

struct Desk {
  TemporaryDirectory folder;
  Desk() { folder.write("m.wat", kModule); }

  std::string run(const std::string& command) const {
    return wasmrt::test::shell(command, folder.path()).out;
  }
  /// The output of gdb that reads `commands`; empty when it cannot be used here.
  std::string gdb(const std::string& commands, const std::string& words) const {
    folder.write("commands",
                 "set pagination off\nset debuginfod enabled off\n"
                 "handle SIGSEGV nostop noprint pass\n" +
                     commands);
    const std::string out =
        run("timeout 100 gdb -nx -batch -x commands --args '" WASMRT_RUN "' --engine=jit --gdb " +
            words);
    return usable(out) ? out : std::string();
  }
  static bool usable(const std::string& out) {
    return out.find("ptrace") == out.npos && out.find("Could not trace") == out.npos &&
           out.find("engine jit: ") == out.npos;
  }
};

bool in_order(const std::string& text, std::initializer_list<const char*> parts) {
  std::size_t at = 0;
  for (const char* part : parts) {
    at = text.find(part, at);
    if (at == text.npos) return false;
  }
  return true;
}

bool have(const char* program) {
  return std::system((std::string("command -v ") + program + " >/dev/null").c_str()) == 0;
}

}  // namespace

TEST_CASE("gdb walks through compiled frames and names them",
          "[tools][debugger][no-emulation][no-asan][no-tsan]") {
  if (!have("gdb")) SKIP("no gdb");
  const Desk desk;
  std::string out = desk.gdb("break wasmrt::wasi::Preview1::fd_write\nrun\nbt\n", "m.wat");
  if (out.empty()) SKIP("gdb may not trace here");
  INFO(out);
  CHECK(in_order(out, {"Preview1::fd_write", "wasm adapter", "wasm:leaf", "wasm:middle",
                       "wasm:_start", "wasm entry", "native_entry", " in main "}));
  // On the way from a fault, where nothing was called.
  out = desk.gdb("rbreak ^wasmrt::engine::.*::on_trap\nrun\nbt\n", "--invoke=crash m.wat");
  INFO(out);
  CHECK(in_order(out,
                 {"on_trap", "wasm fault", "wasm:crash", "wasm:crash", "wasm entry", " in main "}));
  // Without the option nothing is told.
  out = desk.run(
      "timeout 100 gdb -nx -batch -ex 'break wasmrt::wasi::Preview1::fd_write' -ex run -ex bt "
      "--args '" WASMRT_RUN "' --engine=jit m.wat");
  CHECK(out.find("wasm:leaf") == out.npos);
}

TEST_CASE("frames are known at every instruction",
          "[tools][debugger][no-emulation][no-asan][no-tsan]") {
  if (!have("gdb")) SKIP("no gdb");
  const Desk desk;
  for (const char* cpu : {"min", "native"}) {
    const std::string out =
        desk.run(std::string("STEP_UNTIL=nothing timeout 200 gdb -nx -batch -x '" WASMRT_GDB_STEP
                             "' --args '" WASMRT_RUN "' --engine=jit --gdb --cpu=") +
                 cpu + " m.wat");
    if (!Desk::usable(out)) SKIP("gdb may not trace here");
    if (out.find("Python scripting is not supported") != out.npos) SKIP("a gdb without Python");
    INFO(out);
    CHECK(in_order(
        out, {"through wasm adapter wasm entry wasm resolve wasm:_start wasm:leaf wasm:middle",
              ", lost 0"}));
  }
}

TEST_CASE("frames are known in tail calls", "[tools][debugger][no-emulation][no-asan][no-tsan]") {
  if (!have("gdb")) SKIP("no gdb");
  const Desk desk;
  // More arguments than the caller has place for.
  desk.folder.write("tail.wat", R"((module
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (type $w (func (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)))
    (memory (export "memory") 1) (table 1 funcref) (elem (i32.const 0) $wide)
    (func $wide (type $w) (i64.add (local.get 0) (local.get 11)))
    (func $direct (param i64 i64) (result i64)
      (local.get 0) (local.get 1) (local.get 0) (local.get 1) (local.get 0) (local.get 1)
      (local.get 0) (local.get 1) (local.get 0) (local.get 1) (local.get 0) (local.get 1)
      (return_call $wide))
    (func $indirect (param i64 i64) (result i64)
      (drop (call $yield))
      (local.get 0) (local.get 1) (local.get 0) (local.get 1) (local.get 0) (local.get 1)
      (local.get 0) (local.get 1) (local.get 0) (local.get 1) (local.get 0) (local.get 1)
      (return_call_indirect (type $w) (i32.const 0)))
    (func (export "_start")
      (drop (call $direct (i64.const 1) (i64.const 2)))
      (drop (call $indirect (i64.const 1) (i64.const 2))))))");
  const std::string out =
      desk.run("STEP_UNTIL=nothing timeout 200 gdb -nx -batch -x '" WASMRT_GDB_STEP
               "' --args '" WASMRT_RUN "' --engine=jit --gdb tail.wat");
  if (!Desk::usable(out)) SKIP("gdb may not trace here");
  if (out.find("Python scripting is not supported") != out.npos) SKIP("a gdb without Python");
  INFO(out);
  CHECK(
      in_order(out, {"wasm tail return", "wasm:direct", "wasm:indirect", "wasm:wide", ", lost 0"}));
}

TEST_CASE("perf inject reads the jitdump", "[tools][debugger][no-emulation][no-asan][no-tsan]") {
  if (!have("perf")) SKIP("no perf");
  const Desk desk;
  const std::string recorded = desk.run("perf record -k mono -e cpu-clock -o a.data '" WASMRT_RUN
                                        "' --engine=jit --jitdump=. --invoke=hot m.wat 100000000");
  if (recorded.find("[ perf record: Captured") == recorded.npos) SKIP("perf may not record here");
  const std::string injected = desk.run("perf inject --jit -i a.data -o b.data");
  if (injected.find("not supported") != injected.npos) SKIP("a perf without jit support");
  const std::string report = desk.run("perf report -i b.data --stdio");
  INFO(recorded << injected << report);
  CHECK(report.find("wasm:hot") != report.npos);
}
