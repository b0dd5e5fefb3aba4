// Text of a guest in our messages: names that cannot forge a line of a log or steer a terminal.
//
// In: any bytes, mostly UTF-8. Out: the same, with control characters (C0, DEL and, as UTF-8, C1)
// written as \x1b or \u009b.
#pragma once

#include <string>
#include <string_view>

namespace wasmrt {

void append_printable(std::string& out, std::string_view text);

inline std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

}  // namespace wasmrt
