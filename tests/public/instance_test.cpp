// Instance: exports, names, start functions, closing, life.
#include <wasmrt/instance.hpp>

#include <string>
#include <vector>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("exports are listed with their types", "[public][instance]") {
  const Instance instance = instantiate(R"((module
    (func (export "f") (param i32) (result i64) (i64.const 0))
    (memory (export "m") 1 2) (table (export "t") 3 funcref)
    (global (export "g") (mut f32) (f32.const 0)) (tag (export "e") (param i32))))");
  const std::vector<ExportType> exports = instance.exports();
  REQUIRE(exports.size() == 5);
  CHECK(exports[0].name == "f");
  CHECK(to_string(exports[0].type) == "func (i32) -> (i64)");
  CHECK(std::get<MemoryType>(exports[1].type).limits == Limits{1, 2});
  CHECK(std::get<TableType>(exports[2].type).limits.min == 3);
  CHECK(std::get<GlobalType>(exports[3].type) == GlobalType{kF32, true});
  CHECK(std::get<TagType>(exports[4].type).type.params == std::vector<ValType>{kI32});
  CHECK(instance.get_memory("m").has_value());
  CHECK_FALSE(instance.get_memory("f").has_value());
  CHECK_FALSE(instance.get_func("absent").has_value());
  CHECK_FALSE(instance.get("absent").has_value());
}

namespace {

/// The names of the functions that were called when a module of these exports was made.
std::vector<std::string> started(const InstanceConfig& config, std::vector<std::string> exports,
                                 bool start_section = false) {
  const Engine engine = make_engine();
  Linker linker(engine);
  std::vector<std::string> calls;
  std::string text = "(module";
  exports.insert(exports.begin(), "start");
  for (std::size_t i = 0; i < exports.size(); ++i) {
    must(linker.func("env", exports[i], [&calls, name = exports[i]] { calls.push_back(name); }));
    text += " (import \"env\" \"" + exports[i] + "\" (func))";
  }
  for (std::size_t i = 1; i < exports.size(); ++i) {
    text += " (func (export \"" + exports[i] + "\") (call " + std::to_string(i) + "))";
  }
  if (start_section) text += " (start 0)";
  must(linker.instantiate(Store(engine), compile(engine, text + ")"), config));
  return calls;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("start functions", "[public][instance]") {
  InstanceConfig config;
  CHECK(started(config, {"_start"}) == Names{"_start"});
  CHECK(started(config, {"_initialize", "_start"}, true) == Names{"start", "_initialize"});
  CHECK(started(config, {"other"}).empty());
  config.start = StartPolicy::Initialize;
  CHECK(started(config, {"_start"}).empty());
  config.start = StartPolicy::None;
  CHECK(started(config, {"_initialize", "_start"}).empty());
  config.start = StartPolicy::List;
  config.start_functions = {"b", "absent", "a", "b"};
  CHECK(started(config, {"a", "b"}) == Names{"b", "a", "b"});
}

TEST_CASE("a start function with parameters is refused", "[public][instance]") {
  const Engine engine = make_engine();
  const Module module = compile(engine, R"((module (func (export "_start") (param i32))))");
  const Error error = must_fail(Instance::create(Store(engine), module));
  CHECK(error.code == ErrorCode::InvalidArgument);
  CHECK(contains(error.message, "_start has type (i32) -> (), expected () -> ()"));
}

TEST_CASE("a guest that exits", "[public][instance]") {
  const Engine engine = make_engine();
  Linker linker(engine);
  must(linker.func("env", "exit", [](std::uint32_t code) -> Result<void> {
    Error error(ErrorCode::Exit, "exit");
    error.exit_code = code;
    return error;
  }));
  const auto module = [&](const char* code) {
    return compile(engine, std::string(R"((module (import "env" "exit" (func $exit (param i32)))
      (func (export "_start") (call $exit (i32.const )") +
                               code + R"()))
      (func (export "still") (result i32) (i32.const 1))))");
  };
  const Error error = must_fail(linker.instantiate(Store(engine), module("3")));
  CHECK(error.code == ErrorCode::Exit);
  CHECK(error.exit_code == 3);
  CHECK(must_fail(linker.instantiate(Store(engine), module("0"))).code == ErrorCode::Exit);
  InstanceConfig config;
  config.keep_after_exit = true;
  const Instance kept = must(linker.instantiate(Store(engine), module("0"), config));
  CHECK(must(kept.get_func("still")->call({}))[0].i32() == 1);
  CHECK(must_fail(linker.instantiate(Store(engine), module("3"), config)).exit_code == 3);
}

TEST_CASE("names are unique among the live instances of a store", "[public][instance]") {
  const Engine engine = make_engine();
  const Store store(engine);
  const Module module = compile(engine, "(module (func (export \"f\") (unreachable)))");
  InstanceConfig config;
  config.name = "first";
  {
    const Instance first = must(Instance::create(store, module, config));
    CHECK(first.name() == "first");
    CHECK(must_fail(Instance::create(store, module, config)).code == ErrorCode::InvalidArgument);
    must(Instance::create(Store(engine), module, config));
    const Trap trap = must_trap(first.get_func("f")->call({}));
    CHECK(trap.frames()[0].instance == "first");
  }
  must(Instance::create(store, module, config));
}

TEST_CASE("a closed instance cannot be called", "[public][instance]") {
  const Instance instance = instantiate("(module (func (export \"f\")))");
  const Func f = *instance.get_func("f");
  must(f.call({}));
  CHECK_FALSE(instance.closed());
  instance.close();
  instance.close();
  CHECK(instance.closed());
  const Error error = must_fail(f.call({}));
  CHECK(error.code == ErrorCode::Closed);
  CHECK(error.message == "instance closed");
}

TEST_CASE("what a failed instantiation wrote stays", "[public][instance]") {
  const Engine engine = make_engine();
  const Store store(engine);
  Linker linker(engine);
  MemoryType type;
  type.limits = {1, 1};
  const Memory memory = must(Memory::create(store, type));
  must(linker.define("env", "m", memory));
  const Trap trap = must_trap(linker.instantiate(store, compile(engine, R"((module
    (import "env" "m" (memory 1))
    (data (i32.const 0) "ab") (data (i32.const 65535) "cd")))")));
  CHECK(trap.kind() == TrapKind::OutOfBoundsMemoryAccess);
  CHECK(must(memory.read_string_view(0, 2)) == "ab");
  CHECK(memory.data()[65535] == 0);
  const Trap start = must_trap(linker.instantiate(store, compile(engine, R"((module
    (import "env" "m" (memory 1)) (data (i32.const 4) "ef") (func $f (unreachable)) (start $f)))")));
  CHECK(start.kind() == TrapKind::Unreachable);
  CHECK(must(memory.read_string_view(4, 2)) == "ef");
}

TEST_CASE("handles may be dropped in any order", "[public][instance]") {
  std::optional<Engine> engine = make_engine();
  std::optional<Module> module = compile(*engine, R"((module (memory (export "m") 1)
    (func (export "f") (result i32) (i32.load (i32.const 0)))))");
  std::optional<Store> store(*engine);
  std::optional<Linker> linker(*engine);
  std::optional<Instance> instance = must(linker->instantiate(*store, *module));
  const Func f = *instance->get_func("f");
  std::optional<Memory> memory = *instance->get_memory("m");
  engine.reset();
  instance.reset();
  store.reset();
  linker.reset();
  module.reset();
  must(memory->store<std::int32_t>(0, 5));
  memory.reset();
  CHECK(must(f.call({}))[0].i32() == 5);
}

TEST_CASE("an instance nobody can reach is freed at once", "[public][instance]") {
  const Engine engine = make_engine();
  const Store store(engine);
  const Module plain = compile(engine, R"((module (memory 1) (table 2 funcref)
    (elem (i32.const 0) $f) (func $f (export "f")) (export "m" (memory 0)) (export "t" (table 0))))");
  std::optional<Memory> memory;
  {
    const Instance instance = must(Instance::create(store, plain));
    memory = instance.get_memory("m");
    CHECK(store.stats().instances == 1);
  }
  CHECK(store.stats().instances == 0);
  CHECK(store.stats().memories == 1);
  memory.reset();
  CHECK(store.stats().memories == 0);
  CHECK(store.stats().table_elements == 0);
  // A reference that got out keeps its instance.
  std::optional<Value> value;
  {
    const Instance instance = must(Instance::create(store, plain));
    value = instance.get_func("f")->to_value();
  }
  CHECK(store.stats().instances == 1);
  must(Func::from_value(store, *value)->call({}));
}
