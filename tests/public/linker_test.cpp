// Linker: names, all problems at once, modules linked to modules.
#include <wasmrt/linker.hpp>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("a link error lists every import that does not fit", "[public][linker]") {
  const Engine engine = make_engine();
  Linker linker(engine);
  must(linker.func("env", "f", [](std::int32_t) {}));
  must(linker.func("env", "g", [](std::int32_t) {}));
  const Error error = must_fail(linker.instantiate_pre(compile(engine, R"((module
    (import "env" "f" (func (param i32)))
    (import "env" "g" (func (param i64) (result f32)))
    (import "env" "absent" (func))
    (import "other" "m" (memory 1 2))
    (import "env" "f" (global i32))))")));
  CHECK(error.code == ErrorCode::Link);
  CHECK(error.message ==
        "link error: incompatible import type: env.g: expected func (i64) -> (f32), found func "
        "(i32) -> ()\n"
        "import not found: env.absent: expected func () -> ()\n"
        "import not found: other.m: expected memory 1 2\n"
        "link error: incompatible import type: env.f: expected global i32, found func (i32) -> ()");
}

TEST_CASE("a missing WASI import says what to do", "[public][linker]") {
  const Engine engine = make_engine();
  const Error error = must_fail(Linker(engine).instantiate_pre(compile(
      engine, R"((module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))))")));
  CHECK(error.message.find("import not found: wasi_snapshot_preview1.proc_exit") == 0);
  CHECK(contains(error.message, "WASI was not linked"));
}

TEST_CASE("names are taken once unless shadowing is allowed", "[public][linker]") {
  Linker linker(make_engine());
  must(linker.func("env", "f", [] { return 1; }));
  const Error error = must_fail(linker.func("env", "f", [] { return 2; }));
  CHECK(error.code == ErrorCode::InvalidArgument);
  CHECK(error.message == "import defined twice: env.f");
  linker.allow_shadowing(true);
  must(linker.func("env", "f", [] { return 2; }));
}

// A sanitizer tells when an object goes after its store.
TEST_CASE("a linker is the last to hold a store, and lets it go", "[public][linker]") {
  const Engine engine = make_engine();
  const auto field = GENERATE("(memory (export \"x\") 1)", "(table (export \"x\") 1 funcref)",
                              "(tag (export \"x\"))", "(func (export \"x\"))",
                              "(global (export \"x\") (mut i32) (i32.const 7))");
  const Module module = compile(engine, std::string("(module ") + field + ")");
  Linker linker(engine);
  linker.allow_shadowing(true);
  for (int round = 0; round < 2; ++round) {  // the second takes the place of the first
    const Store store(engine);
    const Instance instance = must(Linker(engine).instantiate(store, module));
    must(linker.instance("whole", instance));
    must(linker.define("single", "x", *instance.get("x")));
  }
}

TEST_CASE("modules are linked to modules", "[public][linker]") {
  const Engine engine = make_engine();
  const Store store(engine);
  Linker linker(engine);
  must(linker.instance("lib", must(linker.instantiate(store, compile(engine, R"((module
    (memory (export "mem") 1)
    (global (export "g") (mut i32) (i32.const 5))
    (table (export "t") 4 funcref)
    (tag (export "e"))
    (func (export "inc") (result i32)
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (i32.load (i32.const 0)))))")))));
  const Module user = compile(engine, R"((module
    (import "lib" "mem" (memory 1)) (import "lib" "g" (global $g (mut i32)))
    (import "lib" "t" (table 1 funcref)) (import "lib" "e" (tag))
    (import "lib" "inc" (func $inc (result i32)))
    (export "again" (func $inc))
    (func (export "run") (result i32)
      (global.set $g (i32.const 6))
      (drop (call $inc)) (drop (call $inc))
      (i32.load (i32.const 0)))))");
  const Instance instance = must(linker.instantiate(store, user));
  CHECK(must(instance.get_func("run")->call({}))[0].i32() == 2);
  const std::optional<Extern> global = linker.get("lib", "g");
  REQUIRE(global.has_value());
  CHECK(std::get<Global>(*global).get().i32() == 6);
  CHECK(must(instance.get_func("again")->call({}))[0].i32() == 3);
  CHECK(*instance.get_func("again") == std::get<Func>(*linker.get("lib", "inc")));
  // Under another name too.
  must(linker.alias("lib", "copy"));
  CHECK(std::get<Memory>(*linker.get("copy", "mem")) ==
        std::get<Memory>(*linker.get("lib", "mem")));
  CHECK_FALSE(linker.get("lib", "absent").has_value());
  // What lives in one store cannot be imported into another.
  const Error error = must_fail(linker.instantiate(Store(engine), user));
  CHECK(error.code == ErrorCode::Link);
  CHECK(contains(error.message, "link error: item of another store: lib.mem"));
}

TEST_CASE("limits of imports", "[public][linker]") {
  const Engine engine = make_engine();
  const Store store(engine);
  Linker linker(engine);
  MemoryType type;
  type.limits = {1, 3};
  const Memory memory = must(Memory::create(store, type));
  must(linker.define("env", "m", memory));
  const auto links = [&](const char* wanted) {
    return linker
        .instantiate_pre(
            compile(engine, std::string("(module (import \"env\" \"m\" (memory ") + wanted + ")))"))
        .ok();
  };
  CHECK(links("1"));
  CHECK(links("0 3"));
  CHECK(links("1 4"));
  CHECK_FALSE(links("2"));
  CHECK_FALSE(links("1 2"));
  CHECK_FALSE(links("i64 1"));
  // Its size now counts, not the one it was made with.
  must(memory.grow(1));
  CHECK(links("2"));
}

TEST_CASE("imports are found once", "[public][linker]") {
  const Engine engine = make_engine();
  Linker linker(engine);
  must(linker.func("env", "f", [] { return 1; }));
  const Linked linked = must(linker.instantiate_pre(
      compile(engine, R"((module (import "env" "f" (func (result i32))) (export "f" (func 0))))")));
  linker.allow_shadowing(true);
  must(linker.func("env", "f", [] { return 2; }));
  for (int i = 0; i < 3; ++i) {
    const Instance instance = must(linked.instantiate(Store(engine)));
    CHECK(must(instance.get_func("f")->call({}))[0].i32() == 1);
  }
  CHECK(linked.module().imports().size() == 1);
}

TEST_CASE("types are equal across modules when their structure is", "[public][linker]") {
  const Engine engine = make_engine();
  const Store store(engine);
  Linker linker(engine);
  must(linker.instance("a", must(Instance::create(store, compile(engine, R"((module
    (type $t (sub (func (result i32))))
    (type $u (sub final $t (func (result i32))))
    (func (export "f") (type $u) (i32.const 1))))")))));
  // A subtype fits where its supertype is expected.
  CHECK(linker
            .instantiate_pre(compile(engine, R"((module
    (type $t (sub (func (result i32)))) (import "a" "f" (func (type $t)))))"))
            .ok());
  // A plain function type is another type.
  CHECK_FALSE(linker
                  .instantiate_pre(compile(engine, R"((module
    (import "a" "f" (func (result i32)))))"))
                  .ok());
}
