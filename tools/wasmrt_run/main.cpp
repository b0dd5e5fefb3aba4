// wasmrt-run: runs a WebAssembly module from the command line.
#include <variant>

#include "tools/wasmrt_run/options.h"
#include "tools/wasmrt_run/run.h"

int main(int argc, char** argv) {
  std::variant<wasmrt::tools::Options, int> parsed = wasmrt::tools::parse_options(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  return wasmrt::tools::run(std::get<wasmrt::tools::Options>(parsed));
}
