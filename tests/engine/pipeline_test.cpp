// The compile pipeline: the same answers in parallel and serially, dumps and statistics.
#include <catch2/catch_test_macros.hpp>

#include <string>

#include "libwasmrt/base/dump.h"
#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("the first error by position wins, however many threads validate", "[engine]") {
  // Large enough to be worth several threads; two functions are wrong.
  std::string text = "(module";
  for (int i = 0; i < 3000; ++i) {
    text += "(func (param i32) (result i32) (i32.mul (local.get 0)";
    text += i == 1500 || i == 2900 ? " (i64.const 1)))"
                                   : " (i32.add (local.get 0) (i32.const 123456))))";
  }
  text += ")";
  for (const std::uint32_t threads : {1u, 2u, 4u}) {
    EngineConfig config;
    config.threads = threads;
    const Error error = must_fail(Module::compile(make_engine(config), text));
    CHECK(error.code == ErrorCode::Validation);
    CHECK(error.function == 1500);
  }
}

TEST_CASE("stages can be dumped", "[engine]") {
  std::string dumped;
  dump_set_sink(
      [](void* user, Stage, std::string_view text) { *static_cast<std::string*>(user) += text; },
      &dumped);
  must(dump_configure("decode,bytecode"));
  compile(make_engine(), R"((module $seen (func (export "f") (result i32) (i32.const 7))))");
  must(dump_configure(""));
  dump_set_sink(nullptr, nullptr);
  CHECK(contains(dumped, "module seen"));
  CHECK(contains(dumped, "functions: 1"));
}

TEST_CASE("every stage prints what it made", "[engine]") {
  struct Seen {
    std::string stages[kStageCount];
  } seen;
  dump_set_sink(
      [](void* user, Stage stage, std::string_view text) {
        static_cast<Seen*>(user)->stages[static_cast<std::size_t>(stage)] += text;
      },
      &seen);
  must(dump_configure(
      "text,decode,validate,bytecode,ir,opt,lower,regalloc,asm,link,instantiate,call"));
  EngineConfig config;
  config.engine = EngineKind::Jit;
  const bool jit = Engine::create(config).ok();
  if (!jit) config.engine = EngineKind::Interp;
  const Engine engine = make_engine(config);
  Linker linker(engine);
  must(linker.func("env", "seven", [] { return 7; }));
  const Instance instance = must(linker.instantiate(Store(engine), compile(engine, R"((module $m
    (import "env" "seven" (func $seven (result i32)))
    (memory 1)
    (func $f (export "f") (result i32) (call $seven))))")));
  must(instance.get_func("f")->call({}));
  must(dump_configure(""));
  dump_set_sink(nullptr, nullptr);
  const auto of = [&](Stage stage) { return seen.stages[static_cast<std::size_t>(stage)]; };
  CHECK(contains(of(Stage::Text), "(func"));
  CHECK(contains(of(Stage::Decode), "module m"));
  CHECK(of(Stage::Validate) == "function 1 <f>: () -> (i32)\n");
  CHECK_FALSE(of(Stage::Bytecode).empty());
  CHECK(of(Stage::Link) == "import env.seven: func () -> (i32) of the host\n");
  CHECK(contains(of(Stage::Instantiate), "memory: 65536 bytes"));
  CHECK(of(Stage::Call) ==
        "call into the guest: function 1 <f> () -> (i32)\ncall into the host: () -> (i32)\n");
  for (const Stage stage : {Stage::Ir, Stage::Opt, Stage::Lower, Stage::Regalloc, Stage::Asm}) {
    INFO(stage_name(stage));
    CHECK((of(stage).find("function 1, ") == 0) == jit);
  }
}

TEST_CASE("statistics of a module", "[engine]") {
  const Instance instance =
      instantiate(R"((module (func (export "f") (result i32) (i32.const 7)) (func)))");
  CHECK(instance.module().stats().functions == 2);
  must(instance.get_func("f")->call({}));
  CHECK(instance.module().stats().code_bytes > 0);
  CHECK(instance.module().stats().decode_ns > 0);
}
