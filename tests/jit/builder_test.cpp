// What the builder makes of small functions: the whole text of the SSA form.
#include <catch2/catch_test_macros.hpp>

#include <string>

#include "tests/jit/compile.h"

namespace wasmrt {
namespace {

/// The first defined function of a module with these fields, built, or why it is declined.
std::string built(std::string_view fields) {
  test::Compiled c(test::wat("(module " + std::string(fields) + ")"));
  REQUIRE(c.checked.ok);
  if (const char* why = c.build(c.checked.module->imported_funcs)) return why;
  CHECK(jit::ir::verify(c.func).empty());
  return jit::ir::print(c.func, true);
}

TEST_CASE("an addition") {
  CHECK(built(R"(
    (func (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))") ==
        R"(func 0 (i32, i32) -> (i32)
b0:
  v0 = param.i32 #0
  v1 = param.i32 #1
  v2 = add.i32 v0, v1
  return v2
)");
}

TEST_CASE("constants are folded") {
  CHECK(built(R"(
    (func (result i32) (i32.add (i32.const 2) (i32.mul (i32.const 3) (i32.const
    4)))))") == R"(func 0 () -> (i32)
b0:
  v0 = const.i32 2
  v1 = const.i32 3
  v2 = const.i32 4
  v3 = const.i32 12
  v4 = const.i32 14
  return v4
)");
}

TEST_CASE("equal values are merged") {
  CHECK(built(R"(
    (func (param i32 i32) (result i32) (i32.mul (i32.add (local.get 0) (local.get
    1)) (i32.add (local.get 0) (local.get 1)))))") == R"(func 0 (i32, i32) -> (i32)
b0:
  v0 = param.i32 #0
  v1 = param.i32 #1
  v2 = add.i32 v0, v1
  v3 = mul.i32 v2, v2
  return v3
)");
}

TEST_CASE("masks of low halves are conversions, or nothing") {
  CHECK(built(R"(
    (func (param i64) (result i64) (i64.and (local.get 0) (i64.const 0xFFFFFFFF))))") ==
        R"(func 0 (i64) -> (i64)
b0:
  v0 = param.i64 #0
  v1 = const.i64 0xffffffff
  v2 = wrap.i32 i64 v0
  v3 = ext_u.i64 i32 v2
  return v3
)");
  const std::string byte = built(R"(
    (memory 1)
    (func (param i32) (result i64)
      (i64.and (i64.extend_i32_u (i32.load8_u (local.get 0))) (i64.const 255))))");
  CHECK(byte.find("and") == std::string::npos);
  const std::string half = built(R"(
    (memory 1)
    (func (param i32) (result i64)
      (i64.and (i64.extend_i32_u (i32.load16_u (local.get 0))) (i64.const 255))))");
  CHECK(half.find("and") != std::string::npos);
  const std::string sign = built(R"(
    (memory 1)
    (func (param i32) (result i64)
      (i64.and (i64.extend_i32_u (i32.load8_s (local.get 0))) (i64.const 255))))");
  CHECK(sign.find("and") != std::string::npos);
}

TEST_CASE("an if makes phis of what differs") {
  CHECK(built(R"(
    (func (param i32 i32 i32) (result i32) (if (local.get 0) (then (local.set
    1 (i32.const 5)))) (i32.add (local.get 1) (local.get 2))))") ==
        R"(func 0 (i32, i32, i32) -> (i32)
b0:
  v0 = param.i32 #0
  v1 = param.i32 #1
  v2 = param.i32 #2
  branch v0, b1, b2
b1:  ; from b0
  v3 = const.i32 5
  jump b3
b2:  ; from b0
  jump b3
b3:  ; from b1 b2
  v4 = phi.i32 v3, v1
  v5 = add.i32 v4, v2
  return v5
)");
}

TEST_CASE("an if with a result") {
  CHECK(built(R"(
    (func (param i32) (result i64) (if (result i64) (local.get 0) (then (i64.const
    1)) (else (i64.const 2)))))") == R"(func 0 (i32) -> (i64)
b0:
  v0 = param.i32 #0
  branch v0, b1, b2
b1:  ; from b0
  v1 = const.i64 1
  jump b3
b2:  ; from b0
  v2 = const.i64 2
  jump b3
b3:  ; from b1 b2
  v3 = phi.i64 v1, v2
  return v3
)");
}

TEST_CASE("a loop has phis for what it assigns") {
  CHECK(built(R"(
    (func (param i32 i32) (result i32) (local i32) (loop (local.set 2 (i32.add
    (local.get 2) (local.get 1))) (br_if 0 (local.tee 0 (i32.sub (local.get
    0) (i32.const 1))))) (local.get 2)))") == R"(func 0 (i32, i32) -> (i32)
b0:
  v0 = param.i32 #0
  v1 = param.i32 #1
  v2 = const.i32 0
  jump b1
b1:  ; from b0 b1, loop header, depth 1
  v3 = phi.i32 v2, v5
  v4 = phi.i32 v0, v8
  poll
  v5 = add.i32 v3, v1
  v6 = const.i32 1
  v7 = const.i32 0xffffffff
  v8 = add.i32 v4, v7
  branch v8, b1, b2
b2:  ; from b1
  return v5
)");
}

TEST_CASE("a loop without a way back is no loop") {
  CHECK(built(R"(
    (func (param i32) (result i32) (loop (local.set 0 (i32.clz (local.get
    0)))) (local.get 0)))") == R"(func 0 (i32) -> (i32)
b0:
  v0 = param.i32 #0
  jump b1
b1:  ; from b0
  v1 = clz.i32 v0
  return v1
)");
}

TEST_CASE("a phi of one value goes") {
  CHECK(built(R"(
    (func (param i32 i32) (result i32) (loop (local.set 1 (local.get 1)) (br_if
    0 (local.get 0))) (local.get 1)))") == R"(func 0 (i32, i32) -> (i32)
b0:
  v0 = param.i32 #0
  v1 = param.i32 #1
  jump b1
b1:  ; from b0 b1, loop header, depth 1
  poll
  branch v0, b1, b2
b2:  ; from b1
  return v1
)");
}

TEST_CASE("a block with branches out of it") {
  CHECK(built(R"(
    (func (param i32 i32) (result i32) (block (result i32) (drop (br_if 0
    (i32.const 1) (local.get 0))) (drop (br_if 0 (i32.const 2) (local.get
    1))) (i32.const 3))))") == R"(func 0 (i32, i32) -> (i32)
b0:
  v0 = param.i32 #0
  v1 = param.i32 #1
  v2 = const.i32 1
  branch v0, b3, b1
b1:  ; from b0
  v3 = const.i32 2
  branch v1, b3, b2
b2:  ; from b1
  v4 = const.i32 3
  jump b3
b3:  ; from b0 b1 b2
  v5 = phi.i32 v2, v3, v4
  return v5
)");
}

TEST_CASE("a br_table names each block once as successor") {
  CHECK(built(R"(
    (func (param i32) (result i32) (block (block (block (block
    (br_table 0 1 2 3 1 2 3 0 (local.get 0))) (return (i32.const 10)))
    (return (i32.const 20))) (return (i32.const 30))) (i32.const 40)))") == R"(func 0 (i32) -> (i32)
b0:
  v0 = param.i32 #0
  switch v0, b1, b2, b3, b4, b2, b3, b4, b1
b1:  ; from b0
  v1 = const.i32 10
  return v1
b2:  ; from b0
  v2 = const.i32 20
  return v2
b3:  ; from b0
  v3 = const.i32 30
  return v3
b4:  ; from b0
  v4 = const.i32 40
  return v4
)");
}

TEST_CASE("a br_table with one target is a jump") {
  CHECK(built(R"(
    (func (param i32) (result i32) (block (br_table 0 0 0 (local.get 0)))
    (i32.const 20)))") == R"(func 0 (i32) -> (i32)
b0:
  v0 = param.i32 #0
  jump b1
b1:  ; from b0
  v1 = const.i32 20
  return v1
)");
}

TEST_CASE("guarded accesses need no check, and a load is used again") {
  CHECK(built(R"(
    (memory 1) (func (param i32) (result i32) (i32.add (i32.load offset=8
    (local.get 0)) (i32.load offset=8 (local.get 0)))))") == R"(func 0 (i32) -> (i32)
b0:
  v0 = param.i32 #0
  v1 = load.i32 u32 mem[v0 + 8]
  v2 = add.i32 v1, v1
  return v2
)");
}

TEST_CASE("a store is forwarded to the load behind it") {
  CHECK(built(R"(
    (memory 1) (func (param i32 i32) (result i32) (i32.store (local.get 0)
    (local.get 1)) (i32.load (local.get 0))))") == R"(func 0 (i32, i32) -> (i32)
b0:
  v0 = param.i32 #0
  v1 = param.i32 #1
  store i32 u32 mem[v0], v1
  return v1
)");
}

TEST_CASE("accesses to a 64-bit memory are checked") {
  CHECK(built(R"(
    (memory i64 1) (func (param i64) (result i32) (i32.load (local.get 0))))") ==
        R"(func 0 (i64) -> (i32)
b0:
  v0 = param.i64 #0
  v1 = mem_check.i64 v0 memory 0, end 4
  v2 = load.i32 u32 mem[v1]
  return v2
)");
}

TEST_CASE("calls with several results") {
  CHECK(built(R"(
    (func $f (param i32) (result i32 i32) (call $f (i32.add (call $f (local.get
    0))))))") == R"(func 0 (i32) -> (i32, i32)
b0:
  v0 = param.i32 #0
  v1 = call v0 func 0
  v2 = proj.i32 v1 #0
  v3 = proj.i32 v1 #1
  v4 = add.i32 v2, v3
  v5 = call v4 func 0
  v6 = proj.i32 v5 #0
  v7 = proj.i32 v5 #1
  return v6, v7
)");
}

TEST_CASE("what follows a trap is left out") {
  CHECK(built(R"(
    (func (result i32) (drop (i32.div_s (i32.const 1) (i32.const 0))) unreachable
    (i32.const 1)))") == R"(func 0 () -> (i32)
b0:
  v0 = const.i32 1
  v1 = const.i32 0
  v2 = div_s.i32 v0, v1
  trap Unreachable
)");
}

TEST_CASE("proposals that nothing executes are declined") {
  CHECK(built(R"(
    (type $s (struct (field i32))) (func (result i32) (struct.get $s 0 (struct.new
    $s (i32.const 1)))))") == R"(it has instructions of proposals that are not executed)");
}

}  // namespace
}  // namespace wasmrt
