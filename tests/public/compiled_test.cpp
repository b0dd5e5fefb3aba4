// What users see of compiled code: the same as of the interpreter. Each test runs on every engine
// that this build has.
#include <wasmrt/wasmrt.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// Runs a test on each engine there is.
template <class F>
void on_engines(F&& test) {
  for (const EngineKind kind : {EngineKind::Interp, EngineKind::Jit}) {
    for (const bool signals : {true, false}) {
      EngineConfig config;
      config.engine = kind;
      config.signals = signals;
      if (!signals) config.reservation = MemoryReservation::None;
      if (!Engine::create(config).ok()) continue;
      INFO("engine " << (kind == EngineKind::Jit ? "jit" : "interp") << ", signals " << signals);
      test(config);
    }
  }
}

}  // namespace

TEST_CASE("a checked access that fails says where and how wide it was", "[public][compiled]") {
  on_engines([](const EngineConfig& config) {
    if (config.signals) return;
    const Instance instance = instantiate(R"((module
      (memory 1)
      (memory $two 2)
      (memory $wide i64 3)
      (func (export "load") (param i64) (drop (i32.load offset=8 (i32.wrap_i64 (local.get 0)))))
      (func (export "store") (param i64) (i64.store16 $two offset=200
        (i32.wrap_i64 (local.get 0)) (i64.const 1)))
      (func (export "vector") (param i64) (v128.store offset=4294967295
        (i32.wrap_i64 (local.get 0)) (v128.const i64x2 1 2)))
      (func (export "lane") (param i64) (drop (v128.load16_lane 3
        (i32.wrap_i64 (local.get 0)) (v128.const i64x2 1 2))))
      (func (export "far") (param i64) (drop (f64.load $wide offset=16 (local.get 0))))
      (func (export "loop") (param i64) (local $i i32)
        (loop $next
          (i32.store8 offset=1 (local.get $i) (local.get $i))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))))",
                                          config);
    const struct {
      const char* function;
      std::int64_t index;
      std::uint64_t address, bytes, size;
    } kCases[] = {
        {"load", 65525, 65533, 4, 65536},     {"load", 0xFFFFFFFF, 0x100000007, 4, 65536},
        {"store", 131000, 131200, 2, 131072}, {"vector", 1, 0x100000000, 16, 65536},
        {"lane", 65535, 65535, 2, 65536},     {"far", 196608, 196624, 8, 196608},
        {"far", -1, 15, 8, 196608},           {"loop", 0, 65536, 1, 65536},
    };
    for (const auto& c : kCases) {
      INFO(c.function << " " << c.index);
      const Trap trap = must_trap(instance.get_func(c.function)->call({Value(c.index)}));
      CHECK(trap.kind() == TrapKind::OutOfBoundsMemoryAccess);
      CHECK(trap.detail().address == c.address);
      CHECK(trap.detail().access_bytes == c.bytes);
      CHECK(trap.detail().size == c.size);
    }
  });
}

TEST_CASE("a circle of tail calls ends when its time is over", "[public][compiled]") {
  on_engines([](const EngineConfig& config) {
    const Instance instance = instantiate(R"((module
      (func $one (export "one") (param i32) (result i32) (return_call $one (local.get 0)))
      (func $a (export "two") (param i32) (result i32) (return_call $b (local.get 0)))
      (func $b (param i32) (result i32) (return_call $a (local.get 0)))))",
                                          config);
    for (const char* name : {"one", "two"}) {
      CallOptions options;
      options.deadline = std::chrono::milliseconds(20);
      CHECK(must_trap(instance.get_func(name)->call({Value(1)}, options)).kind() ==
            TrapKind::DeadlineExceeded);
    }
  });
}

TEST_CASE("indirect calls accept subtypes", "[public][compiled]") {
  on_engines([](const EngineConfig& config) {
    const Instance instance = instantiate(R"((module
      (type $root (sub (func (result i32))))
      (type $middle (sub $root (func (result i32))))
      (type $leaf (sub $middle (func (result i32))))
      (type $other (sub $root (func (result i32) )))
      (rec (type $twin (sub $root (func (result i32)))) (type (func)))
      (type $flat (func (result i32)))
      (func $f0 (type $root) (i32.const 10))
      (func $f1 (type $middle) (i32.const 11))
      (func $f2 (type $leaf) (i32.const 12))
      (func $f3 (type $twin) (i32.const 13))
      (func $f4 (type $flat) (i32.const 14))
      (table funcref (elem $f0 $f1 $f2 $f3 $f4))
      (func (export "root") (param i32) (result i32) (call_indirect (type $root) (local.get 0)))
      (func (export "middle") (param i32) (result i32) (call_indirect (type $middle) (local.get 0)))
      (func (export "leaf") (param i32) (result i32)
        (return_call_indirect (type $leaf) (local.get 0)))
      (func (export "twin") (param i32) (result i32) (call_indirect (type $twin) (local.get 0)))))",
                                          config);
    const struct {
      const char* as;
      std::vector<int> accepts;
    } kCases[] = {{"root", {0, 1, 2, 3}}, {"middle", {1, 2}}, {"leaf", {2}}, {"twin", {3}}};
    for (const auto& c : kCases) {
      for (int n = 0; n < 5; ++n) {
        INFO(c.as << " " << n);
        const auto result = instance.get_func(c.as)->call({Value(n)});
        if (std::find(c.accepts.begin(), c.accepts.end(), n) != c.accepts.end()) {
          CHECK(must(result)[0].i32() == 10 + n);
        } else {
          const Trap trap = must_trap(result);
          CHECK(trap.kind() == TrapKind::IndirectCallTypeMismatch);
          CHECK_FALSE(trap.detail().actual_type.empty());
        }
      }
    }
    if (config.engine == EngineKind::Jit) CHECK(instance.module().stats().declined == 0);
  });
}

TEST_CASE("many arguments and results", "[public][compiled]") {
  on_engines([](const EngineConfig& config) {
    const Instance instance = instantiate(R"((module
      (func $spread (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 i32 i64 i32 i64 f64 f64 f64 f64 f64 f64 f32)
        (result i64 i32 f64 f32 i64 i32 f64 f32 i64 i32)
        (local.get 13) (local.get 12) (local.get 19) (local.get 20) (local.get 11)
        (local.get 10) (local.get 18) (local.get 2) (local.get 1) (local.get 0))
      (func (export "f") (result i64 i32 f64 f32 i64 i32 f64 f32 i64 i32)
        (call $spread (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 5)
          (i64.const 6) (f32.const 7) (f64.const 8) (i32.const 9) (i64.const 10) (i32.const 11)
          (i64.const 12) (i32.const 13) (i64.const 14) (f64.const 15) (f64.const 16) (f64.const 17)
          (f64.const 18) (f64.const 19) (f64.const 20) (f32.const 21)))))",
                                          config);
    const std::vector<Value> r = must(instance.get_func("f")->call({}));
    REQUIRE(r.size() == 10);
    CHECK(r[0].i64() == 14);
    CHECK(r[1].i32() == 13);
    CHECK(r[2].f64() == 20);
    CHECK(r[3].f32() == 21);
    CHECK(r[4].i64() == 12);
    CHECK(r[5].i32() == 11);
    CHECK(r[6].f64() == 19);
    CHECK(r[7].f32() == 3);
    CHECK(r[8].i64() == 2);
    CHECK(r[9].i32() == 1);
  });
}

TEST_CASE("host functions are called, call back and fail", "[public][compiled]") {
  on_engines([](const EngineConfig& config) {
    const Engine engine = make_engine(config);
    Linker linker(engine);
    must(linker.func("env", "twice", [](Caller& caller, std::int32_t n) -> Result<std::int32_t> {
      const Result<std::vector<Value>> r = caller.func("down")->call({Value(n)});
      if (!r) return r.error();
      return 2 * (*r)[0].i32();
    }));
    const Instance instance = must(linker.instantiate(Store(engine), compile(engine, R"((module
      (import "env" "twice" (func $twice (param i32) (result i32)))
      (func $down (export "down") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then unreachable))
        (i32.sub (local.get 0) (i32.const 1)))
      (func (export "f") (param i32) (result i32)
        (i32.add (i32.const 100) (call $twice (local.get 0))))))")));
    CHECK(must(instance.get_func("f")->call({Value(5)}))[0].i32() == 108);
    const Trap trap = must_trap(instance.get_func("f")->call({Value(0)}));
    CHECK(trap.kind() == TrapKind::Unreachable);
    REQUIRE(trap.frames().size() == 2);
    CHECK(trap.frames()[0].function == "down");
    CHECK(trap.frames()[1].func_index == 2);
  });
}

TEST_CASE("traps say what happened and where", "[public][compiled]") {
  on_engines([](const EngineConfig& config) {
    const Instance instance = instantiate(R"((module
      (type $v (func)) (type $i (func (param i32)))
      (memory 1) (table 4 funcref) (elem (i32.const 1) $nothing)
      (func $nothing)
      (func $load (param i32) (result i32) (i32.load offset=16 (local.get 0)))
      (func (export "load") (param i32) (result i32) (call $load (local.get 0)))
      (func (export "call") (param i32) (call_indirect (type $i) (i32.const 7) (local.get 0)))
      (func $deep (export "deep") (param i32) (result i32)
        (i32.add (i32.const 1) (call $deep (local.get 0))))))",
                                          config);
    const Trap oob = must_trap(instance.get_func("load")->call({Value(65521)}));
    CHECK(oob.kind() == TrapKind::OutOfBoundsMemoryAccess);
    REQUIRE(oob.frames().size() == 2);
    CHECK(oob.frames()[0].function == "load");
    const Trap type = must_trap(instance.get_func("call")->call({Value(1)}));
    CHECK(type.kind() == TrapKind::IndirectCallTypeMismatch);
    CHECK(type.detail().expected_type == "(i32) -> ()");
    CHECK(type.detail().actual_type == "() -> ()");
    CHECK(must_trap(instance.get_func("call")->call({Value(0)})).kind() ==
          TrapKind::UninitializedElement);
    CHECK(must_trap(instance.get_func("call")->call({Value(4)})).kind() ==
          TrapKind::UndefinedElement);
    const Trap deep = must_trap(instance.get_func("deep")->call({Value(0)}));
    CHECK(deep.kind() == TrapKind::CallStackExhausted);
    CHECK(deep.frames_omitted() > 0);
  });
}

TEST_CASE("an access right behind a call traps as any other", "[public][compiled]") {
  on_engines([](const EngineConfig& config) {
    const Instance instance = instantiate(R"((module
      (memory 1 4)
      (func (export "f") (param i32) (result i32)
        (drop (memory.grow (i32.const 0)))
        (i32.load offset=0x100000 (local.get 0)))))",
                                          config);
    const Trap trap = must_trap(instance.get_func("f")->call({Value(0)}));
    CHECK(trap.kind() == TrapKind::OutOfBoundsMemoryAccess);
    CHECK(instance.module().bytes()[trap.frames()[0].offset] == 0x28);
  });
}

TEST_CASE("a load that its user carries out traps where it stands", "[public][compiled]") {
  on_engines([](const EngineConfig& config) {
    const Instance instance = instantiate(R"((module
      (memory 1)
      (func (export "f64") (param i32 f64) (result f64)
        (f64.mul (local.get 1) (f64.load offset=8 (local.get 0))))
      (func (export "i32") (param i32 i32) (result i32)
        (i32.add (local.get 1) (i32.load offset=8 (local.get 0))))
      (func (export "compare") (param i32 i32) (result i32)
        (i32.lt_u (local.get 1) (i32.load offset=8 (local.get 0))))
      (func (export "v128") (param i32 v128) (result v128)
        (i32x4.add (local.get 1) (v128.load offset=8 (local.get 0))))))",
                                          config);
    const auto offset_of = [&](const char* name, const Value& other) {
      const Trap trap = must_trap(instance.get_func(name)->call({Value(65530), other}));
      REQUIRE(trap.kind() == TrapKind::OutOfBoundsMemoryAccess);
      return trap.frames()[0].offset;
    };
    const std::span<const std::uint8_t> bytes = instance.module().bytes();
    CHECK(bytes[offset_of("f64", Value(1.0))] == 0x2B);
    CHECK(bytes[offset_of("i32", Value(1))] == 0x28);
    CHECK(bytes[offset_of("compare", Value(1))] == 0x28);
    CHECK(bytes[offset_of("v128", Value(V128{}))] == 0xFD);
    CHECK(bytes[offset_of("v128", Value(V128{})) + 1] == 0);
  });
}

TEST_CASE("loops and recursion end at the deadline", "[public][compiled]") {
  on_engines([](const EngineConfig& config) {
    const Instance instance = instantiate(R"((module
      (func (export "spin") (loop (br 0)))
      (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
          (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                         (call $fib (i32.sub (local.get 0) (i32.const 2)))))))))",
                                          config);
    CallOptions options;
    options.deadline = Deadline(std::chrono::milliseconds(20));
    CHECK(must_trap(instance.get_func("spin")->call({}, options)).kind() ==
          TrapKind::DeadlineExceeded);
    options.deadline = Deadline(std::chrono::milliseconds(20));
    CHECK(must_trap(instance.get_func("fib")->call({Value(60)}, options)).kind() ==
          TrapKind::DeadlineExceeded);
    // And afterwards everything runs as before.
    CHECK(must(instance.get_func("fib")->call({Value(15)}))[0].i32() == 610);
  });
}

namespace {

/// A function for each op: gives the bits of op applied to NaNs of other bits than the canonical
/// one, or to what makes a NaN.
std::string nan_makers() {
  std::string text = "(module\n";
  const auto scalar = [&](const char* type, const char* to, const char* bits, const char* odd) {
    for (const char* op : {"add", "sub", "mul", "div", "min", "max"}) {
      for (const char* other : {"0", "inf", "-inf", odd}) {
        text += std::string("(func (export \"") + type + "." + op + other + "\") (param " + bits +
                " " + bits + ") (result " + bits + ") (" + bits + ".reinterpret_" + type + " (" +
                type + "." + op + " (" + type + ".reinterpret_" + bits + " (local.get 0)) (" +
                type + ".const " + other + "))))\n";
      }
    }
    for (const char* op : {"sqrt", "ceil", "floor", "trunc", "nearest"}) {
      text += std::string("(func (export \"") + type + "." + op + "\") (param " + bits + " " +
              bits + ") (result " + bits + ") (" + bits + ".reinterpret_" + type + " (" + type +
              "." + op + " (" + type + ".reinterpret_" + bits + " (local.get 0)))))\n";
    }
    (void)to;
  };
  scalar("f32", "f64", "i32", "nan:0x200001");
  scalar("f64", "f32", "i64", "nan:0x4000000000001");
  text += R"(
    (func (export "f32.demote") (param i64 i64) (result i32)
      (i32.reinterpret_f32 (f32.demote_f64 (f64.reinterpret_i64 (local.get 0)))))
    (func (export "f64.promote") (param i32 i32) (result i64)
      (i64.reinterpret_f64 (f64.promote_f32 (f32.reinterpret_i32 (local.get 0))))))";
  const auto vector = [&](const char* shape, const char* lane, const char* bits, const char* op,
                          int operands) {
    text += std::string("(func (export \"") + shape + "." + op + "\") (param " + bits + " " + bits +
            ") (result " + bits + ") (" + lane + ".extract_lane 1 (" + shape + "." + op;
    for (int i = 0; i < operands; ++i) text += std::string(" (") + lane + ".splat (local.get 0))";
    text += ")))\n";
  };
  for (const char* op : {"add", "sub", "mul", "div", "min", "max", "relaxed_min", "relaxed_max"}) {
    vector("f32x4", "i32x4", "i32", op, 2);
    vector("f64x2", "i64x2", "i64", op, 2);
  }
  for (const char* op : {"sqrt", "ceil", "floor", "trunc", "nearest"}) {
    vector("f32x4", "i32x4", "i32", op, 1);
    vector("f64x2", "i64x2", "i64", op, 1);
  }
  for (const char* op : {"relaxed_madd", "relaxed_nmadd"}) {
    vector("f32x4", "i32x4", "i32", op, 3);
    vector("f64x2", "i64x2", "i64", op, 3);
  }
  return text + ")";
}

}  // namespace

TEST_CASE("the deterministic mode has one NaN", "[public][compiled]") {
  on_engines([](EngineConfig config) {
    config.deterministic = true;
    const Instance instance = instantiate(nan_makers(), config);
    for (const auto& item : instance.module().exports()) {
      INFO(item.name);
      const bool wide = item.name == "f32.demote" || item.name.find("f64") == 0;
      const bool promote = item.name == "f64.promote";
      // Quiet and signalling NaNs with a sign and a payload.
      for (const bool quiet : {true, false}) {
        const Value in32(quiet ? 0xFFC12345 : 0xFF812345);
        const Value in64(quiet ? 0xFFF8000000012345 : 0xFFF0000000012345);
        const Value in = wide && !promote ? in64 : in32;
        const std::vector<Value> r = must(instance.get_func(item.name)->call({in, in}));
        REQUIRE(r.size() == 1);
        if (wide && item.name != "f32.demote") {
          CHECK(static_cast<std::uint64_t>(r[0].i64()) == 0x7FF8000000000000);
        } else {
          CHECK(static_cast<std::uint32_t>(r[0].i32()) == 0x7FC00000);
        }
      }
    }
  });
}
