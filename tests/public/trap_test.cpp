// Trap: names, text, frames.
#include <wasmrt/trap.hpp>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("names of trap kinds", "[public][trap]") {
  CHECK(trap_kind_name(TrapKind::OutOfBoundsMemoryAccess) == "out-of-bounds-memory-access");
  CHECK(trap_kind_name(TrapKind::DeadlineExceeded) == "deadline-exceeded");
}

TEST_CASE("a trap as an error and as text", "[public][trap]") {
  const Error error = Trap::host("disk on fire");
  CHECK(error.code == ErrorCode::Trap);
  CHECK(error.message == "disk on fire");
  REQUIRE(error.trap() != nullptr);
  CHECK(error.trap()->kind() == TrapKind::HostError);
  CHECK(error.trap()->to_string() == "disk on fire");
}

TEST_CASE("a backtrace goes through instances", "[public][trap]") {
  const Engine engine = make_engine();
  const Store store(engine);
  Linker linker(engine);
  InstanceConfig config;
  config.name = "lib";
  must(linker.instance("lib", must(Instance::create(store, compile(engine, R"((module $l
    (memory 1)
    (func $load (export "load") (result i32) (i32.load offset=65540 (i32.const 0)))))"),
                                                    config))));
  config.name = "app";
  const Instance app = must(linker.instantiate(store, compile(engine, R"((module $a
    (import "lib" "load" (func $load (result i32)))
    (func $middle (result i32) (call $load))
    (func $run (export "run") (result i32) (call $middle))))"),
                                               config));
  const Trap trap = must_trap(app.get_func("run")->call({}));
  REQUIRE(trap.frames().size() == 3);
  CHECK(trap.frames()[0].instance == "lib");
  CHECK(trap.frames()[0].module == "l");
  CHECK(trap.frames()[0].function == "load");
  CHECK(trap.frames()[0].offset > 0);
  CHECK(trap.frames()[1].function == "middle");
  CHECK(trap.frames()[2].function == "run");
  CHECK(trap.frames()[2].instance == "app");
  const std::string text = trap.to_string();
  CHECK(text.find("out of bounds memory access: at 0x10004") == 0);
  CHECK(contains(text, "size 65536\n  0: lib!load @ 0x"));
  CHECK(contains(text, "\n  2: app!run @ 0x"));
}

TEST_CASE("recursion is told once", "[public][trap]") {
  const Instance instance = instantiate(R"((module
    (func $down (export "run") (param i32)
      (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else unreachable)))
    (func (export "outer") (call $down (i32.const 20)))
    (func $a (export "both") (param i32) (call $b (local.get 0)))
    (func $b (param i32)
      (if (local.get 0) (then (call $a (i32.sub (local.get 0) (i32.const 1)))) (else unreachable)))))");
  const Trap trap = must_trap(instance.get_func("outer")->call({}));
  CHECK(trap.frames().size() == 22);
  const std::string text = trap.to_string();
  INFO(text);
  CHECK(contains(text, "\n  1: down @ 0x"));
  CHECK(contains(text, "\n  ... the same 19 times more\n  21: outer @ 0x"));
  const std::string turns = must_trap(instance.get_func("both")->call({Value(100)})).to_string();
  INFO(turns);
  CHECK(contains(turns, "\n  31: a @ 0x"));
  CHECK(contains(turns, "\n  ... 170 more"));
}

TEST_CASE("the inner frames of a trap passed on by a host function come first", "[public][trap]") {
  const Engine engine = make_engine();
  Linker linker(engine);
  must(linker.func("env", "back", [](Caller& caller) -> Result<void> {
    return must(caller.func("bad")->typed<void()>())();
  }));
  const Instance instance = must(linker.instantiate(Store(engine), compile(engine, R"((module
    (import "env" "back" (func $back))
    (func $bad (export "bad") (unreachable))
    (func $run (export "run") (call $back))))")));
  const Trap trap = must_trap(instance.get_func("run")->call({}));
  CHECK(trap.kind() == TrapKind::Unreachable);
  REQUIRE(trap.frames().size() == 2);
  CHECK(trap.frames()[0].function == "bad");
  CHECK(trap.frames()[1].function == "run");
}

namespace {

// A line table of version 4 for one file, x.c: the addresses 2 to 9 of the code section are line
// 12, column 5.
constexpr std::string_view kWithLines = R"((module
  (memory 1)
  (func $f (export "run") (result i32) (i32.load offset=65540 (i32.const 0)))
  (@custom ".debug_line"
    "\2f\00\00\00\04\00\18\00\00\00\01\01\01\fb\0e\0a\00\01\01\01\01\00\00\00\01\00\78\2e\63\00\00\00\00\00"
    "\00\05\02\02\00\00\00\03\0b\05\05\01\02\08\00\01\01"))
)";

}  // namespace

TEST_CASE("frames name source lines when the option is on", "[public][trap]") {
  const auto trap_of = [](bool lines) {
    EngineConfig config;
    config.source_lines = lines;
    const Engine engine = must(Engine::create(config));
    const Instance instance = must(Instance::create(Store(engine), compile(engine, kWithLines)));
    return must_trap(instance.get_func("run")->call({}));
  };
  const Trap with = trap_of(true);
  REQUIRE(with.frames().size() == 1);
  CHECK(with.frames()[0].file == "x.c");
  CHECK(with.frames()[0].line == 12);
  CHECK(with.frames()[0].column == 5);
  CHECK(contains(with.to_string(), " (x.c:12:5)"));
  const Trap without = trap_of(false);
  REQUIRE(without.frames().size() == 1);
  CHECK(without.frames()[0].line == 0);
  CHECK(without.frames()[0].file.empty());
}

TEST_CASE("a guest's names cannot forge lines of a log", "[public][trap]") {
  const Engine engine = make_engine();
  const Instance instance = must(Instance::create(Store(engine), compile(engine, R"((module
    (func $"evil\n  9: admin\1b[2J" (export "run") unreachable)))")));
  const Trap trap = must_trap(instance.get_func("run")->call({}));
  CHECK(contains(trap.to_string(), "0: evil\\x0a  9: admin\\x1b[2J @ "));
  const Result<Linked> linked =
      Linker(engine).instantiate_pre(compile(engine, R"((module (import "a\nb" "c" (func))))"));
  REQUIRE_FALSE(linked.ok());
  CHECK(contains(linked.error().message, "import not found: a\\x0ab.c"));
}
