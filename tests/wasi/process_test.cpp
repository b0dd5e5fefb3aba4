// Arguments, environment, exit, and calls with memory out of bounds.
#include "tests/wasi/box.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("arguments and variables are written as C strings", "[wasi]") {
  WasiConfig config;
  config.args = {"program", "", "two words"};
  config.env = {{"A", "1"}, {"EMPTY", ""}};
  WasiBox box(config);
  REQUIRE(box.calls->args_sizes_get(box.guest, 64, 68) == Errno::Success);
  CHECK(box.u32(64) == 3);
  CHECK(box.u32(68) == 8 + 1 + 10);
  REQUIRE(box.calls->args_get(box.guest, 1024, 2048) == Errno::Success);
  CHECK(box.u32(1024) == 2048);
  CHECK(box.u32(1028) == 2056);
  CHECK(box.u32(1032) == 2057);
  CHECK(std::string(reinterpret_cast<char*>(box.memory.data()) + 2057) == "two words");
  REQUIRE(box.calls->environ_sizes_get(box.guest, 64, 68) == Errno::Success);
  CHECK(box.u32(64) == 2);
  CHECK(box.u32(68) == 4 + 7);
  REQUIRE(box.calls->environ_get(box.guest, 1024, 2048) == Errno::Success);
  CHECK(std::string(reinterpret_cast<char*>(box.memory.data()) + box.u32(1028)) == "EMPTY=");
}

TEST_CASE("exit is a value, signals are refused", "[wasi]") {
  WasiBox box{WasiConfig{}};
  CHECK(box.calls->proc_raise(box.guest, 9) == Errno::NotSup);
  CHECK(box.calls->sched_yield(box.guest) == Errno::Success);
  CHECK_FALSE(box.guest.exited);
  box.calls->proc_exit(box.guest, 33);
  CHECK(box.guest.exited);
  CHECK(box.guest.exit_code == 33);
}

TEST_CASE("pointers out of bounds give fault and touch nothing", "[wasi]") {
  WasiConfig config;
  config.args = {"program"};
  config.clocks = WasiClocks::real();
  config.random = WasiRandom::real();
  config.stdin_from = WasiInput::from_text("abc");
  WasiBox box(config);
  wasi::Preview1& calls = *box.calls;
  wasi::Guest& guest = box.guest;
  for (const uint32_t bad : {WasiBox::kSize - 3, WasiBox::kSize, UINT32_MAX - 3, UINT32_MAX}) {
    INFO(bad);
    CHECK(calls.args_sizes_get(guest, bad, 64) == Errno::Fault);
    CHECK(calls.args_sizes_get(guest, 64, bad) == Errno::Fault);
    CHECK(calls.args_get(guest, bad, 64) == Errno::Fault);
    CHECK(calls.args_get(guest, 64, bad) == Errno::Fault);
    CHECK(calls.clock_time_get(guest, 0, 0, bad) == Errno::Fault);
    CHECK(calls.clock_res_get(guest, 0, bad) == Errno::Fault);
    CHECK(calls.random_get(guest, bad, 8) == Errno::Fault);
    CHECK(calls.random_get(guest, 64, bad) == Errno::Fault);
    CHECK(calls.fd_fdstat_get(guest, 0, bad) == Errno::Fault);
    CHECK(calls.fd_filestat_get(guest, 0, bad) == Errno::Fault);
    box.iov(0, 64, 3);
    CHECK(calls.fd_read(guest, 0, WasiBox::kIovs, 1, bad) == Errno::Fault);
    CHECK(calls.fd_read(guest, 0, bad, 1, 64) == Errno::Fault);
    CHECK(calls.fd_read(guest, 0, WasiBox::kIovs, bad, 64) == Errno::Fault);
    box.iov(0, bad, 8);
    CHECK(calls.fd_read(guest, 0, WasiBox::kIovs, 1, 64) == Errno::Fault);
    CHECK(calls.fd_write(guest, 1, WasiBox::kIovs, 1, 64) == Errno::Fault);
    box.iov(0, 64, bad);
    CHECK(calls.fd_read(guest, 0, WasiBox::kIovs, 1, 64) == Errno::Fault);
    CHECK(calls.poll_oneoff(guest, bad, 64, 1, 60) == Errno::Fault);
    CHECK(calls.poll_oneoff(guest, 64, bad, 1, 60) == Errno::Fault);
    CHECK(calls.poll_oneoff(guest, 64, 128, bad, 60) == Errno::Fault);
  }
  // Nothing was consumed by the failed reads.
  std::string text;
  CHECK(box.read(0, 3, text) == Errno::Success);
  CHECK(text == "abc");
  box.iov(0, 0, 0x8000);
  for (uint32_t i = 0; i < 64; ++i) box.iov(i, 0, 0x8000);
  CHECK(calls.fd_write(guest, 1, WasiBox::kIovs, 64, 60000) == Errno::Success);
  CHECK(box.u32(60000) == 64 * 0x8000);
}

TEST_CASE("closed and never opened numbers give badf everywhere", "[wasi]") {
  WasiBox box{WasiConfig{}};
  wasi::Preview1& calls = *box.calls;
  wasi::Guest& guest = box.guest;
  for (const uint32_t fd : {3u, 77u, 0x7fffffffu, 0xffffffffu}) {
    CHECK(calls.fd_advise(guest, fd, 0, 0, 0) == Errno::Badf);
    CHECK(calls.fd_allocate(guest, fd, 0, 1) == Errno::Badf);
    CHECK(calls.fd_close(guest, fd) == Errno::Badf);
    CHECK(calls.fd_datasync(guest, fd) == Errno::Badf);
    CHECK(calls.fd_fdstat_get(guest, fd, 64) == Errno::Badf);
    CHECK(calls.fd_fdstat_set_flags(guest, fd, 0) == Errno::Badf);
    CHECK(calls.fd_fdstat_set_rights(guest, fd, 0, 0) == Errno::Badf);
    CHECK(calls.fd_filestat_get(guest, fd, 64) == Errno::Badf);
    CHECK(calls.fd_filestat_set_size(guest, fd, 0) == Errno::Badf);
    CHECK(calls.fd_filestat_set_times(guest, fd, 0, 0, 0) == Errno::Badf);
    CHECK(calls.fd_pread(guest, fd, 64, 0, 0, 64) == Errno::Badf);
    CHECK(calls.fd_prestat_get(guest, fd, 64) == Errno::Badf);
    CHECK(calls.fd_prestat_dir_name(guest, fd, 64, 1) == Errno::Badf);
    CHECK(calls.fd_pwrite(guest, fd, 64, 0, 0, 64) == Errno::Badf);
    CHECK(calls.fd_read(guest, fd, 64, 0, 64) == Errno::Badf);
    CHECK(calls.fd_readdir(guest, fd, 64, 1, 0, 64) == Errno::Badf);
    CHECK(calls.fd_renumber(guest, fd, 0) == Errno::Badf);
    CHECK(calls.fd_renumber(guest, 0, fd) == Errno::Badf);
    CHECK(calls.fd_seek(guest, fd, 0, 0, 64) == Errno::Badf);
    CHECK(calls.fd_sync(guest, fd) == Errno::Badf);
    CHECK(calls.fd_tell(guest, fd, 64) == Errno::Badf);
    CHECK(calls.fd_write(guest, fd, 64, 0, 64) == Errno::Badf);
    CHECK(calls.sock_accept(guest, fd, 0, 64) == Errno::Badf);
    CHECK(calls.sock_recv(guest, fd, 64, 0, 0, 64, 68) == Errno::Badf);
    CHECK(calls.sock_send(guest, fd, 64, 0, 0, 64) == Errno::Badf);
    CHECK(calls.sock_shutdown(guest, fd, 1) == Errno::Badf);
    CHECK(calls.path_create_directory(guest, fd, 64, 1) == Errno::Badf);
    CHECK(calls.path_unlink_file(guest, fd, 64, 1) == Errno::Badf);
  }
  CHECK(calls.fd_close(guest, 1) == Errno::Success);
  CHECK(box.write(1, "x") == Errno::Badf);
}
