// Calls through tables that never change: which those are, what their tables of code hold, and that
// calls do what they do through any other table.
#include "jit/call_tables.h"

#include <string>
#include <vector>

#include "tests/jit/both_engines.h"
#include "tests/jit/compile.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

constexpr std::uint32_t kNone = jit::CallTable::kNone;

const char* const kFunctions = R"(
  (type $a (func (result i32))) (type $b (func (param i32) (result i32)))
  (func $one (type $a) (i32.const 1)) (func $two (type $a) (i32.const 2))
  (func $same (type $b) (local.get 0)) (elem declare func $one $two $same)
  (func (export "a") (param i32) (result i32) (call_indirect (type $a) (local.get 0)))
  (func (export "b") (param i32) (result i32)
    (call_indirect (type $b) (i32.const 7) (local.get 0))))";

jit::CallTables tables_of(const std::string& fields) {
  Compiled c(wat("(module " + fields + ")"));
  INFO(fields);
  REQUIRE(c.checked.ok);
  return jit::CallTables(*c.checked.module);
}

/// How many there are beside the functions above.
std::size_t count(const std::string& fields) { return tables_of(fields + kFunctions).all().size(); }

/// Both functions with each index, on all engines.
void check_calls(const std::string& fields) {
  const std::vector<Instance> all = on_all_engines("(module " + fields + ")");
  INFO(fields);
  for (const std::int32_t index : {0, 1, 2, 3, 4, 5, 6, 7, 8, 100, 0x40000000, -1, INT32_MIN}) {
    INFO(index);
    same_outcome(all, "a", {Value(index)});
    same_outcome(all, "b", {Value(index)});
  }
}

}  // namespace

TEST_CASE("a table of code holds the functions of a type", "[jit][call_tables]") {
  const std::string fields =
      "(table 8 funcref) (elem (i32.const 1) $one $same $one) (elem (i32.const 3) $two)";
  const jit::CallTables t = tables_of(fields + kFunctions);
  REQUIRE(t.all().size() == 2);
  CHECK(t.all()[0].callees == std::vector<std::uint32_t>{kNone, 0, kNone, 1});
  CHECK(t.all()[1].callees == std::vector<std::uint32_t>{kNone, kNone, 2});
  CHECK(t.all()[0].has_gaps);
  check_calls(fields + kFunctions);
}

TEST_CASE("tables that may change have no tables of code", "[jit][call_tables]") {
  const std::string elem = "(elem (i32.const 0) $one)";
  CHECK(count("(table 2 funcref)" + elem) == 1);
  CHECK(count("(table 2 9 funcref)" + elem) == 1);
  CHECK(count("(table 2 funcref)") == 0);
  CHECK(count("(table (export \"t\") 2 funcref)" + elem) == 0);
  CHECK(count("(import \"m\" \"t\" (table 2 funcref))" + elem) == 0);
  const auto with = [&](const std::string& body) {
    return count("(table 2 funcref)" + elem + "(func " + body + ")");
  };
  CHECK(with("(drop (table.get 0 (i32.const 0)))") == 1);
  CHECK(with("(drop (table.size 0))") == 1);
  CHECK(with("(table.set 0 (i32.const 0) (ref.null func))") == 0);
  CHECK(with("(unreachable) (table.set 0 (i32.const 0) (ref.null func))") == 0);
  CHECK(with("(drop (table.grow 0 (ref.null func) (i32.const 0)))") == 0);
  CHECK(with("(table.fill 0 (i32.const 0) (ref.null func) (i32.const 0))") == 0);
  CHECK(with("(table.copy 0 0 (i32.const 0) (i32.const 0) (i32.const 0))") == 0);
  CHECK(with("(table.init 0 0 (i32.const 0) (i32.const 0) (i32.const 0))") == 0);
  // Another table is read or written.
  const std::string second = "(table 2 funcref)" + elem + "(table $other 2 funcref) (func ";
  CHECK(count(second + "(table.copy $other 0 (i32.const 0) (i32.const 0) (i32.const 0)))") == 1);
  CHECK(count(second + "(table.copy 0 $other (i32.const 0) (i32.const 0) (i32.const 0)))") == 0);
}

TEST_CASE("segments that may not fit leave nothing known", "[jit][call_tables]") {
  CHECK(count("(table 2 funcref) (elem (i32.const 0) $one) (elem (i32.const 2) $one)") == 0);
  CHECK(count("(global (import \"m\" \"g\") i32) (table 2 funcref) (elem (i32.const 0) $one)"
              "(elem (global.get 0) $one)") == 0);
  CHECK(count("(import \"m\" \"t\" (table 9 funcref)) (table $t 2 funcref)"
              "(elem (table $t) (i32.const 0) func $one) (elem (table 0) (i32.const 0) func $one)"
              "(func (drop (call_indirect $t (type $a) (i32.const 0))))") == 0);
}

TEST_CASE("a table of another instance's functions goes by references", "[jit][call_tables]") {
  const std::string fields =
      "(import \"m\" \"f\" (func $f (result i32))) (table 4 funcref)"
      "(elem (i32.const 0) $f $one $same)";
  const jit::CallTables t = tables_of(fields + kFunctions);
  REQUIRE(t.all().size() == 1);
  CHECK(t.all()[0].callees == std::vector<std::uint32_t>{kNone, kNone, 3});
}

TEST_CASE("calls through tables of code", "[jit][call_tables]") {
  check_calls(std::string("(table 5 funcref) (elem (i32.const 0) $one $two)") + kFunctions);
  check_calls(std::string("(table 7 funcref) (elem (i32.const 1) $two $same $one $same)") +
              kFunctions);
  check_calls(std::string("(table 4 funcref (ref.func $same)) (elem (i32.const 3) $one)") +
              kFunctions);
  check_calls(std::string("(table 3 funcref) (elem (i32.const 0) funcref (ref.null func)"
                          "(ref.func $one) (ref.func $same)) ") +
              kFunctions);
}

TEST_CASE("tables of code with indices of 64 bits", "[jit][call_tables]") {
  const std::vector<Instance> all = on_all_engines(R"((module
    (table i64 4 funcref) (elem (i64.const 1) $f $g) (type $t (func (result i32)))
    (func $f (type $t) (i32.const 5)) (func $g (param i32))
    (func (export "f") (param i64) (result i32) (call_indirect (type $t) (local.get 0)))))");
  for (const std::int64_t index :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, std::int64_t{4},
        std::int64_t{1} << 32 | 1, std::int64_t{1} << 62 | 1, std::int64_t{-1}}) {
    same_outcome(all, "f", {Value(index)});
  }
}

TEST_CASE("a function is called as each of its types", "[jit][call_tables]") {
  const std::string fields =
      R"((type $t (sub (func (result i32)))) (type $u (sub $t (func (result i32))))
    (table 3 funcref) (elem (i32.const 0) $f $g)
    (func $f (type $t) (i32.const 5)) (func $g (type $u) (i32.const 6))
    (func (export "a") (param i32) (result i32) (call_indirect (type $t) (local.get 0)))
    (func (export "b") (param i32) (result i32) (call_indirect (type $u) (local.get 0))))";
  const jit::CallTables t = tables_of(fields);
  REQUIRE(t.all().size() == 2);
  CHECK(t.all()[0].callees == std::vector<std::uint32_t>{0, 1});
  CHECK_FALSE(t.all()[0].has_gaps);
  CHECK(t.all()[1].callees == std::vector<std::uint32_t>{kNone, 1});
  check_calls(fields);
}

TEST_CASE("loops and recursion through tables of code", "[jit][call_tables]") {
  const std::vector<Instance> all = on_all_engines(R"((module (memory 1)
    (type $t (func (param i32) (result i32)))
    (table 4 funcref) (elem (i32.const 1) $even $odd $trap)
    (func $even (type $t) (if (result i32) (local.get 0)
      (then (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 2)))
      (else (i32.const 1))))
    (func $odd (type $t) (if (result i32) (local.get 0)
      (then (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))
      (else (i32.const 0))))
    (func $trap (type $t) (i32.load (i32.const -1)))
    (func (export "even") (param i32) (result i32)
      (call_indirect (type $t) (local.get 0) (i32.const 1)))
    (func (export "sum") (param i32 i32) (result i32) (local i32)
      (loop
        (local.set 2 (i32.add (local.get 2)
          (i32.add (call_indirect (type $t) (local.get 0) (local.get 1))
                   (call_indirect (type $t) (local.get 2) (local.get 1)))))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 2))))");
  for (const std::int32_t n : {0, 1, 2, 1000, 1001}) same_outcome(all, "even", {Value(n)});
  CHECK(same_outcome(all, "even", {Value(std::int32_t{100000000})}).find("stack") !=
        std::string::npos);
  for (const std::int32_t index : {0, 1, 2, 3, 4, -1}) {
    same_outcome(all, "sum", {Value(std::int32_t{9}), Value(index)});
  }
}

TEST_CASE("tables of code and indices that are known", "[jit][call_tables]") {
  std::string text = "(module (table 6 funcref) (elem (i32.const 1) $one $same $two)";
  text += kFunctions;
  for (const char* const index : {"0", "1", "2", "3", "4", "6", "-1"}) {
    const std::string n = index;
    text += "(func (export \"a" + n + "\") (result i32) (call_indirect (type $a) (i32.const " + n +
            "))) (func (export \"b" + n + "\") (result i32)" +
            "(call_indirect (type $b) (i32.const 3) (i32.const " + n + ")))";
  }
  const std::vector<Instance> all = on_all_engines(text + ")");
  for (const char* const index : {"0", "1", "2", "3", "4", "6", "-1"}) {
    same_outcome(all, std::string("a") + index, {});
    same_outcome(all, std::string("b") + index, {});
  }
}

TEST_CASE("an index is checked once for each type", "[jit][call_tables]") {
  std::string text = "(module (table 6 funcref) (elem (i32.const 1) $one $same $two $same)";
  text += kFunctions;
  // What the upper half of an i64 holds says nothing of an index.
  text += R"((func (export "f") (param i64) (result i32) (local i32)
    (local.set 1 (i32.wrap_i64 (local.get 0)))
    (i32.add (call_indirect (type $a) (local.get 1))
      (i32.add (call_indirect (type $a) (local.get 1))
        (call_indirect (type $b) (i32.const 7) (i32.add (local.get 1) (i32.const 1)))))))";
  const std::vector<Instance> all = on_all_engines(text + ")");
  for (const std::uint64_t upper : {std::uint64_t{0}, std::uint64_t{0xABCD} << 32}) {
    for (const std::uint32_t index : {0u, 1u, 2u, 3u, 4u, 5u, 6u, ~0u}) {
      same_outcome(all, "f", {Value(static_cast<std::int64_t>(upper | index))});
    }
  }
}

TEST_CASE("instances with the same code call with their own imports", "[jit][call_tables]") {
  const std::string text = R"((module (import "m" "g" (func $g (result i32)))
    (import "m" "n" (global $n i32)) (memory 1) (type $t (func (param i32) (result i32)))
    (table 3 funcref) (elem (i32.const 1) $f $h)
    (func $f (type $t) (memory.grow (i32.const 1)) (drop)
      (i32.add (local.get 0) (i32.add (call $g) (global.get $n))))
    (func $h (type $t) (i32.load (i32.mul (local.get 0) (i32.const 65536))))
    (func (export "call") (param i32 i32) (result i32)
      (call_indirect (type $t) (local.get 1) (local.get 0)))))";
  std::vector<std::string> of_first_engine;
  for (const EngineKind kind : {EngineKind::Interp, EngineKind::Jit, EngineKind::Auto}) {
    EngineConfig config;
    config.engine = kind;
    if (!Engine::create(config).ok()) continue;
    const Engine engine = make_engine(config);
    const Module module = compile(engine, text);
    const Module other = compile(engine, R"((module (func (export "g") (result i32) (i32.const 40))
      (func (export "h") (result i32) (i32.const 70))
      (global (export "n") i32 (i32.const 2)) (global (export "o") i32 (i32.const 5))))");
    const Store store(engine);
    const Instance m = must(Instance::create(store, other));
    std::vector<std::string> outcomes;
    for (const bool second : {false, true}) {
      Linker linker(engine);
      must(linker.define("m", "g", *m.get_func(second ? "h" : "g")));
      must(linker.define("m", "n", *m.get_global(second ? "o" : "n")));
      const Instance i = must(linker.instantiate(store, module));
      for (const std::int32_t index : {0, 1, 2, 1, 2, 3}) {
        outcomes.push_back(outcome(i, "call", {Value(index), Value(std::int32_t{1})}));
      }
    }
    CHECK(outcomes[1] == "43 ");
    CHECK(outcomes[7] == "76 ");
    if (of_first_engine.empty()) of_first_engine = outcomes;
    CHECK(outcomes == of_first_engine);
  }
}

TEST_CASE("a constant index of a table that never changes is a direct call", "[jit][call_tables]") {
  const auto form = [](const std::string& call, const std::string& table) {
    Compiled c(
        wat("(module (type $t (func (param i32) (result i32))) (func (export \"f\") (param i32) "
            "(result i32) (" +
            call +
            " (type $t) (local.get 0) (i32.const 1)))"
            "(func $a (type $t) (i32.const 5)) (func $b (type $t) (i32.const 6))" +
            table + ")"));
    REQUIRE(c.checked.ok);
    REQUIRE(c.build() == nullptr);
    return jit::ir::print(c.func, true);
  };
  const std::string own = "(table 4 funcref) (elem (i32.const 0) $a $b)";
  CHECK(contains(form("call_indirect", own), "call.i32 v0 func 2"));
  CHECK(contains(form("return_call_indirect", own), "tail_call v0 func 2"));
  CHECK(test::count(form("call_indirect", own), "guard_index") == 0);
  // Nothing is known of what others can change, and where there is nothing the call traps.
  CHECK(contains(form("call_indirect", "(table (export \"t\") 4 funcref)"), "call_func"));
  CHECK(contains(form("call_indirect", "(table 4 funcref) (elem (i32.const 0) $a)"), "call_code"));
  for (const char* index : {"0", "1", "2", "3", "4", "-1"}) {
    const std::string text =
        std::string("(module (type $t (func (param i32) (result i32)))") +
        "(func (export \"f\") (param i32) (result i32) (call_indirect (type $t) (local.get 0) "
        "(i32.const " +
        index +
        "))) (func $a (type $t) (i32.const 5)) (func $c (param i64)) (table 4 funcref) "
        "(elem (i32.const 0) $a $c) (elem (i32.const 3) $a))";
    INFO(index);
    same_outcome(on_all_engines(text), "f", {Value(std::int32_t{7})});
  }
}
