// Calls: typed, untyped and raw; host functions of every kind; what does not fit is refused.
#include <wasmrt/func.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <tuple>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

constexpr const char* kMath = R"((module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
  (func (export "wide") (param v128) (result v128) (local.get 0))
  (func (export "nothing"))
  (func (export "fail") (unreachable))
))";

/// An instance whose "run" calls the host function env.f, of that type, with its own arguments.
struct Host {
  Engine engine = make_engine();
  Store store{engine};
  Linker linker{engine};

  Instance make(std::string_view type, std::string_view gets) {
    return must(linker.instantiate(
        store, compile(engine, "(module (import \"env\" \"f\" (func $f " + std::string(type) +
                                   ")) (memory (export \"memory\") 1) (func (export \"run\") " +
                                   std::string(type) + " " + std::string(gets) + " (call $f)))")));
  }
};

}  // namespace

TEST_CASE("typed calls", "[public][func]") {
  const Instance instance = instantiate(kMath);
  const auto add = must(instance.get_typed<std::int32_t(std::int32_t, std::int32_t)>("add"));
  CHECK(must(add(40, 2)) == 42);
  CHECK(must(add(-1, 1)) == 0);
  const auto swap =
      must(instance.get_typed<std::tuple<double, std::int32_t>(std::uint32_t, double)>("swap"));
  CHECK(must(swap(7, 0.5)) == std::tuple<double, std::int32_t>(0.5, 7));
  const auto wide = must(instance.get_typed<V128(V128)>("wide"));
  const V128 v = V128::from_u64(0x0123456789ABCDEF, 0xFEDCBA9876543210);
  CHECK(must(wide(v)) == v);
  must(must(instance.get_typed<void()>("nothing"))());
}

TEST_CASE("a typed function of the wrong type is refused with both types", "[public][func]") {
  const Instance instance = instantiate(kMath);
  const Error error = must_fail(instance.get_typed<std::int64_t(std::int32_t)>("add"));
  CHECK(error.code == ErrorCode::InvalidArgument);
  CHECK(error.message ==
        "invalid parameter type for call: expected (i32, i32) -> (i32), found (i32) -> (i64)");
  CHECK(contains(must_fail(instance.get_typed<void()>("absent")).message, "absent"));
}

TEST_CASE("untyped calls check count and types", "[public][func]") {
  const Instance instance = instantiate(kMath);
  const Func add = *instance.get_func("add");
  const std::vector<Value> results = must(add.call({Value(1), Value(2)}));
  REQUIRE(results.size() == 1);
  CHECK(results[0].type() == kI32);
  CHECK(results[0].i32() == 3);
  const Error count = must_fail(add.call({Value(1)}));
  CHECK(count.code == ErrorCode::InvalidArgument);
  CHECK(count.message == "invalid parameter type for call: expected (i32, i32), found (i32)");
  const Error type = must_fail(add.call({Value(1), Value(2.0)}));
  CHECK(type.message == "invalid parameter type for call: expected (i32, i32), found (i32, f64)");
}

TEST_CASE("raw calls go through slots", "[public][func]") {
  const Instance instance = instantiate(kMath);
  std::array<std::uint64_t, 2> slots = {40, 2};
  must(instance.get_func("add")->call_raw(slots));
  CHECK(slots[0] == 42);
  std::array<std::uint64_t, 1> few = {1};
  CHECK(must_fail(instance.get_func("add")->call_raw(few)).code == ErrorCode::InvalidArgument);
  std::array<std::uint64_t, 2> wide = {5, 6};
  must(instance.get_func("wide")->call_raw(wide));
  CHECK(wide == std::array<std::uint64_t, 2>{5, 6});
}

TEST_CASE("a trap has kind, text and frames", "[public][func]") {
  const Trap trap = must_trap(instantiate(kMath).get_func("fail")->call({}));
  CHECK(trap.kind() == TrapKind::Unreachable);
  CHECK(trap.message() == "unreachable");
  REQUIRE(trap.frames().size() == 1);
  CHECK(trap.frames()[0].func_index == 4);
}

TEST_CASE("host functions of C++ types", "[public][func]") {
  Host host;
  must(host.linker.func("env", "f", [](std::int32_t a, std::int64_t b, float c, double d) {
    return std::tuple<double, std::int64_t>(c + d, a + b);
  }));
  const Instance instance = host.make("(param i32 i64 f32 f64) (result f64 i64)",
                                      "(local.get 0) (local.get 1) (local.get 2) (local.get 3)");
  const auto run = must(instance.get_typed<std::tuple<double, std::int64_t>(
                            std::int32_t, std::int64_t, float, double)>("run"));
  CHECK(must(run(-1, 3, 0.25f, 0.5)) == std::tuple<double, std::int64_t>(0.75, 2));
}

TEST_CASE("a host function sees its caller", "[public][func]") {
  Host host;
  int word = 7;
  must(host.linker.func("env", "f", [&](Caller& caller, std::uint32_t at) -> Result<std::int32_t> {
    CHECK(caller.user_data() == &word);
    CHECK(caller.store() == host.store);
    REQUIRE(caller.instance().has_value());
    CHECK(caller.instance()->get_func("run").has_value());
    CHECK_FALSE(caller.memory("other").has_value());
    Result<std::int32_t> value = caller.memory()->load<std::int32_t>(at);
    return value;
  }));
  const Instance instance = host.make("(param i32) (result i32)", "(local.get 0)");
  must(instance.get_memory("memory")->store<std::int32_t>(100, -5));
  const Func run = *instance.get_func("run");
  CallOptions options;
  options.user_data = &word;
  const std::array<Value, 1> args = {Value(100)};
  CHECK(must(run.call(args, options))[0].i32() == -5);
  // An error of the host is a trap.
  const std::array<Value, 1> beyond = {Value(65536)};
  const Trap trap = must_trap(run.call(beyond, options));
  CHECK(trap.kind() == TrapKind::HostError);
  CHECK(contains(trap.message(), "out of bounds memory access"));
  CHECK(trap.frames().size() == 1);
}

TEST_CASE("a host function can trap", "[public][func]") {
  Host host;
  SECTION("by returning a Trap where it returns a Result") {
    must(host.linker.func(
        "env", "f", [](std::int32_t) -> Result<void> { return Trap::host("no such thing"); }));
  }
  SECTION("by returning a Trap always") {
    must(host.linker.func("env", "f", [](std::int32_t) { return Trap::host("no such thing"); }));
  }
  SECTION("by throwing") {
    must(host.linker.func("env", "f",
                          [](std::int32_t) { throw std::runtime_error("no such thing"); }));
  }
  SECTION("untyped, by throwing") {
    must(host.linker.func("env", "f", FuncType{{kI32}, {}},
                          [](Caller&, std::span<const Value>, std::span<Value>) -> Result<void> {
                            throw std::runtime_error("no such thing");
                          }));
  }
  const Trap trap =
      must_trap(host.make("(param i32)", "(local.get 0)").get_func("run")->call({Value(1)}));
  CHECK(trap.kind() == TrapKind::HostError);
  CHECK(trap.message() == "no such thing");
}

TEST_CASE("an exception of the host is thrown again on request", "[public][func]") {
  Host host;
  must(host.linker.func("env", "f", [] { throw std::out_of_range("thrown by the host"); }));
  const Instance instance = host.make("", "");
  CallOptions options;
  options.rethrow = true;
  CHECK_THROWS_AS(instance.get_func("run")->call({}, options), std::out_of_range);
  CHECK_THROWS_AS(must(instance.get_typed<void()>("run")).call(options), std::out_of_range);
  std::array<std::uint64_t, 1> slots = {};
  CHECK_THROWS_AS(instance.get_func("run")->call_raw(slots, options), std::out_of_range);
  // Nothing was left behind: the store works.
  CHECK(must_trap(instance.get_func("run")->call({})).kind() == TrapKind::HostError);
}

TEST_CASE("an untyped host function must give the results of its type", "[public][func]") {
  Host host;
  std::vector<Value> give;
  must(host.linker.func(
      "env", "f", FuncType{{}, {kI32, kF64}},
      [&](Caller&, std::span<const Value>, std::span<Value> results) -> Result<void> {
        for (std::size_t i = 0; i < give.size(); ++i) results[i] = give[i];
        return {};
      }));
  const Func run = *host.make("(result i32 f64)", "").get_func("run");
  give = {Value(3), Value(0.5)};
  CHECK(must(run.call({}))[1].f64() == 0.5);
  give = {Value(3)};
  const Trap missing = must_trap(run.call({}));
  CHECK(missing.kind() == TrapKind::HostResultMismatch);
  CHECK(contains(missing.message(), "result 1: expected f64, found none"));
  give = {Value(3), Value(4)};
  CHECK(contains(must_trap(run.call({})).message(), "expected f64, found i32"));
}

TEST_CASE("host and guest call each other to any depth", "[public][func]") {
  Host host;
  must(host.linker.func("env", "f", [](Caller& caller, std::int32_t n) -> Result<std::int32_t> {
    if (n == 0) return 0;
    const auto run = must(caller.instance()->get_typed<std::int32_t(std::int32_t)>("run"));
    Result<std::int32_t> inner = run(n - 1);
    if (!inner) return inner;
    return *inner + 1;
  }));
  const Instance instance = host.make("(param i32) (result i32)", "(local.get 0)");
  const auto run = must(instance.get_typed<std::int32_t(std::int32_t)>("run"));
  CHECK(must(run(50)) == 50);
  // Too deep is a trap, seen by all calls around it.
  const Trap trap = must_trap(run(1'000'000));
  CHECK(trap.kind() == TrapKind::CallStackExhausted);
  CHECK(trap.frames().size() == Trap::kMaxFrames);
  CHECK(trap.frames_omitted() > 0);
  CHECK(must(run(3)) == 3);
}

TEST_CASE("functions and host objects are values", "[public][func]") {
  Host host;
  must(host.linker.func("env", "f", [&](std::optional<Func> f, std::optional<ExternRef> r) {
    REQUIRE(f.has_value());
    REQUIRE(r.has_value());
    CHECK(r->get<std::string>() == "kept");
    return f;
  }));
  const Instance instance =
      host.make("(param funcref externref) (result funcref)", "(local.get 0) (local.get 1)");
  const Func twice = Func::wrap(host.store, [](std::int32_t n) { return 2 * n; });
  const ExternRef kept = ExternRef::make(host.store, std::string("kept"));
  const std::vector<Value> back =
      must(instance.get_func("run")->call({twice.to_value(), kept.to_value()}));
  const std::optional<Func> func = Func::from_value(host.store, back[0]);
  REQUIRE(func.has_value());
  CHECK(*func == twice);
  CHECK(must(must(func->typed<std::int32_t(std::int32_t)>())(21)) == 42);
  const auto typed =
      must(instance.get_typed<std::optional<Func>(std::optional<Func>, std::optional<ExternRef>)>(
          "run"));
  CHECK(must(typed(twice, kept)) == twice);
}

TEST_CASE("a host function can be called by the host", "[public][func]") {
  const Store store(make_engine());
  const Func add = Func::wrap(store, [](Caller& caller, std::int32_t a, std::int32_t b) {
    CHECK_FALSE(caller.instance().has_value());
    return a + b;
  });
  CHECK(to_string(add.type()) == "(i32, i32) -> (i32)");
  CHECK(must(add.call({Value(1), Value(2)}))[0].i32() == 3);
}
