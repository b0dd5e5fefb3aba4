// Machine code as text, for either machine on any host.
//
// In: a machine's name and code. Out: a line per instruction. Guaranteed: every byte is in exactly
// one line; what the disassembler does not know, and data, are `.byte` lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wasmrt::tools {

struct CodeLine {
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
  std::string text;
};

class Disassembler {
 public:
  /// `machine`: "x64" or "arm64".
  explicit Disassembler(std::string_view machine);
  ~Disassembler();
  Disassembler(const Disassembler&) = delete;

  /// Appends the lines of code[from, to).
  void instructions(std::span<const std::uint8_t> code, std::uint32_t from, std::uint32_t to,
                    std::vector<CodeLine>& out) const;
  /// The same of literals and tables.
  static void data(std::span<const std::uint8_t> code, std::uint32_t from, std::uint32_t to,
                   std::vector<CodeLine>& out);

 private:
  [[nodiscard]] std::uint32_t unknown_length(std::span<const std::uint8_t> rest) const;

  std::size_t handle_ = 0;
  bool x64_ = false;
};

}  // namespace wasmrt::tools
