// Disassembly of bytecode, from the numbering of code.h and the columns of ops.def.
#include "interp/print.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <iterator>
#include <unordered_map>

#include "interp/fused.h"
#include "interp/op_facts.h"

namespace wasmrt::interp {
namespace {

struct FamilyInfo {
  std::uint16_t first;
  std::uint16_t width;
  const char* text;
  const char* operands;
};

constexpr FamilyInfo kFamilies[] = {
#define FAMILY(Name, width, text, operands) {Name, width, text, operands},
#include "interp/ops.def"
#undef FAMILY
};

const FamilyInfo& family_of(HandlerId id) {
  const auto* it = std::upper_bound(std::begin(kFamilies), std::end(kFamilies), id,
                                    [](HandlerId x, const FamilyInfo& f) { return x < f.first; });
  return *std::prev(it);
}

std::string number(const char* format, std::uint64_t x) {
  char text[40];
  std::snprintf(text, sizeof text, format, x);
  return text;
}

std::string slot_text(std::uint64_t s) { return number(" s%" PRIu64, s); }

bool is_load(OpKind k, Op op) {
  return k == OpKind::Load || (k == OpKind::SimdLoad && op_info(op).imm == ImmKind::MemArg);
}
bool is_store(OpKind k, Op op) {
  return k == OpKind::Store || (k == OpKind::SimdStore && op_info(op).imm == ImmKind::MemArg);
}

// Appends operands of an op's handler; the result is its length.
std::uint32_t print_op(std::string& out, Op op, std::uint32_t form, const Ins& i) {
  const OpInfo& info = op_info(op);
  const char* const modes[] = {"", ".checked", ".general"};
  const auto imm = [&](SigType t) {
    const bool wide = t == SigType::I64 || t == SigType::F64;
    out += number(" #0x%" PRIx64, wide ? *i.wide() : i.w);
    return wide ? 24u : 16u;
  };
  std::uint32_t length = 16;
  if (is_store(info.kind, op)) {
    const auto mode = form / 6;
    const auto f = static_cast<StoreForm>(form % 6);
    out += modes[mode];
    out += f == StoreForm::RR || f == StoreForm::RS || f == StoreForm::RI ? " r" : slot_text(i.a);
    if (mode == 2) {
      out += number(" m%" PRIu64, i.w) + number(" +%" PRIu64, *i.wide());
      length = 24;
    } else {
      out += number(" +%" PRIu64, i.w);
    }
    if (f == StoreForm::RI || f == StoreForm::SI) {
      out += number(" #0x%" PRIx64, i.wide()[0]);
      length += 8;
    } else {
      out += f == StoreForm::RR || f == StoreForm::SR ? " r" : slot_text(i.d);
    }
    return length;
  }
  bool to_slot = form % 2 != 0;
  if (is_load(info.kind, op)) {
    const auto mode = form >= 12 ? (form - 12) / 2 : form / 4;
    out += modes[mode];
    if (form < 12) out += form % 4 >= 2 ? slot_text(i.a) : " r";
    if (mode == 2) {
      out += number(" m%" PRIu64, i.w) + number(" +%" PRIu64, *i.wide());
      length = 24;
    } else {
      out += number(" +%" PRIu64, i.w);
    }
  } else if (info.sig.operand_count == 1) {
    out += form >= 2 ? slot_text(i.a) : " r";
    if (info.kind == OpKind::SimdLane) out += number(" lane %" PRIu64, i.w);
  } else if (info.sig.operand_count == 3) {
    const auto f = static_cast<Form3>(form / 2);
    out += f == Form3::RSS ? " r" : slot_text(i.a);
    out += f == Form3::SRS ? " r" : slot_text(i.b());
    out += f == Form3::SSR ? " r" : slot_text(i.c());
  } else {
    const bool mixed =
        (info.sig.operands[0] == SigType::V128) != (info.sig.operands[1] == SigType::V128);
    switch (static_cast<Form>(form / 2)) {
      case Form::RS: out += " r" + slot_text(i.a); break;
      case Form::SR: out += slot_text(i.a) + " r"; break;
      case Form::SS: out += slot_text(i.a) + slot_text(i.b()); break;
      case Form::RI: out += " r", length = imm(info.sig.operands[1]); break;
      case Form::SI: out += slot_text(i.a), length = imm(info.sig.operands[1]); break;
      case Form::IR:
        if (mixed) {
          out += " r r";
        } else {
          length = imm(info.sig.operands[0]);
          out += " r";
        }
        break;
      case Form::IS: length = imm(info.sig.operands[0]), out += slot_text(i.a); break;
    }
    if (info.kind == OpKind::SimdLane) out += number(" lane %" PRIu64, i.c());
  }
  if (to_slot) out += " ->" + slot_text(i.d);
  return length;
}

std::uint32_t fused_length(HandlerId id) {
  constexpr AddressMode kOpLoadModes[] = {AddressMode::RS,     AddressMode::SS,
                                          AddressMode::RI,     AddressMode::SI,
                                          AddressMode::PlainR, AddressMode::PlainS};
  if (id >= LoadAt && id <= LoadAtLast_) {
    const auto mode = static_cast<AddressMode>((id - LoadAt) / 2 % kAddressModes);
    return static_cast<std::uint32_t>(mode_length(mode));
  }
  if (id >= StoreAt && id <= StoreAtLast_) {
    const auto mode = static_cast<AddressMode>((id - StoreAt) / 3 % kAddressModes);
    return static_cast<std::uint32_t>(mode_length(mode)) + ((id - StoreAt) % 3 == 1 ? 8 : 0);
  }
  return static_cast<std::uint32_t>(mode_length(kOpLoadModes[(id - OpLoad) / 4 % 6])) + 8;
}

std::uint32_t print_family(std::string& out, const FamilyInfo& f, HandlerId id, const Ins& i,
                           std::uint32_t at) {
  std::uint32_t words = 0;
  for (const char* c = f.operands; *c != 0; ++c) {
    switch (*c) {
      case 'd': out += " d" + number("%" PRIu64, i.d); break;
      case 'a': out += slot_text(i.a); break;
      case 'b': out += slot_text(i.b()); break;
      case 'c': out += slot_text(i.c()); break;
      case 'u': out += number(" %" PRIu64, i.w); break;
      case 'o': out += number(" +%" PRIu64, i.c()); break;
      case 'j':
        out +=
            number(" @%" PRIu64, at + static_cast<std::uint64_t>(static_cast<std::int32_t>(i.w)));
        break;
      case 'x': out += number(" #0x%" PRIx64, i.wide()[words++]); break;
      case 'z':
      case 'y': out += number(" #0x%" PRIx64, i.wide()[words++]); break;
      case 'g': ++words; break;
      case 'f':
        out += number(" $%" PRIu64, reinterpret_cast<const FuncCode*>(i.wide()[words++])->func_idx);
        break;
      default: break;
    }
  }
  std::uint32_t length = 16 + words * 8;
  if (f.first == OpLoad || f.first == LoadAt || f.first == StoreAt) return fused_length(id);
  if (f.first == Pair32 || f.first == Pair64) {
    const std::uint32_t variant = id - f.first;
    if (!pair_has_imm(variant / 2 % kPairForms)) return 16;
    out += number(" #0x%" PRIx64, *i.wide());
    return 24;
  }
  if ((f.first == OpStore && op_store_length(static_cast<std::uint32_t>(id - f.first)) == 24) ||
      (f.first == LoadOpStore && (id - f.first) % 4 >= 2)) {
    out += number(" #0x%" PRIx64, *i.wide());
    return 24;
  }
  if (f.first == PairF32 || f.first == PairF64) {
    const std::uint32_t imms = float_pair_imms((id - f.first) / 2 % 8);
    for (std::uint32_t k = 0; k < imms; ++k) out += number(" #0x%" PRIx64, i.wide()[k]);
    return 16 + imms * 8;
  }
  if (f.first == BrTable || f.first == BrTableAdd || f.first == BrTableLoad) {
    const auto* distances = reinterpret_cast<const std::int32_t*>(i.wide());
    for (std::uint32_t k = 0; k <= i.w; ++k) {
      out += number(" @%" PRIu64, at + static_cast<std::uint64_t>(distances[k]));
    }
    length = 16 + (i.w + 2) / 2 * 8;
  }
  if (f.first == BrTableNext) {
    const auto* distances = reinterpret_cast<const std::int32_t*>(i.wide() + 1);
    for (std::uint32_t k = 0; k <= i.w; ++k) {
      out += number(" @%" PRIu64, at + static_cast<std::uint64_t>(distances[k]));
    }
    length = 24 + (i.w + 2) / 2 * 8;
  }
  if (f.first == TailCallImport) length = 24;
  if (f.first == LaneLoad || f.first == LaneStore) {
    out += number(" +%" PRIu64, i.wide()[0]) + number(" #0x%" PRIx64, i.wide()[1]);
    length = 32;
  }
  return length;
}

}  // namespace

std::string handler_name(HandlerId id) {
  if (id < kOpCount * kForms) {
    return std::string(op_fn_name(static_cast<Op>(id / kForms))) + "/" +
           std::to_string(id % kForms);
  }
  const FamilyInfo& f = family_of(id);
  std::string name = f.text;
  if (f.width > 1) name += "/" + std::to_string(id - f.first);
  return name;
}

HandlerId handler_number(Handler handler) {
  static const std::unordered_map<const void*, HandlerId> numbers = [] {
    std::unordered_map<const void*, HandlerId> map;
    const Handler* table = handler_table();
    for (std::size_t i = 0; i < kHandlerCount; ++i) {
      if (table[i] != nullptr) {
        map.emplace(reinterpret_cast<const void*>(table[i]), static_cast<HandlerId>(i));
      }
    }
    return map;
  }();
  const auto it = numbers.find(reinterpret_cast<const void*>(handler));
  return it == numbers.end() ? kNoHandler : it->second;
}

std::string print_ins(const Ins& i, std::uint32_t at, std::uint32_t& length) {
  const HandlerId id = handler_number(i.handler);
  if (id == kNoHandler) {
    length = 0;
    return "?";
  }
  std::string out;
  if (id < kOpCount * kForms) {
    const Op op = static_cast<Op>(id / kForms);
    out = op_fn_name(op);
    length = print_op(out, op, id % kForms, i);
  } else {
    out = handler_name(id);
    length = print_family(out, family_of(id), id, i, at);
  }
  return out;
}

std::string print_code(const FuncCode& func) {
  std::string out;
  const Ins* code = func.begin;
  if (func.code.load(std::memory_order_acquire) == &func.stub) return "not translated\n";
  for (std::uint32_t at = 0; at < func.code_bytes;) {
    std::uint32_t length = 0;
    out += number("%5" PRIu64 "  ", at) + print_ins(*code->at(at), at, length) + '\n';
    if (length == 0) break;
    at += length;
  }
  return out;
}

}  // namespace wasmrt::interp
