// See print_instructions.h. Immediates are printed by the ImmKind column of opcodes.def, the
// counterpart of immediates.cpp.
#include "libwasmrt/text/print_instructions.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <unordered_map>

#include "libwasmrt/base/seeded_hash.h"
#include "libwasmrt/frontend/imm_reader.h"
#include "libwasmrt/frontend/type_reader.h"

namespace wasmrt::text {
namespace {

constexpr unsigned kMostIndented = 50;  // levels

std::string hex(std::uint64_t value) {
  char buffer[20];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, 16).ptr;
  return "0x" + std::string(buffer, end);
}

// The shortest decimal that reads back as the same bits.
template <class Float, class Bits>
std::string float_text(Bits bits, unsigned mantissa_bits) {
  const Bits sign = Bits{1} << (sizeof(Bits) * 8 - 1);
  const Bits mantissa = bits & ((Bits{1} << mantissa_bits) - 1);
  const Bits infinity = (sign - 1) >> mantissa_bits << mantissa_bits;
  std::string out = (bits & sign) != 0 ? "-" : "";
  const Bits magnitude = bits & ~sign;
  if (magnitude == infinity) return out + "inf";
  if (magnitude > infinity) return out + "nan:" + hex(mantissa);
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, std::bit_cast<Float>(magnitude)).ptr;
  return out + std::string(buffer, end);
}

class InstructionPrinter {
 public:
  InstructionPrinter(const DecodedModule& module, const PrintNames& names, Reader& reader,
                     unsigned indent, std::string& out, std::vector<std::uint32_t>* positions)
      : m_(module), names_(names), r_(reader), indent_(indent), out_(out), positions_(positions) {}

  void run(std::size_t body_start, const std::vector<BranchHint>* hints);

 private:
  void separate(unsigned level);
  void block_type();
  void immediates(Op op, const Imm& imm);
  void mem_arg(Op op, const Imm& imm, bool lane);
  void put(std::uint64_t number) { out_ += ' ' + std::to_string(number); }
  void put_type(ValType type) { out_ += ' ' + type_text(m_, type); }
  void put_heap(ValType type) {
    // "(ref X)": the X.
    const std::string text = type_text(m_, type.as_nullable(false));
    out_ += ' ' + text.substr(5, text.size() - 6);
  }
  // An index that is left out where it is 0.
  void put_optional(std::uint32_t index) {
    if (index != 0) put(index);
  }

  const DecodedModule& m_;
  const PrintNames& names_;
  Reader& r_;
  unsigned indent_;
  std::string& out_;
  std::vector<std::uint32_t>* const positions_;
  ImmScratch scratch_;
};

void InstructionPrinter::separate(unsigned level) {
  if (indent_ == 0) {
    out_ += ' ';
  } else {
    out_ += '\n';
    out_.append(std::size_t{2} * std::min(level, kMostIndented), ' ');
  }
}

void InstructionPrinter::run(std::size_t body_start, const std::vector<BranchHint>* hints) {
  std::size_t next_hint = 0;
  unsigned level = indent_;
  for (unsigned depth = 1;;) {
    const std::size_t offset = r_.offset() - body_start;
    Op op = kNoOp;
    if (!read_op(r_, Features::all(), op)) return;
    if (op == Op::End && --depth == 0) return;
    const bool opens = op == Op::Block || op == Op::Loop || op == Op::If || op == Op::TryTable;
    if (op == Op::End) --level;
    if (positions_ != nullptr) {
      positions_->push_back(static_cast<std::uint32_t>(body_start + offset));
    }
    separate(op == Op::Else ? level - 1 : level);
    if (hints != nullptr && next_hint < hints->size() && (*hints)[next_hint].offset == offset) {
      out_ += "(@metadata.code.branch_hint \"\\0";
      out_ += (*hints)[next_hint++].likely ? "1\") " : "0\") ";
    }
    out_ += op_name(op);
    if (opens) {
      block_type();
      ++depth;
      ++level;
    }
    Imm imm{};
    if (!read_imm(r_, m_, op, imm, scratch_)) return;
    immediates(op, imm);
  }
}

void InstructionPrinter::block_type() {
  std::uint8_t first = 0;
  if (!r_.peek(first)) return;
  if (first == 0x40) {
    r_.u8(first);
  } else if (first >= 0x40 && first < 0x80) {
    ValType type;
    if (read_val_type(r_, TypeScope{m_}, type)) out_ += " (result " + type_text(m_, type) + ")";
  } else {
    std::int64_t index = 0;
    if (r_.s33(index)) out_ += " (type " + std::to_string(index) + ")";
  }
}

void InstructionPrinter::mem_arg(Op op, const Imm& imm, bool lane) {
  put_optional(imm.index);
  if (imm.value != 0) out_ += " offset=" + std::to_string(imm.value);
  if (imm.align != op_info(op).align) {
    out_ += " align=" + std::to_string(std::uint64_t{1} << imm.align);
  }
  if (lane) put(imm.lane);
}

void InstructionPrinter::immediates(Op op, const Imm& imm) {
  switch (op_info(op).imm) {
    case ImmKind::None:
    case ImmKind::Block:
    case ImmKind::Fence: break;
    case ImmKind::TryTable:
      for (const CatchClause& c : imm.catches()) {
        constexpr const char* kNames[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
        out_ += std::string(" (") + kNames[static_cast<unsigned>(c.kind)];
        if (c.kind == CatchClause::Kind::Catch || c.kind == CatchClause::Kind::CatchRef) {
          put(raw(c.tag));
        }
        put(c.label);
        out_ += ')';
      }
      break;
    case ImmKind::BrTable:
      for (std::uint32_t label : imm.targets()) put(label);
      break;
    case ImmKind::Func: out_ += ' ' + names_.funcs[imm.index]; break;
    case ImmKind::CallIndirect:
      put_optional(imm.index2);
      out_ += " (type " + std::to_string(imm.index) + ")";
      break;
    case ImmKind::Label:
    case ImmKind::CallRef:
    case ImmKind::Local:
    case ImmKind::Global:
    case ImmKind::Elem:
    case ImmKind::Data:
    case ImmKind::Type:
    case ImmKind::Tag: put(imm.index); break;
    case ImmKind::Table:
    case ImmKind::Memory: put_optional(imm.index); break;
    case ImmKind::TableTable:
    case ImmKind::MemoryMemory:
      if (imm.index == 0 && imm.index2 == 0) break;
      put(imm.index);
      put(imm.index2);
      break;
    case ImmKind::TableInit:
    case ImmKind::MemoryInit:
      put_optional(imm.index2);
      put(imm.index);
      break;
    case ImmKind::TypeField:
    case ImmKind::TypeType:
    case ImmKind::TypeLen:
    case ImmKind::TypeData:
    case ImmKind::TypeElem:
      put(imm.index);
      put(imm.index2);
      break;
    case ImmKind::MemArg: mem_arg(op, imm, false); break;
    case ImmKind::MemArgLane: mem_arg(op, imm, true); break;
    case ImmKind::Lane: put(imm.lane); break;
    case ImmKind::Shuffle:
      for (std::uint8_t lane : imm.bytes) put(lane);
      break;
    case ImmKind::V128Const:
      out_ += " i32x4";
      for (std::size_t i = 0; i < 16; i += 4) {
        out_ += ' ' + hex(std::uint32_t{imm.bytes[i]} | std::uint32_t{imm.bytes[i + 1]} << 8 |
                          std::uint32_t{imm.bytes[i + 2]} << 16 |
                          std::uint32_t{imm.bytes[i + 3]} << 24);
      }
      break;
    case ImmKind::I32Const:
      out_ += ' ' + std::to_string(static_cast<std::int32_t>(imm.value));
      break;
    case ImmKind::I64Const:
      out_ += ' ' + std::to_string(static_cast<std::int64_t>(imm.value));
      break;
    case ImmKind::F32Const:
      out_ += ' ' + float_text<float>(static_cast<std::uint32_t>(imm.value), 23);
      break;
    case ImmKind::F64Const: out_ += ' ' + float_text<double>(imm.value, 52); break;
    case ImmKind::HeapType:
      if (op == Op::RefNull) {
        put_heap(imm.type());
      } else {
        put_type(imm.type());
      }
      break;
    case ImmKind::SelectTypes: out_ += " (result " + type_text(m_, imm.type()) + ")"; break;
    case ImmKind::BrCast:
      put(imm.index);
      put_type(imm.type());
      put_type(imm.type2());
      break;
  }
}

}  // namespace

std::string string_literal(std::span<const std::uint8_t> bytes) {
  std::string out = "\"";
  for (std::uint8_t b : bytes) {
    if (b >= 0x20 && b < 0x7f && b != '"' && b != '\\') {
      out += static_cast<char>(b);
    } else {
      out += '\\';
      out += "0123456789abcdef"[b >> 4];
      out += "0123456789abcdef"[b & 15];
    }
  }
  return out + '"';
}

std::string string_literal(std::string_view text) {
  return string_literal(std::span<const std::uint8_t>(
      reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void print_instructions(const DecodedModule& module, const PrintNames& names, Reader& reader,
                        unsigned indent, std::size_t body_start,
                        const std::vector<BranchHint>* hints, std::string& out,
                        std::vector<std::uint32_t>* positions) {
  InstructionPrinter(module, names, reader, indent, out, positions).run(body_start, hints);
}

PrintNames name_functions(const DecodedModule& module) {
  PrintNames names;
  std::unordered_map<std::string_view, int, SeededHash> uses;
  for (const auto& [index, name] : module.names.funcs) ++uses[name];
  for (std::size_t i = 0; i < module.funcs.size(); ++i) {
    const auto named = module.names.funcs.find(static_cast<std::uint32_t>(i));
    const bool unique =
        named != module.names.funcs.end() && !named->second.empty() && uses[named->second] == 1;
    names.funcs.push_back(unique ? "$" + string_literal(named->second) : std::to_string(i));
  }
  return names;
}

void print_locals(const DecodedModule& module, Reader& reader, std::string_view separator,
                  std::string& out) {
  std::uint32_t runs = 0;
  if (!reader.u32(runs)) runs = 0;
  for (; runs > 0; --runs) {
    std::uint32_t count = 0;
    ValType type;
    if (!reader.u32(count) || !read_val_type(reader, TypeScope{module}, type)) break;
    if (count == 0) continue;
    out.append(separator).append("(local");
    for (; count > 0; --count) out += ' ' + type_text(module, type);
    out += ')';
  }
}

}  // namespace wasmrt::text
