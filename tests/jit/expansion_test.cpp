// Instructions of few bytes that the compiler makes much of: a function of nothing else takes no
// more memory for its size than another. What would is compiled in sections, or declined.
#include <catch2/catch_test_macros.hpp>

#include <string>

#include "tests/jit/compile.h"
#include "tests/jit/peak_memory.h"

namespace wasmrt {
namespace {

using test::Bytes;

/// Copies of some values, `n` of them, of a type.
std::string list(const char* one, int n) {
  std::string all;
  for (int k = 0; k < n; ++k) all += one;
  return all;
}

struct Shape {
  const char* what;
  std::string before, again, behind;  // the body: in the middle as often as it takes
  unsigned bytes;                     // of `again` in binary
  bool may_decline = false;
  std::string fields = "(memory 1) (table 10 funcref)";
};

std::string result_types(int n) { return "(result" + list(" i32", n) + ")"; }

/// A function with a type that takes and gives `n` numbers, and one that takes them only.
std::string passing(int n) {
  const std::string types = "(param" + list(" i32", n) + ")";
  std::string body;
  for (int k = 0; k < n; ++k) body += " (local.get " + std::to_string(k) + ")";
  return "(type $t (func " + types + result_types(n) + ")) (func $take " + types +
         ") (func $pass (type $t)" + body + ") (memory 1)";
}

}  // namespace

TEST_CASE("no instruction takes more memory to compile than its bytes allow",
          "[jit][no-asan][no-tsan][no-emulation]") {
  constexpr std::size_t kBytes = 800'000;
  constexpr std::int64_t kConstant = std::int64_t{16} << 20;
  constexpr std::int64_t kPerByte = 40;
  const std::string get = " local.get 0", vector = " local.get 1", wide = " local.get 3",
                    real = " local.get 2";
  const Shape shapes[] = {
      {"copies of constant size", "", get + get + " i32.const 64 memory.copy", "", 11},
      {"fills of constant size", "", get + get + " i32.const 63 memory.fill", "", 9},
      {"copies", "", get + get + get + " memory.copy", "", 10},
      {"divisions", get, get + " i32.div_s", " local.set 0", 3, true},
      {"divisions by constants", get, " i32.const 7 i32.rem_s", " local.set 0", 3},
      {"checked conversions", real, " i64.trunc_f64_u f64.convert_i64_u", " local.set 2", 2, true},
      {"saturating conversions", real, " i64.trunc_sat_f64_u f64.convert_i64_u", " local.set 2", 3,
       true},
      {"counts of bits in vectors", vector, " i8x16.popcnt", " local.set 1", 2, true},
      {"products of vectors", vector, vector + " i64x2.mul", " local.set 1", 5},
      {"shifts of vectors", vector, get + " i8x16.shr_s", " local.set 1", 4},
      {"conversions of vectors", vector, " i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_u",
       " local.set 1", 6},
      {"loads of loads", get, " i32.load", " local.set 0", 3},
      {"checked loads", wide, " i64.load offset=255", " local.set 3", 4, true, "(memory i64 1)"},
      {"stores", "", get + get + " i32.store", "", 7},
      {"calls through tables", get, " call_indirect (result i32)", " local.set 0", 3, true},
      {"tables", "", get + get + " table.get 0 table.set 0", "", 8},
      {"memory.grow", get, " memory.grow", " local.set 0", 2},
      {"calls with many arguments", "", list(get.c_str(), 30) + " call $take", "", 62, false,
       passing(30)},
      {"calls with many results", list(get.c_str(), 10), " call $pass", list(" drop", 10), 2, true,
       passing(10)},
      {"conditional calls with many results", list(get.c_str(), 10),
       get + " if (type $t) call $pass end", list(" drop", 10), 7, true, passing(10)},
      {"branches", "", get + " br_if 0", "", 4},
      {"loops", "", " loop" + get + " br_if 0 end", "", 7, true},
      {"loops with parameters", list(get.c_str(), 10), " loop (type $t)" + get + " br_if 0 end",
       list(" drop", 10), 7, true, passing(10)},
      {"tables of branches", "", " block" + get + " br_table 0 0 0 end", "", 9},
      {"traps", "", get + " if unreachable end", "", 6},
      {"tail calls", "", get + " if" + get + vector + real + wide + " return_call $f end", "", 15},
  };
  for (const Shape& s : shapes) {
    const std::size_t times = kBytes / s.bytes;
    std::string body = s.before;
    body.reserve(times * s.again.size() + 100);
    for (std::size_t n = 0; n < times; ++n) body += s.again;
    const Bytes bytes = test::wat("(module (func $f (param i32 v128 f64 i64)" + body + s.behind +
                                  ")" + s.fields + ")");
    CHECK(bytes.size() >= kBytes);
    for (const jit::Target* target : test::all_targets()) {
      const std::int64_t peak = test::peak_of_compiling(bytes, *target, s.may_decline);
      INFO(s.what << ", " << target->name << ": " << peak << " bytes for " << bytes.size());
      CHECK(peak <= kPerByte * static_cast<std::int64_t>(bytes.size()) + kConstant);
    }
  }
}

}  // namespace wasmrt
