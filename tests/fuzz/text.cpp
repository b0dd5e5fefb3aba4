// Fuzz target of the text format: any text is answered, as a module and as a script, and what the
// encoder accepts it accepts with the same result a second time.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libwasmrt/text/wast.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = wasmrt::text::wat_to_wasm(text);
  const auto second = wasmrt::text::wat_to_wasm(text);
  if (first.ok() != second.ok() || (first.ok() && *first != *second)) std::abort();
  (void)wasmrt::text::parse_wast(text);
  return 0;
}
