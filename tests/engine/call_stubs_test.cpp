// Calls in and out of compiled code by the stubs for all signatures and by those of one: same
// values, same traps, and a bounded number of them whatever modules come.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "libwasmrt/engine/native_stubs.h"
#include "tests/support/api.h"
#include "tests/support/no_exec.h"

using namespace wasmrt;
using namespace wasmrt::test;
using engine::StubPolicy;

namespace {

constexpr StubPolicy kNever{0, 0};
constexpr StubPolicy kAtOnce{0, 1'000'000};
/// Each function's second call meets stubs that the first one has made.
constexpr StubPolicy kWhenCalled{1, 1'000'000};

class WithPolicy {
 public:
  explicit WithPolicy(StubPolicy policy) : before_(engine::stub_policy()) {
    engine::set_stub_policy(policy);
  }
  ~WithPolicy() { engine::set_stub_policy(before_); }
  WithPolicy(const WithPolicy&) = delete;
  WithPolicy& operator=(const WithPolicy&) = delete;

 private:
  StubPolicy before_;
};

bool has_compiler() {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  return Engine::create(config).ok();
}

/// A signature whose results are some of its parameters.
struct Signature {
  FuncType type;
  std::vector<std::size_t> from;  // parameter by result
  std::vector<Value> args;
};

Signature random_signature(std::mt19937& random, std::size_t params, std::size_t results) {
  constexpr ValType kTypes[] = {kI32, kI64, kF32, kF64, kV128};
  const auto word = [&] { return (std::uint64_t{random()} << 32) | random(); };
  Signature s;
  for (std::size_t n = 0; n < params; ++n) {
    const ValType type = kTypes[random() % 5];
    s.type.params.push_back(type);
    std::uint64_t bits[2] = {word(), word()};
    if (type == kI32 || type == kF32) bits[0] &= 0xFFFF'FFFF;
    s.args.push_back(Value::from_slots(type, bits));
  }
  for (std::size_t n = 0; n < results && params != 0; ++n) {
    s.from.push_back(random() % params);
    s.type.results.push_back(s.type.params[s.from.back()]);
  }
  return s;
}

std::string text_of(const FuncType& type) {
  std::string text;
  for (const ValType t : type.params) text += "(param " + to_string(t) + ")";
  for (const ValType t : type.results) text += "(result " + to_string(t) + ")";
  return text;
}

/// A module with imports and exports of one signature.
class Text {
 public:
  explicit Text(const Signature& signature) : signature_(signature) {
    text_ = "(module (type $t (func " + text_of(signature.type) + "))";
  }
  Text& import(const std::string& module, const std::string& name) {
    text_ += "(import \"" + module + "\" \"" + name + "\" (func $" + name + " (type $t)))";
    return *this;
  }
  Text& chooses(const std::string& name) {
    return function(name, [&] {
      for (const std::size_t n : signature_.from) text_ += get(n);
    });
  }
  Text& calls(const std::string& name, const std::string& callee, const char* how = "call") {
    return function(name, [&] {
      for (std::size_t n = 0; n < signature_.type.params.size(); ++n) text_ += get(n);
      text_ += std::string("(") + how + " $" + callee + ")";
    });
  }
  Text& tail_calls(const std::string& name, const std::string& callee) {
    return calls(name, callee, "return_call");
  }
  std::string end() { return text_ + ")"; }

 private:
  template <class F>
  Text& function(const std::string& name, F&& body) {
    text_ += "(func $" + name + " (export \"" + name + "\") (type $t) ";
    body();
    text_ += ")";
    return *this;
  }
  static std::string get(std::size_t n) { return "(local.get " + std::to_string(n) + ")"; }

  const Signature& signature_;
  std::string text_;
};

bool same(const Value& a, const Value& b) {
  std::uint64_t x[2] = {}, y[2] = {};
  a.to_slots(x);
  b.to_slots(y);
  return a.type() == b.type() && std::equal(x, x + 2, y);
}

/// Four instances by turns interpreted and compiled, each calling the one before.
struct Chain {
  Engine engine;
  Linker linker;
  Store store;
  std::vector<Instance> instances;

  explicit Chain(const EngineConfig& config)
      : engine(make_engine(config)), linker(engine), store(engine) {}

  void add(const std::string& name, const std::string& text, bool compiled) {
    ModuleConfig config;
    config.eager = compiled;
    const Module module = must(Module::compile(engine, text, config));
    CHECK((module.stats().native_functions != 0) == compiled);
    instances.push_back(must(linker.instantiate(store, module)));
    must(linker.instance(name, instances.back()));
  }
};

EngineConfig by_turns() {
  EngineConfig config;
  config.compile_at_once = 0;  // what is not wanted compiled begins in the interpreter
  return config;
}

void check_signature(const Signature& s) {
  INFO(text_of(s.type));
  Chain chain(by_turns());
  must(chain.linker.func("host", "host", s.type,
                         [&](Caller&, std::span<const Value> args, std::span<Value> results) {
                           for (std::size_t n = 0; n < results.size(); ++n) {
                             results[n] = args[s.from[n]];
                           }
                           return Result<void>();
                         }));
  chain.add("a", Text(s).import("host", "host").chooses("a").calls("a_host", "host").end(), false);
  chain.add("b",
            Text(s)
                .import("host", "host")
                .import("a", "a")
                .import("a", "a_host")
                .chooses("b")
                .calls("b_host", "host")
                .tail_calls("b_tail_host", "host")
                .calls("b_a", "a")
                .tail_calls("b_tail_a", "a")
                .tail_calls("b_tail_a_host", "a_host")
                .end(),
            true);
  chain.add("c",
            Text(s)
                .import("b", "b")
                .import("b", "b_tail_a")
                .calls("c_b", "b")
                .tail_calls("c_tail_b", "b")
                .tail_calls("c_tail_b_tail_a", "b_tail_a")
                .end(),
            false);
  chain.add("d",
            Text(s)
                .import("c", "c_b")
                .import("c", "c_tail_b")
                .import("c", "c_tail_b_tail_a")
                .calls("d_c", "c_b")
                .calls("d_c_tail", "c_tail_b")
                .tail_calls("d_tail_c_tail", "c_tail_b")
                .calls("d_c_tail_tail", "c_tail_b_tail_a")
                .tail_calls("d_tail_c_tail_tail", "c_tail_b_tail_a")
                .end(),
            true);
  for (const Instance& instance : chain.instances) {
    for (const ExportType& e : instance.module().exports()) {
      INFO(e.name);
      for (int again = 0; again < 3; ++again) {
        const std::vector<Value> results = must(instance.get_func(e.name)->call(s.args));
        REQUIRE(results.size() == s.from.size());
        for (std::size_t n = 0; n < results.size(); ++n) {
          if (!same(results[n], s.args[s.from[n]])) FAIL("result " << n << " is another");
        }
      }
    }
  }
}

std::size_t mapping_count() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

/// Parameter lists that all differ: `n` in digits of five kinds.
std::string numbered_params(unsigned n) {
  constexpr const char* kTypes[] = {"i32", "i64", "f32", "f64", "v128"};
  std::string text = "(param i32";
  for (; n != 0; n /= 5) text += std::string(" ") + kTypes[n % 5];
  return text + ")";
}

/// Calls the host with that signature and gives back the first argument.
std::int32_t call_with_numbered(const Engine& engine, unsigned n) {
  constexpr const char* kZeros[] = {"(i32.const 0)", "(i64.const 0)", "(f32.const 0)",
                                    "(f64.const 0)", "(v128.const i64x2 0 0)"};
  std::string args = "(local.get 0)";
  for (unsigned m = n; m != 0; m /= 5) args += kZeros[m % 5];
  const std::string type = numbered_params(n) + "(result i32)";
  const Module module =
      compile(engine, "(module (import \"m\" \"h\" (func $h " + type + ")) (func $f " + type +
                          " (local.get 0)) (elem declare func $f)"
                          "(func (export \"f\") (param i32) (result i32)"
                          "(drop (call $h " +
                          args + ")) (call $f " + args + ")))");
  Linker linker(engine);
  must(linker.func("m", "h", std::get<FuncType>(module.imports()[0].type),
                   [](Caller&, std::span<const Value> values, std::span<Value> results) {
                     results[0] = values[0];
                     return Result<void>();
                   }));
  const Instance instance = must(linker.instantiate(Store(engine), module));
  return must(instance.get_func("f")->call({Value(static_cast<std::int32_t>(n))}))[0].i32();
}

}  // namespace

TEST_CASE("values get through the stubs for all signatures as through those of one",
          "[engine][stubs]") {
  if (!has_compiler()) return;
  for (const StubPolicy policy : {kNever, kAtOnce, kWhenCalled}) {
    const WithPolicy with(policy);
    const std::size_t had = engine::signatures_with_stubs();
    std::mt19937 random(policy.after + 7);
    check_signature(random_signature(random, 0, 0));
    for (unsigned n = 0; n < 24; ++n) {
      check_signature(random_signature(random, random() % 14, random() % 7));
      check_signature(random_signature(random, 1 + random() % 50, random() % 30));
    }
    check_signature(random_signature(random, 1000, 1000));
    CHECK((engine::signatures_with_stubs() == had) == (policy.most == 0));
  }
}

TEST_CASE("traps are the same through all stubs", "[engine][stubs]") {
  if (!has_compiler()) return;
  for (const StubPolicy policy : {kNever, kAtOnce, kWhenCalled}) {
    const WithPolicy with(policy);
    Chain chain(by_turns());
    const std::string many = " i64 f32 v128 i64 i64 i64 i64 i64 i64 i64 i64 i64 v128)";
    const std::string type = "(param i32" + many + "(result i32 i32 i32 i32 i32 v128)";
    std::string args;
    for (int n = 0; n < 14; ++n) args += "(local.get " + std::to_string(n) + ")";
    chain.add("a",
              "(module (func $bad (export \"bad\") " + type +
                  "(i32.div_s (i32.const 1) (local.get 0)) (local.get 0) (local.get 0)"
                  "(local.get 0) (local.get 0) (local.get 13)))",
              false);
    chain.add("b",
              "(module (import \"a\" \"bad\" (func $bad " + type +
                  ")) (memory 1) (func $mid (export \"mid\") " + type + args +
                  "(call $bad)) (func $oob (export \"oob\") " + type +
                  "(i32.load (i32.const -8)) (local.get 0) (local.get 0) (local.get 0)"
                  "(local.get 0) (local.get 13))(func $down (export \"down\") " +
                  type + args + "(call $down)))",
              true);
    chain.add("c",
              "(module (import \"b\" \"mid\" (func $mid " + type +
                  ")) (import \"b\" \"oob\" (func $oob " + type +
                  ")) (import \"b\" \"down\" (func $down " + type + "))(func $m (export \"m\") " +
                  type + args + "(call $mid))(func $o (export \"o\")" + type + args +
                  "(call $oob))(func $t (export \"t\")" + type + args +
                  "(return_call $oob))(func $d (export \"d\") " + type + args + "(call $down)))",
              false);
    chain.add("d",
              "(module (import \"c\" \"m\" (func $m " + type + ")) (import \"c\" \"o\" (func $o " +
                  type + ")) (import \"c\" \"t\" (func $t " + type +
                  ")) (import \"c\" \"d\" (func $d " + type + "))(func $dm (export \"dm\") " +
                  type + args + "(call $m))(func $do (export \"do\")" + type + args +
                  "(call $o))(func $dt (export \"dt\")" + type + args +
                  "(call $t))(func $dd (export \"dd\") " + type + args + "(call $d)))",
              true);
    const std::vector<Value> values = [] {
      std::vector<Value> v{Value(0), Value(std::int64_t{1}), Value(1.0f), Value(V128())};
      for (int n = 0; n < 9; ++n) v.emplace_back(std::int64_t{n});
      v.emplace_back(V128());
      return v;
    }();
    const auto frames = [&](const char* name, TrapKind kind) {
      const Trap trap = must_trap(chain.instances[3].get_func(name)->call(values));
      CHECK(trap.kind() == kind);
      std::string names;
      for (const auto& frame : trap.frames()) names += frame.function + " ";
      return names;
    };
    for (int again = 0; again < 3; ++again) {
      CHECK(frames("dm", TrapKind::IntegerDivideByZero) == "bad mid m dm ");
      CHECK(frames("do", TrapKind::OutOfBoundsMemoryAccess) == "oob o do ");
      CHECK(frames("dt", TrapKind::OutOfBoundsMemoryAccess) == "oob dt ");
      CHECK(frames("dd", TrapKind::CallStackExhausted).starts_with("down down "));
    }
  }
}

TEST_CASE("circles of tail calls through the stubs for all signatures need no stack",
          "[engine][stubs]") {
  if (!has_compiler()) return;
  for (const StubPolicy policy : {kNever, kAtOnce}) {
    const WithPolicy with(policy);
    // By turns interpreted and compiled, and with places of three sizes for their arguments.
    Chain chain(by_turns());
    const auto params = [](int n) {
      std::string text = "(param i64";
      for (int k = 1; k < n; ++k) text += " i64";
      return text + ")";
    };
    const auto member = [&](int own, int next, const char* slot) {
      std::string args = "(i64.sub (local.get 0) (i64.const 1))";
      for (int k = 1; k < next; ++k) args += "(i64.const " + std::to_string(k) + ")";
      return "(func (export \"f\") " + params(own) + "(result i64 i64 i64 i64 i64 i64)" +
             "(if (i64.eqz (local.get 0)) (then (return (i64.const 1) (i64.const 2)"
             "(i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6))))"
             "(return_call_indirect (type $next) " +
             args + "(i32.const " + slot + ")))";
    };
    const auto module = [&](int own, int next, const char* slot) {
      return "(module (import \"t\" \"t\" (table 3 funcref)) (type $next (func " + params(next) +
             "(result i64 i64 i64 i64 i64 i64)))" + member(own, next, slot) + ")";
    };
    chain.add("t", "(module (table (export \"t\") 3 funcref))", false);
    chain.add("few", module(1, 20, "1"), true);
    chain.add("some", module(20, 200, "2"), false);
    chain.add("many", module(200, 1, "0"), true);
    const auto table = chain.instances[0].get_table("t");
    for (unsigned n = 0; n < 3; ++n) {
      must(table->set(n, chain.instances[n + 1].get_func("f")->to_value()));
    }
    const auto results =
        must(chain.instances[1].get_func("f")->call({Value(std::int64_t{300'000})}));
    REQUIRE(results.size() == 6);
    for (std::size_t n = 0; n < 6; ++n) CHECK(results[n].i64() == static_cast<int>(n) + 1);
  }
}

TEST_CASE("signatures without end take a bounded number of mappings", "[engine][stubs]") {
  if (!has_compiler()) return;
  EngineConfig config;
  config.engine = EngineKind::Jit;
  const Engine engine = make_engine(config);
  constexpr std::uint32_t kMore = 20;
  const auto had = static_cast<std::uint32_t>(engine::signatures_with_stubs());
  const WithPolicy with({0, had + kMore});
  CHECK(call_with_numbered(engine, 0) == 0);
  const std::size_t before = mapping_count();
  for (unsigned n = 1; n < 400; ++n) {
    REQUIRE(call_with_numbered(engine, n * 17) == static_cast<std::int32_t>(n * 17));
  }
  CHECK(engine::signatures_with_stubs() == had + kMore);
  // Code between two pages that nobody may touch, and whatever the heap wanted.
  CHECK(mapping_count() < before + 3 * kMore + 20);
}

TEST_CASE("calls go on when no memory for code is given any more",
          "[engine][stubs][no-tsan][no-emulation]") {
  if (!has_compiler()) return;
  constexpr int kSkipped = 77;
  Chain chain(by_turns());
  chain.add("a", "(module (func (export \"a\") (param i64) (result i64) (local.get 0)))", false);
  chain.add("b", R"((module (import "a" "a" (func $a (param i64) (result i64)))
      (func (export "b") (param i64 i64) (result i64)
        (i64.add (call $a (local.get 0)) (local.get 1)))))",
            true);
  const WithPolicy with(kAtOnce);
  const pid_t child = fork();
  if (child == 0) {
    if (!refuse_executable_memory(NoExec::Seccomp)) _exit(kSkipped);
    for (std::int64_t n = 0; n < 3; ++n) {
      const auto result = chain.instances[1].get_func("b")->call({Value(n), Value(n)});
      if (!result || (*result)[0].i64() != 2 * n) _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK((WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kSkipped));
}
