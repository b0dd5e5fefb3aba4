// Tag: identity, import and export.
#include <wasmrt/tag.hpp>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("a tag made by the host is imported and exported again", "[public][tag]") {
  const Engine engine = make_engine();
  const Store store(engine);
  const Tag tag = must(Tag::create(store, {FuncType{{kI32}, {}}}));
  CHECK(must_fail(Tag::create(store, {FuncType{{}, {kI32}}})).code == ErrorCode::InvalidArgument);
  Linker linker(engine);
  must(linker.define("env", "t", tag));
  const Instance instance = must(
      linker.instantiate(store, compile(engine, R"((module (import "env" "t" (tag $t (param i32)))
        (tag $own (param i32)) (export "t" (tag $t)) (export "own" (tag $own))))")));
  CHECK(*instance.get_tag("t") == tag);
  CHECK_FALSE(*instance.get_tag("own") == tag);
  CHECK(instance.get_tag("own")->type().type == FuncType{{kI32}, {}});
  CHECK(must_fail(linker.instantiate_pre(
                      compile(engine, R"((module (import "env" "t" (tag (param i64)))))")))
            .code == ErrorCode::Link);
}
