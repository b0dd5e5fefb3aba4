// DWARF line tables: versions, what linkers leave of removed functions, and malformed ones.
#include "libwasmrt/frontend/source_lines.h"

#include <catch2/catch_test_macros.hpp>
#include "libwasmrt/base/bytes.h"
#include "tests/frontend/support.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// A line program, instruction by instruction.
class Program {
 public:
  ByteBuffer bytes;

  Program& address(std::uint32_t at) {
    bytes.u8(0);
    bytes.leb_u32(5);
    bytes.u8(2);
    bytes.u32(at);
    return *this;
  }
  Program& row(std::uint32_t advance, std::int32_t line, std::uint32_t column) {
    bytes.u8(2);
    bytes.leb_u32(advance);
    bytes.u8(3);
    bytes.leb_s32(line);
    bytes.u8(5);
    bytes.leb_u32(column);
    bytes.u8(1);
    return *this;
  }
  Program& special(std::uint8_t op) {
    bytes.u8(op);
    return *this;
  }
  Program& file(std::uint32_t index) {
    bytes.u8(4);
    bytes.leb_u32(index);
    return *this;
  }
  Program& end(std::uint32_t advance) {
    bytes.u8(2);
    bytes.leb_u32(advance);
    bytes.u8(0);
    bytes.leb_u32(1);
    bytes.u8(1);
    return *this;
  }
};

void text(ByteBuffer& out, std::string_view s) {
  out.append(s);
  out.u8(0);
}

/// What stands between the lengths of the header and its tables: one byte per instruction, lines
/// from -5 on in 14 steps, 13 as the first special opcode.
void header_numbers(ByteBuffer& out, bool operations) {
  out.u8(1);
  if (operations) out.u8(1);
  out.u8(1);
  out.u8(static_cast<std::uint8_t>(-5));
  out.u8(14);
  out.u8(13);
  for (const int n : {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1}) out.u8(static_cast<std::uint8_t>(n));
}

ByteBuffer unit(std::uint16_t version, const ByteBuffer& header, const Program& program) {
  ByteBuffer body;
  body.u16(version);
  if (version >= 5) {
    body.u8(4);
    body.u8(0);
  }
  body.u32(static_cast<std::uint32_t>(header.size()));
  body.append(header.span());
  body.append(program.bytes.span());
  ByteBuffer out;
  out.u32(static_cast<std::uint32_t>(body.size()));
  out.append(body.span());
  return out;
}

/// Directory "src" and the files a.c (in no directory) and b.c (in src).
ByteBuffer unit_v4(const Program& program) {
  ByteBuffer header;
  header_numbers(header, true);
  text(header, "src");
  header.u8(0);
  text(header, "a.c");
  for (int i = 0; i < 3; ++i) header.u8(0);
  text(header, "b.c");
  header.u8(1);
  for (int i = 0; i < 2; ++i) header.u8(0);
  header.u8(0);
  return unit(4, header, program);
}

/// The same in version 5, with paths in .debug_line_str: "/home", "src", "a.c", "b.c".
ByteBuffer unit_v5(const Program& program) {
  ByteBuffer header;
  header_numbers(header, true);
  header.append(ByteSpan(hex("01 01 1f 02 00000000 06000000")));
  header.append(ByteSpan(hex("02 01 1f 02 0b 02 0a000000 00 0e000000 01")));
  return unit(5, header, program);
}
const Bytes kLineStrings = hex("2f686f6d6500 73726300 612e6300 622e6300");

void add_custom(Bytes& module, std::string_view name, ByteSpan contents) {
  ByteBuffer section;
  section.leb_u64(name.size());
  section.append(name);
  section.append(contents);
  ByteBuffer out;
  out.u8(0);
  out.leb_u64(section.size());
  out.append(section.span());
  module.insert(module.end(), out.span().begin(), out.span().end());
}

/// The place of an address in the code section, as "file:line:column"; "-" when unknown.
struct Lines {
  std::shared_ptr<DecodedModule> module;
  SourceLines lines;

  explicit Lines(ByteSpan debug_line, ByteSpan line_strings = {}) {
    Bytes bytes = wat("(module (func nop nop nop nop nop nop nop nop))");
    add_custom(bytes, ".debug_line", debug_line);
    if (!line_strings.empty()) add_custom(bytes, ".debug_line_str", line_strings);
    const Checked checked(bytes);
    module = checked.module;
    module->groups.clear();  // outlives the interner
    lines = SourceLines(*module);
  }
  [[nodiscard]] std::string at(std::uint64_t address) const {
    const auto place = lines.find(module->code_offset + address);
    if (!place) return "-";
    return place->file + ":" + std::to_string(place->line) + ":" + std::to_string(place->column);
  }
};

}  // namespace

TEST_CASE("a line table of version 4", "[frontend][lines]") {
  // Special opcode 13 + 5 + 1 + 14 * 2: line + 1, address + 2.
  const Lines lines(unit_v4(Program()
                                .address(2)
                                .row(0, 9, 0)
                                .special(13 + 5 + 1 + 14 * 2)
                                .file(2)
                                .row(3, 30, 7)
                                .end(4))
                        .span());
  CHECK(lines.at(1) == "-");
  CHECK(lines.at(2) == "a.c:10:0");
  CHECK(lines.at(3) == "a.c:10:0");
  CHECK(lines.at(4) == "a.c:11:0");
  CHECK(lines.at(6) == "a.c:11:0");
  CHECK(lines.at(7) == "src/b.c:41:7");
  CHECK(lines.at(10) == "src/b.c:41:7");
  CHECK(lines.at(11) == "-");
}

TEST_CASE("a line table of version 5", "[frontend][lines]") {
  const Program program = Program().address(2).file(0).row(0, 4, 3).file(1).row(2, 1, 1).end(2);
  const Lines lines(unit_v5(program).span(), kLineStrings);
  CHECK(lines.at(2) == "a.c:5:3");
  CHECK(lines.at(5) == "src/b.c:6:1");
  CHECK(lines.at(6) == "-");
}

TEST_CASE("units and sequences in any order", "[frontend][lines]") {
  ByteBuffer both =
      unit_v4(Program().address(20).row(0, 1, 0).end(5).address(10).row(0, 2, 0).end(5));
  both.append(unit_v4(Program().address(2).row(0, 3, 0).end(5)).span());
  const Lines lines(both.span());
  CHECK(lines.at(20) == "a.c:2:0");
  CHECK(lines.at(10) == "a.c:3:0");
  CHECK(lines.at(2) == "a.c:4:0");
  CHECK(lines.at(8) == "-");
}

TEST_CASE("code that the linker removed has no lines", "[frontend][lines]") {
  const Lines lines(unit_v4(Program()
                                .address(0)
                                .row(0, 1, 0)
                                .end(100)
                                .address(0xFFFFFFFF)
                                .row(0, 1, 0)
                                .end(100)
                                .address(4)
                                .row(0, 6, 0)
                                .end(1))
                        .span());
  CHECK(lines.at(3) == "-");
  CHECK(lines.at(4) == "a.c:7:0");
}

TEST_CASE("malformed line tables say nothing and break nothing", "[frontend][lines]") {
  SECTION("every shortened table") {
    const Program program = Program().address(2).row(0, 9, 0).special(200).end(4);
    for (const bool five : {false, true}) {
      const ByteBuffer whole = five ? unit_v5(program) : unit_v4(program);
      for (std::size_t size = 0; size < whole.size(); ++size) {
        Bytes cut(whole.span().begin(), whole.span().begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(Lines(cut, kLineStrings).lines.empty());
        if (size < 4) continue;
        // The length tells the truth, so that the reader looks further.
        store_le(cut.data(), static_cast<std::uint32_t>(size - 4));
        CHECK(Lines(cut, kLineStrings).lines.empty());
      }
    }
  }
  SECTION("rows that go back") {
    CHECK(Lines(unit_v4(Program().address(9).row(0, 1, 0).address(5).row(0, 1, 0).end(9)).span())
              .lines.empty());
  }
  SECTION("a file that is not there") {
    CHECK(Lines(unit_v4(Program().address(2).file(7).row(0, 1, 0).end(9)).span()).at(2) == "-");
  }
  SECTION("no range of lines") {
    ByteBuffer broken = unit_v4(Program().address(2).row(0, 1, 0).end(9));
    broken.data()[4 + 2 + 4 + 4] = 0;
    CHECK(Lines(broken.span()).lines.empty());
  }
  SECTION("a count of files without bytes behind it") {
    ByteBuffer header;
    header_numbers(header, true);
    header.append(ByteSpan(hex("01 05 1e ffffffff0f")));
    CHECK(Lines(unit(5, header, Program().address(2).row(0, 1, 0).end(9)).span()).lines.empty());
    header.clear();
    header_numbers(header, true);
    header.append(ByteSpan(hex("00 ffffffff0f")));
    CHECK(Lines(unit(5, header, Program().address(2).row(0, 1, 0).end(9)).span()).lines.empty());
  }
}
