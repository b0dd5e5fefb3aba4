// Loads, stores and bounds checks.
#include "jit/x64/emit.h"
#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::x64 {

namespace x86 = asmjit::x86;
using ir::Access;

void Emitter::load(const MInst& i) {
  const auto access = static_cast<Access>(i.aux);
  guest_access(i);
  const MOperand& d = op(i, 0);
  const unsigned size = i.size;
  switch (access) {
    case Access::U8: a_.movzx(gp(d, 4), memory(i, 1)); break;
    case Access::U16: a_.movzx(gp(d, 4), memory(i, 2)); break;
    case Access::S8: a_.movsx(gp(d, size), memory(i, 1)); break;
    case Access::S16: a_.movsx(gp(d, size), memory(i, 2)); break;
    case Access::U32: a_.mov(gp(d, 4), memory(i, 4)); break;
    case Access::S32: a_.movsxd(gp(d, 8), memory(i, 4)); break;
    case Access::B64: a_.mov(gp(d, 8), memory(i, 8)); break;
    case Access::F32: a_.movss(xmm(d), memory(i, 4)); break;
    case Access::F64: a_.movsd(xmm(d), memory(i, 8)); break;
    case Access::V128: a_.movups(xmm(d), memory(i, 16)); break;
  }
}

void Emitter::store(const MInst& i) {
  const auto access = static_cast<Access>(i.aux & 0xFF);
  const bool imm = (i.aux & 0x100) != 0;
  guest_access(i);
  const auto put = [&](unsigned bytes) {
    if (imm) {
      std::int64_t value = i.imm;
      if (bytes == 1) value = static_cast<std::int8_t>(value);
      if (bytes == 2) value = static_cast<std::int16_t>(value);
      if (bytes == 4) value = static_cast<std::int32_t>(value);
      a_.mov(memory(i, bytes), value);
      return;
    }
    const std::uint32_t r = op(i, 0).loc.n;
    const x86::Gp reg = bytes == 1   ? x86::Gp(x86::gpb(r))
                        : bytes == 2 ? x86::Gp(x86::gpw(r))
                        : bytes == 4 ? x86::Gp(x86::gpd(r))
                                     : x86::Gp(x86::gpq(r));
    a_.mov(memory(i, bytes), reg);
  };
  switch (access) {
    case Access::U8:
    case Access::S8: put(1); break;
    case Access::U16:
    case Access::S16: put(2); break;
    case Access::U32:
    case Access::S32: put(4); break;
    case Access::B64: put(8); break;
    case Access::F32: a_.movss(memory(i, 4), xmm(op(i, 0))); break;
    case Access::F64: a_.movsd(memory(i, 8), xmm(op(i, 0))); break;
    case Access::V128: a_.movups(memory(i, 16), xmm(op(i, 0))); break;
  }
}

Emitter::Label Emitter::check_label(const MInst& i) {
  const Label label =
      trap_label(static_cast<unsigned>(TrapKind::OutOfBoundsMemoryAccess), i.pos, op(i, 0).loc.n);
  if (i.mem_disp != 0) traps_.back().check = &i;
  return label;
}

/// Compares what is left of the memory behind `imm` bytes with an address.
void Emitter::compare_with_size(const MInst& i, const Label& trap) {
  const x86::Gp scratch = x86::gpq(kScratch);
  const auto end = static_cast<std::uint64_t>(i.imm);
  const auto memory = static_cast<std::int32_t>(i.aux & 0xFFFF);
  if (end > 0x7FFFFFFF) {
    // bytes - end, without a second scratch register: -(end - bytes)
    a_.mov(scratch, end);
    if (memory == 0) {
      a_.sub(scratch, vm(offsetof(Vmctx, memory0_bytes)));
    } else {
      a_.push(gp(op(i, 0), 8));
      frame_step(FrameStep::Kind::Size, 0, frame_ + 16);
      a_.mov(gp(op(i, 0), 8), vm(offsetof(Vmctx, memories)));
      a_.mov(gp(op(i, 0), 8), x86::ptr(gp(op(i, 0), 8), 8 * memory, 8));
      a_.sub(scratch, x86::ptr(gp(op(i, 0), 8), offsetof(VmMemory, bytes), 8));
      a_.pop(gp(op(i, 0), 8));
      frame_step(FrameStep::Kind::Size, 0, frame_ + 8);
    }
    const Label fits = a_.newLabel();
    a_.jz(fits);
    a_.jnc(trap);
    a_.bind(fits);
    a_.neg(scratch);
  } else {
    if (memory == 0) {
      a_.mov(scratch, vm(offsetof(Vmctx, memory0_bytes)));
    } else {
      a_.mov(scratch, vm(offsetof(Vmctx, memories)));
      a_.mov(scratch, x86::ptr(scratch, 8 * memory, 8));
      a_.mov(scratch, x86::ptr(scratch, offsetof(VmMemory, bytes), 8));
    }
    a_.sub(scratch, end);
    if ((i.aux & kOffsetOutside) != 0) a_.jb(trap);
  }
  a_.cmp(scratch, gp(op(i, 0), 8));
}

/// The address plus `imm` bytes must not lie beyond the memory's end. The address keeps its
/// register.
void Emitter::mem_check(const MInst& i) {
  const Label trap = check_label(i);
  const x86::Gp scratch = x86::gpq(kScratch);
  if (i.uses == 1) {
    compare_with_size(i, trap);
  } else if (op(i, 2).loc.is_slot()) {
    a_.cmp(slot(op(i, 2).loc.n, 8), gp(op(i, 0), 8));
  } else {
    a_.cmp(gp(op(i, 2), 8), gp(op(i, 0), 8));
  }
  a_.jb(trap);  // below alone is one micro-operation in the move, above two
  if ((i.aux & kSpectreGuard) == 0) return;
  if ((i.aux & kOffsetOutside) != 0) {
    a_.lfence();
  } else {
    a_.mov(scratch.r32(), 0);  // keeps the flags
    a_.cmovb(gp(op(i, 0), 8), scratch);
  }
}

bool Emitter::emit_mem(const MInst& i) {
  switch (i.op) {
    case kLoad: load(i); return true;
    case kStore: store(i); return true;
    case kMemCheck: mem_check(i); return true;
    default: return false;
  }
}

}  // namespace wasmrt::jit::x64
