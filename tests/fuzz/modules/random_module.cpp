// The module around the bodies: types, one import, tables, memories, globals, segments, exports.
#include "tests/fuzz/modules/random_module.h"

#include "tests/fuzz/modules/body.h"

namespace wasmrt::fuzz {

namespace {

std::string random_types(Choices& in, std::uint32_t most) {
  std::string types;
  for (std::uint32_t n = in.below(most + 1); n != 0; --n) types += "iIfFv"[in.below(5)];
  return types;
}

Shape random_shape(Choices& in) {
  Shape shape;
  shape.imported = 1;
  shape.functions.push_back(shape.type({"iIfF", "I"}));
  const std::uint32_t functions = 1 + in.below(5);
  for (std::uint32_t n = 0; n < functions; ++n) {
    const bool many = in.one_in(8);
    const std::string params = random_types(in, many ? 20 : 5);
    shape.functions.push_back(shape.type({params, random_types(in, many ? 12 : 3)}));
  }
  shape.globals = "iiIfFv";
  shape.globals += random_types(in, 4) + "i";
  shape.memories = in.one_in(3) ? "I" : "i";
  if (in.one_in(4)) shape.memories += in.below(2) != 0 ? 'I' : 'i';
  shape.memory_pages = 1 + in.below(2);
  shape.tables = in.one_in(4) ? "I" : "i";
  if (in.one_in(4)) shape.tables += 'I';
  for (std::uint32_t n = 0; n + 3 < Shape::kTableSize; ++n) {
    shape.elements.push_back(in.below(static_cast<std::uint32_t>(shape.functions.size())));
  }
  return shape;
}

void section(Writer& out, unsigned id, std::uint64_t count, const Writer& items) {
  Writer content;
  content.u(count);
  content.append(items);
  out.byte(id);
  out.sized(content);
}

void constant_zero(Writer& out, char type, std::uint32_t value) {
  const auto op = [&out](Op o) { write_op(out, o); };
  switch (type) {
    case 'i': op(Op::I32Const), out.s(value); break;
    case 'I': op(Op::I64Const), out.s(value); break;
    case 'f': op(Op::F32Const), out.little_endian(0x3F800000 + value, 4); break;
    case 'F': op(Op::F64Const), out.little_endian(0x3FF0000000000000 + value, 8); break;
    default:
      op(Op::V128Const);
      for (unsigned i = 0; i < 4; ++i) out.little_endian(value * (i + 1), 4);
  }
  op(Op::End);
}

Writer segments(const Shape& shape) {
  Writer items;
  items.u(0);  // active, of memory 0
  constant_zero(items, shape.memories[0], 64);
  for (int passive = 0; passive < 2; ++passive) {
    if (passive == 1) items.u(1);
    items.u(Shape::kDataBytes);
    for (std::uint32_t n = 0; n < Shape::kDataBytes; ++n) items.byte((n * 37 + n / 3) & 0xFF);
  }
  return items;
}

/// A hint for about half of a function's branches, without a choice of their own.
void hint(Writer& functions, std::size_t function, const std::vector<std::size_t>& branches) {
  Writer hints;
  std::uint64_t count = 0;
  for (const std::size_t at : branches) {
    const std::uint32_t mixed = (static_cast<std::uint32_t>(at) * 0x9E3779B1u) >> 30;
    if (mixed > 1) continue;
    hints.u(at), hints.u(1), hints.byte(mixed);
    ++count;
  }
  functions.u(function), functions.u(count), functions.append(hints);
}

}  // namespace

std::vector<std::uint8_t> random_module(std::span<const std::uint8_t> choices) {
  Choices in(choices);
  Shape shape = random_shape(in);
  Writer code;
  Writer hinted;
  for (std::size_t n = shape.imported; n < shape.functions.size(); ++n) {
    const Signature type = shape.types[shape.functions[n]];
    Body body(in, shape, type);
    code.sized(body.write());
    hint(hinted, n, body.branches());
  }

  Writer out;
  out.raw(std::string_view("\0asm\1\0\0\0", 8));
  Writer types;
  for (const Signature& t : shape.types) {
    types.byte(0x60);
    for (const std::string& list : {t.params, t.results}) {
      types.u(list.size());
      for (const char c : list) types.byte(type_byte(c));
    }
  }
  section(out, 1, shape.types.size(), types);

  Writer imports;
  imports.name("env"), imports.name("note"), imports.byte(0), imports.u(shape.functions[0]);
  section(out, 2, 1, imports);

  const std::size_t defined = shape.functions.size() - shape.imported;
  Writer functions;
  for (std::size_t n = shape.imported; n < shape.functions.size(); ++n) {
    functions.u(shape.functions[n]);
  }
  section(out, 3, defined, functions);

  Writer tables;
  for (const char t : shape.tables) {
    tables.byte(0x70), tables.byte(t == 'I' ? 5 : 1), tables.u(Shape::kTableSize), tables.u(20);
  }
  section(out, 4, shape.tables.size(), tables);

  Writer memories;
  for (const char t : shape.memories) {
    memories.byte(t == 'I' ? 5 : 1), memories.u(shape.memory_pages), memories.u(4);
  }
  section(out, 5, shape.memories.size(), memories);

  Writer globals;
  for (std::size_t n = 0; n < shape.globals.size(); ++n) {
    const char type = shape.globals[n];
    globals.byte(type_byte(type)), globals.byte(n + 1 < shape.globals.size() ? 1 : 0);
    constant_zero(globals, type, n == 0 ? Shape::kFuel : static_cast<std::uint32_t>(n));
  }
  section(out, 6, shape.globals.size(), globals);

  Writer exports;
  std::uint64_t count = 0;
  const auto add = [&](char prefix, std::size_t number, unsigned kind, std::size_t index) {
    exports.name(prefix + std::to_string(number)), exports.byte(kind), exports.u(index), ++count;
  };
  for (std::size_t n = 0; n < defined; ++n) add('f', n, 0, shape.imported + n);
  for (std::size_t n = 0; n < shape.tables.size(); ++n) add('t', n, 1, n);
  for (std::size_t n = 0; n < shape.memories.size(); ++n) add('m', n, 2, n);
  for (std::size_t n = 0; n < shape.globals.size(); ++n) add('g', n, 3, n);
  section(out, 7, count, exports);

  Writer elements;
  for (int passive = 0; passive < 2; ++passive) {
    elements.u(passive == 0 ? 0 : 1);
    if (passive == 0) {
      constant_zero(elements, shape.tables[0], 0);
    } else {
      elements.byte(0);  // of functions
    }
    elements.u(shape.elements.size());
    for (const std::uint32_t f : shape.elements) elements.u(f);
  }
  // Every function may be the subject of ref.func.
  elements.u(3), elements.byte(0), elements.u(shape.functions.size());
  for (std::size_t n = 0; n < shape.functions.size(); ++n) elements.u(n);
  section(out, 9, 3, elements);

  Writer data_count;
  data_count.u(2);
  out.byte(12), out.sized(data_count);
  Writer hints;
  hints.name("metadata.code.branch_hint"), hints.u(defined), hints.append(hinted);
  out.byte(0), out.sized(hints);
  section(out, 10, defined, code);
  section(out, 11, 2, segments(shape));
  return out.take();
}

}  // namespace wasmrt::fuzz
