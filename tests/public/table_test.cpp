// Table, Global and Tag: made by the host, typed, shared with guests.
#include <wasmrt/table.hpp>

#include <wasmrt/global.hpp>
#include <wasmrt/tag.hpp>

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
