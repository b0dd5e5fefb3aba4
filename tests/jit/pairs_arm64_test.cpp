// Guest accesses that arm64 carries out two at a time: which ones, by the words of the code, on any
// host; and that results, traps and memory are those of one after the other, on every engine.
#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "jit/arm64/mir_ops.h"
#include "tests/jit/both_engines.h"
#include "tests/jit/compile.h"

using namespace wasmrt;

namespace {

struct Pairs {
  std::size_t loads = 0, stores = 0;
  friend bool operator==(const Pairs&, const Pairs&) = default;
};

/// How many pairs of accesses to other places than the stack are in a function's code.
Pairs pairs(const std::string& body, std::uint64_t cpu = 0, bool guarded = true) {
  test::Compiled c(test::wat("(module (memory 1) (global $g (mut i32) (i32.const 0))"
                             "(func (param $p i32) (param $q i32) (param $x i32) (param $y i64)"
                             "(param $d f64) (param $v v128) (local $s i32)" +
                             body + ") (func $f))"),
                   jit::arm64_target());
  REQUIRE(c.checked.ok);
  if (!guarded) c.memories[0].guarded_bytes = 0, c.memories[0].may_move = true;
  c.context.options.cpu = cpu;
  REQUIRE(c.compile() == nullptr);
  Pairs found;
  for (std::size_t at = 0; at < c.blob.code_bytes; at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, c.blob.code.data() + at, 4);
    if ((word & 0x3B800000) != 0x29000000 || (word >> 5 & 31) == 31) continue;
    ++((word >> 22 & 1) != 0 ? found.loads : found.stores);
  }
  return found;
}

std::string offset(unsigned n) { return "offset=" + std::to_string(n) + " "; }
/// Loads whose results are kept in $s, by xor.
std::string load(unsigned at, const std::string& base = "$p") {
  return "(local.set $s (i32.xor (local.get $s) (i32.load " + offset(at) + "(local.get " + base +
         "))))";
}
std::string store(unsigned at, const std::string& base = "$p") {
  return "(i32.store " + offset(at) + "(local.get " + base + ") (local.get $x))";
}
std::string store_float(unsigned at) {
  return "(f64.store " + offset(at) + "(local.get $p) (local.get $d))";
}

}  // namespace

TEST_CASE("neighbouring accesses are carried out together", "[jit][pairs]") {
  const std::string keep = "(global.set $g (local.get $s))";
  const Pairs none = {0, 0};
  const Pairs one_load = {1, 0};
  const Pairs one_store = {0, 1};
  CHECK(pairs(load(8) + load(12) + keep) == one_load);
  CHECK(pairs(load(12) + load(8) + keep) == one_load);
  CHECK(pairs(load(0) + load(4) + load(8) + load(12) + keep) == Pairs{2, 0});
  CHECK(pairs(store(0) + store(4)) == one_store);
  CHECK(pairs("(v128.store offset=16 (local.get $p) (v128.load (local.get $q)))"
              "(v128.store offset=32 (local.get $p) (v128.load offset=16 (local.get $q)))") ==
        none);
  // Not neighbours, not aligned to their size, too far, of two bases.
  CHECK(pairs(load(8) + load(16) + keep) == none);
  CHECK(pairs(load(9) + load(13) + keep) == none);
  CHECK(pairs(load(1024) + load(1028) + keep) == none);
  CHECK(pairs(load(8) + load(12, "$q") + keep) == none);
  // Checked ones are made through the memory's base, which is loaded.
  CHECK(pairs(load(8) + load(12) + keep, 0, false) == none);

  // A fault of the second would come too early or too late.
  CHECK(pairs(load(8) + load(64, "$q") + load(12) + keep) == none);
  CHECK(pairs(load(8) + "(call $f)" + load(12) + keep) == none);
  CHECK(pairs(load(8) + "(global.set $g (local.get $x))" + load(12) + keep) == none);
  CHECK(pairs(store(0) + load(64, "$q") + store(4) + keep) == none);
  // Or it cannot fault.
  CHECK(pairs(load(32) + load(8) + load(64, "$q") + load(12) + keep) == one_load);
  CHECK(pairs(load(12) + load(64, "$q") + load(8) + keep) == one_load);
  CHECK(pairs(load(32) + load(8) + "(global.set $g (local.get $x))" + load(12) + keep) == one_load);
  CHECK(pairs(load(32) + store(8) + load(20) + store(12) + keep) == one_store);

  // What is stored between may be what is loaded, or the other way round.
  const std::string byte_loaded =
      "(local.set $s (i32.xor (local.get $s) (i32.load8_u offset=11 (local.get $p))))";
  const std::string byte_stored = "(i32.store8 offset=15 (local.get $p) (local.get $x))";
  CHECK(pairs(load(32) + load(8) + store(40, "$q") + load(12) + keep) == none);
  CHECK(pairs(load(32) + load(8) + byte_stored + load(12) + keep) == none);
  CHECK(pairs(load(32) + load(8) + store(24) + load(12) + keep) == one_load);
  CHECK(pairs(load(32) + store(8) + byte_loaded + store(12) + keep) == none);
  CHECK(pairs(load(32) + store(8) + load(4, "$q") + store(12) + keep) == none);
  // A store that has moved down counts where it is now: the loads at 16 and 20 are around the
  // stores at 8 and 12, and that at 4 would have moved over the load at 16.
  CHECK(pairs(load(32) + store(20) + load(16) + store(24) + load(20) + keep) == one_store);

  // The upper store first: when it faults the lower one must not be done.
  CHECK(pairs(store(4) + store(0)) == none);
  CHECK(pairs(load(4) + store(4) + store(0) + keep) == one_store);
  // A store of a float cannot be made up for.
  CHECK(pairs(store_float(0) + store_float(8)) == none);
  CHECK(pairs("(drop (f64.load offset=8 (local.get $p)))" + store_float(0) + store_float(8)) ==
        one_store);
  // Each with a load in front.
  CHECK(pairs(store(0) + store(4), jit::arm64::kCpuProbeStores) == none);
}

namespace {

/// All that a call leaves behind: what it gives or how it traps, where, and the memory.
struct Left {
  std::string what;
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint8_t> tail;
};

constexpr std::uint32_t kPage = 65536;
constexpr std::uint32_t kTail = 256;

Left call(const Instance& instance, const char* name, std::uint32_t at) {
  const Memory memory = *instance.get_memory("m");
  for (std::uint32_t n = 0; n < kTail; ++n)
    memory.data()[kPage - kTail + n] = static_cast<std::uint8_t>(n * 7 + 1);
  Left left;
  const std::vector<Value> args = {Value(static_cast<std::int32_t>(at))};
  left.what = test::outcome(instance, name, args);
  const auto result = instance.get_func(name)->call(args);
  if (!result && result.error().trap() != nullptr) {
    for (const TrapFrame& f : result.error().trap()->frames()) left.offsets.push_back(f.offset);
  }
  const std::span<const std::uint8_t> bytes = memory.data();
  left.tail.assign(bytes.end() - kTail, bytes.end());
  return left;
}

/// A function that loads or stores at two places in the order given, and gives what it loaded.
std::string function(const std::string& name, const std::string& type, bool stores, unsigned first,
                     unsigned second) {
  const auto access = [&](unsigned at, int number) {
    const std::string place = offset(at) + "(local.get 0) ";
    if (!stores)
      return "(local.set $s (i64.add (i64.mul (local.get $s) (i64.const 31)) " +
             (type == "i32"   ? "(i64.extend_i32_u (i32.load " + place + "))"
              : type == "i64" ? "(i64.load " + place + ")"
              : type == "f32" ? "(i64.extend_i32_u (i32.reinterpret_f32 (f32.load " + place + ")))"
              : type == "f64" ? "(i64.reinterpret_f64 (f64.load " + place + "))"
              : type == "s32" ? "(i64.load32_s " + place + ")"
                              : "(i64x2.extract_lane 1 (v128.load " + place + "))") +
             "))";
    const std::string value = type == "v128"
                                  ? "(i64x2.splat (i64.const " + std::to_string(number) + "))"
                                  : "(" + type + ".const " + std::to_string(number) + ")";
    return "(" + type + ".store " + place + value + ")";
  };

  return "(func (export \"" + name + "\") (param i32) (result i64) (local $s i64)" +
         access(first, 77) + access(second, 0) + "(local.get $s))";
}

}  // namespace

TEST_CASE("two accesses at once trap as one after the other", "[jit][pairs]") {
  struct Kind {
    const char* type;
    unsigned bytes;
    bool stores;
  };
  constexpr Kind kKinds[] = {{"i32", 4, false}, {"s32", 4, false}, {"i64", 8, false},
                             {"f32", 4, false}, {"f64", 8, false}, {"v128", 16, false},
                             {"i32", 4, true},  {"i64", 8, true},  {"f32", 4, true},
                             {"f64", 8, true},  {"v128", 16, true}};
  for (const std::string memory : {"1 1", "i64 1 1"}) {
    const bool wide = memory[0] == 'i';
    std::string text = "(module (memory (export \"m\") " + memory + ")";
    std::vector<std::string> names;
    for (const Kind& kind : kKinds) {
      for (const bool up : {true, false}) {
        names.push_back(std::string(kind.type) + (kind.stores ? " stores" : " loads") +
                        (up ? " up" : " down"));
        std::string f =
            function(names.back(), kind.type, kind.stores, up ? kind.bytes : 2 * kind.bytes,
                     up ? 2 * kind.bytes : kind.bytes);
        if (wide) {
          for (std::size_t at = 0; (at = f.find("(local.get 0)", at)) != f.npos; at += 30) {
            f.replace(at, 13, "(i64.extend_i32_u (local.get 0))");
          }
        }
        text += f;
      }
    }
    const std::vector<Instance> engines = test::on_all_engines(text + ")");
    for (const std::string& name : names) {
      INFO(name);
      // The places end at the memory's end, or begin behind it; and far away.
      std::vector<std::uint32_t> places = {0, 64, 0x7FFFFFF0, 0xFFFFFFF0};
      for (std::uint32_t at = kPage - 52; at < kPage + 4; ++at) places.push_back(at);
      // Emulators may write half of a vector.
      const std::uint32_t step = name.rfind("v128 stores", 0) == 0 ? 16 : 1;
      for (const std::uint32_t at : places) {
        if (at % step != 0) continue;
        INFO("at " << at);
        const Left expected = call(engines[0], name.c_str(), at);
        for (std::size_t n = 1; n < engines.size(); ++n) {
          INFO("engine " << n);
          const Left got = call(engines[n], name.c_str(), at);
          CHECK(got.what == expected.what);
          CHECK(got.offsets == expected.offsets);
          CHECK(got.tail == expected.tail);
        }
      }
    }
  }
}
