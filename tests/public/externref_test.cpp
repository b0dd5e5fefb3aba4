// ExternRef: identity and life. Store: what it counts.
#include <wasmrt/externref.hpp>

#include <memory>
#include <string>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("host objects live as long as their store", "[public][externref]") {
  const auto count = std::make_shared<int>(0);
  struct Object {
    std::shared_ptr<int> count;
    std::string text;
    Object(std::shared_ptr<int> c, std::string t) : count(std::move(c)), text(std::move(t)) {
      ++*count;
    }
    Object(Object&& o) noexcept : count(o.count), text(std::move(o.text)) { ++*count; }
    ~Object() { --*count; }
  };
  {
    const Engine engine = make_engine();
    const Store store(engine);
    const Instance instance = must(Instance::create(store, compile(engine, R"((module
      (global $g (mut externref) (ref.null extern))
      (func (export "put") (param externref) (global.set $g (local.get 0)))
      (func (export "get") (result externref) (global.get $g))))")));
    {
      const ExternRef ref = ExternRef::make(store, Object(count, "hello"));
      must(instance.get_func("put")->call({ref.to_value()}));
    }
    CHECK(*count == 1);  // no handle is left, and the guest still has it
    const Value back = must(instance.get_func("get")->call({}))[0];
    const std::optional<ExternRef> ref = ExternRef::from_value(store, back);
    REQUIRE(ref.has_value());
    CHECK(ref->get<Object>().text == "hello");
    must(instance.get_func("put")->call({Value::null(kExternref)}));
    CHECK(must(instance.get_func("get")->call({}))[0].is_null());
    CHECK(*count == 1);
    // A reference of another store is none of ours.
    CHECK_FALSE(ExternRef::from_value(Store(engine), back).has_value());
  }
  CHECK(*count == 0);
}

TEST_CASE("a store has user data and counts", "[public][store]") {
  int word = 0;
  StoreConfig config;
  config.user_data = &word;
  const Engine engine = make_engine();
  const Store store(engine, config);
  CHECK(store.user_data() == &word);
  CHECK(store.engine() == engine);
  const Instance instance =
      must(Instance::create(store, compile(engine, "(module (memory 2) (table 3 funcref))")));
  const StoreStats stats = store.stats();
  CHECK(stats.instances == 1);
  CHECK(stats.memories == 1);
  CHECK(stats.memory_bytes == 2 * 65536);
  CHECK(stats.table_elements == 3);
}
