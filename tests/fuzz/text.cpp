// Fuzz target of the text format: any text is answered, as a module and as a script; what the
// encoder accepts it accepts with the same result a second time; and a module that is valid
// survives being printed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libwasmrt/frontend/validate_body.h"
#include "libwasmrt/text/print_wat.h"
#include "libwasmrt/text/wast.h"

namespace {

using namespace wasmrt;

// The module as text; empty when it is not valid.
std::string print(TypeInterner& interner, const std::vector<std::uint8_t>& bytes) {
  DecodeOptions options;
  options.features = Features::all();
  options.interner = &interner;
  options.keep_custom_sections = true;
  const auto module = decode_module(bytes, options);
  if (!module.ok() || !validate_module(**module).ok()) return {};
  return text::print_wat(**module);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  const auto first = text::wat_to_wasm(source);
  const auto second = text::wat_to_wasm(source);
  if (first.ok() != second.ok() || (first.ok() && *first != *second)) std::abort();
  (void)text::parse_wast(source);
  if (!first.ok()) return 0;
  TypeInterner interner;
  const std::string printed = print(interner, *first);
  if (printed.empty()) return 0;
  const auto again = text::wat_to_wasm(printed);
  if (!again.ok() || print(interner, *again) != printed) std::abort();
  return 0;
}
