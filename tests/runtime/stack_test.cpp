// Deep recursion is a trap on any thread, whatever the size of its stack.
#include <pthread.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

struct Work {
  const Func* guest;
  const Func* through_host;
  TrapKind first = TrapKind::None;
  TrapKind second = TrapKind::None;
  bool shallow = false;

  static void* run(void* self) {
    auto& work = *static_cast<Work*>(self);
    const auto kind = [](const Result<std::vector<Value>>& r) {
      return r.ok() || r.error().trap() == nullptr ? TrapKind::None : r.error().trap()->kind();
    };
    work.first = kind(work.guest->call({Value(100'000'000)}));
    work.second = kind(work.through_host->call({Value(100'000'000)}));
    work.shallow = work.guest->call({Value(10)}).ok() && work.through_host->call({Value(2)}).ok();
    return nullptr;
  }
};

}  // namespace

TEST_CASE("call stack exhausted, on small stacks too", "[runtime]") {
  const Engine engine = make_engine();
  Linker linker(engine);
  must(linker.func("env", "again", [](Caller& caller, std::int32_t n) -> Result<std::int32_t> {
    return must(caller.func("host")->typed<std::int32_t(std::int32_t)>())(n);
  }));
  const Instance instance = must(linker.instantiate(Store(engine), compile(engine, R"((module
    (import "env" "again" (func $again (param i32) (result i32)))
    (func $guest (export "guest") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (i32.add (i32.const 1) (call $guest (i32.sub (local.get 0) (i32.const 1)))))
    (func (export "host") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (i32.add (i32.const 1) (call $again (i32.sub (local.get 0) (i32.const 1)))))))")));
  const Func guest = *instance.get_func("guest");
  const Func through_host = *instance.get_func("host");
  for (const std::size_t kib :
       {std::size_t{128}, std::size_t{256}, std::size_t{1024}, std::size_t{8192}}) {
    Work work{&guest, &through_host};
    pthread_attr_t attributes;
    REQUIRE(pthread_attr_init(&attributes) == 0);
    REQUIRE(pthread_attr_setstacksize(&attributes, kib * 1024) == 0);
    pthread_t thread;
    REQUIRE(pthread_create(&thread, &attributes, &Work::run, &work) == 0);
    REQUIRE(pthread_join(thread, nullptr) == 0);
    pthread_attr_destroy(&attributes);
    INFO(kib << " KiB");
    CHECK(work.first == TrapKind::CallStackExhausted);
    CHECK(work.second == TrapKind::CallStackExhausted);
    CHECK(work.shallow);
  }
}
