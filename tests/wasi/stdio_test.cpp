// Standard streams: callbacks, buffers with caps, text, descriptors.
#include <fcntl.h>
#include <unistd.h>

#include "tests/support/temporary_directory.h"
#include "tests/wasi/box.h"

using namespace wasmrt;
using namespace wasmrt::test;
namespace fdflag = wasmrt::wasi::fdflag;

TEST_CASE("a buffer takes what fits and counts what it refuses", "[wasi]") {
  WasiConfig config;
  const std::shared_ptr<WasiBuffer> buffer = WasiBuffer::create(10);
  config.stdout_to = WasiOutput::to_buffer(buffer);
  WasiBox box(config);
  CHECK(box.write(1, "12345") == Errno::Success);
  CHECK_FALSE(buffer->cap_exceeded());
  CHECK(box.write(1, "67890ab") == Errno::Success);
  CHECK(box.u32() == 5);
  CHECK(buffer->cap_exceeded());
  CHECK(buffer->text() == "1234567890");
  CHECK(buffer->refused_writes() == 0);
  CHECK(buffer->refused_bytes() == 2);
  CHECK(box.write(1, "xyz") == Errno::Fbig);
  CHECK(box.write(1, "x") == Errno::Fbig);
  CHECK(box.write(1, "") == Errno::Success);
  CHECK(buffer->refused_writes() == 2);
  CHECK(buffer->refused_bytes() == 6);
  CHECK(buffer->take() == "1234567890");
  CHECK(box.write(1, "x") == Errno::Fbig);
}

TEST_CASE("callbacks give and take bytes", "[wasi]") {
  WasiConfig config;
  std::string written;
  int reads = 0;
  config.stdout_to = WasiOutput::to_callback([&](std::span<const std::uint8_t> bytes) {
    written.append(bytes.begin(), bytes.end());
    return written.size() < 10;
  });
  config.stdin_from = WasiInput::from_callback([&](std::span<std::uint8_t> out) -> std::size_t {
    if (++reads > 2) return 0;
    out[0] = static_cast<std::uint8_t>('0' + reads);
    return 1;
  });
  WasiBox box(config);
  CHECK(box.write(1, "hello") == Errno::Success);
  CHECK(box.write(1, "world") == Errno::Io);
  CHECK(written == "helloworld");
  std::string text;
  CHECK(box.read(0, 10, text) == Errno::Success);
  CHECK(text == "1");
  CHECK(box.read(0, 10, text) == Errno::Success);
  CHECK(text == "2");
  CHECK(box.read(0, 10, text) == Errno::Success);
  CHECK(text.empty());
}

TEST_CASE("text is read once, then the end", "[wasi]") {
  WasiConfig config;
  config.stdin_from = WasiInput::from_text("line\nrest");
  WasiBox box(config);
  std::string text;
  CHECK(box.read(0, 5, text) == Errno::Success);
  CHECK(text == "line\n");
  CHECK(box.read(0, 100, text) == Errno::Success);
  CHECK(text == "rest");
  CHECK(box.read(0, 100, text) == Errno::Success);
  CHECK(text.empty());
  CHECK(box.calls->fd_seek(box.guest, 0, 0, 0, WasiBox::kResult) == Errno::Spipe);
}

TEST_CASE("descriptors of the host, with and without a cap", "[wasi]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  WasiConfig config;
  config.stdin_from = WasiInput::from_fd(ends[0]);
  config.stdout_to = WasiOutput::to_fd(ends[1]);
  config.stdout_to.cap = 8;
  {
    WasiBox box(config);
    CHECK(box.write(1, "hello") == Errno::Success);
    CHECK(box.write(1, "world") == Errno::Success);
    CHECK(box.u32() == 3);
    CHECK(box.write(1, "more") == Errno::Fbig);
    std::string text;
    CHECK(box.read(0, 100, text) == Errno::Success);
    CHECK(text == "hellowor");
    CHECK(box.calls->fd_fdstat_set_flags(box.guest, 0, fdflag::kNonblock) == Errno::Success);
    CHECK(box.read(0, 100, text) == Errno::Again);
    CHECK((fcntl(ends[0], F_GETFL) & O_NONBLOCK) == 0);  // the embedder's mode is untouched
    CHECK(box.calls->fd_close(box.guest, 0) == Errno::Success);
  }
  CHECK(fcntl(ends[0], F_GETFD) >= 0);  // and so is its descriptor
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("writing to a pipe that nobody reads is an error, not a signal", "[wasi]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  WasiConfig config;
  config.stdout_to = WasiOutput::to_fd(ends[1]);
  WasiBox box(config);
  CHECK(box.write(1, "hello") == Errno::Pipe);
  CHECK(box.write(1, "hello") == Errno::Pipe);
  close(ends[1]);
}

TEST_CASE("a pipe that is full takes the rest when it is read", "[wasi][no-emulation]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  fcntl(ends[1], F_SETPIPE_SZ, 4096);
  WasiConfig config;
  config.stdout_to = WasiOutput::to_fd(ends[1]);
  WasiBox box(config);
  CHECK(box.calls->fd_fdstat_set_flags(box.guest, 1, fdflag::kNonblock) == Errno::Success);
  size_t total = 0;
  const std::string block(1000, 'x');
  Errno error;
  while ((error = box.write(1, block)) == Errno::Success) total += box.u32();
  CHECK(error == Errno::Again);
  CHECK(total >= 3000);
  CHECK(total <= 65536);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("a file as stdin can be sought in", "[wasi]") {
  const TemporaryDirectory directory;
  directory.write("input", "0123456789");
  const int fd = open((directory / "input").c_str(), O_RDONLY);
  WasiConfig config;
  config.stdin_from = WasiInput::from_fd(fd);
  WasiBox box(config);
  CHECK(box.calls->fd_seek(box.guest, 0, 5, 0, WasiBox::kResult) == Errno::Success);
  std::string text;
  CHECK(box.read(0, 100, text) == Errno::Success);
  CHECK(text == "56789");
  close(fd);
}
