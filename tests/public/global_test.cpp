// Global: made by the host or a guest, typed, shared.
#include <wasmrt/global.hpp>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("a global made by the host", "[public][global]") {
  const Engine engine = make_engine();
  const Store store(engine);
  const Global global = must(Global::create(store, {kI64, true}, Value(std::int64_t{5})));
  CHECK(global.get().i64() == 5);
  CHECK(must_fail(global.set(Value(1))).message == "invalid global value: expected i64, found i32");
  Linker linker(engine);
  must(linker.define("env", "g", global));
  const Instance instance = must(linker.instantiate(store, compile(engine, R"((module
    (import "env" "g" (global $g (mut i64)))
    (func (export "add") (param i64)
      (global.set $g (i64.add (global.get $g) (local.get 0))))))")));
  must(instance.get_func("add")->call({Value(std::int64_t{-7})}));
  CHECK(global.get().i64() == -2);
  CHECK(must_fail(Global::create(store, {kF32, false}, Value(1))).code ==
        ErrorCode::InvalidArgument);
}

TEST_CASE("a constant cannot be set", "[public][global]") {
  const Instance instance = instantiate(R"((module
    (global (export "c") v128 (v128.const i64x2 1 2))
    (global (export "n") funcref (ref.null func))))");
  const Global c = *instance.get_global("c");
  CHECK(c.get().v128() == V128::from_u64(1, 2));
  CHECK(contains(must_fail(c.set(c.get())).message, "immutable"));
  CHECK(instance.get_global("n")->get().is_null());
  CHECK(instance.get_global("c")->type() == GlobalType{kV128, false});
}
