// Capstone, and the lengths of what it does not know: its x64 tables end before parts of AVX-512,
// its arm64 tables before LSE and the dot products.
#include "tools/wasmrt_objdump/disassemble.h"

#include <capstone/capstone.h>

#include <algorithm>
#include <cstdio>

namespace wasmrt::tools {

namespace {

/// The length of an instruction that begins with the EVEX prefix; 0 when it does not fit.
std::uint32_t evex_length(std::span<const std::uint8_t> code) {
  constexpr std::size_t kPrefix = 4;
  if (code.size() < kPrefix + 2 || code[0] != 0x62) return 0;
  const unsigned map = code[1] & 7u;
  const unsigned opcode = code[kPrefix];
  const unsigned mod = code[kPrefix + 1] >> 6;
  const unsigned rm = code[kPrefix + 1] & 7u;
  std::uint32_t length = kPrefix + 2;
  bool disp32 = mod == 2 || (mod == 0 && rm == 5);
  if (mod != 3 && rm == 4) {
    if (length == code.size()) return 0;
    disp32 |= mod == 0 && (code[length] & 7u) == 5;
    ++length;
  }
  if (disp32) length += 4;
  if (mod == 1) length += 1;
  const bool shuffles_and_shifts = opcode >= 0x70 && opcode <= 0x73;
  const bool compares_and_inserts = opcode == 0xC2 || (opcode >= 0xC4 && opcode <= 0xC6);
  if (map == 3 || (map == 1 && (shuffles_and_shifts || compares_and_inserts))) ++length;
  return length <= code.size() ? length : 0;
}

std::string byte_text(std::span<const std::uint8_t> bytes) {
  std::string text = ".byte ";
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    char number[8];
    std::snprintf(number, sizeof number, n == 0 ? "0x%02x" : ", 0x%02x", bytes[n]);
    text += number;
  }
  return text;
}

}  // namespace

Disassembler::Disassembler(std::string_view machine) : x64_(machine == "x64") {
  const cs_arch arch = x64_ ? CS_ARCH_X86 : CS_ARCH_ARM64;
  const cs_mode mode = x64_ ? CS_MODE_64 : CS_MODE_ARM;
  csh handle = 0;
  if (cs_open(arch, mode, &handle) == CS_ERR_OK) handle_ = handle;
}

Disassembler::~Disassembler() {
  csh handle = handle_;
  if (handle != 0) cs_close(&handle);
}

std::uint32_t Disassembler::unknown_length(std::span<const std::uint8_t> rest) const {
  const std::uint32_t length = x64_ ? std::max(evex_length(rest), 1u) : 4;
  return std::min(length, static_cast<std::uint32_t>(rest.size()));
}

void Disassembler::instructions(std::span<const std::uint8_t> code, std::uint32_t from,
                                std::uint32_t to, std::vector<CodeLine>& out) const {
  cs_insn* insn = handle_ == 0 ? nullptr : cs_malloc(handle_);
  while (from < to) {
    const std::uint8_t* at = code.data() + from;
    std::size_t left = to - from;
    std::uint64_t address = from;
    if (insn != nullptr && cs_disasm_iter(handle_, &at, &left, &address, insn)) {
      std::string text = insn->mnemonic;
      if (insn->op_str[0] != 0) text.append(" ").append(insn->op_str);
      out.push_back({from, insn->size, std::move(text)});
      from += insn->size;
    } else {
      const std::uint32_t length = unknown_length(code.subspan(from, to - from));
      out.push_back({from, length, byte_text(code.subspan(from, length))});
      from += length;
    }
  }
  if (insn != nullptr) cs_free(insn, 1);
}

void Disassembler::data(std::span<const std::uint8_t> code, std::uint32_t from, std::uint32_t to,
                        std::vector<CodeLine>& out) {
  while (from < to) {
    const std::uint32_t length = std::min(8u, to - from);
    out.push_back({from, length, byte_text(code.subspan(from, length))});
    from += length;
  }
}

}  // namespace wasmrt::tools
