// One function in all its forms: taken through the compiler, or as it stands in an image.
//
// In: a valid module with what compiling it needs, or an image. Out: its forms and the pieces of
// its code; only those that are chosen. Guaranteed: nothing is run, and nothing of an image is
// trusted beyond its own bounds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jit/target.h"
#include "libwasmrt/engine/cache_format.h"
#include "libwasmrt/frontend/module.h"
#include "libwasmrt/text/print_instructions.h"
#include "tools/wasmrt_objdump/columns.h"
#include "tools/wasmrt_objdump/disassemble.h"

namespace wasmrt::tools {

struct Listing {
  Forms forms;
  std::vector<Piece> pieces;
  std::uint32_t code_bytes = 0;
  std::uint32_t data_bytes = 0;
  std::int32_t frame_bytes = 0;
  std::string declined;  ///< Why there is no code.
};

class Lister {
 public:
  Lister(const DecodedModule& module, const text::PrintNames& names, std::string_view machine,
         bool raw_bytes, const std::array<bool, kForms>& chosen)
      : module_(module),
        names_(names),
        disassembler_(machine),
        raw_bytes_(raw_bytes),
        chosen_(chosen) {}

  [[nodiscard]] Listing compile(const jit::CompileContext& context, FuncIdx func) const;
  /// Of an image of this module.
  [[nodiscard]] Listing from_image(const engine::ImageView& image, FuncIdx func) const;

 private:
  [[nodiscard]] bool has(Form form) const { return chosen_[static_cast<std::size_t>(form)]; }
  [[nodiscard]] bool has_any() const { return chosen_ != std::array<bool, kForms>{}; }
  void wasm_form(FuncIdx func, FormText& out) const;
  [[nodiscard]] std::string code_text(std::span<const std::uint8_t> code,
                                      const CodeLine& line) const;

  const DecodedModule& module_;
  const text::PrintNames& names_;
  Disassembler disassembler_;
  bool raw_bytes_;
  std::array<bool, kForms> chosen_;
};

}  // namespace wasmrt::tools
