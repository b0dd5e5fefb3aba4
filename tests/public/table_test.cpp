// Table: made by the host, typed, shared with guests.
#include <wasmrt/table.hpp>

#include <optional>

#include <wasmrt/externref.hpp>
#include <wasmrt/global.hpp>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("a table made by the host", "[public][table]") {
  const Store store(make_engine());
  TableType type;
  type.limits = {2, 5};
  const Table table = must(Table::create(store, type, Value::null(kFuncref)));
  CHECK(table.size() == 2);
  CHECK(must(table.get(1)).is_null());
  const Func one = Func::wrap(store, [] { return 1; });
  must(table.set(1, one.to_value()));
  CHECK(Func::from_value(store, must(table.get(1))) == one);
  CHECK(must_fail(table.set(2, one.to_value())).message ==
        "out of bounds table access: index 2, size 2");
  CHECK(must_fail(table.set(0, Value(3))).code == ErrorCode::InvalidArgument);
  CHECK(must_fail(table.set(0, Value::null(kExternref))).message ==
        "invalid table element: expected funcref, found externref");
  CHECK(must(table.grow(3, one.to_value())) == 2);
  CHECK(Func::from_value(store, must(table.get(4))) == one);
  CHECK(must_fail(table.grow(1, one.to_value())).code == ErrorCode::Limit);
  CHECK(table.type().limits == Limits{5, 5});
}

TEST_CASE("functions stay in their store", "[public][table]") {
  const Engine engine = make_engine();
  const Store store(engine);
  TableType type;
  type.limits = {1, std::nullopt};
  const Table table = must(Table::create(store, type, Value::null(kFuncref)));
  const Module module = compile(engine, R"((module (func (export "f") (result i32) (i32.const 4))
    (func (export "take") (param funcref))))");
  const Instance here = must(Instance::create(store, module));
  const Instance there = must(Instance::create(Store(engine), module));
  const Value foreign = there.get_func("f")->to_value();
  CHECK(must_fail(table.set(0, foreign)).code == ErrorCode::InvalidArgument);
  CHECK(must_fail(table.grow(1, foreign)).code == ErrorCode::InvalidArgument);
  CHECK_FALSE(Global::create(store, {kFuncref, true}, foreign).ok());
  CHECK(must_fail(here.get_func("take")->call({foreign})).code == ErrorCode::InvalidArgument);
  must(here.get_func("take")->call({here.get_func("f")->to_value()}));
  const auto typed = must(here.get_typed<void(std::optional<Func>)>("take"));
  CHECK(must_fail(typed(there.get_func("f"))).code == ErrorCode::InvalidArgument);
  Linker linker(engine);
  must(linker.func("env", "give", [&] { return there.get_func("f"); }));
  const Instance taker = must(linker.instantiate(store, compile(engine, R"((module
    (import "env" "give" (func (result funcref))) (func (export "run") (drop (call 0)))))")));
  CHECK(must_trap(taker.get_func("run")->call({})).kind() == TrapKind::HostResultMismatch);
  // Functions of the host may go anywhere, and live as long as they are needed.
  {
    const Store short_lived(engine);
    must(table.set(0, Func::wrap(short_lived, [] { return 5; }).to_value()));
  }
  CHECK(must(Func::from_value(store, must(table.get(0)))->call({}))[0].i32() == 5);
}

TEST_CASE("a table is shared between instances", "[public][table]") {
  const Engine engine = make_engine();
  const Store store(engine);
  Linker linker(engine);
  TableType type;
  type.limits = {10, std::nullopt};
  const Table table = must(Table::create(store, type, Value::null(kFuncref)));
  must(linker.define("env", "t", table));
  {
    // The function outlives the last handle on its instance, because the table holds it.
    must(linker.instantiate(store, compile(engine, R"((module
      (import "env" "t" (table 10 funcref))
      (func $seven (result i32) (i32.const 7))
      (elem (i32.const 3) $seven)))")));
  }
  const Instance user = must(linker.instantiate(store, compile(engine, R"((module
    (import "env" "t" (table 10 funcref))
    (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
    (func (export "wrong") (param i32) (result i64) (call_indirect (result i64) (local.get 0)))))")));
  CHECK(must(user.get_func("call")->call({Value(3)}))[0].i32() == 7);
  CHECK(must_trap(user.get_func("call")->call({Value(2)})).message() == "uninitialized element 2");
  CHECK(must_trap(user.get_func("call")->call({Value(10)})).kind() == TrapKind::UndefinedElement);
  const Trap wrong = must_trap(user.get_func("wrong")->call({Value(3)}));
  CHECK(wrong.kind() == TrapKind::IndirectCallTypeMismatch);
  CHECK(wrong.detail().expected_type == "() -> (i64)");
  CHECK(wrong.detail().actual_type == "() -> (i32)");
  CHECK(contains(wrong.to_string(), "expected () -> (i64), found () -> (i32)"));
  // The host puts its own function in.
  must(table.set(2, Func::wrap(store, [] { return 8; }).to_value()));
  CHECK(must(user.get_func("call")->call({Value(2)}))[0].i32() == 8);
}

TEST_CASE("a type that the caller's module lacks is named, whatever other tables hold",
          "[public][table]") {
  EngineConfig config;
  config.engine = EngineKind::Interp;
  const Engine engine = make_engine(config);
  const Store store(engine);
  Linker linker(engine);
  const Instance owner = must(linker.instantiate(store, compile(engine, R"((module
    (table (export "t") 4 funcref) (elem (i32.const 3) $f)
    (func $f (param f64) (result f64) (local.get 0))))")));
  must(linker.define("env", "owned", *owner.get_table("t")));
  const Instance user = must(linker.instantiate(store, compile(engine, R"((module
    (import "env" "owned" (table $owned 4 funcref))
    (table $objects (export "objects") 4 externref)
    (func (export "call") (call_indirect $owned (i32.const 3)))))")));
  // What lies there is smaller than a function.
  int object = 0;
  must(user.get_table("objects")->set(3, ExternRef::create(store, &object).to_value()));
  CHECK(must_trap(user.get_func("call")->call({})).detail().actual_type == "(f64) -> (f64)");
}
