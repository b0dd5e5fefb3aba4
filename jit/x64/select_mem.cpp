// Memory accesses and their addresses.
#include "jit/x64/select.h"
#include "libwasmrt/abi/vmctx.h"

namespace wasmrt::jit::x64 {

using namespace ir;

/// Takes a constant and a shift out of an i32 index where nothing is lost by them.
Selector::V Selector::fold_index32(V index, Mem& mem) {
  const auto free = [&](IrOp op) {
    const Inst& i = at(index);
    return i.op == op && i.type == Type::I32 && i.aux == kNoWrap && !needed(index) &&
           at(i.arg(1)).op == IrOp::Const;
  };
  if (free(IrOp::Add)) {
    const Inst& add = at(index);
    const std::int64_t sum = std::int64_t{mem.disp} + static_cast<std::int32_t>(at(add.arg(1)).imm);
    // The guard covers it even where the processor only guesses that nothing wraps.
    constexpr std::int64_t kWidest = 64;
    const std::uint64_t guarded = f_.memories[0].guarded_bytes;
    if (sum != static_cast<std::int32_t>(sum)) return index;
    if (sum > 0 && static_cast<std::uint64_t>(sum + kWidest) > guarded) return index;
    mem.disp = static_cast<std::int32_t>(sum);
    index = add.arg(0);
  }
  if (free(IrOp::Shl)) {
    const Inst& shl = at(index);
    const std::uint64_t by = at(shl.arg(1)).imm & 31;
    if (by <= 3) {
      mem.scale = static_cast<std::uint8_t>(by);
      index = shl.arg(0);
    }
  }
  return index;
}

/// Base and offset as a memory operand; adds of pointers fold into it.
Mem Selector::address(V base, std::uint64_t offset, std::uint16_t memory) {
  Mem mem;
  mem.guest = true;
  const bool far = offset > 0x7FFFFFFF;
  const auto fold_index = [&](V index) {  // index, or index << k
    const Inst& shl = at(index);
    std::int64_t by = 0;
    if (shl.op == IrOp::Shl && shl.type == Type::I64 && !needed(index) && imm32(shl.arg(1), by) &&
        by >= 1 && by <= 3) {
      mem.index = reg(shl.arg(0));
      mem.scale = static_cast<std::uint8_t>(by);
    } else {
      mem.index = reg(index);
    }
  };
  if (memory == 0) {
    mem.pinned = 1;
    if (!far) {
      mem.disp = static_cast<std::int32_t>(offset);
      mem.index = reg(fold_index32(base, mem));
      return mem;
    }
  } else if (!far) {
    mem.disp = static_cast<std::int32_t>(offset);
    const Inst& add = at(base);
    if (add.op == IrOp::Add && !needed(base) && at(add.arg(1)).op != IrOp::Const) {
      mem.base = reg(add.arg(0));
      fold_index(add.arg(1));
      return mem;
    }
    mem.base = reg(base);
    return mem;
  }
  // The offset does not fit a displacement: added in 64 bits.
  const VReg sum = temp(RegClass::Int);
  const VReg big = temp(RegClass::Int);
  emit(kMovImm, 8, {def(big)}).imm = static_cast<std::int64_t>(offset);
  emit(kAdd, 8, {def_same(sum, 1), use(big), use(reg(base))});
  (memory == 0 ? mem.index : mem.base) = sum;
  return mem;
}

Mem Selector::vm_address(V base, std::uint64_t offset) {
  Mem mem;
  mem.disp = static_cast<std::int32_t>(offset);
  const Inst& b = at(base);
  if (b.op == IrOp::Vmctx) {
    mem.pinned = 2;
    return mem;
  }
  mem = address(base, offset, kAbsolute);
  mem.guest = false;
  return mem;
}

Mem Selector::memory_of(const Inst& access) {
  if (access.op == IrOp::VmLoad || access.op == IrOp::VmLoadConst || access.op == IrOp::VmStore) {
    return vm_address(access.arg(0), access.imm);
  }
  Mem mem = address(access.arg(0), access.imm, access.mem);
  mem.pos = access.pos;
  return mem;
}

void Selector::load(V v, const Mem& mem) {
  const Inst& i = at(v);
  MInst& m = emit_mem(kLoad, size_of(i.type),
                      {def(needed(v) ? reg(v) : temp(class_of(i.type), size_of(i.type)))}, mem);
  m.aux = i.aux;
}

void Selector::store(const Inst& i, const Mem& mem) {
  const auto access = static_cast<Access>(i.aux);
  std::int64_t imm = 0;
  if (class_of(i.aux_type) == RegClass::Int && imm32(i.arg(1), imm)) {
    MInst& m = emit_mem(kStore, size_of(i.aux_type), {}, mem);
    m.aux = static_cast<std::uint32_t>(access) | 0x100;
    m.imm = imm;
    return;
  }
  // Only the low bits are stored: what cuts them off first is not needed.
  V value = i.arg(1);
  if (at(value).op == IrOp::Wrap && !needed(value)) value = at(value).arg(0);
  emit_mem(kStore, size_of(i.aux_type), {use(reg(value))}, mem).aux = i.aux;
}

bool Selector::select_mem(V v) {
  const Inst& i = at(v);
  switch (i.op) {
    case IrOp::Vmctx: {
      // Wanted as a value, not as a base.
      Mem mem;
      mem.pinned = 2;
      MInst& m = emit_mem(kLea, 8, {def(reg(v))}, mem);
      m.can_remat = true;
      return true;
    }
    case IrOp::MemCheck:
    case IrOp::LimitCheck: check_memory(kMemCheck, reg(v), i, Constraint::Any); return true;
    case IrOp::CallDistance: {
      Mem mem;
      mem.base = reg(i.arg(0));
      mem.index = reg(i.arg(1));
      mem.scale = 2;
      emit_mem(kLoad, 8, {def(needed(v) ? reg(v) : temp(RegClass::Int))}, mem).aux =
          static_cast<std::uint32_t>(Access::S32);
      return true;
    }
    case IrOp::Load: load(v, memory_of(i)); return true;
    case IrOp::VmLoad:
    case IrOp::VmLoadConst: {
      const Mem mem = memory_of(i);
      load(v, mem);
      m_.insts.back().can_remat = i.op == IrOp::VmLoadConst && mem.pinned == 2;
      return true;
    }
    case IrOp::Store:
    case IrOp::VmStore: store(i, memory_of(i)); return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit::x64
