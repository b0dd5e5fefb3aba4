// Engine, Module and limits: configuration, compiling, refusing.
#include <wasmrt/engine.hpp>

#include <wasmrt/limits.hpp>
#include <wasmrt/module.hpp>

#include <string>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// Whether this build has a compiler for this machine.
bool engine_compiles() {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  return Engine::create(config).ok();
}

}  // namespace

TEST_CASE("configurations that cannot be", "[public][engine]") {
  EngineConfig config;
  config.stack_bytes = 10;
  CHECK(contains(must_fail(Engine::create(config)).message, "stack of 10 bytes"));
}

TEST_CASE("the compiler is there, or says why it is not", "[public][engine]") {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  const Result<Engine> engine = Engine::create(config);
  if (engine.ok()) {
    CHECK(engine->config().engine == EngineKind::Jit);
  } else {
    CHECK(engine.error().code == ErrorCode::InvalidArgument);
    CHECK(contains(engine.error().message, "engine jit"));
  }
}

TEST_CASE("auto compiles, or says why it does not", "[public][engine]") {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  const bool compiler = Engine::create(config).ok();
  const Engine engine = make_engine();
  CHECK(engine.config().engine == (compiler ? EngineKind::Auto : EngineKind::Interp));
  CHECK(engine.not_compiling_because().empty() == compiler);
  config.engine = EngineKind::Interp;
  CHECK(make_engine(config).not_compiling_because().empty());
}

TEST_CASE("without signals accesses are checked", "[public][engine]") {
  EngineConfig config;
  config.signals = false;
  const Instance instance = instantiate(
      R"((module (memory 1) (func (export "f") (param i32) (result i32)
        (i32.load offset=4 (local.get 0)))))",
      config);
  CHECK_FALSE(instance.module().engine().config().signals);
  CHECK(must(instance.get_func("f")->call({Value(65528)}))[0].i32() == 0);
  CHECK(must_trap(instance.get_func("f")->call({Value(65529)})).kind() ==
        TrapKind::OutOfBoundsMemoryAccess);
  CHECK(must_trap(instance.get_func("f")->call({Value(-1)})).detail().address == 0x100000003);
}

TEST_CASE("a module of text and of bytes", "[public][module]") {
  const Engine engine = make_engine();
  const Module text = compile(engine, R"((module $m (import "a" "b" (func (param i32)))
    (memory (export "mem") 1 2) (@custom "note" "hello")))");
  CHECK(text.name() == "m");
  REQUIRE(text.imports().size() == 1);
  CHECK(text.imports()[0].module == "a");
  CHECK(text.imports()[0].name == "b");
  CHECK(to_string(text.imports()[0].type) == "func (i32) -> ()");
  CHECK(std::get<MemoryType>(*text.export_type("mem")).limits == Limits{1, 2});
  CHECK_FALSE(text.export_type("absent").has_value());
  REQUIRE(text.custom_sections("note").size() == 1);
  const auto bytes = text.custom_sections("note")[0].bytes;
  CHECK(std::string(bytes.begin(), bytes.end()) == "hello");
  CHECK(text.stats().text_ns > 0);

  const Module binary = must(Module::compile(engine, text.bytes()));
  CHECK(binary.name() == "m");
  CHECK(binary.stats().bytes == text.bytes().size());
  CHECK(binary.stats().text_ns == 0);
  must(Module::validate(engine, text.bytes()));
}

TEST_CASE("what is refused says so", "[public][module]") {
  const Engine engine = make_engine();
  const Error text = must_fail(Module::compile(engine, "(module\n  (func (i32.bogus)))"));
  CHECK(text.code == ErrorCode::Text);
  CHECK(text.line == 2);
  const Error invalid = must_fail(Module::compile(engine, "(module (func (result i32)))"));
  CHECK(invalid.code == ErrorCode::Validation);
  CHECK(invalid.message.find("validation error: ") == 0);
  CHECK(invalid.function == 0);
  const Error binary = must_fail(Module::compile(engine, std::string_view("\0asm\1\0\0\0\x77", 9)));
  CHECK(binary.code == ErrorCode::InvalidBinary);
  CHECK(binary.message.find("invalid Wasm binary: ") == 0);
  const Error component =
      must_fail(Module::compile(engine, std::string_view("\0asm\x0d\0\1\0", 8)));
  CHECK(contains(component.message, "component"));
  const Error later = must_fail(
      Module::compile(engine, "(module (type $s (struct)) (func (drop (struct.new $s))))"));
  CHECK(later.code == ErrorCode::NotExecutable);
  CHECK(later.message.find("not executable yet: struct.new") == 0);
  EngineConfig old;
  old.features = Features::wasm1();
  const Error feature = must_fail(
      Module::compile(make_engine(old), "(module (func (result v128) (v128.const i64x2 0 0)))"));
  CHECK(feature.code == ErrorCode::FeatureDisabled);
  CHECK(contains(feature.message, "simd"));
}

TEST_CASE("the smallest of four limits counts", "[public][limits]") {
  const char* const text = R"((module (memory 2 10) (table 5 funcref)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "tgrow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))))";
  ResourceLimits limits;
  limits.memory_pages = 3;
  limits.table_elements = 6;
  EngineConfig engine_config;
  ModuleConfig module_config;
  StoreConfig store_config;
  InstanceConfig instance_config;
  SECTION("engine") { engine_config.limits = limits; }
  SECTION("module") { module_config.limits = limits; }
  SECTION("store") { store_config.limits = limits; }
  SECTION("instance") { instance_config.limits = limits; }
  const Engine engine = make_engine(engine_config);
  const Module module = must(Module::compile(engine, text, module_config));
  const Instance instance =
      must(Instance::create(Store(engine, store_config), module, instance_config));
  const auto grow = [&](const char* name, int by) {
    return must(instance.get_func(name)->call({Value(by)}))[0].i32();
  };
  CHECK(grow("grow", 2) == -1);
  CHECK(grow("grow", 1) == 2);
  CHECK(grow("grow", 1) == -1);
  CHECK(grow("tgrow", 2) == -1);
  CHECK(grow("tgrow", 1) == 5);
}

TEST_CASE("no table has more than ten million elements", "[public][limits]") {
  const Engine engine = make_engine();
  const Store store(engine);
  CHECK(
      must_fail(Instance::create(store, compile(engine, "(module (table 10000001 funcref))")))
          .message ==
      "instantiation error: table size exceeds limit: 10000001 elements wanted, 10000000 allowed");
  const Instance instance = must(Instance::create(store, compile(engine, R"((module
    (table 5 funcref)
    (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))))")));
  const Func grow = *instance.get_func("grow");
  CHECK(must(grow.call({Value(10'000'000)}))[0].i32() == -1);
  CHECK(must(grow.call({Value(-6)}))[0].i32() == -1);
  CHECK(must(grow.call({Value(9)}))[0].i32() == 5);
}

TEST_CASE("two bytes that make a thousand values cannot make billions", "[public][limits]") {
  const auto text = [](int calls, const std::string& call) {
    std::string t = "(module (type $makes (func (result";
    for (int n = 0; n < 1000; ++n) t += " i32";
    t += "))) (import \"a\" \"b\" (func $makes (type $makes))) (func (export \"f\")";
    for (int n = 0; n < calls; ++n) t += call;
    return t + " unreachable))";
  };
  const std::string again = "(call $makes)";
  const std::string dead = "(block (type $makes) unreachable)";
  EngineConfig config;
  if (engine_compiles()) config.engine = EngineKind::Jit;
  const Engine engine = make_engine(config);
  for (const std::string& call : {again, dead}) {
    CHECK(Module::compile(engine, text(3'999, call)).ok());
    CHECK(contains(must_fail(Module::compile(engine, text(4'001, call))).message,
                   "too many values on the operand stack"));
  }
  // The compiler leaves to the interpreter what would cost it too much.
  const Module module = must(Module::compile(engine, text(3'000, again)));
  if (engine_compiles()) CHECK(module.stats().declined == 1);
}

TEST_CASE("instantiation past a limit", "[public][limits]") {
  const Engine engine = make_engine();
  StoreConfig config;
  config.limits.memory_pages = 4;
  config.limits.total_memory_pages = 6;
  config.limits.table_elements = 10;
  config.limits.instances = 3;
  const Store store(engine, config);
  const auto make = [&](const char* text) {
    return Instance::create(store, compile(engine, text));
  };
  const Error memory = must_fail(make("(module (memory 5))"));
  CHECK(memory.code == ErrorCode::Limit);
  CHECK(memory.message ==
        "instantiation error: memory size exceeds limit: 327680 bytes wanted, 262144 allowed");
  CHECK(must_fail(make("(module (table 11 funcref))")).message ==
        "instantiation error: table size exceeds limit: 11 elements wanted, 10 allowed");
  const Instance first = must(make("(module (memory 4))"));
  CHECK(contains(must_fail(make("(module (memory 3))")).message, "131072 allowed"));
  const Instance second = must(make("(module (memory 2))"));
  const Instance third = must(make("(module)"));
  CHECK(contains(must_fail(make("(module)")).message, "number of instances exceeds limit"));
  CHECK(store.stats().memory_bytes == 6 * 65536);
}
