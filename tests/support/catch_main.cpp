// The test programs' main: Catch2's, without its signal handlers. It would put them in place of the
// runtime's own before each test case and restore an older state after it, so that guard pages stop
// working. A crash is reported by tools/test.
#define CATCH_CONFIG_NO_POSIX_SIGNALS
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
