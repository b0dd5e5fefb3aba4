// The dump switchboard: specs, the function filter, errors that change nothing, the sink.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "libwasmrt/base/dump.h"

using namespace wasmrt;

namespace {

struct Off {
  ~Off() {
    (void)dump_configure("");
    dump_set_sink(nullptr, nullptr);
  }
};

}  // namespace

TEST_CASE("a spec names stages and functions", "[base][dump]") {
  const Off off;
  REQUIRE(dump_configure("ir,asm:func=12").ok());
  CHECK(dump_enabled(Stage::Ir));
  CHECK(dump_enabled(Stage::Asm, 12));
  CHECK(dump_enabled(Stage::Ir, 12));
  CHECK_FALSE(dump_enabled(Stage::Asm, 11));
  CHECK_FALSE(dump_enabled(Stage::Opt));
  REQUIRE(dump_configure("bytecode:func=3-5").ok());
  CHECK_FALSE(dump_enabled(Stage::Bytecode, 2));
  CHECK(dump_enabled(Stage::Bytecode, 3));
  CHECK(dump_enabled(Stage::Bytecode, 5));
  CHECK_FALSE(dump_enabled(Stage::Bytecode, 6));
  REQUIRE(dump_configure("all").ok());
  for (std::size_t i = 0; i < kStageCount; ++i) {
    CHECK(dump_enabled(static_cast<Stage>(i), 4'000'000'000));
  }
  REQUIRE(dump_configure("").ok());
  CHECK_FALSE(dump_enabled(Stage::Ir));
}

TEST_CASE("a wrong spec is refused and changes nothing", "[base][dump]") {
  const Off off;
  REQUIRE(dump_configure("wasi").ok());
  for (const char* bad : {"irr", "ir:func=", "ir:func=x", "ir:func=1-", "ir:fn=1", "ir,,asm",
                          "ir:func=99999999999", ":func=1"}) {
    INFO(bad);
    const Result<void> r = dump_configure(bad);
    REQUIRE_FALSE(r.ok());
    CHECK(r.error().code == ErrorCode::InvalidArgument);
  }
  CHECK(dump_configure("irr").error().message.find("\"irr\"") != std::string::npos);
  CHECK(dump_enabled(Stage::Wasi));
  CHECK_FALSE(dump_enabled(Stage::Ir));
}

TEST_CASE("texts go to the sink", "[base][dump]") {
  const Off off;
  std::string got;
  dump_set_sink(
      [](void* user, Stage stage, std::string_view text) {
        static_cast<std::string*>(user)->append(stage_name(stage)).append(": ").append(text);
      },
      &got);
  dump_write(Stage::Lower, "v1 = add");
  CHECK(got == "lower: v1 = add");
}
