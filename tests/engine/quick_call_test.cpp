// Calls that need no frame of their own: after enough ordinary ones a call takes the quick way, and
// nobody can tell, whatever happens before, inside or beside it.
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include "libwasmrt/engine/native_stubs.h"
#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/entities.h"
#include "libwasmrt/runtime/quick_call.h"
#include "sys/os/sanitizers.h"
#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;
using namespace std::chrono_literals;

namespace {

constexpr int kEnough = 2 * rt::Occupancy::kEntriesForClaim;

/// Engines of both kinds, with stubs of their own for each signature from the first call on.
class Calls {
 public:
  explicit Calls(EngineKind kind) : before_(engine::stub_policy()) {
    engine::set_stub_policy({0, 1'000'000});
    EngineConfig config;
    config.engine = kind;
    if (kind == EngineKind::Jit && !Engine::create(config)) return;  // not in this build
    engine_ = make_engine(config);
    linker.emplace(*engine_);
    store.emplace(*engine_);
  }
  ~Calls() { engine::set_stub_policy(before_); }
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  explicit operator bool() const { return engine_.has_value(); }
  Instance make(std::string_view text) {
    return must(linker->instantiate(*store, compile(*engine_, text)));
  }
  [[nodiscard]] const Engine& engine() const { return *engine_; }

  std::optional<Linker> linker;
  std::optional<Store> store;

 private:
  engine::StubPolicy before_;
  std::optional<Engine> engine_;
};

/// Whether a call of this thread would take the quick way.
bool is_quick(const Instance& instance) {
  const VmFuncRef& func = *detail::Access::get(instance)->func_words.back();
  rt::Occupancy::Claim* const claim = rt::begin_quick_call(func);
  if (claim == nullptr) return false;
  CHECK(rt::end_quick_call(*claim, 0) == nullptr);
  return true;
}

/// Whether the host calls the function through a stub of its signature.
bool has_stub(const Instance& instance, std::string_view name) {
  return detail::Access::get(*instance.get_func(name))->call_words.load() !=
         &rt::call_words_by_slots;
}

void warm_up(const Instance& instance) {
  const auto nothing = must(instance.get_typed<void()>("nothing"));
  for (int n = 0; n < kEnough; ++n) must(nothing());
  CHECK(is_quick(instance) == os::asymmetric_barriers());
}

#define BOTH_ENGINES(calls)                                              \
  const EngineKind kind = GENERATE(EngineKind::Interp, EngineKind::Jit); \
  Calls calls(kind);                                                     \
  if (!calls) return

}  // namespace

TEST_CASE("numbers travel in registers, in and out", "[engine][quick]") {
  BOTH_ENGINES(calls);
  must(calls.linker->func("h", "mix", [](std::int32_t a, double b, std::int64_t c, float d) {
    return static_cast<double>(a) + 2 * b + 3 * static_cast<double>(c) + 4 * double{d};
  }));
  must(calls.linker->func("h", "f", [](float a, float b, std::uint32_t c, std::uint64_t d) {
    return a - b + static_cast<float>(c) * static_cast<float>(d);
  }));
  must(calls.linker->func("h", "i", [](std::int64_t a) { return static_cast<std::int32_t>(a); }));
  must(calls.linker->func("h", "l", [](std::int32_t a) { return std::int64_t{a}; }));
  int nothings = 0;
  must(calls.linker->func("h", "n", [&] { ++nothings; }));
  const Instance instance = calls.make(R"((module
    (import "h" "mix" (func $mix (param i32 f64 i64 f32) (result f64)))
    (import "h" "f" (func $f (param f32 f32 i32 i64) (result f32)))
    (import "h" "i" (func $i (param i64) (result i32)))
    (import "h" "l" (func $l (param i32) (result i64)))
    (import "h" "n" (func $n))
    (func (export "mix") (param i32 f64 i64 f32) (result f64)
      (call $mix (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "f") (param i64 f32 i32 f32) (result f32)
      (call $f (local.get 1) (local.get 3) (local.get 2) (local.get 0)))
    (func (export "il") (param i64) (result i64) (call $l (call $i (local.get 0))))
    (func (export "zero") (param i64) (result i32) (i64.eqz (i64.extend_i32_u
      (call $i (local.get 0)))))
    (func (export "n") (call $n))
    (func (export "five") (param i32 i32 i32 i32 i32) (result i32) (local.get 4))
    (func (export "two") (param i32) (result i32 i32) (local.get 0) (i32.const 7))))");
  const auto mix =
      must(instance.get_typed<double(std::int32_t, double, std::int64_t, float)>("mix"));
  const auto f = must(instance.get_typed<float(std::int64_t, float, std::int32_t, float)>("f"));
  const auto il = must(instance.get_typed<std::int64_t(std::int64_t)>("il"));
  const auto zero = must(instance.get_typed<std::int32_t(std::int64_t)>("zero"));
  const auto n = must(instance.get_typed<void()>("n"));
  const auto five = must(instance.get_typed<std::int32_t(std::int32_t, std::int32_t, std::int32_t,
                                                         std::int32_t, std::int32_t)>("five"));
  const auto two =
      must(instance.get_typed<std::tuple<std::int32_t, std::int32_t>(std::int32_t)>("two"));
  for (int k = -kEnough; k < kEnough; ++k) {
    CHECK(must(mix(k, 0.5, -3, 1.5f)) == k + 1.0 - 9.0 + 6.0);
    CHECK(must(f(3, 1.25f, 5, -0.5f)) == 16.75f);
    CHECK(must(il((std::int64_t{77} << 32) | 0xFFFF'FFF0)) == -16);
    CHECK(must(zero(std::int64_t{77} << 32)) == 1);
    must(n());
    CHECK(must(five(1, 2, 3, 4, k)) == k);
    CHECK(must(two(k)) == std::tuple(k, 7));
  }
  CHECK(nothings == 2 * kEnough);
  const VmFuncRef& ref = *detail::Access::get(*instance.get_func("mix"));
  const bool stubs = kind == EngineKind::Jit && !os::kThreadSanitizer &&
                     engine::call_stubs(rt::func_type(ref)).words != nullptr;
  CHECK(has_stub(instance, "mix") == stubs);
  CHECK(has_stub(instance, "n") == stubs);
  CHECK(!has_stub(instance, "five"));
  CHECK(!has_stub(instance, "two"));
}

TEST_CASE("quick calls into two instances of a store, by turns", "[engine][quick]") {
  BOTH_ENGINES(calls);
  int from = 0;
  must(calls.linker->func("h", "who", [&](Caller& caller) {
    from = must(must(caller.func("id")->typed<std::int32_t()>())());
  }));
  const auto text = [](const char* id) {
    return std::string(
               "(module (import \"h\" \"who\" (func $who)) (func (export \"id\") "
               "(result i32) (i32.const ") +
           id + ")) (func (export \"nothing\")) (func (export \"who\") (call $who)))";
  };
  const Instance one = calls.make(text("1"));
  const Instance two = calls.make(text("2"));
  const auto one_who = must(one.get_typed<void()>("who"));
  const auto two_who = must(two.get_typed<void()>("who"));
  const auto one_id = must(one.get_typed<std::int32_t()>("id"));
  const auto two_id = must(two.get_typed<std::int32_t()>("id"));
  for (int n = 0; n < kEnough; ++n) {
    must(one_who());
    CHECK(from == 1);
    CHECK(must(two_id()) == 2);
    must(two_who());
    CHECK(from == 2);
    CHECK(must(one_id()) == 1);
  }
  CHECK(is_quick(one) == os::asymmetric_barriers());
  // Closing the one that a call is in ends it, and no call of the other.
  one.close();
  CHECK(must(two_id()) == 2);
  CHECK(must_fail(one_id()).code == ErrorCode::Closed);
}

TEST_CASE("a trap in a quick call is told as ever, and the next call works", "[engine][quick]") {
  BOTH_ENGINES(calls);
  must(calls.linker->func("h", "fail", [](std::int32_t n) -> Result<std::int32_t> {
    if (n == 1) return Trap::host("no");
    return n;
  }));
  const Instance instance = calls.make(R"((module
    (import "h" "fail" (func $fail (param i32) (result i32)))
    (memory 1)
    (func (export "nothing"))
    (func $at (param i32) (result i32) (i32.load (local.get 0)))
    (func $deep (export "deep") (param i32) (result i32)
      (i32.add (i32.const 1) (call $deep (local.get 0))))
    (func (export "at") (param i32) (result i32) (i32.add (i32.const 1) (call $at (local.get 0))))
    (func (export "host") (param i32) (result i32) (call $fail (local.get 0)))))");
  warm_up(instance);
  using F = std::int32_t(std::int32_t);
  const auto at = must(instance.get_typed<F>("at"));
  const auto deep = must(instance.get_typed<F>("deep"));
  const auto host = must(instance.get_typed<F>("host"));
  for (int n = 0; n < 3; ++n) {
    const Trap bad = must_trap(at(1 << 16));
    CHECK(bad.kind() == TrapKind::OutOfBoundsMemoryAccess);
    REQUIRE(bad.frames().size() == 2);
    CHECK(bad.frames()[1].func_index == 4);
    CHECK(must_trap(deep(0)).kind() == TrapKind::CallStackExhausted);
    CHECK(must(host(5)) == 5);
    const Trap failed = must_trap(host(1));
    CHECK(contains(failed.message(), "no"));
    CHECK(failed.frames().size() == 1);
    CHECK(must(at(0)) == 1);
    CHECK(is_quick(instance) == os::asymmetric_barriers());
  }
}

TEST_CASE("what may not take the quick way does not", "[engine][quick]") {
  BOTH_ENGINES(calls);
  const Instance instance = calls.make(R"((module (func (export "nothing"))
    (func (export "forever") (loop (br 0)))))");
  const Instance other = calls.make("(module (func (export \"nothing\")))");
  warm_up(instance);
  const auto nothing = must(instance.get_typed<void()>("nothing"));
  const auto forever = must(instance.get_typed<void()>("forever"));
  // Options count.
  CallOptions options;
  options.deadline = 1ms;
  CHECK(must_trap(forever.call(options)).kind() == TrapKind::DeadlineExceeded);
  options = {};
  options.cancel = CancelToken::create();
  options.cancel.cancel();
  CHECK(must_trap(forever.call(options)).kind() == TrapKind::Cancelled);
  must(nothing());
  // Another thread: busy while this one is inside, and afterwards the store is its own.
  std::thread thread([&] {
    for (int n = 0; n < kEnough; ++n) must(nothing());
  });
  thread.join();
  CHECK(!is_quick(instance));
  must(nothing());
  // A stack that nobody knows.
  static ucontext_t back;
  static ucontext_t fibre;
  static const TypedFunc<void()>* call = nullptr;
  static bool done = false;
  call = &nothing;
  done = false;
  std::vector<std::byte> stack(128 << 10);
  REQUIRE(getcontext(&fibre) == 0);
  fibre.uc_stack.ss_sp = stack.data();
  fibre.uc_stack.ss_size = stack.size();
  fibre.uc_link = &back;
  makecontext(
      &fibre, [] { done = (*call)().ok(); }, 0);
  REQUIRE(swapcontext(&back, &fibre) == 0);
  CHECK(done);
  // Closed; the other instance goes on.
  instance.close();
  instance.close();
  CHECK(must_fail(nothing()).code == ErrorCode::Closed);
  must(must(other.get_typed<void()>("nothing"))());
}

TEST_CASE("a quick call is ended by another thread", "[engine][quick]") {
  BOTH_ENGINES(calls);
  std::atomic<bool> inside = false;
  must(calls.linker->func("h", "in", [&] { inside = true; }));
  const Instance instance = calls.make(R"((module (import "h" "in" (func $in))
    (func (export "nothing"))
    (func (export "forever") (call $in) (loop (br 0)))))");
  warm_up(instance);
  std::optional<Error> busy;
  std::thread thread([&] {
    while (!inside) std::this_thread::yield();
    busy = must_fail(must(instance.get_typed<void()>("nothing"))());
    instance.close();
  });
  CHECK(must_trap(must(instance.get_typed<void()>("forever"))()).kind() == TrapKind::Cancelled);
  thread.join();
  REQUIRE(busy.has_value());
  CHECK(busy->code == ErrorCode::Busy);
  CHECK(must_fail(must(instance.get_typed<void()>("nothing"))()).code == ErrorCode::Closed);
}

TEST_CASE("calls inside a quick call, into its store and another", "[engine][quick]") {
  BOTH_ENGINES(calls);
  const Store second(calls.engine());
  std::optional<Func> inner;
  must(
      calls.linker->func("h", "again", [&](Caller& caller, std::int32_t n) -> Result<std::int32_t> {
        if (n == 0) return 0;
        if (caller.user_data() != nullptr) return -1;
        return must(inner->typed<std::int32_t(std::int32_t)>())(n - 1);
      }));
  constexpr const char* kText = R"((module
    (import "h" "again" (func $again (param i32) (result i32)))
    (func (export "nothing"))
    (func (export "f") (param i32) (result i32)
      (if (i32.eq (local.get 0) (i32.const 13)) (then unreachable))
      (i32.add (i32.const 1) (call $again (local.get 0))))))";
  const Instance one = calls.make(kText);
  const Instance two = must(calls.linker->instantiate(second, compile(calls.engine(), kText)));
  warm_up(one);
  const auto f = must(one.get_typed<std::int32_t(std::int32_t)>("f"));
  for (const Instance* next : {&one, &two}) {
    inner = next->get_func("f");
    for (int n = 0; n < kEnough; ++n) CHECK(must(f(3)) == 4);
    CHECK(must_trap(f(15)).kind() == TrapKind::Unreachable);
    CHECK(must(f(2)) == 3);
  }
  CHECK(is_quick(one) == os::asymmetric_barriers());
}

TEST_CASE("a host function drops what is being called, in a quick call", "[engine][quick]") {
  BOTH_ENGINES(calls);
  struct Held {
    std::optional<Instance> instance;
    std::optional<TypedFunc<std::int32_t(std::int32_t)>> func;
  } held;
  must(calls.linker->func("h", "drop", [&](std::int32_t n) {
    if (n == 1) {
      held = {};
      calls.store.reset();
      calls.linker.reset();
    }
    return n + 1;
  }));
  held.instance = calls.make(R"((module (import "h" "drop" (func $drop (param i32) (result i32)))
    (memory 1) (func (export "nothing"))
    (func (export "f") (param i32) (result i32)
      (i32.add (call $drop (local.get 0)) (i32.load8_u (i32.const 0))))))");
  warm_up(*held.instance);
  held.func = must(held.instance->get_typed<std::int32_t(std::int32_t)>("f"));
  CHECK(must((*held.func)(5)) == 6);
  CHECK(must((*held.func)(1)) == 2);
  CHECK(!held.func.has_value());
}

TEST_CASE("host calls that end out of order end the process", "[engine][quick][no-tsan][no-asan]") {
  BOTH_ENGINES(calls);
  // Two fibres inside of host functions: the first one goes on while the second one is inside.
  static ucontext_t back;
  static ucontext_t fibres[2];
  static const TypedFunc<void()>* call = nullptr;
  static int current = 0;
  must(calls.linker->func("h", "leave", [] { swapcontext(&fibres[current], &back); }));
  const Instance instance = calls.make(R"((module (import "h" "leave" (func $leave))
    (func (export "f") (call $leave))))");
  const auto f = must(instance.get_typed<void()>("f"));
  call = &f;
  const pid_t child = fork();
  if (child == 0) {
    static std::byte stacks[2][256 << 10];
    for (current = 0; current < 2; ++current) {
      ucontext_t& fibre = fibres[current];
      getcontext(&fibre);
      fibre.uc_stack.ss_sp = stacks[current];
      fibre.uc_stack.ss_size = sizeof stacks[current];
      fibre.uc_link = &back;
      makecontext(
          &fibre, [] { static_cast<void>((*call)()); }, 0);
      swapcontext(&back, &fibre);
    }
    std::signal(SIGABRT, SIG_DFL);
    close(2);
    swapcontext(&back, &fibres[0]);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}
