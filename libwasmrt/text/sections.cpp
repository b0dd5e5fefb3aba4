// The last step: sections in the order of the binary format, with the custom ones between them.
#include <algorithm>
#include <cassert>

#include "libwasmrt/text/encoder.h"

namespace wasmrt::text {
namespace {

void name_map(ByteWriter& out, const std::vector<NamedIndex>& names) {
  out.u(names.size());
  for (const NamedIndex& n : names) {
    out.u(n.index);
    out.name(n.name);
  }
}

void subsection(ByteWriter& out, unsigned id, const ByteWriter& content) {
  out.byte(id);
  out.sized(content);
}

void direct_names(ByteWriter& out, unsigned id, const std::vector<NamedIndex>& names) {
  if (names.empty()) return;
  ByteWriter content;
  name_map(content, names);
  subsection(out, id, content);
}

// One level deeper: names inside functions or inside types.
class IndirectNames {
 public:
  void add(std::uint32_t index, const std::vector<NamedIndex>& names) {
    if (names.empty()) return;
    ++count_;
    maps_.u(index);
    name_map(maps_, names);
  }
  void write(ByteWriter& out, unsigned id) const {
    if (count_ == 0) return;
    ByteWriter content;
    content.u(count_);
    content.append(maps_);
    subsection(out, id, content);
  }

 private:
  std::uint32_t count_ = 0;
  ByteWriter maps_;
};

ByteWriter branch_hints(const Encoder& e) {
  ByteWriter out;
  if (e.function_hints.empty()) return out;
  out.name("metadata.code.branch_hint");
  out.u(e.function_hints.size());
  for (const FunctionHints& f : e.function_hints) {
    out.u(f.function);
    out.u(f.hints.size());
    for (const BranchHint& h : f.hints) {
      out.u(h.offset);
      out.name(h.bytes);
    }
  }
  return out;
}

void custom_section(ByteWriter& out, const ByteWriter& content) {
  out.byte(0);
  out.sized(content);
}

}  // namespace

ByteWriter name_section(Encoder& e) {
  ByteWriter subsections;
  if (!e.module_name.empty()) {
    ByteWriter content;
    content.name(e.module_name);
    subsection(subsections, 0, content);
  }
  IndirectNames locals;
  IndirectNames labels;
  IndirectNames fields;
  for (const FunctionNames& f : e.function_names) {
    locals.add(f.function, f.locals);
    labels.add(f.function, f.labels);
  }
  for (std::size_t i = 0; i < e.type_entries.size(); ++i) {
    fields.add(static_cast<std::uint32_t>(i), e.type_entries[i].field_names);
  }
  direct_names(subsections, 1, e.funcs.names);
  locals.write(subsections, 2);
  labels.write(subsections, 3);
  direct_names(subsections, 4, e.types.names);
  direct_names(subsections, 5, e.tables.names);
  direct_names(subsections, 6, e.memories.names);
  direct_names(subsections, 7, e.globals.names);
  direct_names(subsections, 8, e.elems.names);
  direct_names(subsections, 9, e.datas.names);
  fields.write(subsections, 10);
  direct_names(subsections, 11, e.tags.names);
  ByteWriter out;
  if (subsections.empty()) return out;
  out.name("name");
  out.append(subsections);
  return out;
}

std::vector<std::uint8_t> assemble(Encoder& e) {
  assert(!e.in.failed());
  // In the order of the binary; the positions are those of the placements in annotations.cpp.
  const struct {
    unsigned id;
    const Section* section;
  } order[] = {{0, nullptr},          {1, &e.type_section},   {2, &e.import_section},
               {3, &e.func_section},  {4, &e.table_section},  {5, &e.memory_section},
               {13, &e.tag_section},  {6, &e.global_section}, {7, &e.export_section},
               {8, nullptr},          {9, &e.elem_section},   {12, nullptr},
               {10, &e.code_section}, {11, &e.data_section}};
  ByteWriter out;
  out.raw(std::string_view("\0asm\1\0\0\0", 8));
  auto customs = [&](std::size_t slot) {
    for (const CustomSection& c : e.customs) {
      if (c.slot == slot) custom_section(out, c.content);
    }
  };
  for (std::size_t i = 1; i < std::size(order); ++i) {
    customs(i * 2);
    const Section* section = order[i].section;
    ByteWriter content;
    if (section != nullptr && section->count > 0) {
      content.u(section->count);
      content.append(section->bytes);
    } else if (order[i].id == 8 && e.start) {
      content.u(*e.start);
    } else if (order[i].id == 12 && e.data_count_needed) {
      content.u(e.data_section.count);
    }
    if (section == &e.code_section) {
      const ByteWriter hints = branch_hints(e);
      if (!hints.empty()) custom_section(out, hints);
    }
    if (!content.empty()) {
      out.byte(order[i].id);
      out.sized(content);
    }
    customs(i * 2 + 1);
  }
  if (e.options.names) {
    const ByteWriter names = name_section(e);
    if (!names.empty()) custom_section(out, names);
  }
  return out.take();
}

}  // namespace wasmrt::text
