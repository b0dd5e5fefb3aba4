// Builds the tables of fast_ops.h.
#include "libwasmrt/frontend/fast_ops.h"

#include <memory>
#include <mutex>
#include <vector>

namespace wasmrt {

namespace {

constexpr ValType val_type(SigType t) {
  switch (t) {
    case SigType::I32: return kI32;
    case SigType::I64: return kI64;
    case SigType::F32: return kF32;
    case SigType::F64: return kF64;
    case SigType::V128: return kV128;
    case SigType::MemAddr:
    case SigType::TableAddr: break;
  }
  return kBottom;
}

constexpr FastClass special_class(Op op) {
  switch (op) {
    case Op::LocalGet: return FastClass::LocalGet;
    case Op::LocalSet: return FastClass::LocalSet;
    case Op::LocalTee: return FastClass::LocalTee;
    case Op::GlobalGet: return FastClass::GlobalGet;
    case Op::GlobalSet: return FastClass::GlobalSet;
    case Op::I32Const: return FastClass::I32Const;
    case Op::I64Const: return FastClass::I64Const;
    case Op::F32Const:
    case Op::F64Const: return FastClass::FConst;
    case Op::Drop: return FastClass::Drop;
    case Op::Select: return FastClass::Select;
    case Op::Block: return FastClass::Block;
    case Op::Loop: return FastClass::Loop;
    case Op::If: return FastClass::If;
    case Op::Else: return FastClass::Else;
    case Op::End: return FastClass::End;
    case Op::Br: return FastClass::Br;
    case Op::BrIf: return FastClass::BrIf;
    case Op::Call: return FastClass::Call;
    case Op::Return: return FastClass::Return;
    default: return FastClass::Slow;
  }
}

constexpr FastOp entry_for(Op op) {
  const OpInfo& info = op_info(op);
  FastOp e;
  e.op = op;
  e.align = info.align;
  e.kind = info.kind;
  e.cls = special_class(op);
  if (e.cls == FastClass::FConst) e.result = val_type(info.sig.results[0]);
  if (e.cls != FastClass::Slow || !info.sig.fixed) return e;
  if (info.kind == OpKind::Load) {
    e.cls = FastClass::Load;
    e.result = val_type(info.sig.results[0]);
  } else if (info.kind == OpKind::Store) {
    e.cls = FastClass::Store;
    e.a = val_type(info.sig.operands[1]);
  } else if (info.imm == ImmKind::None && info.sig.result_count == 1 &&
             info.sig.operand_count >= 1 && info.sig.operand_count <= 2) {
    e.cls = info.sig.operand_count == 1 ? FastClass::Unary : FastClass::Binary;
    e.a = val_type(info.sig.operands[0]);
    e.b = val_type(info.sig.operands[info.sig.operand_count - 1]);
    e.result = val_type(info.sig.results[0]);
  }
  return e;
}

constexpr FastTable make_table(Features features) {
  FastTable table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const Op op = lookup_op(static_cast<std::uint8_t>(byte));
    if (op != kNoOp && features.has(op_info(op).feature)) table[byte] = entry_for(op);
  }
  return table;
}

constexpr FastTable kDefaultTable = make_table(Features());

}  // namespace

const FastTable& fast_table(Features features) {
  // Only these one-byte instructions are not in every set.
  static const Features relevant = [] {
    Features all(Features::wasm1());
    for (std::size_t i = 0; i < kOpCount; ++i) {
      const OpInfo& info = op_info(static_cast<Op>(i));
      if (info.prefix() == 0) all.enable(info.feature);
    }
    return all;
  }();
  const std::uint64_t key = features.bits() & relevant.bits();
  if (key == (Features().bits() & relevant.bits())) return kDefaultTable;

  struct Made {
    std::uint64_t key;
    std::unique_ptr<FastTable> table;
  };
  static std::mutex mutex;
  static std::vector<Made>* made =
      new std::vector<Made>;  // at most one per combination; never freed
  const std::lock_guard<std::mutex> lock(mutex);
  for (const Made& m : *made) {
    if (m.key == key) return *m.table;
  }
  made->push_back({key, std::make_unique<FastTable>(make_table(features))});
  return *made->back().table;
}

}  // namespace wasmrt
