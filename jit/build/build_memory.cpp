// Linear memory, globals, tables and references.
#include <algorithm>

#include "jit/build/builder.h"
#include "libwasmrt/abi/builtins.h"
#include "libwasmrt/abi/vmctx.h"

namespace wasmrt::jit {

using namespace ir;

namespace {

enum BuiltinId : unsigned {
#define BUILTIN(name, result, parameters) k_##name,
#include "libwasmrt/abi/builtins.def"
#undef BUILTIN
};

Access access_of(Type type) {
  switch (type) {
    case Type::I32: return Access::U32;
    case Type::F32: return Access::F32;
    case Type::F64: return Access::F64;
    case Type::V128: return Access::V128;
    default: return Access::B64;
  }
}

struct Scalar {
  Access access;
  Type type;
  std::uint32_t bytes;
};

Scalar load_row(Op op) {
  switch (op) {
    case Op::I32Load: return {Access::U32, Type::I32, 4};
    case Op::I64Load: return {Access::B64, Type::I64, 8};
    case Op::F32Load: return {Access::F32, Type::F32, 4};
    case Op::F64Load: return {Access::F64, Type::F64, 8};
    case Op::I32Load8S: return {Access::S8, Type::I32, 1};
    case Op::I32Load8U: return {Access::U8, Type::I32, 1};
    case Op::I32Load16S: return {Access::S16, Type::I32, 2};
    case Op::I32Load16U: return {Access::U16, Type::I32, 2};
    case Op::I64Load8S: return {Access::S8, Type::I64, 1};
    case Op::I64Load8U: return {Access::U8, Type::I64, 1};
    case Op::I64Load16S: return {Access::S16, Type::I64, 2};
    case Op::I64Load16U: return {Access::U16, Type::I64, 2};
    case Op::I64Load32S: return {Access::S32, Type::I64, 4};
    default: return {Access::U32, Type::I64, 4};  // i64.load32_u
  }
}

Scalar store_row(Op op) {
  switch (op) {
    case Op::I32Store: return {Access::U32, Type::I32, 4};
    case Op::I64Store: return {Access::B64, Type::I64, 8};
    case Op::F32Store: return {Access::F32, Type::F32, 4};
    case Op::F64Store: return {Access::F64, Type::F64, 8};
    case Op::I32Store8: return {Access::U8, Type::I32, 1};
    case Op::I32Store16: return {Access::U16, Type::I32, 2};
    case Op::I64Store8: return {Access::U8, Type::I64, 1};
    case Op::I64Store16: return {Access::U16, Type::I64, 2};
    default: return {Access::U32, Type::I64, 4};  // i64.store32
  }
}

}  // namespace

// ---- linear memory
// --------------------------------------------------------------------------------------

Builder::V Builder::memory_struct(std::uint32_t memory) {
  return vm_const(vm_const(vmctx(), offsetof(Vmctx, memories)), std::uint64_t{memory} * 8);
}

/// A memory's base or size, which only calls change.
Builder::V Builder::memory_word(std::uint32_t memory, bool base) {
  Inst i;
  i.op = IrOp::VmLoad;
  i.type = Type::I64;
  i.aux = static_cast<std::uint16_t>(Access::B64);
  i.lane = kMemoryWord;
  i.mem = static_cast<std::uint16_t>(memory);
  i.args[0] = raw(memory == 0 ? vmctx() : memory_struct(memory));
  i.imm = memory_word_at(memory, base);
  return append(i);
}

/// The address once `end` bytes from it are known to lie inside. A check that reaches as far has
/// done: memories do not shrink. One that does not is made to, unless something has happened since
/// or the end itself may lie outside, which has a guard of its own.
Builder::V Builder::checked_address(V index, std::uint32_t memory, std::uint64_t end) {
  const MemoryInfo& info = f_.memories[memory];
  Inst check;
  check.op = IrOp::MemCheck;
  check.type = Type::I64;
  check.aux_type = f_[index].type;
  check.mem = static_cast<std::uint16_t>(memory);
  check.args[0] = raw(index);
  const ValueTable::Key key = ValueTable::key(check, 0);
  if (const V known = table_.find(key); known != kNoValue) {
    const Inst& earlier = f_[known];
    if (earlier.imm >= end) return known;
    if (known == open_check_ && earlier.lane < kMostMerged && end <= info.least_bytes) {
      std::uint32_t positions[kMostMerged];
      for (unsigned n = 0; n < earlier.lane; ++n) positions[n] = f_.pool[earlier.args[2] + n];
      positions[earlier.lane] = state_->offset();
      f_[known].args[2] = f_.add_list({positions, earlier.lane + 1u});
      ++f_[known].lane;
      f_[known].imm = end;
      return known;
    }
  }
  check.imm = end;
  const V v = append_raw(check);
  table_.insert(key, v);
  open_check_ = v;
  return v;
}

/// The place an access goes to: checked unless the memory's guard covers it.
Builder::Address Builder::address(V index, const Imm& imm, std::uint32_t bytes) {
  const std::uint32_t memory = imm.index;
  const MemoryInfo& info = f_.memories[memory];
  Address a{index, imm.offset(), 0};
  const bool overflows = imm.offset() + bytes < imm.offset();
  const std::uint64_t end = overflows ? ~std::uint64_t{0} : imm.offset() + bytes;
  const bool checked = info.is_64 || end > info.guarded_bytes;
  if (checked) {
    const Inst i = f_[index];  // a copy: what is appended moves the list
    constexpr std::uint64_t kMost = 0x7FFFFFFF;
    if (info.may_move && i.op == IrOp::Const && i.imm <= kMost && end <= kMost &&
        i.imm + end <= std::min(kMost, info.least_bytes)) {
      return {memory_word(memory, true), a.offset + i.imm, kAbsolute};
    }
    a.base = checked_address(index, memory, end);
  }
  if (memory == 0 && !info.may_move) return a;
  if (f_[a.base].type == Type::I32) a.base = op1(IrOp::ExtU, Type::I64, a.base, Type::I32);
  const V base = info.may_move ? memory_word(memory, true)
                               : vm_const(memory_struct(memory), offsetof(VmMemory, base));
  a.base = op2(IrOp::Add, Type::I64, base, a.base);
  a.mem = checked ? kAbsolute : kAbsoluteGuarded;
  return a;
}

void Builder::on_load(Op op, const Imm& imm) {
  const Scalar row = load_row(op);
  const Address a = address(pop(), imm, row.bytes);
  Inst i;
  i.op = IrOp::Load;
  i.type = row.type;
  i.aux = static_cast<std::uint16_t>(row.access);
  i.mem = a.mem;
  i.args[0] = raw(a.base);
  i.imm = a.offset;
  push(append(i));
}

void Builder::on_store(Op op, const Imm& imm) {
  const Scalar row = store_row(op);
  const V value = pop();
  const Address a = address(pop(), imm, row.bytes);
  Inst i;
  i.op = IrOp::Store;
  i.aux_type = row.type;
  i.aux = static_cast<std::uint16_t>(row.access);
  i.mem = a.mem;
  i.args[0] = raw(a.base);
  i.args[1] = raw(value);
  i.imm = a.offset;
  append(i);
}

void Builder::on_simd_load(Op op, const Imm& imm) {
  const std::uint32_t bytes = 1u << op_info(op).align;
  const bool lane = op == Op::V128Load8Lane || op == Op::V128Load16Lane ||
                    op == Op::V128Load32Lane || op == Op::V128Load64Lane;
  const V vector = lane ? pop() : kNoValue;
  const Address a = address(pop(), imm, bytes);
  Inst i;
  i.type = Type::V128;
  i.mem = a.mem;
  i.args[0] = raw(a.base);
  i.imm = a.offset;
  if (op == Op::V128Load) {
    i.op = IrOp::Load;
    i.aux = static_cast<std::uint16_t>(Access::V128);
  } else {
    i.op = lane ? IrOp::SimdLoadLane : IrOp::SimdLoad;
    i.aux = static_cast<std::uint16_t>(op);
    if (lane) {
      i.args[1] = raw(vector);
      i.lane = imm.lane;
    }
  }
  push(append(i));
}

void Builder::on_simd_store(Op op, const Imm& imm) {
  const V value = pop();
  const Address a = address(pop(), imm, 1u << op_info(op).align);
  Inst i;
  i.aux_type = Type::V128;
  i.mem = a.mem;
  i.args[0] = raw(a.base);
  i.args[1] = raw(value);
  i.imm = a.offset;
  if (op == Op::V128Store) {
    i.op = IrOp::Store;
    i.aux = static_cast<std::uint16_t>(Access::V128);
  } else {
    i.op = IrOp::SimdStoreLane;
    i.aux = static_cast<std::uint16_t>(op);
    i.lane = imm.lane;
  }
  append(i);
}

// ---- bulk operations on few bytes
// -----------------------------------------------------------------------

namespace {

/// The parts of a copy of n bytes, the last first: where memory ends inside the range, that one
/// faults before anything is written.
struct Part {
  std::uint32_t offset;
  Access access;
  Type type;
};

std::vector<Part> parts_of(std::uint32_t n) {
  static constexpr struct {
    std::uint32_t bytes;
    Access access;
    Type type;
  } kSizes[] = {{16, Access::V128, Type::V128},
                {8, Access::B64, Type::I64},
                {4, Access::U32, Type::I32},
                {2, Access::U16, Type::I32},
                {1, Access::U8, Type::I32}};
  std::vector<Part> parts;
  for (const auto& size : kSizes) {
    if (n < size.bytes) continue;
    parts.push_back({n - size.bytes, size.access, size.type});
    for (std::uint32_t at = 0; at + size.bytes < n; at += size.bytes) {
      parts.push_back({at, size.access, size.type});
    }
    break;
  }
  return parts;
}

}  // namespace

/// Whether a memory.copy or memory.fill that is about to be appended moves few bytes, a constant
/// number, within memory 0, whose guard checks it.
bool Builder::small_bulk(std::uint32_t dst, std::uint32_t src) {
  constexpr std::uint64_t kMost = 128;
  if (dst != 0 || src != 0 || f_.memories[0].is_64) return false;
  if (f_.memories[0].may_move || f_.memories[0].guarded_bytes < kMost) return false;
  const Inst& n = f_[top()];
  return n.op == IrOp::Const && n.imm != 0 && n.imm <= kMost;
}

void Builder::store_part(V dst, std::uint32_t offset, Access access, V value) {
  Inst i;
  i.op = IrOp::Store;
  i.aux_type = f_[value].type;
  i.aux = static_cast<std::uint16_t>(access);
  i.args[0] = raw(dst);
  i.args[1] = raw(value);
  i.imm = offset;
  append(i);
}

/// Faults where the last byte of a range cannot be written, before a store that would be torn
/// there.
void Builder::probe(V dst, std::uint32_t n) {
  if (!context_.target->stores_may_tear) return;
  Inst i;
  i.op = IrOp::Load;
  i.type = Type::I32;
  i.aux = static_cast<std::uint16_t>(Access::U8);
  i.args[0] = raw(dst);
  i.imm = n - 1;
  append(i);
}

/// All is read before anything is written: the ranges may overlap.
void Builder::copy_inline(V dst, V src, std::uint32_t n) {
  const std::vector<Part> parts = parts_of(n);
  std::vector<V> values;
  for (const Part& part : parts) {
    Inst i;
    i.op = IrOp::Load;
    i.type = part.type;
    i.aux = static_cast<std::uint16_t>(part.access);
    i.args[0] = raw(src);
    i.imm = part.offset;
    values.push_back(append(i));
  }
  probe(dst, n);
  for (std::size_t k = 0; k < parts.size(); ++k) {
    store_part(dst, parts[k].offset, parts[k].access, values[k]);
  }
}

void Builder::fill_inline(V dst, V value, std::uint32_t n) {
  V spread = value;
  if (n >= 16) {
    Inst splat;
    splat.op = IrOp::Simd1;
    splat.type = Type::V128;
    splat.aux_type = Type::I32;
    splat.aux = static_cast<std::uint16_t>(Op::I8x16Splat);
    splat.args[0] = raw(value);
    spread = is_const(value, 0) ? zero(Type::V128) : append(splat);
  } else if (n > 1) {
    const V byte = op2(IrOp::And, Type::I32, value, constant(Type::I32, 0xFF));
    if (n >= 8) {
      spread = op2(IrOp::Mul, Type::I64, op1(IrOp::ExtU, Type::I64, byte, Type::I32),
                   constant(Type::I64, 0x0101010101010101));
    } else {
      spread = op2(IrOp::Mul, Type::I32, byte, constant(Type::I32, 0x01010101));
    }
  }
  probe(dst, n);
  for (const Part& part : parts_of(n)) store_part(dst, part.offset, part.access, spread);
}

void Builder::on_memory(Op op, const Imm& imm) {
  const auto number = [&](std::uint32_t n) { return constant(Type::I32, n); };
  const auto wide = [&](V v) {
    return f_[v].type == Type::I32 ? op1(IrOp::ExtU, Type::I64, v, Type::I32) : v;
  };
  switch (op) {
    case Op::MemorySize: {
      const MemoryInfo& info = f_.memories[imm.index];
      const V bytes = memory_word(imm.index, false);
      const V pages = op2(IrOp::ShrU, Type::I64, bytes, constant(Type::I64, info.page_size_log2));
      push(info.is_64 ? pages : op1(IrOp::Wrap, Type::I32, pages, Type::I64));
      break;
    }
    case Op::MemoryGrow: {
      builtin(k_memory_grow, {number(imm.index), wide(pop())}, Type::I64);
      if (!f_.memories[imm.index].is_64) push(op1(IrOp::Wrap, Type::I32, pop(), Type::I64));
      break;
    }
    case Op::MemoryFill: {
      if (small_bulk(imm.index, imm.index)) {
        const auto bytes = static_cast<std::uint32_t>(f_[pop()].imm);
        const V value = pop();
        fill_inline(pop(), value, bytes);
        break;
      }
      const V n = wide(pop());
      const V value = pop();
      const V dst = wide(pop());
      if (imm.index == 0) {
        builtin(k_memory0_fill, {dst, value, n}, Type::Void);
      } else {
        builtin(k_memory_fill, {number(imm.index), dst, value, n}, Type::Void);
      }
      break;
    }
    case Op::MemoryCopy: {
      if (small_bulk(imm.index, imm.index2)) {
        const auto bytes = static_cast<std::uint32_t>(f_[pop()].imm);
        const V src = pop();
        copy_inline(pop(), src, bytes);
        break;
      }
      const V n = wide(pop());
      const V src = wide(pop());
      const V dst = wide(pop());
      if (imm.index == 0 && imm.index2 == 0) {
        builtin(k_memory0_copy, {dst, src, n}, Type::Void);
      } else {
        builtin(k_memory_copy, {number(imm.index), number(imm.index2), dst, src, n}, Type::Void);
      }
      break;
    }
    case Op::MemoryInit: {
      const V n = wide(pop());
      const V src = wide(pop());
      const V dst = wide(pop());
      builtin(k_memory_init, {number(imm.index), number(imm.index2), dst, src, n}, Type::Void);
      break;
    }
    default:  // data.drop
      builtin(k_data_drop, {number(imm.index)}, Type::Void);
  }
}

// ---- globals
// ----------------------------------------------------------------------------------------------

Builder::V Builder::global_cell(std::uint32_t global) {
  return vm_const(vm_const(vmctx(), offsetof(Vmctx, globals)), std::uint64_t{global} * 8);
}

void Builder::on_global_get(GlobalIdx global, ValType type) {
  const Type t = ir_type(type);
  const V cell = global_cell(raw(global));
  if (!module_.globals[raw(global)].type.is_mutable && t != Type::V128) {
    // Written once, before any function runs: as constant as a pointer. (Start functions of this
    // instance run afterwards.)
    Inst i;
    i.op = IrOp::VmLoadConst;
    i.type = t;
    i.aux = static_cast<std::uint16_t>(access_of(t));
    i.args[0] = raw(cell);
    push(append(i));
    return;
  }
  push(vm_load(cell, 0, access_of(t), t));
}

void Builder::on_global_set(GlobalIdx global, ValType type) {
  const V value = pop();
  const Type t = ir_type(type);
  vm_store(global_cell(raw(global)), 0, access_of(t), value, t);
}

// ---- tables and references
// --------------------------------------------------------------------------------

Builder::V Builder::table_struct(std::uint32_t table) {
  return vm_const(vm_const(vmctx(), offsetof(Vmctx, tables)), std::uint64_t{table} * 8);
}

Builder::V Builder::wide(V index) {
  return f_[index].type == Type::I32 ? op1(IrOp::ExtU, Type::I64, index, Type::I32) : index;
}

Builder::Element Builder::table_element(V index, std::uint32_t table, TrapKind kind) {
  const V t = table_struct(table);
  const V size = vm_load(t, offsetof(VmTable, size), Access::B64, Type::I64);
  const V inside = checked_index(wide(index), size, kind);
  const V elements = vm_load(t, offsetof(VmTable, elements), Access::B64, Type::I64);
  const V offset = op2(IrOp::Shl, Type::I64, inside, constant(Type::I64, 3));
  return {op2(IrOp::Add, Type::I64, elements, offset), inside};
}

void Builder::on_table(Op op, const Imm& imm) {
  const auto number = [&](std::uint32_t n) { return constant(Type::I32, n); };
  const auto is_64 = [&](std::uint32_t t) {
    return module_.tables[t].type.address == AddressType::I64;
  };
  switch (op) {
    case Op::TableGet: {
      const V at = table_element(pop(), imm.index, TrapKind::OutOfBoundsTableAccess).address;
      push(vm_load(at, 0, Access::B64, Type::I64));
      break;
    }
    case Op::TableSet: {
      const V value = pop();
      const V at = table_element(pop(), imm.index, TrapKind::OutOfBoundsTableAccess).address;
      vm_store(at, 0, Access::B64, value, Type::I64);
      break;
    }
    case Op::TableSize: {
      const V size =
          vm_load(table_struct(imm.index), offsetof(VmTable, size), Access::B64, Type::I64);
      push(is_64(imm.index) ? size : op1(IrOp::Wrap, Type::I32, size, Type::I64));
      break;
    }
    case Op::TableGrow: {
      const V delta = wide(pop());
      const V init = pop();
      builtin(k_table_grow, {number(imm.index), init, delta}, Type::I64);
      if (!is_64(imm.index)) push(op1(IrOp::Wrap, Type::I32, pop(), Type::I64));
      break;
    }
    case Op::TableFill: {
      const V n = wide(pop());
      const V value = pop();
      const V dst = wide(pop());
      builtin(k_table_fill, {number(imm.index), dst, value, n}, Type::Void);
      break;
    }
    case Op::TableCopy: {
      const V n = wide(pop());
      const V src = wide(pop());
      const V dst = wide(pop());
      builtin(k_table_copy, {number(imm.index), number(imm.index2), dst, src, n}, Type::Void);
      break;
    }
    case Op::TableInit: {
      const V n = wide(pop());
      const V src = wide(pop());
      const V dst = wide(pop());
      builtin(k_table_init, {number(imm.index), number(imm.index2), dst, src, n}, Type::Void);
      break;
    }
    default:  // elem.drop
      builtin(k_elem_drop, {number(imm.index)}, Type::Void);
  }
}

void Builder::on_ref(Op op, const Imm& imm, ValType) {
  switch (op) {
    case Op::RefNull: push(constant(Type::I64, 0)); break;
    case Op::RefIsNull: {
      const V ref = pop();
      push(icmp(Cond::Eq, Type::I64, ref, constant(Type::I64, 0)));
      break;
    }
    case Op::RefFunc: push(func_ref(FuncIdx{imm.index})); break;
    default:  // ref.as_non_null
      push(non_null(pop(), TrapKind::NullReference));
  }
}

}  // namespace wasmrt::jit
