// Functions' names: where they come from, and that many exports make none of them dear.
#include "libwasmrt/frontend/function_names.h"

#include <string>

#include <catch2/catch_test_macros.hpp>

#include "tests/frontend/support.h"
#include "tests/support/linear_time.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("a function is called by its name, else by its first export", "[decode]") {
  // Named are 0 ("a"), 1 and 2 ("").
  const Checked c(wat(R"((module
    (memory (export "memory") 1)
    (func (export "zero"))
    (func (export "") (export "one") (export "uno"))
    (func)
    (func (export "three"))
    (func)
    (@custom "name" "\01\08\03\00\01a\01\00\02\00")))"));
  REQUIRE(c.ok);
  const FunctionNames names(*c.module);
  CHECK(names[0] == "a");
  CHECK(names[1] == "one");
  CHECK(names[2].empty());
  CHECK(names[3] == "three");
  CHECK(names[4].empty());
  const Checked none(wat("(module (func) (memory 1) (export \"m\" (memory 0)))"));
  REQUIRE(none.ok);
  CHECK(FunctionNames(*none.module)[0].empty());
}

TEST_CASE("names of all functions take time by the number of exports",
          "[decode][no-tsan][no-emulation]") {
  check_linear("names", 160'000, [](std::uint32_t n) {
    DecodedModule module;
    module.funcs.resize(n);
    for (std::uint32_t k = 0; k < n; ++k) {
      module.exports.push_back({"name", ExternKind::Func, n - 1 - k});
    }
    const double begin = processor_seconds();
    const FunctionNames names(module);
    std::size_t found = 0;
    for (std::uint32_t k = 0; k < n; ++k) found += names[k].size();
    const double seconds = processor_seconds() - begin;
    CHECK(found == std::size_t{4} * n);
    return seconds;
  });
}
