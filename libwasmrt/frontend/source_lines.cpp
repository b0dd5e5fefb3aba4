// Reads DWARF line programs (DWARF 5 §6.2, DWARF 4 §6.2) with every read checked.
#include "libwasmrt/frontend/source_lines.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "libwasmrt/base/bytes.h"

namespace wasmrt {

namespace {

// DW_LNS_*: standard opcodes.
enum : std::uint8_t {
  kCopy = 1,
  kAdvancePc,
  kAdvanceLine,
  kSetFile,
  kSetColumn,
  kNegateStmt,
  kSetBasicBlock,
  kConstAddPc,
  kFixedAdvancePc,
};
// DW_LNE_*: extended opcodes.
enum : std::uint8_t { kEndSequence = 1, kSetAddress = 2 };
// DW_LNCT_*: what a column of version 5's file table holds.
enum : std::uint64_t { kContentPath = 1, kContentDirectory = 2 };
// DW_FORM_*: how a value is written.
enum : std::uint64_t {
  kFormBlock2 = 0x03,
  kFormBlock4 = 0x04,
  kFormData2 = 0x05,
  kFormData4 = 0x06,
  kFormData8 = 0x07,
  kFormString = 0x08,
  kFormBlock = 0x09,
  kFormBlock1 = 0x0a,
  kFormData1 = 0x0b,
  kFormStrp = 0x0e,
  kFormUdata = 0x0f,
  kFormSecOffset = 0x17,
  kFormData16 = 0x1e,
  kFormLineStrp = 0x1f,
};

/// No path is longer; what claims to be would make reading quadratic.
constexpr std::size_t kMaxPath = 4096;

/// Takes values from bytes. After the first read that fails, all give zero and ok() is false.
class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(ByteSpan bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return !ok_ || bytes_.empty(); }
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

  ByteSpan take(std::uint64_t count) {
    if (!ok_ || count > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const ByteSpan taken = bytes_.first(static_cast<std::size_t>(count));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  /// An unsigned little-endian integer of 1 to 8 bytes.
  std::uint64_t fixed(std::size_t size) {
    std::uint64_t value = 0;
    const ByteSpan bytes = take(size);
    for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
    return value;
  }
  std::uint8_t u8() { return static_cast<std::uint8_t>(fixed(1)); }
  std::uint64_t uleb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t byte = u8();
      if (shift < 64) value |= std::uint64_t{byte & 0x7Fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
  }
  std::int64_t sleb() {
    std::uint64_t value = 0;
    unsigned shift = 0;
    std::uint8_t byte = 0;
    do {
      byte = u8();
      if (shift < 64) value |= std::uint64_t{byte & 0x7Fu} << shift;
      shift += 7;
    } while ((byte & 0x80) != 0);
    if ((byte & 0x40) != 0 && shift < 64) value |= ~std::uint64_t{0} << shift;
    return static_cast<std::int64_t>(value);
  }
  /// Bytes up to a zero, which is taken too.
  std::string_view string() {
    const auto* end =
        bytes_.empty()
            ? nullptr
            : static_cast<const std::uint8_t*>(std::memchr(bytes_.data(), 0, bytes_.size()));
    if (end == nullptr) {
      ok_ = false;
      return {};
    }
    const ByteSpan text = take(static_cast<std::uint64_t>(end - bytes_.data()));
    take(1);
    return text_of(text);
  }

 private:
  ByteSpan bytes_;
  bool ok_ = true;
};

struct Sections {
  ByteSpan line;
  ByteSpan line_strings;
  ByteSpan strings;
};

std::string_view string_at(ByteSpan section, std::uint64_t offset) {
  if (offset > section.size()) return {};
  const ByteSpan rest = section.subspan(static_cast<std::size_t>(offset));
  return Cursor(rest.first(std::min(rest.size(), kMaxPath))).string();
}

struct FormValue {
  std::uint64_t number = 0;
  std::string_view text;
};

/// A directory or file of the header; files name their directory.
struct Entry {
  std::string_view path;
  std::uint64_t directory = 0;
};

}  // namespace

/// One unit of .debug_line: its header, then the program, whose rows go to the table.
class LineProgram {
 public:
  LineProgram(SourceLines& out, const Sections& sections, Cursor unit, std::size_t offset_size)
      : out_(out), sections_(sections), r_(unit), offset_size_(offset_size) {}

  void run() {
    if (!header()) return;
    std::size_t first = out_.rows_.size();
    while (!r_.at_end()) {
      if (step()) continue;
      finish_sequence(first);
      first = out_.rows_.size();
      row_ = {};
      address_ = 0;
      file_ = 1;
    }
    out_.rows_.resize(first);  // rows without an end
  }

 private:
  using Row = SourceLines::Row;

  bool header() {
    const std::uint64_t version = r_.fixed(2);
    if (version < 2 || version > 5) return false;
    if (version >= 5) {
      r_.u8();  // size of an address; DW_LNE_set_address tells its own
      if (r_.u8() != 0) return false;
    }
    const std::uint64_t length = r_.fixed(offset_size_);
    Cursor h(r_.take(length));
    if (!r_.ok()) return false;
    min_length_ = h.u8();
    if (version >= 4) h.u8();  // operations per instruction: of no meaning here
    h.u8();                    // default_is_stmt
    line_base_ = static_cast<std::int8_t>(h.u8());
    line_range_ = h.u8();
    opcode_base_ = h.u8();
    if (!h.ok() || line_range_ == 0 || opcode_base_ == 0) return false;
    for (unsigned i = 1; i < opcode_base_; ++i) operands_[i] = h.u8();
    const bool read = version >= 5 ? tables_v5(h) : tables_v2(h);
    if (!read) return false;
    first_file_ = version >= 5 ? 0 : 1;
    name_files();
    return true;
  }

  bool tables_v2(Cursor& h) {
    directories_.push_back({});
    for (std::string_view path = h.string(); !path.empty(); path = h.string()) {
      directories_.push_back({path, 0});
    }
    for (std::string_view path = h.string(); !path.empty(); path = h.string()) {
      files_.push_back({path, h.uleb()});
      h.uleb();  // time
      h.uleb();  // size
    }
    return h.ok();
  }

  bool tables_v5(Cursor& h) { return entries_v5(h, directories_) && entries_v5(h, files_); }

  bool entries_v5(Cursor& h, std::vector<Entry>& out) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> columns(h.u8());
    for (auto& [content, form] : columns) {
      content = h.uleb();
      form = h.uleb();
    }
    const std::uint64_t count = h.uleb();
    if (columns.empty() && count != 0) return false;
    for (std::uint64_t i = 0; i < count && h.ok(); ++i) {
      Entry entry;
      const std::size_t before = h.left();
      for (const auto& [content, form] : columns) {
        FormValue value;
        if (!read_form(h, form, value)) return false;
        if (content == kContentPath) entry.path = value.text;
        if (content == kContentDirectory) entry.directory = value.number;
      }
      if (h.left() == before) return false;  // takes no bytes: the count could be anything
      out.push_back(entry);
    }
    return h.ok();
  }

  bool read_form(Cursor& h, std::uint64_t form, FormValue& out) const {
    switch (form) {
      case kFormString: out.text = h.string(); break;
      case kFormLineStrp:
        out.text = string_at(sections_.line_strings, h.fixed(offset_size_));
        break;
      case kFormStrp: out.text = string_at(sections_.strings, h.fixed(offset_size_)); break;
      case kFormUdata: out.number = h.uleb(); break;
      case kFormData1: out.number = h.fixed(1); break;
      case kFormData2: out.number = h.fixed(2); break;
      case kFormData4: out.number = h.fixed(4); break;
      case kFormData8: out.number = h.fixed(8); break;
      case kFormSecOffset: h.fixed(offset_size_); break;
      case kFormData16: h.take(16); break;
      case kFormBlock: h.take(h.uleb()); break;
      case kFormBlock1: h.take(h.fixed(1)); break;
      case kFormBlock2: h.take(h.fixed(2)); break;
      case kFormBlock4: h.take(h.fixed(4)); break;
      default: return false;
    }
    return h.ok();
  }

  /// Appends the files of this unit to the table. Directory 0 is where the compiler ran, and says
  /// nothing that a reader of a backtrace misses.
  void name_files() {
    base_ = static_cast<std::uint32_t>(out_.files_.size());
    for (const Entry& file : files_) {
      const bool within = !file.path.starts_with('/') && file.directory != 0 &&
                          file.directory < directories_.size();
      out_.files_.push_back(
          {within ? directories_[static_cast<std::size_t>(file.directory)].path : "", file.path});
    }
  }

  /// One instruction; false at the end of a sequence.
  bool step() {
    const std::uint8_t op = r_.u8();
    if (op >= opcode_base_) {
      const auto special = static_cast<std::uint8_t>(op - opcode_base_);
      advance(special / line_range_);
      move_line(line_base_ + special % line_range_);
      emit();
      return true;
    }
    switch (op) {
      case 0: return extended();
      case kCopy: emit(); return true;
      case kAdvancePc: advance(r_.uleb()); return true;
      case kAdvanceLine: move_line(r_.sleb()); return true;
      case kSetFile: file_ = r_.uleb(); return true;
      case kSetColumn: row_.column = clamp(r_.uleb()); return true;
      case kNegateStmt:
      case kSetBasicBlock: return true;
      case kConstAddPc: advance((255u - opcode_base_) / line_range_); return true;
      case kFixedAdvancePc: address_ += r_.fixed(2); return true;
      default:
        for (unsigned i = 0; i < operands_[op]; ++i) r_.uleb();
        return true;
    }
  }

  bool extended() {
    Cursor body(r_.take(r_.uleb()));
    if (!r_.ok()) return true;
    switch (body.u8()) {
      case kEndSequence: return false;
      case kSetAddress: address_ = body.fixed(std::min<std::size_t>(body.left(), 8)); break;
      default: break;  // DW_LNE_define_file is of no producer that makes Wasm
    }
    return true;
  }

  void advance(std::uint64_t operations) { address_ += operations * min_length_; }
  void move_line(std::int64_t by) {
    row_.line = static_cast<std::uint32_t>(row_.line + static_cast<std::uint64_t>(by));
  }
  static std::uint32_t clamp(std::uint64_t v) {
    return v > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(v);
  }

  void emit() {
    if (!r_.ok()) return;
    const std::uint64_t index = file_ - first_file_;
    // A sequence that goes beyond the largest module is dropped at its end.
    row_.address = clamp(address_);
    row_.file = index < files_.size() ? base_ + static_cast<std::uint32_t>(index) : UINT32_MAX;
    out_.rows_.push_back(row_);
  }

  /// Takes the rows from `first` on as a sequence that ends at the current address; drops them when
  /// they are not ascending, or describe code that the linker removed (which it marks by an
  /// address of 0 or the highest ones).
  void finish_sequence(std::size_t first) {
    auto& rows = out_.rows_;
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
    const bool sound = begin != rows.end() && begin->address != 0 && address_ < UINT32_MAX &&
                       rows.back().address < address_ &&
                       std::is_sorted(begin, rows.end(), [](const Row& a, const Row& b) {
                         return a.address < b.address;
                       });
    if (!sound) {
      rows.resize(first);
      return;
    }
    out_.sequences_.push_back({begin->address, address_, first, rows.size() - first});
  }

  SourceLines& out_;
  const Sections& sections_;
  Cursor r_;
  std::size_t offset_size_;
  std::uint8_t min_length_ = 1;
  std::int8_t line_base_ = 0;
  std::uint8_t line_range_ = 1;
  std::uint8_t opcode_base_ = 1;
  std::uint8_t operands_[256] = {};
  std::vector<Entry> directories_;
  std::vector<Entry> files_;
  std::uint64_t first_file_ = 1;  ///< What the program calls the first file.
  std::uint32_t base_ = 0;        ///< Index of the first file in the module's table.
  // The registers of the line program's machine.
  Row row_;
  std::uint64_t address_ = 0;
  std::uint64_t file_ = 1;
};

SourceLines::SourceLines(const DecodedModule& module) : code_offset_(module.code_offset) {
  Sections sections;
  for (const CustomSection& custom : module.debug_sections) {
    if (custom.name == ".debug_line") sections.line = custom.bytes;
    if (custom.name == ".debug_line_str") sections.line_strings = custom.bytes;
    if (custom.name == ".debug_str") sections.strings = custom.bytes;
  }
  Cursor units(sections.line);
  while (!units.at_end()) {
    constexpr std::uint64_t kIs64Bit = 0xFFFFFFFF;
    std::uint64_t length = units.fixed(4);
    const std::size_t offset_size = length == kIs64Bit ? 8 : 4;
    if (length == kIs64Bit) length = units.fixed(8);
    const Cursor unit(units.take(length));
    if (units.ok()) LineProgram(*this, sections, unit, offset_size).run();
  }
  std::sort(sequences_.begin(), sequences_.end(),
            [](const Sequence& a, const Sequence& b) { return a.begin < b.begin; });
  rows_.shrink_to_fit();
}

std::optional<SourceLine> SourceLines::find(std::uint64_t offset) const {
  if (offset < code_offset_) return std::nullopt;
  const std::uint64_t address = offset - code_offset_;
  auto sequence = std::upper_bound(sequences_.begin(), sequences_.end(), address,
                                   [](std::uint64_t a, const Sequence& s) { return a < s.begin; });
  if (sequence == sequences_.begin()) return std::nullopt;
  --sequence;
  if (address >= sequence->end) return std::nullopt;
  const auto first = rows_.begin() + static_cast<std::ptrdiff_t>(sequence->first);
  const auto last = first + static_cast<std::ptrdiff_t>(sequence->count);
  const auto row = std::upper_bound(first, last, address,
                                    [](std::uint64_t a, const Row& r) { return a < r.address; }) -
                   1;
  // Line 0: code that comes from no line.
  if (row->line == 0 || row->file >= files_.size()) return std::nullopt;
  const File& file = files_[row->file];
  std::string path(file.directory);
  if (!path.empty() && !path.ends_with('/')) path += '/';
  path += file.path;
  return SourceLine{std::move(path), row->line, row->column};
}

}  // namespace wasmrt
