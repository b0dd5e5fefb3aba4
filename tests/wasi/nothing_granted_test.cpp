// What a guest can do with the default configuration: nothing.
#include "tests/wasi/box.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("by default there are no files, arguments, variables, clocks or randomness", "[wasi]") {
  WasiBox box{WasiConfig{}};
  CHECK(box.calls->fd_prestat_get(box.guest, 3, WasiBox::kResult) == Errno::Badf);
  CHECK(box.open(3, "x", 0, 0) == Errno::Badf);
  CHECK(box.open(0, "x", 0, 0) == Errno::NotDir);
  CHECK(box.calls->args_sizes_get(box.guest, 64, 68) == Errno::Success);
  CHECK(box.u32(64) == 0);
  CHECK(box.u32(68) == 0);
  CHECK(box.calls->environ_sizes_get(box.guest, 64, 68) == Errno::Success);
  CHECK(box.u32(64) == 0);
  for (uint32_t id = 0; id < 4; ++id) {
    CHECK(box.calls->clock_time_get(box.guest, id, 0, WasiBox::kResult) == Errno::NotCapable);
    CHECK(box.calls->clock_res_get(box.guest, id, WasiBox::kResult) == Errno::NotCapable);
  }
  CHECK(box.calls->random_get(box.guest, WasiBox::kBuffer, 8) == Errno::NotCapable);
}

TEST_CASE("by default stdin is at its end and output goes nowhere", "[wasi]") {
  WasiBox box{WasiConfig{}};
  std::string text;
  CHECK(box.read(0, 10, text) == Errno::Success);
  CHECK(text.empty());
  CHECK(box.write(1, "lost") == Errno::Success);
  CHECK(box.u32() == 4);
  CHECK(box.write(2, "lost") == Errno::Success);
  CHECK(box.write(0, "x") == Errno::Badf);
  CHECK(box.read(1, 1, text) == Errno::Badf);
}

TEST_CASE("a bad configuration is refused", "[wasi][no-emulation]") {
  const auto code = [](WasiConfig config) {
    Result<std::shared_ptr<wasi::Preview1>> made = wasi::Preview1::create(std::move(config));
    REQUIRE_FALSE(made.ok());
    return made.error().code;
  };
  WasiConfig config;
  config.args = {std::string("a\0b", 3)};
  CHECK(code(config) == ErrorCode::InvalidArgument);
  config = {};
  config.env = {{"A=B", "c"}};
  CHECK(code(config) == ErrorCode::InvalidArgument);
  config = {};
  config.env = {{"", "c"}};
  CHECK(code(config) == ErrorCode::InvalidArgument);
  CHECK(code(one_mount("/nonexistent-directory")) == ErrorCode::Io);
  CHECK(code(one_mount("/etc/passwd")) == ErrorCode::Io);
  for (const char* root : {"/", "/.", "/etc/..", "/proc/self/root"}) {
    INFO(root);
    CHECK(code(one_mount(root)) == ErrorCode::InvalidArgument);
  }
  WasiConfig allowed = one_mount("/");
  allowed.allow_root_mount = true;
  CHECK(wasi::Preview1::create(allowed).ok());
  config = {};
  config.listeners = {0};
  config.stdin_from = WasiInput::from_fd(12345);
  CHECK(code(config) == ErrorCode::Io);
}
