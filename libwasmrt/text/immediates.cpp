// Opcodes and their immediates, by the ImmKind column of opcodes.def.
#include <bit>

#include "libwasmrt/text/instructions.h"
#include "libwasmrt/text/keywords.h"
#include "libwasmrt/text/number.h"

namespace wasmrt::text {
namespace {

// The heap type in an encoded reference type: all of `funcref`, the rest of `(ref ...)`.
std::string_view heap_part(const ByteWriter& ref_type) {
  const auto first = static_cast<std::uint8_t>(ref_type.view()[0]);
  return ref_type.view(first == 0x63 || first == 0x64 ? 1 : 0);
}

}  // namespace

void InstructionEncoder::opcode(Op op) {
  const OpInfo& info = op_info(op);
  if (info.prefix() == 0) return out_.byte(info.sub());
  out_.byte(info.prefix());
  out_.u(info.sub());
}

// At the keyword of `op`, which is the first of those that share it.
void InstructionEncoder::instruction(Op op) {
  in_.skip();
  const ImmKind imm = op_info(op).imm;
  if (op == Op::Select) return select();
  if (op == Op::RefTest || op == Op::RefCast) return ref_test_or_cast(op);
  opcode(op);
  switch (imm) {
    case ImmKind::None: break;
    case ImmKind::Label: label_use(); break;
    case ImmKind::BrTable: br_table(); break;
    case ImmKind::Func: out_.u(index_use(e_, e_.funcs)); break;
    case ImmKind::CallIndirect: call_indirect(); break;
    case ImmKind::CallRef: out_.u(index_use(e_, e_.types)); break;
    case ImmKind::Local: {
      static const IndexSpace kNone{Err::DuplicateLocal, Err::TextUnknownLocal};
      out_.u(index_use(e_, locals_ != nullptr ? *locals_ : kNone));
      break;
    }
    case ImmKind::Global: out_.u(index_use(e_, e_.globals)); break;
    case ImmKind::Table: optional_index(e_.tables); break;
    case ImmKind::TableTable: two_indices(e_.tables, e_.tables, true); break;
    case ImmKind::TableInit: segment_and_target(e_.elems, e_.tables); break;
    case ImmKind::Elem: out_.u(index_use(e_, e_.elems)); break;
    case ImmKind::Memory: optional_index(e_.memories); break;
    case ImmKind::MemoryMemory: two_indices(e_.memories, e_.memories, true); break;
    case ImmKind::MemoryInit:
      e_.data_count_needed = true;
      segment_and_target(e_.datas, e_.memories);
      break;
    case ImmKind::Data:
      e_.data_count_needed = true;
      out_.u(index_use(e_, e_.datas));
      break;
    case ImmKind::MemArg: mem_arg(op, false); break;
    case ImmKind::MemArgLane: mem_arg(op, true); break;
    case ImmKind::Lane: lane(); break;
    case ImmKind::Shuffle: shuffle(); break;
    case ImmKind::V128Const: v128_const(); break;
    case ImmKind::I32Const: integer(32, Err::I32ConstantOutOfRange); break;
    case ImmKind::I64Const: integer(64, Err::I64ConstantOutOfRange); break;
    case ImmKind::F32Const: float_bits(32); break;
    case ImmKind::F64Const: float_bits(64); break;
    case ImmKind::HeapType: heap_type(e_, out_); break;
    case ImmKind::Type: out_.u(index_use(e_, e_.types)); break;
    case ImmKind::TypeField: field_use(); break;
    case ImmKind::TypeType: two_indices(e_.types, e_.types, false); break;
    case ImmKind::TypeLen:
      out_.u(index_use(e_, e_.types));
      out_.u(in_.nat32());
      break;
    case ImmKind::TypeData:
      e_.data_count_needed = true;
      two_indices(e_.types, e_.datas, false);
      break;
    case ImmKind::TypeElem: two_indices(e_.types, e_.elems, false); break;
    case ImmKind::Tag: out_.u(index_use(e_, e_.tags)); break;
    case ImmKind::BrCast: br_on_cast(); break;
    case ImmKind::Fence: out_.byte(0); break;
    case ImmKind::Block:
    case ImmKind::TryTable:
    case ImmKind::SelectTypes: in_.unexpected(); break;  // not reached: handled by the callers
  }
}

void InstructionEncoder::block_type() {
  const TypeUse use = type_use(e_, nullptr);
  const Signature& s = use.inline_signature;
  if (use.explicit_index || s.param_count > 0 || s.result_count > 1) {
    out_.s(type_index(e_, use));
  } else if (s.result_count == 1) {
    out_.append(s.results);
  } else {
    out_.byte(0x40);
  }
}

void InstructionEncoder::label_use() {
  if (in_.kind() != TokenKind::Id) return out_.u(in_.nat32());
  const auto found = label_ids_.find(id_name(in_.text(), e_.strings));
  if (found == label_ids_.end()) return in_.fail(Err::TextUnknownLabel, in_.text());
  in_.skip();
  out_.u(labels_.size() - 1 - found->second);
}

// (catch tag label) | (catch_ref tag label) | (catch_all label) | (catch_all_ref label)
void InstructionEncoder::catch_clauses() {
  constexpr std::string_view kClauses[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  const std::size_t start = out_.size();
  std::uint32_t count = 0;
  for (bool found = true; found && !in_.failed();) {
    found = false;
    for (unsigned kind = 0; kind < 4 && !found; ++kind) {
      if (!in_.take_open(kClauses[kind])) continue;
      found = true;
      ++count;
      out_.byte(kind);
      if (kind < 2) out_.u(index_use(e_, e_.tags));
      label_use();
      in_.expect_close();
    }
  }
  const std::string clauses(out_.view(start));
  out_.truncate(start);
  out_.u(count);
  out_.raw(clauses);
}

void InstructionEncoder::br_table() {
  const std::size_t start = out_.size();
  std::size_t last = start;
  std::uint32_t count = 0;
  do {
    last = out_.size();
    label_use();
    ++count;
  } while (in_.at_index());
  const std::string labels(out_.view(start));
  out_.truncate(start);
  out_.u(count - 1);
  out_.raw(std::string_view(labels).substr(0, last - start));
  out_.raw(std::string_view(labels).substr(last - start));
}

void InstructionEncoder::call_indirect() {
  const std::uint32_t table = in_.at_index() ? index_use(e_, e_.tables) : 0;
  out_.u(type_index(e_, type_use(e_, nullptr)));
  out_.u(table);
}

void InstructionEncoder::select() {
  if (!in_.at_open("result")) return opcode(Op::Select);
  opcode(Op::SelectT);
  const Signature s = signature(e_, nullptr);
  out_.u(s.result_count);
  out_.append(s.results);
}

// Both take a reference type, whose nullability chooses the opcode.
void InstructionEncoder::ref_test_or_cast(Op op) {
  const std::size_t start = out_.size();
  ByteWriter type;
  const bool nullable = ref_type(e_, type);
  if (op == Op::RefTest) {
    opcode(nullable ? Op::RefTestNull : Op::RefTest);
  } else {
    opcode(nullable ? Op::RefCastNull : Op::RefCast);
  }
  if (in_.failed()) return out_.truncate(start);
  out_.raw(heap_part(type));
}

void InstructionEncoder::br_on_cast() {
  const std::size_t start = out_.size();
  label_use();
  ByteWriter from;
  ByteWriter to;
  const bool from_nullable = ref_type(e_, from);
  const bool to_nullable = ref_type(e_, to);
  if (in_.failed()) return;
  const std::string label(out_.view(start));
  out_.truncate(start);
  out_.byte((from_nullable ? 1u : 0u) | (to_nullable ? 2u : 0u));
  out_.raw(label);
  out_.raw(heap_part(from));
  out_.raw(heap_part(to));
}

// Two indices, or none where both may be left out (`optional`: memory.copy, table.copy).
void InstructionEncoder::two_indices(const IndexSpace& first, const IndexSpace& second,
                                     bool optional) {
  if (optional && !in_.at_index()) {
    out_.u(0);
    out_.u(0);
    return;
  }
  out_.u(index_use(e_, first));
  out_.u(index_use(e_, second));
}

void InstructionEncoder::optional_index(const IndexSpace& space) {
  out_.u(in_.at_index() ? index_use(e_, space) : 0);
}

// memory.init and table.init: `target? segment` in the text, `segment target` in the binary.
void InstructionEncoder::segment_and_target(const IndexSpace& segments, const IndexSpace& targets) {
  const bool both =
      in_.at_index() && (in_.kind(1) == TokenKind::Nat || in_.kind(1) == TokenKind::Id);
  const std::uint32_t target = both ? index_use(e_, targets) : 0;
  out_.u(index_use(e_, segments));
  out_.u(target);
}

// The number in `key=N`, which is one token; 0 and nothing consumed when it is not there.
std::optional<std::uint64_t> InstructionEncoder::assignment(std::string_view key) {
  if (in_.kind() != TokenKind::Keyword || in_.text().substr(0, key.size()) != key) {
    return std::nullopt;
  }
  const std::string_view digits = in_.text().substr(key.size());
  if (!is_nat(digits)) {
    in_.fail(Err::UnknownOperator, in_.text());
    return std::nullopt;
  }
  const auto value = parse_nat(digits);
  if (!value) {
    in_.fail(Err::I64ConstantOutOfRange, in_.text());
    return std::nullopt;
  }
  in_.skip();
  return value;
}

// memory? offset=N? align=N?, and a lane.
void InstructionEncoder::mem_arg(Op op, bool has_lane) {
  // A lone number in front of a lane instruction's operands is the lane.
  const bool is_assignment =
      in_.kind(1) == TokenKind::Keyword &&
      (in_.text(1).substr(0, 7) == "offset=" || in_.text(1).substr(0, 6) == "align=");
  const bool named = in_.at_index() && (!has_lane || in_.kind() == TokenKind::Id ||
                                        in_.kind(1) == TokenKind::Nat || is_assignment);
  const std::uint32_t memory = named ? index_use(e_, e_.memories) : 0;
  const std::uint64_t offset = assignment("offset=").value_or(0);
  const std::uint32_t align_at = in_.offset();
  const std::string_view align_text = in_.text();
  std::uint32_t log2 = op_info(op).align;
  if (const auto align = assignment("align=")) {
    if (!std::has_single_bit(*align)) {
      return in_.fail_at(align_at, Err::AlignmentPowerOfTwo, align_text);
    }
    log2 = static_cast<std::uint32_t>(std::countr_zero(*align));
  }
  // Six bits hold the alignment; the two next to them have a meaning of their own.
  out_.u(log2 | (memory != 0 ? 0x40u : 0u));
  if (memory != 0) out_.u(memory);
  out_.u(offset);
  if (has_lane) lane();
}

void InstructionEncoder::field_use() {
  const std::uint32_t type = index_use(e_, e_.types);
  out_.u(type);
  if (in_.kind() != TokenKind::Id) return out_.u(in_.nat32());
  if (type >= e_.type_entries.size()) return in_.fail(Err::TextUnknownType, in_.text());
  const auto& ids = e_.type_entries[type].field_ids;
  const auto found = ids.find(id_name(in_.text(), e_.strings));
  if (found == ids.end()) return in_.fail(Err::TextUnknownField, in_.text());
  in_.skip();
  out_.u(found->second);
}

void InstructionEncoder::lane() {
  if (in_.kind() != TokenKind::Nat) return in_.unexpected();
  const auto value = parse_nat(in_.text());
  if (!value || *value > 255) return in_.fail(Err::I8ConstantOutOfRange, in_.text());
  out_.byte(static_cast<unsigned>(*value));
  in_.skip();
}

// How many numbers follow; more than the longest list of lanes need not be counted.
std::size_t InstructionEncoder::number_count() const {
  std::size_t n = 0;
  auto number = [&](TokenKind k) {
    return k == TokenKind::Nat || k == TokenKind::Int || k == TokenKind::Float;
  };
  while (n <= 16 && number(in_.kind(n))) ++n;
  return n;
}

void InstructionEncoder::shuffle() {
  if (number_count() != 16) return in_.fail(Err::InvalidLaneLength);
  for (int i = 0; i < 16; ++i) {
    if (in_.kind() != TokenKind::Nat) return in_.fail(Err::I8ConstantOutOfRange, in_.text());
    lane();
  }
}

void InstructionEncoder::integer(unsigned bits, Err range) {
  if (in_.kind() != TokenKind::Nat && in_.kind() != TokenKind::Int) return in_.unexpected();
  const auto value = parse_int(in_.text(), bits);
  if (!value) return in_.fail(range, in_.text());
  in_.skip();
  out_.s(bits == 32 ? static_cast<std::int32_t>(*value) : static_cast<std::int64_t>(*value));
}

void InstructionEncoder::integer_lane(unsigned bits, Err range) {
  if (in_.kind() != TokenKind::Nat && in_.kind() != TokenKind::Int) return in_.unexpected();
  const auto value = parse_int(in_.text(), bits);
  if (!value) return in_.fail(range, in_.text());
  in_.skip();
  out_.little_endian(*value, bits / 8);
}

void InstructionEncoder::float_bits(unsigned bits) {
  if (in_.kind() != TokenKind::Nat && in_.kind() != TokenKind::Int &&
      in_.kind() != TokenKind::Float) {
    return in_.unexpected();
  }
  std::optional<std::uint64_t> value;
  if (bits == 32) {
    value = parse_f32(in_.text());
  } else {
    value = parse_f64(in_.text());
  }
  if (!value) return in_.fail(Err::ConstantOutOfRange, in_.text());
  in_.skip();
  out_.little_endian(*value, bits / 8);
}

void InstructionEncoder::v128_const() {
  constexpr struct {
    std::string_view name;
    unsigned bits;
    bool is_float;
    Err range;
  } kShapes[] = {{"i8x16", 8, false, Err::I8ConstantOutOfRange},
                 {"i16x8", 16, false, Err::I16ConstantOutOfRange},
                 {"i32x4", 32, false, Err::I32ConstantOutOfRange},
                 {"i64x2", 64, false, Err::I64ConstantOutOfRange},
                 {"f32x4", 32, true, Err::ConstantOutOfRange},
                 {"f64x2", 64, true, Err::ConstantOutOfRange}};
  for (const auto& shape : kShapes) {
    if (!in_.take_keyword(shape.name)) continue;
    const unsigned lanes = 128 / shape.bits;
    if (const std::size_t count = number_count(); count != lanes) {
      // A malformed number among the lanes is to blame before their number is.
      in_.skip(count);
      const bool unknown = in_.kind() == TokenKind::Keyword && !is_known_keyword(in_.text());
      if (unknown || in_.kind() == TokenKind::Reserved) return in_.unexpected();
      return in_.fail(Err::WrongNumberOfLanes);
    }
    for (unsigned i = 0; i < lanes; ++i) {
      if (shape.is_float) {
        float_bits(shape.bits);
      } else {
        integer_lane(shape.bits, shape.range);
      }
    }
    return;
  }
  in_.unexpected();
}

}  // namespace wasmrt::text
