// Standard streams: callbacks, buffers with caps, text, descriptors.
#include <fcntl.h>
#include <sys/socket.h>
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

TEST_CASE("a callback with a cap gets no byte more", "[wasi]") {
  WasiConfig config;
  std::string written;
  const auto counts = std::make_shared<WasiOutputCounts>();
  config.stderr_to = WasiOutput::to_callback([&](std::span<const std::uint8_t> bytes) {
    written.append(bytes.begin(), bytes.end());
    return true;
  });
  config.stderr_to.cap = 3;
  config.stderr_to.counts = counts;
  std::vector<std::string> decisions;
  config.trace = [&](const WasiTraceEvent& e) { decisions.emplace_back(e.decision); };
  WasiBox box(config);
  wasi::TraceRecord record;
  box.guest.trace = &record;
  CHECK(box.write(2, "hello") == Errno::Success);
  CHECK(box.u32() == 3);
  const Errno refused = box.write(2, "lo");
  CHECK(refused == Errno::Fbig);
  CHECK(written == "hel");
  CHECK(counts->written_bytes == 3);
  CHECK(counts->refused_writes == 1);
  CHECK(counts->refused_bytes == 4);
  box.calls->trace("fd_write", "", record, refused);
  CHECK(decisions == std::vector<std::string>{"output cap exceeded"});
}

TEST_CASE("what is sent on a socket counts towards the cap", "[wasi]") {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  {
    WasiConfig config;
    config.stdout_to = WasiOutput::to_fd(ends[1]);
    config.stdout_to.cap = 8;
    WasiBox box(config);
    CHECK(box.write(1, "hello") == Errno::Success);
    box.iov(0, WasiBox::kBuffer, box.put(WasiBox::kBuffer, "world"));
    CHECK(box.calls->sock_send(box.guest, 1, WasiBox::kIovs, 1, 0, WasiBox::kResult) ==
          Errno::Success);
    CHECK(box.u32() == 3);
    CHECK(box.calls->sock_send(box.guest, 1, WasiBox::kIovs, 1, 0, WasiBox::kResult) ==
          Errno::Fbig);
  }
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("an output that is only counted can be written anywhere", "[wasi]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/out";
  const int file = open(path.c_str(), O_RDWR | O_CREAT, 0600);
  REQUIRE(file >= 0);
  {
    WasiConfig config;
    config.stdout_to = WasiOutput::to_fd(file);
    config.stdout_to.counts = std::make_shared<WasiOutputCounts>();
    const auto counts = config.stdout_to.counts;
    WasiBox box(config);
    box.iov(0, WasiBox::kBuffer, box.put(WasiBox::kBuffer, "hello"));
    CHECK(box.calls->fd_pwrite(box.guest, 1, WasiBox::kIovs, 1, 3, WasiBox::kResult) ==
          Errno::Success);
    CHECK(counts->written_bytes == 5);
  }
  close(file);
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
  const auto counts = std::make_shared<WasiOutputCounts>();
  config.stdout_to.counts = counts;
  {
    WasiBox box(config);
    CHECK(box.write(1, "hello") == Errno::Success);
    CHECK(box.write(1, "world") == Errno::Success);
    CHECK(box.u32() == 3);
    CHECK(counts->refused_writes == 0);
    CHECK(counts->refused_bytes == 2);
    CHECK(box.write(1, "more") == Errno::Fbig);
    CHECK(counts->written_bytes == 8);
    CHECK(counts->refused_writes == 1);
    CHECK(counts->refused_bytes == 6);
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
