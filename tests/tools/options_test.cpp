// The command line of wasmrt-run.
#include "tools/wasmrt_run/options.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>

using namespace wasmrt;
using namespace wasmrt::tools;

namespace {

std::variant<Options, int> parse(std::vector<std::string> words) {
  std::vector<char*> argv = {const_cast<char*>("wasmrt-run")};
  for (std::string& word : words) argv.push_back(word.data());
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

Options parsed(std::vector<std::string> words) {
  auto result = parse(std::move(words));
  REQUIRE(std::holds_alternative<Options>(result));
  return std::get<Options>(result);
}

}  // namespace

TEST_CASE("options end at FILE", "[tools]") {
  const Options o =
      parsed({"--timeout=100ms", "--stats=json", "a.wasm", "--timeout", "x", "--stats=json", "-h"});
  CHECK(o.file == "a.wasm");
  CHECK(o.args == std::vector<std::string>{"--timeout", "x", "--stats=json", "-h"});
  CHECK(o.timeout == std::chrono::milliseconds(100));
  CHECK(o.stats == StatsFormat::Json);
}

TEST_CASE("a value follows its option or an equals sign", "[tools]") {
  CHECK(parsed({"--invoke", "f", "a.wasm"}).invoke == "f");
  CHECK(parsed({"--invoke=f", "a.wasm"}).invoke == "f");
  CHECK(parsed({"--stats", "a.wasm"}).stats == StatsFormat::Text);
  CHECK(parsed({"--stats", "a.wasm"}).file == "a.wasm");
  CHECK(parsed({"-"}).file == "-");
}

TEST_CASE("directories and variables", "[tools]") {
  ::setenv("WASMRT_OPTIONS_TEST", "here", 1);
  const Options o = parsed({"--dir", "data", "--dir=data::/d:ro", "--env", "A=1=2", "--env",
                            "WASMRT_OPTIONS_TEST", "--env=WASMRT_UNSET_TEST", "a.wasm", "b"});
  REQUIRE(o.dirs.size() == 2);
  CHECK(o.dirs[0].host == "data");
  CHECK(o.dirs[0].guest == "data");
  CHECK_FALSE(o.dirs[0].read_only);
  CHECK(o.dirs[1].guest == "/d");
  CHECK(o.dirs[1].read_only);
  REQUIRE(o.env.size() == 2);
  CHECK(o.env[0].name == "A");
  CHECK(o.env[0].value == "1=2");
  CHECK(o.env[1].value == "here");
  CHECK(o.args == std::vector<std::string>{"b"});
}

TEST_CASE("engine and features", "[tools]") {
  const Options o = parsed({"--engine=interp", "--features=wasm2,+threads", "--clock=fixed:5s",
                            "--max-memory=1M", "--signals=off", "a.wasm"});
  CHECK(o.engine == EngineKind::Interp);
  CHECK(o.features.has(Feature::Threads));
  CHECK_FALSE(o.features.has(Feature::Gc));
  CHECK(o.fixed_clock == 5000000000u);
  CHECK(o.max_memory == 1048576u);
  CHECK_FALSE(o.signals);
}

TEST_CASE("bad usage leaves with 2", "[tools]") {
  const std::vector<std::vector<std::string>> bad = {
      {},
      {"--nope", "a.wasm"},
      {"--timeout=100", "a.wasm"},
      {"--engine=fast", "a.wasm"},
      {"--features=wasm9", "a.wasm"},
      {"--dir=::x", "a.wasm"},
      {"--env", "=x", "a.wasm"},
      {"--preload", "x", "a.wasm"},
      {"--stats=xml", "a.wasm"},
      {"--clock=later", "a.wasm"},
      {"--invoke"},
  };
  for (const auto& words : bad) {
    INFO((words.empty() ? "(nothing)" : words[0]));
    const auto result = parse(words);
    REQUIRE(std::holds_alternative<int>(result));
    CHECK(std::get<int>(result) == 2);
  }
}

TEST_CASE("help and version leave with 0", "[tools]") {
  for (const char* word : {"--help", "--version"}) {
    const auto result = parse({word});
    REQUIRE(std::holds_alternative<int>(result));
    CHECK(std::get<int>(result) == 0);
  }
}
