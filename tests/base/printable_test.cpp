// Names of a guest in messages.
#include "libwasmrt/base/printable.h"

#include <catch2/catch_test_macros.hpp>

using wasmrt::printable;

TEST_CASE("printable text stays as it is", "[base]") {
  CHECK(printable("") == "");
  CHECK(printable("a b_c$d(e) \"f\"") == "a b_c$d(e) \"f\"");
  CHECK(printable("na\xC3\xAFve \xE2\x82\xAC \xC2\xA0") == "na\xC3\xAFve \xE2\x82\xAC \xC2\xA0");
}

TEST_CASE("control characters are escaped", "[base]") {
  CHECK(printable("a\nb") == "a\\x0ab");
  CHECK(printable("\x1b[2J") == "\\x1b[2J");
  CHECK(printable(std::string_view("\0\x7f", 2)) == "\\x00\\x7f");
  CHECK(printable("\xC2\x9B"
                  "0m") == "\\u009b0m");
  CHECK(printable("\xC2") == "\xC2");
}
