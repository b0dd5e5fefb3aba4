// ELF-64 as in the System V ABI, frames as in DWARF 4, section 6.4. The records are written here:
// no system header describes them everywhere.
#include "libwasmrt/engine/debug_elf.h"

#include <algorithm>
#include <cstring>

namespace wasmrt::engine {

namespace {

// ---- ELF
// ---------------------------------------------------------------------------------------------

struct ElfHeader {
  std::uint8_t ident[16] = {0x7F, 'E', 'L', 'F', 2, 1, 1};  // 64 bits, little-endian, version 1
  std::uint16_t type = 2;                                   // ET_EXEC: addresses are final
  std::uint16_t machine = 0;
  std::uint32_t version = 1;
  std::uint64_t entry = 0, program_headers = 0, section_headers = 0;
  std::uint32_t flags = 0;
  std::uint16_t header_bytes = 64, program_header_bytes = 56, program_header_count = 0;
  std::uint16_t section_header_bytes = 64, section_count = 0, section_names = 0;
};
static_assert(sizeof(ElfHeader) == 64);

struct Section {
  std::uint32_t name = 0, type = 0;
  std::uint64_t flags = 0, address = 0, offset = 0, bytes = 0;
  std::uint32_t link = 0, info = 0;
  std::uint64_t alignment = 1, entry_bytes = 0;
};
static_assert(sizeof(Section) == 64);

struct Symbol {
  std::uint32_t name = 0;
  std::uint8_t info = 0, other = 0;
  std::uint16_t section = 0;
  std::uint64_t value = 0, bytes = 0;
};
static_assert(sizeof(Symbol) == 24);

enum SectionType : std::uint32_t { kProgBits = 1, kSymbols = 2, kStrings = 3, kNoBits = 8 };
constexpr std::uint64_t kAllocated = 2;
constexpr std::uint64_t kExecutable = 4;
constexpr std::uint8_t kLocalFunction = 2;  // STB_LOCAL, STT_FUNC
enum SectionNumber : std::uint16_t { kNull, kText, kSymtab, kStrtab, kFrame, kNames, kSections };

// ---- .debug_frame
// --------------------------------------------------------------------------------------

class Bytes {
 public:
  std::vector<std::uint8_t> out;
  void u8(unsigned n) { out.push_back(static_cast<std::uint8_t>(n)); }
  void u16(std::uint32_t n) { u8(n & 0xFF), u8(n >> 8 & 0xFF); }
  void u32(std::uint32_t n) { u16(n & 0xFFFF), u16(n >> 16); }
  void u64(std::uint64_t n) {
    u32(static_cast<std::uint32_t>(n)), u32(static_cast<std::uint32_t>(n >> 32));
  }
  void uleb(std::uint32_t n) {
    for (; n >= 0x80; n >>= 7) u8((n & 0x7F) | 0x80);
    u8(n);
  }
};

enum Cfa : std::uint8_t {
  kSameValue = 0x08,
  kRegister = 0x09,
  kRememberState = 0x0A,
  kRestoreState = 0x0B,
  kDefCfa = 0x0C,
  kDefCfaRegister = 0x0D,
  kDefCfaOffset = 0x0E,
  kAdvance1 = 0x02,
  kAdvance2 = 0x03,
  kAdvance4 = 0x04,
  kAdvance = 0x40,
  kOffset = 0x80,
  kRestore = 0xC0,
};
constexpr std::uint32_t kWord = 8;         // what saved places are multiples of
constexpr std::uint8_t kMinusWord = 0x78;  // -8 as a signed LEB128

/// Runs `body`, then makes what it wrote as long as alignment wants and puts its length in front.
template <class Body>
void record(Bytes& to, Body&& body) {
  const std::size_t at = to.out.size();
  to.u32(0);
  body();
  while ((to.out.size() - at - 4) % kWord != 0) to.u8(0);  // DW_CFA_nop
  const auto length = static_cast<std::uint32_t>(to.out.size() - at - 4);
  std::memcpy(to.out.data() + at, &length, 4);
}

class FrameWriter {
 public:
  FrameWriter(const jit::Target& target, Bytes& to) : frames_(target.frames), to_(to) {}

  void common() {
    record(to_, [&] {
      to_.u32(~0u);  // a CIE
      to_.u8(4);     // version
      to_.u8(0);     // no augmentation
      to_.u8(kWord), to_.u8(0);
      to_.uleb(1);
      to_.u8(kMinusWord);
      to_.uleb(frames_.dwarf_return);
      define(frames_.entry_bytes);
      if (frames_.entry_bytes == 0) {
        to_.u8(kSameValue), to_.uleb(frames_.dwarf_return);
      } else {
        saved(frames_.dwarf_return, frames_.entry_bytes);
      }
    });
  }

  void function(std::uint64_t address, const DebugSymbol& symbol,
                std::span<const FrameStep> steps) {
    record(to_, [&] {
      to_.u32(0);  // the CIE's place in the section
      to_.u64(address);
      to_.u64(symbol.bytes);
      std::uint32_t here = symbol.begin;
      bool left = false;
      std::vector<std::uint8_t> changed = {frames_.dwarf_return};
      for (const FrameStep& s : steps) {
        if (s.at >= symbol.begin + symbol.bytes) break;
        advance(s.at - here);
        here = s.at;
        step(s, changed, left);
      }
    });
  }

 private:
  void define(std::uint32_t bytes) { to_.u8(kDefCfa), to_.uleb(frames_.dwarf_sp), to_.uleb(bytes); }
  void saved(std::uint8_t reg, std::uint32_t bytes) {
    to_.u8(kOffset | reg), to_.uleb(bytes / kWord);
  }

  void advance(std::uint32_t bytes) {
    if (bytes == 0) return;
    if (bytes < 0x40) {
      to_.u8(kAdvance | bytes);
    } else if (bytes < 0x100) {
      to_.u8(kAdvance1), to_.u8(bytes);
    } else if (bytes < 0x10000) {
      to_.u8(kAdvance2), to_.u16(bytes);
    } else {
      to_.u8(kAdvance4), to_.u32(bytes);
    }
  }

  void step(const FrameStep& s, std::vector<std::uint8_t>& changed, bool& left) {
    switch (s.kind) {
      case FrameStep::Kind::Size: to_.u8(kDefCfaOffset), to_.uleb(s.bytes); break;
      case FrameStep::Kind::Base: to_.u8(kDefCfaRegister), to_.uleb(s.reg); break;
      case FrameStep::Kind::Saved:
        saved(s.reg, s.bytes);
        changed.push_back(s.reg);
        break;
      case FrameStep::Kind::Link:
        if (s.reg == frames_.dwarf_return) {
          to_.u8(kSameValue), to_.uleb(s.reg);
        } else {
          to_.u8(kRegister), to_.uleb(frames_.dwarf_return), to_.uleb(s.reg);
        }
        break;
      case FrameStep::Kind::Left:
        if (!left) to_.u8(kRememberState);
        define(frames_.entry_bytes);
        for (const std::uint8_t reg : changed) to_.u8(kRestore | reg);
        left = true;
        break;
      case FrameStep::Kind::Back:
        if (left) to_.u8(kRestoreState);
        left = false;
        break;
    }
  }

  const jit::Target::Frames& frames_;
  Bytes& to_;
};

std::vector<std::uint8_t> frame_section(const jit::Target& target, const std::uint8_t* base,
                                        std::span<const DebugSymbol> symbols,
                                        std::span<const FrameStep> steps) {
  Bytes out;
  FrameWriter writer(target, out);
  writer.common();
  auto first = steps.begin();
  for (const DebugSymbol& symbol : symbols) {
    first =
        std::find_if(first, steps.end(), [&](const FrameStep& s) { return s.at >= symbol.begin; });
    writer.function(reinterpret_cast<std::uintptr_t>(base + symbol.begin), symbol,
                    {first, steps.end()});
  }
  return std::move(out.out);
}

template <class T>
std::span<const std::uint8_t> raw(const T* items, std::size_t count) {
  return {reinterpret_cast<const std::uint8_t*>(items), count * sizeof(T)};
}

}  // namespace

std::vector<std::uint8_t> make_debug_elf(const jit::Target& target, const std::uint8_t* base,
                                         std::size_t bytes, std::span<const DebugSymbol> symbols,
                                         std::span<const FrameStep> steps) {
  std::vector<Symbol> table(1);
  std::string strings(1, '\0');
  for (const DebugSymbol& s : symbols) {
    Symbol& entry = table.emplace_back();
    entry.name = static_cast<std::uint32_t>(strings.size());
    entry.info = kLocalFunction;
    entry.section = kText;
    entry.value = reinterpret_cast<std::uintptr_t>(base + s.begin);
    entry.bytes = s.bytes;
    strings.append(s.name).push_back('\0');
  }
  const std::vector<std::uint8_t> frame = frame_section(target, base, symbols, steps);

  Section sections[kSections];
  std::string names(1, '\0');
  std::vector<std::uint8_t> out(sizeof(ElfHeader));
  const auto add = [&](SectionNumber number, const char* name, std::uint32_t type,
                       std::span<const std::uint8_t> contents) {
    Section& s = sections[number];
    s.name = static_cast<std::uint32_t>(names.size());
    names.append(name).push_back('\0');
    s.type = type;
    out.resize((out.size() + kWord - 1) / kWord * kWord);
    s.offset = out.size();
    s.bytes = contents.size();
    s.alignment = kWord;
    out.insert(out.end(), contents.begin(), contents.end());
  };
  add(kText, ".text", kNoBits, {});
  sections[kText].flags = kAllocated | kExecutable;
  sections[kText].address = reinterpret_cast<std::uintptr_t>(base);
  sections[kText].bytes = bytes;
  add(kSymtab, ".symtab", kSymbols, raw(table.data(), table.size()));
  sections[kSymtab].link = kStrtab;
  sections[kSymtab].info = static_cast<std::uint32_t>(table.size());  // all are local
  sections[kSymtab].entry_bytes = sizeof(Symbol);
  add(kStrtab, ".strtab", kStrings, raw(strings.data(), strings.size()));
  add(kFrame, ".debug_frame", kProgBits, frame);
  names.reserve(names.size() + 16);
  const std::string with_own = names + ".shstrtab" + '\0';
  add(kNames, ".shstrtab", kStrings, raw(with_own.data(), with_own.size()));

  ElfHeader header;
  header.machine = target.elf_machine;
  out.resize((out.size() + kWord - 1) / kWord * kWord);
  header.section_headers = out.size();
  header.section_count = kSections;
  header.section_names = kNames;
  const auto tail = raw(sections, kSections);
  out.insert(out.end(), tail.begin(), tail.end());
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

}  // namespace wasmrt::engine
