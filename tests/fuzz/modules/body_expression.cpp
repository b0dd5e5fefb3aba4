// Expressions: every op with a fixed signature, loads, calls, locals, globals, blocks with results.
#include <cstring>

#include "libwasmrt/wasm/opcode.h"
#include "tests/fuzz/modules/body.h"

namespace wasmrt::fuzz {

namespace {

constexpr std::string_view kLetters = "iIfFv";

bool starts(std::string_view text, std::string_view with) { return text.starts_with(with); }

/// Float arithmetic, whose NaN results may have any bits: everything but what moves bits.
bool gives_loose_nan(Op op) {
  const std::string_view name = op_name(op);
  if (!starts(name, "f32") && !starts(name, "f64")) return false;
  if (op_info(op).sig.results[0] == SigType::I32) return false;
  for (const std::string_view compares : {".eq", ".ne", ".lt", ".gt", ".le", ".ge"}) {
    if (name.substr(name.find('.')) == compares) return false;
  }
  for (const std::string_view exact :
       {"abs", "neg", "copysign", "reinterpret", "splat", "lane", "pmin", "pmax", "load"}) {
    if (name.find(exact) != name.npos) return false;
  }
  return true;
}

std::int64_t edge(Choices& in) {
  static constexpr std::int64_t kEdges[] = {0,
                                            1,
                                            2,
                                            3,
                                            4,
                                            5,
                                            7,
                                            8,
                                            15,
                                            16,
                                            31,
                                            32,
                                            63,
                                            64,
                                            100,
                                            127,
                                            128,
                                            255,
                                            256,
                                            1000,
                                            0x7FFF,
                                            0x8000,
                                            0xFFFF,
                                            0x10000,
                                            0x7FFFFFFF,
                                            0x80000000,
                                            0xFFFFFFFF,
                                            -1,
                                            -2,
                                            -3,
                                            -8,
                                            -128,
                                            -129,
                                            -32768,
                                            INT32_MIN,
                                            INT64_MAX,
                                            INT64_MIN,
                                            INT64_MIN + 1,
                                            0x5555555555555555,
                                            0x0123456789ABCDEF,
                                            0x00FF00FF00FF00FF,
                                            0x100000000,
                                            0x1FFFFFFFF,
                                            10,
                                            0x0F0F0F0F,
                                            -0x100000000};
  return kEdges[in.below(std::size(kEdges))];
}

}  // namespace

unsigned letter_index(char type) { return static_cast<unsigned>(kLetters.find(type)); }

char letter(SigType type) { return kLetters[static_cast<unsigned>(type)]; }

void write_op(Writer& out, Op op) {
  const OpInfo& info = op_info(op);
  if (info.prefix() == 0) {
    out.byte(info.sub());
  } else {
    out.byte(info.prefix());
    out.u(info.sub());
  }
}

OpTable::OpTable() {
  for (std::size_t i = 0; i < kOpCount; ++i) {
    const Op op = static_cast<Op>(i);
    const OpInfo& info = op_info(op);
    switch (info.kind) {
      case OpKind::Unary:
      case OpKind::Binary:
      case OpKind::Compare:
      case OpKind::Convert:
      case OpKind::Trapping:
      case OpKind::Simd:
      case OpKind::SimdLane:
        by_result[static_cast<unsigned>(info.sig.results[0])].push_back(op);
        break;
      case OpKind::Load:
      case OpKind::SimdLoad: loads[static_cast<unsigned>(info.sig.results[0])].push_back(op); break;
      case OpKind::Store:
      case OpKind::SimdStore: stores.push_back(op); break;
      default: break;
    }
  }
}

const OpTable& op_table() {
  static const OpTable kTable;
  return kTable;
}

std::uint32_t Body::local(char type) {
  std::uint32_t skip = in_.below(open_locals_);
  for (std::uint32_t n = 0; n < open_locals_; ++n) {
    const std::uint32_t at = (skip + n) % open_locals_;
    if (locals_[at] == type) return at;
  }
  return temporary(type);  // each type has one variable at least
}

std::uint32_t Body::temporary(char type) const {
  return static_cast<std::uint32_t>(locals_.find(type, open_locals_));
}

void Body::constant(char type) {
  const std::uint32_t shape = in_.below(4);
  switch (type) {
    case 'i':
    case 'I': {
      const std::int64_t value = shape == 3
                                     ? static_cast<std::int64_t>(in_.bits(type == 'i' ? 4 : 8))
                                 : shape == 2 ? static_cast<std::int8_t>(in_.bits(1))
                                              : edge(in_);
      return integer(type, value);
    }
    case 'f': {
      static constexpr std::uint32_t kBits[] = {0,          0x3F800000, 0x80000000, 0xBF800000,
                                                0x7F800000, 0xFF800000, 0x7FC00000, 0x7F812345,
                                                0x00000001, 0x4F000000, 0x5F000000, 0x3FC00000,
                                                0xCF000000, 0x4F800000, 0x40490FDB, 0xFFC00000};
      op(Op::F32Const);
      return out_.little_endian(shape == 3 ? in_.bits(4) : kBits[in_.below(16)], 4);
    }
    case 'F': {
      static constexpr std::uint64_t kBits[] = {0,
                                                0x3FF0000000000000,
                                                0x8000000000000000,
                                                0xBFF0000000000000,
                                                0x7FF0000000000000,
                                                0xFFF0000000000000,
                                                0x7FF8000000000000,
                                                0x7FF0000000012345,
                                                1,
                                                0x41E0000000000000,
                                                0x43E0000000000000,
                                                0x3FF8000000000000,
                                                0xC1E0000000200000,
                                                0x41EFFFFFFFE00000,
                                                0x400921FB54442D18,
                                                0xFFF8000000000000};
      op(Op::F64Const);
      return out_.little_endian(shape == 3 ? in_.bits(8) : kBits[in_.below(16)], 8);
    }
    case 'v': {
      op(Op::V128Const);
      if (shape == 0) {
        const std::uint64_t byte = in_.bits(1);
        for (unsigned i = 0; i < 16; ++i) out_.byte(static_cast<unsigned>(byte));
      } else if (shape == 1) {
        for (unsigned i = 0; i < 2; ++i) {
          out_.little_endian(static_cast<std::uint64_t>(edge(in_)), 8);
        }
      } else if (shape == 2) {
        const auto lane = static_cast<std::uint64_t>(edge(in_));
        for (unsigned i = 0; i < 4; ++i) out_.little_endian(lane, 4);
      } else {
        for (unsigned i = 0; i < 16; ++i) out_.byte(static_cast<unsigned>(in_.bits(1)));
      }
      return;
    }
    default: op(Op::RefNull), out_.byte(0x70);
  }
}

// x == x ? x : the canonical NaN
void Body::make_canonical(char type) {
  const std::uint32_t t = temporary(type);
  tee(t);
  if (type == 'f') {
    op(Op::F32Const), out_.little_endian(0x7FC00000, 4);
  } else {
    op(Op::F64Const), out_.little_endian(0x7FF8000000000000, 8);
  }
  get(t), get(t);
  op(type == 'f' ? Op::F32Eq : Op::F64Eq);
  op(Op::Select);
}

void Body::make_canonical_lanes(bool doubles) {
  const std::uint32_t t = temporary('v');
  tee(t);
  op(Op::V128Const);
  for (unsigned i = 0; i < (doubles ? 2u : 4u); ++i) {
    out_.little_endian(doubles ? 0x7FF8000000000000 : 0x7FC00000, doubles ? 8 : 4);
  }
  get(t), get(t);
  op(doubles ? Op::F64x2Eq : Op::F32x4Eq);
  op(Op::V128Bitselect);
}

void Body::exact(char type, int depth) {
  if (expression(type, depth)) make_canonical(type);
}

void Body::list(const std::string& types, int depth) {
  for (const char type : types) expression(type, depth);
}

void Body::condition(int depth) {
  if (in_.below(3) == 0) return void(expression('i', depth));
  // A comparison, so that it meets the branch.
  for (std::uint32_t tries = 0; tries < 8; ++tries) {
    const Op o = pick(op_table().by_result[0]);
    if (op_info(o).kind != OpKind::Compare) continue;
    numeric(o, depth);
    if (in_.one_in(6)) op(Op::I32Eqz);
    return;
  }
  expression('i', depth);
}

void Body::address(std::uint32_t memory, int depth, std::uint64_t& offset) {
  const char type = shape_.memories[memory];
  const bool wide = type == 'I';
  const auto mask = [&](std::int64_t bits) {
    integer(type, bits);
    op(wide ? Op::I64And : Op::I32And);
  };
  static constexpr std::uint64_t kOffsets[] = {1, 2, 3, 4, 7, 8, 16, 100, 1000, 0x7FFF, 65520};
  offset = in_.below(3) == 1 ? kOffsets[in_.below(11)] : 0;
  switch (in_.below(9)) {
    case 0: return integer(type, in_.below(60000));
    case 1: {  // base + (index << k)
      expression(type, depth - 1), mask(0x1FFF);
      expression(type, depth - 1), mask(0xFFF);
      integer(type, 1 + in_.below(3));
      op(wide ? Op::I64Shl : Op::I32Shl);
      return op(wide ? Op::I64Add : Op::I32Add);
    }
    case 2: {  // near the end of the first page
      if (in_.below(3) == 0) offset = 0xFFFF0 + in_.below(16);
      return integer(type, 65536 - in_.below(24));
    }
    case 3: {  // anything
      if (in_.below(4) == 0) {
        offset = (std::uint64_t{1} << (20 + in_.below(wide ? 44 : 12))) - in_.below(2);
        if (!wide) offset &= 0xFFFFFFFF;
      }
      return void(expression(type, depth - 1));
    }
    case 4: {  // a constant added
      expression(type, depth - 1), mask(0x3FFF);
      integer(type, in_.below(4096));
      return op(wide ? Op::I64Add : Op::I32Add);
    }
    case 5:
      if (wide) {  // an extended 32-bit address
        expression('i', depth - 1);
        i32(0x7FFF), op(Op::I32And);
        return op(in_.below(2) ? Op::I64ExtendI32S : Op::I64ExtendI32U);
      }
      expression('I', depth - 1);
      op(Op::I32WrapI64);
      return mask(0x7FFF);
    default: expression(type, depth - 1), mask(0x7FFF);
  }
}

// Address, value if it is a store, op and immediates. True when the result may be a loose NaN.
bool Body::access(Op o, int depth) {
  const OpInfo& info = op_info(o);
  const std::uint32_t memory = in_.below(static_cast<std::uint32_t>(shape_.memories.size()));
  std::uint64_t offset = 0;
  address(memory, depth, offset);
  if (info.sig.operand_count > 1) exact(letter(info.sig.operands[1]), depth - 1);
  op(o);
  const unsigned align = in_.below(info.align + 1u);
  out_.byte(align | (memory != 0 ? 0x40 : 0));
  if (memory != 0) out_.u(memory);
  out_.u(offset);
  if (info.imm == ImmKind::MemArgLane) out_.byte(in_.below(16u >> info.align));
  return false;
}

void Body::vector_immediate(Op o) {
  const OpInfo& info = op_info(o);
  if (info.imm == ImmKind::Shuffle) {
    // Real shuffles have patterns: identity, broadcast, interleave, rotation, halves.
    const std::uint32_t pattern = in_.below(6);
    const std::uint32_t k = in_.below(32);
    for (std::uint32_t i = 0; i < 16; ++i) {
      const std::uint32_t lanes[] = {i,
                                     (i + k) % 32,
                                     (i / 2 + k % 16) % 16 + (i % 2) * 16,
                                     (k & ~3u) % 16 + i % 4,
                                     (i & ~7u) * 2 + (i ^ (k % 8)) % 8,
                                     in_.below(32)};
      out_.byte(lanes[pattern] % 32);
    }
  } else if (info.imm == ImmKind::Lane) {
    const std::string_view name = op_name(o);
    const std::size_t x = name.find('x');
    const char* digits = name.data() + x + 1;
    const std::uint32_t lanes =
        digits[0] == '1' ? 16u : static_cast<std::uint32_t>(digits[0] - '0');
    out_.byte(in_.below(lanes));
  }
}

bool Body::numeric(Op o, int depth) {
  const OpInfo& info = op_info(o);
  const std::string_view name = op_name(o);
  const bool moves_bits = name.find("reinterpret") != name.npos ||
                          name.find("splat") != name.npos || name.find("replace_lane") != name.npos;
  bool loose = false;
  for (unsigned n = 0; n < info.sig.operand_count; ++n) {
    const char type = letter(info.sig.operands[n]);
    const bool sign_counts = n == 1 && name.ends_with("copysign");
    if (n == 0 && in_.one_in(12)) {
      constant(type);  // constants on the left are rarer
    } else if (n == 1 && in_.below(3) == 2) {
      constant(type);
    } else {
      const bool nan = expression(type, depth - 1);
      if (nan && (moves_bits || sign_counts)) {
        make_canonical(type);
      } else {
        loose |= nan;
      }
    }
    // Most divisions do not trap.
    if (n == 1 && info.kind == OpKind::Trapping && !in_.one_in(8)) {
      integer(type, 1), op(type == 'I' ? Op::I64Or : Op::I32Or);
    }
  }
  op(o);
  vector_immediate(o);
  if (gives_loose_nan(o)) {
    if (info.sig.results[0] == SigType::V128) {
      make_canonical_lanes(name.starts_with("f64"));
      return false;
    }
    return true;
  }
  const char result = letter(info.sig.results[0]);
  return loose && (result == 'f' || result == 'F');
}

// Shapes that compilers look for. False when there is none for the type.
bool Body::idiom(char type, int depth) {
  if (type != 'i' && type != 'I') return false;
  const bool wide = type == 'I';
  const std::int64_t width = wide ? 64 : 32;
  const auto o = [&](Op narrow, Op broad) { op(wide ? broad : narrow); };
  switch (in_.below(7)) {
    case 0: {  // a rotation from two shifts
      const std::uint32_t x = local(type);
      const auto n = static_cast<std::int64_t>(in_.below(static_cast<std::uint32_t>(width)));
      get(x), integer(type, n), o(Op::I32Shl, Op::I64Shl);
      get(x), integer(type, width - n), o(Op::I32ShrU, Op::I64ShrU);
      o(Op::I32Or, Op::I64Or);
      return true;
    }
    case 1: {  // a bit test
      expression(type, depth - 1);
      integer(type, std::int64_t{1} << in_.below(static_cast<std::uint32_t>(width)));
      o(Op::I32And, Op::I64And);
      op(wide ? Op::I64Eqz : Op::I32Eqz);
      if (in_.below(2) != 0) op(Op::I32Eqz);
      if (wide) op(Op::I64ExtendI32U);
      return true;
    }
    case 2: {  // x & (x - 1), x & -x, ~x & y
      const std::uint32_t x = local(type);
      const std::uint32_t which = in_.below(3);
      if (which == 0) {
        get(x), integer(type, 1), o(Op::I32Sub, Op::I64Sub);
      } else if (which == 1) {
        integer(type, 0), get(x), o(Op::I32Sub, Op::I64Sub);
      } else {
        expression(type, depth - 1), integer(type, -1), o(Op::I32Xor, Op::I64Xor);
      }
      get(x), o(Op::I32And, Op::I64And);
      return true;
    }
    case 3: {  // division by a constant
      expression(type, depth - 1);
      const std::int64_t by = edge(in_);
      integer(type, by == 0 ? 1 : by);
      static constexpr Op kDivisions[2][4] = {{Op::I32DivS, Op::I32DivU, Op::I32RemS, Op::I32RemU},
                                              {Op::I64DivS, Op::I64DivU, Op::I64RemS, Op::I64RemU}};
      op(kDivisions[wide][in_.below(4)]);
      return true;
    }
    case 4: {  // shifts that extend
      expression(type, depth - 1);
      const std::int64_t n = width - (8 << in_.below(wide ? 3 : 2));
      integer(type, n), o(Op::I32Shl, Op::I64Shl);
      integer(type, n);
      in_.below(2) != 0 ? o(Op::I32ShrU, Op::I64ShrU) : o(Op::I32ShrS, Op::I64ShrS);
      return true;
    }
    case 5: {  // a product by a small constant, or x + (y << k)
      expression(type, depth - 1);
      integer(type, 1 + in_.below(16));
      o(Op::I32Mul, Op::I64Mul);
      expression(type, depth - 1);
      o(Op::I32Add, Op::I64Add);
      return true;
    }
    default: {  // a mask and a shift
      expression(type, depth - 1);
      integer(type, in_.below(static_cast<std::uint32_t>(width)));
      o(Op::I32ShrU, Op::I64ShrU);
      integer(type, (std::int64_t{1} << in_.below(32)) - 1);
      o(Op::I32And, Op::I64And);
      return true;
    }
  }
}

// Two i64 from 128-bit arithmetic; one goes to a variable, the other stays.
void Body::wide_pair(int depth) {
  static constexpr Op kOps[] = {Op::I64Add128, Op::I64Sub128, Op::I64MulWideS, Op::I64MulWideU};
  const Op o = kOps[in_.below(4)];
  for (unsigned n = 0; n < op_info(o).sig.operand_count; ++n) expression('I', depth - 1);
  op(o);
  set(local('I'));
}

void Body::reference(int depth) {
  switch (in_.below(4)) {
    case 0: return constant('r');
    case 1:
      op(Op::RefFunc);
      return out_.u(in_.below(static_cast<std::uint32_t>(shape_.functions.size())));
    case 2: return get(local('r'));
    default: {
      const std::uint32_t table = in_.below(static_cast<std::uint32_t>(shape_.tables.size()));
      const char type = shape_.tables[table];
      expression(type, depth - 1);
      integer(type, in_.one_in(20) ? 31 : 7);
      op(type == 'I' ? Op::I64And : Op::I32And);
      op(Op::TableGet), out_.u(table);
    }
  }
}

// One value of the type. True when it may be a loose NaN.
bool Body::expression(char type, int depth) {
  if (type == 'r') return reference(depth), false;
  const bool is_float = type == 'f' || type == 'F';
  if (depth <= 0) {
    if (in_.below(3) == 0) return constant(type), false;
    get(local(type));
    return is_float;
  }
  const unsigned row = letter_index(type);
  switch (in_.below(16)) {
    case 0: get(local(type)); return is_float;
    case 1: return constant(type), false;
    case 2: {
      const bool loose = expression(type, depth - 1);
      tee(local(type));
      return loose;
    }
    case 3: {
      bool loose = expression(type, depth - 1);
      loose |= expression(type, depth - 1);
      condition(depth - 1);
      if (in_.below(2) != 0) {
        op(Op::Select);
      } else {
        op(Op::SelectT), out_.u(1), out_.byte(type_byte(type));
      }
      return loose;
    }
    case 4: {
      condition(depth - 1);
      op(Op::If), out_.byte(type_byte(type));
      labels_.push_back({std::string(1, type), true});
      expression(type, depth - 1);
      op(Op::Else);
      statements(depth - 1, 2);
      expression(type, depth - 1);
      op(Op::End);
      labels_.pop_back();
      return is_float;
    }
    case 5: {
      op(Op::Block), out_.byte(type_byte(type));
      labels_.push_back({std::string(1, type), true});
      expression(type, depth - 1);
      condition(depth - 1);
      op(Op::BrIf), out_.u(0);
      if (in_.below(2) != 0) {
        op(Op::Drop);
        statements(depth - 1, 2);
        expression(type, depth - 1);
      }
      op(Op::End);
      labels_.pop_back();
      return is_float;
    }
    case 6: return access(pick(op_table().loads[row]), depth);
    case 7: {
      for (std::uint32_t n = 0; n < shape_.globals.size(); ++n) {
        const auto count = static_cast<std::uint32_t>(shape_.globals.size());
        const std::uint32_t at = (n + in_.below(count)) % count;
        if (shape_.globals[at] != type) continue;
        op(Op::GlobalGet), out_.u(at);
        return is_float;
      }
      return constant(type), false;
    }
    case 8:
      if (type == 'I') return wide_pair(depth), false;
      if (type == 'i' && in_.below(3) == 0) return reference(depth), op(Op::RefIsNull), false;
      [[fallthrough]];
    case 9:
      if (type == 'i' || type == 'I') {
        if (in_.below(4) == 0) {
          const std::uint32_t memory =
              in_.below(static_cast<std::uint32_t>(shape_.memories.size()));
          if (shape_.memories[memory] == type) return op(Op::MemorySize), out_.u(memory), false;
        }
        if (idiom(type, depth)) return false;
      }
      [[fallthrough]];
    default: return numeric(pick(op_table().by_result[row]), depth);
  }
}

}  // namespace wasmrt::fuzz
