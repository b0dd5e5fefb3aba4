// Places in memory, moves between them and registers, accesses and bounds checks.
#include <algorithm>
#include <bit>

#include "jit/arm64/emit.h"
#include "jit/arm64/select.h"
#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::arm64 {

namespace a64 = asmjit::a64;
using a64::Inst;
using ir::Access;

// ---- operands
// --------------------------------------------------------------------------------------------

Emitter::Gp Emitter::gp(std::uint32_t reg, unsigned size) {
  return size == 8 ? Gp(a64::x(reg)) : Gp(a64::w(reg));
}
Emitter::Gp Emitter::zero(unsigned size) { return size == 8 ? Gp(a64::xzr) : Gp(a64::wzr); }
Emitter::Vec Emitter::vec(std::uint32_t reg, unsigned size) {
  return size == 4 ? Vec(a64::s(reg)) : size == 8 ? Vec(a64::d(reg)) : Vec(a64::v(reg));
}

Emitter::Ptr Emitter::place(std::uint32_t base, std::int64_t disp, unsigned bytes) {
  const auto direct = [bytes](std::int64_t at) {
    return (at >= -256 && at < 256) || (at >= 0 && at % bytes == 0 && at / bytes < 4096);
  };
  if (direct(disp)) return a64::ptr(gp(base, 8), static_cast<std::int32_t>(disp));
  if (disp > 0 && disp < 1 << 24) {
    // Two parts of 12 bits; the lower one in the access, if it can stand there.
    const std::int64_t low = disp & 0xFFF;
    if (direct(low)) {
      add_imm(kScratch2, base, disp - low);
      return a64::ptr(gp(kScratch2, 8), static_cast<std::int32_t>(low));
    }
    add_imm(kScratch2, base, disp);
    return a64::ptr(gp(kScratch2, 8));
  }
  if (base == kScratch2) {
    mov_imm(kScratch, static_cast<std::uint64_t>(disp));
    return a64::ptr(gp(base, 8), gp(kScratch, 8));
  }
  mov_imm(kScratch2, static_cast<std::uint64_t>(disp));
  return a64::ptr(gp(base, 8), gp(kScratch2, 8));
}

/// The assembler refuses the extended form for an index of 32 bits.
void Emitter::add_index(std::uint32_t to, std::uint32_t base, std::uint32_t index, unsigned scale,
                        bool index32) {
  const std::uint32_t how = index32 ? 0x8B204000 | scale << 10 : 0x8B000000 | scale << 10;
  word(how | index << 16 | base << 5 | to);
}

Emitter::Ptr Emitter::memory(const MInst& i, unsigned bytes, bool index32) {
  unsigned at = plain_operands(i);
  std::uint32_t base = kMemory;
  if (i.mem_base) base = op(i, at++).loc.n;
  if (i.mem_pinned == 2) base = kVmctx;
  if (!i.mem_index) return place(base, i.mem_disp, bytes);
  const Gp index = gp(op(i, at), index32 ? 4 : 8);
  const auto how = index32 ? asmjit::arm::ShiftOp::kUXTW : asmjit::arm::ShiftOp::kLSL;
  const asmjit::arm::Shift shift(how, i.mem_scale);
  if (i.mem_disp == 0 && (i.mem_scale == 0 || 1u << i.mem_scale == bytes)) {
    if (!index32 && i.mem_scale == 0) return a64::ptr(gp(base, 8), index);
    return a64::ptr(gp(base, 8), index, shift);
  }
  add_index(kScratch2, base, index.id(), i.mem_scale, index32);
  return place(kScratch2, i.mem_disp, bytes);
}

/// Without side effects but on `to` and the scratch registers.
Emitter::Gp Emitter::memory_address(const MInst& i, bool index32, std::uint32_t to) {
  unsigned at = plain_operands(i);
  std::uint32_t base = kMemory;
  if (i.mem_base) base = op(i, at++).loc.n;
  if (i.mem_pinned == 2) base = kVmctx;
  if (i.mem_index) {
    add_index(to, base, op(i, at).loc.n, i.mem_scale, index32);
    base = to;
  }
  if (i.mem_disp == 0) return gp(base, 8);
  if (i.mem_disp > 0 && i.mem_disp < 1 << 24) {
    add_imm(to, base, i.mem_disp);
  } else {
    mov_imm(kScratch, static_cast<std::uint64_t>(std::int64_t{i.mem_disp}));
    a_.add(gp(to, 8), gp(base, 8), gp(kScratch, 8));
  }
  return gp(to, 8);
}

// ---- moves
// -----------------------------------------------------------------------------------------------

void Emitter::copy(std::uint32_t d, std::uint32_t a, unsigned bytes) {
  if (d == a) return;
  if (bytes == 16) {
    a_.mov(a64::v(d).b16(), a64::v(a).b16());
  } else {
    a_.fmov(a64::d(d), a64::d(a));
  }
}

void Emitter::load_place(const MOperand& to, const Ptr& from, unsigned bytes) {
  if (cls(to) == RegClass::Int) {
    a_.ldr(gp(to, 8), from);
  } else {
    a_.ldr(vec(to, bytes == 16 ? 16 : 8), from);
  }
}

void Emitter::store_place(const MOperand& from, const Ptr& to, unsigned bytes) {
  if (cls(from) == RegClass::Int) {
    a_.str(gp(from, 8), to);
  } else {
    a_.str(vec(from, bytes == 16 ? 16 : 8), to);
  }
}

void Emitter::emit_move(const MInst& i) {
  const MOperand& to = op(i, 0);
  const MOperand& from = op(i, 1);
  if (to.loc == from.loc) return;
  const unsigned size = i.size == 16 ? 16 : 8;
  if (to.loc.is_reg() && from.loc.is_reg()) {
    if (cls(to) == RegClass::Int) {
      mov(to.loc.n, from.loc.n);
    } else {
      copy(to.loc.n, from.loc.n, size);
    }
  } else if (to.loc.is_reg()) {
    load_place(to, slot(from.loc.n, size), size);
  } else if (from.loc.is_reg()) {
    store_place(from, slot(to.loc.n, size), size);
  } else {
    a_.ldr(vec(kScratchVec, size), slot(from.loc.n, size));
    a_.str(vec(kScratchVec, size), slot(to.loc.n, size));
  }
}

/// Two moves between registers and neighbouring slots as one.
bool Emitter::emit_move_pair(const MInst& x, const MInst& y) {
  if (x.op != kMove || y.op != kMove || x.size == 16 || y.size == 16) return false;
  const bool loads = op(x, 1).loc.is_slot();
  const MOperand& xr = op(x, loads ? 0 : 1);
  const MOperand& xs = op(x, loads ? 1 : 0);
  const MOperand& yr = op(y, loads ? 0 : 1);
  const MOperand& ys = op(y, loads ? 1 : 0);
  if (!xr.loc.is_reg() || !xs.loc.is_slot() || !yr.loc.is_reg() || !ys.loc.is_slot()) return false;
  if (cls(xr) != cls(yr) || (loads && xr.loc == yr.loc)) return false;
  const bool up = ys.loc.n == xs.loc.n + 1;
  if (!up && xs.loc.n != ys.loc.n + 1) return false;
  const std::uint32_t at = slots_at_ + 8 * std::min(xs.loc.n, ys.loc.n);
  if (at > 504) return false;
  const std::uint32_t low = up ? xr.loc.n : yr.loc.n;
  const std::uint32_t high = up ? yr.loc.n : xr.loc.n;
  const Ptr where = a64::ptr(a64::sp, static_cast<std::int32_t>(at));
  if (cls(xr) == RegClass::Int) {
    a_.emit(loads ? Inst::kIdLdp : Inst::kIdStp, gp(low, 8), gp(high, 8), where);
  } else {
    a_.emit(loads ? Inst::kIdLdp_v : Inst::kIdStp_v, vec(low, 8), vec(high, 8), where);
  }
  return true;
}

/// Exchanges two places of any kind, by way of the scratch registers.
void Emitter::emit_swap(const MInst& i) {
  const MOperand& x = op(i, 0);
  const MOperand& y = op(i, 1);
  const bool is_vec = cls(x) == RegClass::Vec;
  const unsigned size = i.size == 16 ? 16 : 8;
  if (x.loc.is_reg() && y.loc.is_reg()) {
    if (!is_vec) {
      mov(kScratch, x.loc.n);
      mov(x.loc.n, y.loc.n);
      mov(y.loc.n, kScratch);
    } else {
      copy(kScratchVec, x.loc.n, 16);
      copy(x.loc.n, y.loc.n, 16);
      copy(y.loc.n, kScratchVec, 16);
    }
    return;
  }
  if (x.loc.is_slot() && y.loc.is_slot()) {
    for (unsigned w = 0; w < size / 8; ++w) {
      a_.ldr(gp(kScratch, 8), slot(x.loc.n + w, 8));
      a_.ldr(vec(kScratchVec, 8), slot(y.loc.n + w, 8));
      a_.str(gp(kScratch, 8), slot(y.loc.n + w, 8));
      a_.str(vec(kScratchVec, 8), slot(x.loc.n + w, 8));
    }
    return;
  }
  const MOperand& reg = x.loc.is_reg() ? x : y;
  const std::uint32_t n = x.loc.is_reg() ? y.loc.n : x.loc.n;
  if (!is_vec) {
    a_.ldr(gp(kScratch, 8), slot(n, 8));
    a_.str(gp(reg, 8), slot(n, 8));
    mov(reg.loc.n, kScratch);
  } else {
    a_.ldr(vec(kScratchVec, size), slot(n, size));
    a_.str(vec(reg, size), slot(n, size));
    copy(reg.loc.n, kScratchVec, size);
  }
}

// ---- accesses
// --------------------------------------------------------------------------------------------

void Emitter::load(const MInst& i) {
  const auto access = static_cast<Access>(i.aux & 0xFF);
  const Ptr from = memory(i, bytes_of(access), (i.aux & kIndex32) != 0);
  guest_access(i);
  const MOperand& d = op(i, 0);
  switch (access) {
    case Access::U8: a_.ldrb(gp(d, 4), from); break;
    case Access::U16: a_.ldrh(gp(d, 4), from); break;
    case Access::S8: a_.ldrsb(gp(d, i.size), from); break;
    case Access::S16: a_.ldrsh(gp(d, i.size), from); break;
    case Access::U32: a_.ldr(gp(d, 4), from); break;
    case Access::S32: a_.ldrsw(gp(d, 8), from); break;
    case Access::B64: a_.ldr(gp(d, 8), from); break;
    case Access::F32: a_.ldr(vec(d, 4), from); break;
    case Access::F64: a_.ldr(vec(d, 8), from); break;
    case Access::V128: a_.ldr(vec(d, 16), from); break;
  }
}

/// In front of a store that may tear: faults where it would.
void Emitter::probe(const MInst& i, const Ptr& at, unsigned bytes) {
  if (!i.mem_guest || !has(kCpuProbeStores)) return;
  guest_access(i);
  switch (bytes) {
    case 1: a_.ldrb(zero(4), at); break;
    case 2: a_.ldrh(zero(4), at); break;
    case 16: a_.ldr(vec(kScratchVec, 16), at); break;
    default: a_.ldr(zero(bytes), at);
  }
}

void Emitter::store(const MInst& i) {
  const auto access = static_cast<Access>(i.aux & 0xFF);
  const unsigned bytes = bytes_of(access);
  const Ptr to = memory(i, bytes, (i.aux & kIndex32) != 0);
  probe(i, to, bytes);
  guest_access(i);
  const bool is_zero = plain_operands(i) == 0;
  if (!is_zero && cls(op(i, 0)) == RegClass::Vec) {
    a_.str(vec(op(i, 0), bytes), to);
    return;
  }
  const Gp value = is_zero ? zero(bytes == 8 ? 8 : 4) : gp(op(i, 0), bytes == 8 ? 8 : 4);
  switch (bytes) {
    case 1: a_.strb(value, to); break;
    case 2: a_.strh(value, to); break;
    default: a_.str(value, to);
  }
}

/// Two accesses of neighbouring places, where selection allows it, as one instruction. What faults
/// in it is the first, or the second where that is the upper one and the lower one lies inside the
/// memory: then the second has a point of its own (CodePoint::pair).
bool Emitter::emit_access_pair(const MInst& x, const MInst& y) {
  if ((x.op != kLoad && x.op != kStore) || y.op != x.op || (x.aux & kWithNext) == 0) return false;
  if (!x.mem_base || !y.mem_base || x.mem_index || y.mem_index) return false;
  const std::uint32_t base = op(x, plain_operands(x)).loc.n;
  if (op(y, plain_operands(y)).loc.n != base) return false;
  const auto access = static_cast<Access>(x.aux & 0xFF);
  const unsigned bytes = bytes_of(access);
  const bool up = y.mem_disp > x.mem_disp;
  const MInst& low = up ? x : y;
  const MInst& high = up ? y : x;
  const std::int32_t disp = low.mem_disp;
  const auto step = static_cast<std::int32_t>(bytes);
  if (static_cast<Access>(y.aux & 0xFF) != access || high.mem_disp != disp + step) return false;
  if (disp < 0 || disp % step != 0 || disp / step > 63) return false;
  const bool is_load = x.op == kLoad;
  const auto of_vectors = [this](const MInst& i) {
    return plain_operands(i) != 0 && cls(op(i, 0)) == RegClass::Vec;
  };
  const bool is_vec = of_vectors(x);
  if (is_vec != of_vectors(y)) return false;
  if (is_load && (op(x, 0).loc == op(y, 0).loc || (!is_vec && op(x, 0).loc.n == base)))
    return false;
  guest_access(x);
  if (up) {
    CodePair pair;
    pair.base = base;
    pair.bytes = bytes;
    pair.distance = static_cast<unsigned>(disp);
    CodePoint& first = out_.points.back();
    CodePoint second = first;
    first.pair = pack(pair);
    second.pc += 1;
    second.wasm = y.mem_pos;
    if (!is_load && !is_vec) {
      second.pair = static_cast<std::uint16_t>(1 + (plain_operands(x) == 0 ? 31 : op(x, 0).loc.n));
    }
    out_.points.push_back(second);
  }
  const auto value = [&](const MInst& i) -> asmjit::Operand {
    if (plain_operands(i) == 0) return zero(bytes);
    if (is_vec) return vec(op(i, 0), bytes);
    return gp(op(i, 0), access == Access::S32 ? 8 : bytes);
  };
  InstId id = is_load ? Inst::kIdLdp : Inst::kIdStp;
  if (is_vec) id = is_load ? Inst::kIdLdp_v : Inst::kIdStp_v;
  if (is_load && access == Access::S32) id = Inst::kIdLdpsw;
  a_.emit(id, value(low), value(high), a64::ptr(gp(base, 8), disp));
  return true;
}

Emitter::Label Emitter::check_label(const MInst& i) {
  const Label label =
      trap_label(static_cast<unsigned>(TrapKind::OutOfBoundsMemoryAccess), i.pos, op(i, 0).loc.n);
  if (i.mem_disp != 0) traps_.back().check = &i;
  return label;
}

/// Compares an address with what is left of the memory behind `imm` bytes.
void Emitter::compare_with_size(const MInst& i) {
  const Gp bytes = gp(kScratch, 8);
  const auto end = static_cast<std::uint64_t>(i.imm);
  const std::uint32_t memory = i.aux & 0xFFFF;
  if (memory == 0) {
    a_.ldr(bytes, vm(offsetof(Vmctx, memory0_bytes)));
  } else {
    a_.ldr(bytes, vm(offsetof(Vmctx, memories)));
    a_.ldr(bytes, place(kScratch, 8 * std::int64_t{memory}, 8));
    a_.ldr(bytes, place(kScratch, offsetof(VmMemory, bytes), 8));
  }
  if (end < 0x1000) {
    a_.subs(bytes, bytes, asmjit::Imm(end));
  } else {
    mov_imm(kScratch2, end);
    a_.subs(bytes, bytes, gp(kScratch2, 8));
  }
  // Where the memory is smaller than that, the flags are made to say "higher".
  a_.ccmp(gp(op(i, 0), 8), bytes, asmjit::Imm(2), asmjit::Imm(asmjit::arm::CondCode::kHS));
}

/// The address plus `imm` bytes must not lie beyond the memory's end. The address keeps its
/// register.
void Emitter::mem_check(const MInst& i) {
  const Label trap = check_label(i);
  // Compared and reported as 64 bits.
  if (has(kCpuPoison) && i.size == 4) a_.mov(gp(op(i, 0), 4), gp(op(i, 0), 4));
  if (i.uses == 2) {
    a_.cmp(gp(op(i, 0), 8), gp(op(i, 2), 8));
  } else {
    compare_with_size(i);
  }
  b(HI, trap);
  if ((i.aux & kSpectreGuard) == 0) return;
  if ((i.aux & kOffsetOutside) != 0) {
    a_.dsb(asmjit::Imm(asmjit::a64::Predicate::DB::kSY));
    a_.isb(asmjit::Imm(asmjit::a64::Predicate::ISB::kSY));
  } else {
    const Gp d = gp(op(i, 0), 8);
    a_.csel(d, d, zero(8), asmjit::Imm(asmjit::arm::CondCode::kLS));
    a_.csdb();
  }
}

bool Emitter::emit_mem(const MInst& i) {
  switch (i.op) {
    case kLoad: load(i); return true;
    case kStore: store(i); return true;
    case kAddr: {
      const Gp at = memory_address(i, (i.aux & kIndex32) != 0, op(i, 0).loc.n);
      mov(op(i, 0).loc.n, at.id());
      return true;
    }
    case kMemCheck: mem_check(i); return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
