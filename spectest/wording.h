// Whether an error says what a script expects. An error must contain the expected wording.
//
// The table of aliases is for the places where two versions of the suite name one failure in two
// ways: a row maps the wording of another version to that of 3.0, which wasmrt keeps.
#pragma once

#include <string_view>

namespace wasmrt::spectest {

bool says(std::string_view error, std::string_view expected);

}  // namespace wasmrt::spectest
