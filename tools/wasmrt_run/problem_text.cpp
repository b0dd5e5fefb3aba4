// One sentence for both tools.
#include "tools/wasmrt_run/problem_text.h"

namespace wasmrt::tools {

std::string problem_text(const std::string& file, const Error& error) {
  return error.code == ErrorCode::Io ? error.message : file + ": " + error.message;
}

}  // namespace wasmrt::tools
