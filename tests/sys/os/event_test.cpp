// Events: readable while set, settable twice, cleared by clear and by wait.
#include <poll.h>

#include <catch2/catch_test_macros.hpp>

#include "sys/os/event.h"

namespace {
bool readable(int fd) {
  pollfd descriptor{fd, POLLIN, 0};
  return poll(&descriptor, 1, 0) == 1;
}
}  // namespace

TEST_CASE("an event is readable while it is set", "[os][event]") {
  wasmrt::os::Event event;
  REQUIRE(event.fd() == -1);
  REQUIRE(event.open());
  CHECK_FALSE(readable(event.fd()));
  event.set();
  event.set();
  CHECK(readable(event.fd()));
  event.clear();
  CHECK_FALSE(readable(event.fd()));
  event.set();
  event.wait();
  CHECK_FALSE(readable(event.fd()));
}
