// Listening sockets on Linux.
#include "sys/os/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace wasmrt::os {

namespace {

/// Fills `out` from numeric text; its length, or 0.
socklen_t parse_address(const std::string& text, sockaddr_storage& out) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return 0;
  std::string host = text.substr(0, colon);
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return 0;
  std::memset(&out, 0, sizeof out);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
    host = host.substr(1, host.size() - 2);
    if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return 0;
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return sizeof v6;
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) return 0;
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  return sizeof v4;
}

}  // namespace

int listen_tcp(const std::string& address, int& descriptor) {
  sockaddr_storage where;
  const socklen_t length = parse_address(address, where);
  if (length == 0) return EINVAL;
  const int fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd, reinterpret_cast<const sockaddr*>(&where), length) != 0 ||
      listen(fd, SOMAXCONN) != 0) {
    const int error = errno;
    close(fd);
    return error;
  }
  descriptor = fd;
  return 0;
}

}  // namespace wasmrt::os
