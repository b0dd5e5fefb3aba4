// Connections on a listener that was granted.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/temporary_directory.h"
#include "tests/wasi/box.h"

using namespace wasmrt;
using namespace wasmrt::test;
namespace right = wasmrt::wasi::right;
namespace fdflag = wasmrt::wasi::fdflag;

namespace {

struct Listener {
  Listener() : fd(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(listen(fd, 5) == 0);
    getsockname(fd, reinterpret_cast<sockaddr*>(&where), &length);
  }
  ~Listener() { close(fd); }
  int connect() const {
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(::connect(client, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
    return client;
  }
  int fd;
  sockaddr_in where{};
};

}  // namespace

TEST_CASE("a connection is accepted, talked to and shut down", "[wasi]") {
  const Listener listener;
  const TemporaryDirectory directory;
  WasiConfig config = one_mount(directory.path());
  config.listeners = {listener.fd};
  WasiBox box(config);
  wasi::Preview1& calls = *box.calls;
  CHECK(calls.fd_prestat_get(box.guest, 4, 64) == Errno::Badf);
  REQUIRE(calls.fd_fdstat_get(box.guest, 4, 64) == Errno::Success);
  CHECK(box.memory[64] == 6);
  CHECK(calls.sock_accept(box.guest, 4, 1, 64) == Errno::Inval);
  REQUIRE(calls.fd_fdstat_set_flags(box.guest, 4, fdflag::kNonblock) == Errno::Success);
  CHECK(calls.sock_accept(box.guest, 4, 0, 64) == Errno::Again);
  const int client = listener.connect();
  REQUIRE(calls.fd_fdstat_set_flags(box.guest, 4, 0) == Errno::Success);
  REQUIRE(calls.sock_accept(box.guest, 4, fdflag::kNonblock, 64) == Errno::Success);
  const uint32_t fd = box.u32();
  CHECK(fd == 5);

  box.iov(0, WasiBox::kBuffer, 100);
  CHECK(calls.sock_recv(box.guest, fd, WasiBox::kIovs, 1, 0, 64, 68) == Errno::Again);
  REQUIRE(calls.fd_fdstat_set_flags(box.guest, fd, 0) == Errno::Success);
  REQUIRE(write(client, "question", 8) == 8);
  REQUIRE(calls.sock_recv(box.guest, fd, WasiBox::kIovs, 1, 1, 64, 68) == Errno::Success);
  CHECK(box.u32() == 8);
  box.iov(0, WasiBox::kBuffer, 3);
  box.iov(1, WasiBox::kBuffer + 3, 5);
  REQUIRE(calls.sock_recv(box.guest, fd, WasiBox::kIovs, 2, 2, 64, 68) == Errno::Success);
  CHECK(box.u32() == 8);
  CHECK(std::memcmp(box.memory.data() + WasiBox::kBuffer, "question", 8) == 0);
  CHECK(calls.sock_recv(box.guest, fd, WasiBox::kIovs, 1, 4, 64, 68) == Errno::Inval);

  box.iov(0, WasiBox::kBuffer, box.put(WasiBox::kBuffer, "answer"));
  REQUIRE(calls.sock_send(box.guest, fd, WasiBox::kIovs, 1, 0, 64) == Errno::Success);
  CHECK(box.u32() == 6);
  CHECK(box.write(fd, "!") == Errno::Success);
  char text[16] = {};
  CHECK(recv(client, text, 7, MSG_WAITALL) == 7);
  CHECK(std::string(text) == "answer!");
  CHECK(calls.sock_shutdown(box.guest, fd, 0) == Errno::Inval);
  CHECK(calls.sock_shutdown(box.guest, fd, 2) == Errno::Success);
  CHECK(read(client, text, 1) == 0);
  close(client);
  std::string rest;
  CHECK(box.read(fd, 10, rest) == Errno::Success);
  CHECK(rest.empty());
  CHECK(calls.fd_close(box.guest, fd) == Errno::Success);
}

TEST_CASE("what is no connection is said so", "[wasi]") {
  const Listener listener;
  const TemporaryDirectory directory;
  directory.write("file", "");
  WasiConfig config = one_mount(directory.path());
  config.listeners = {listener.fd};
  WasiBox box(config);
  const uint32_t file = box.must_open(3, "file", 0, right::kFdRead);
  wasi::Preview1& calls = *box.calls;
  for (const uint32_t fd : {0u, 3u, file}) {
    CHECK(calls.sock_accept(box.guest, fd, 0, 64) == Errno::NotSock);
    CHECK(calls.sock_recv(box.guest, fd, 128, 0, 0, 64, 68) == Errno::NotSock);
    CHECK(calls.sock_send(box.guest, fd, 128, 0, 0, 64) == Errno::NotSock);
    CHECK(calls.sock_shutdown(box.guest, fd, 1) == Errno::NotSock);
  }
  CHECK(calls.sock_recv(box.guest, 4, 128, 0, 0, 64, 68) == Errno::NotConn);
  CHECK(calls.sock_send(box.guest, 4, 128, 0, 0, 64) == Errno::NotConn);
  CHECK(calls.sock_shutdown(box.guest, 4, 1) == Errno::NotConn);
  std::string text;
  CHECK(box.read(4, 1, text) == Errno::Badf);
}
