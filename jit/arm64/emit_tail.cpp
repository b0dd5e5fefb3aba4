// Tail calls: the arguments go from the outgoing area, where selection puts them, to the place of
// the function's own, or to an area of their own (abi/native.h). The callee's VmFuncRef* waits in
// the scratch register; the register that it is jumped at from is free meanwhile.
#include <algorithm>

#include "jit/arm64/emit.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/abi/vmctx.h"

namespace wasmrt::jit::arm64 {

namespace {

std::uint32_t arg_bytes(const MInst& i) { return i.aux & 0xFFFF; }
std::uint32_t result_bytes(const MInst& i) { return i.aux >> 16; }

}  // namespace

/// From one distance of the stack pointer to another; they may overlap.
void Emitter::copy_args(std::int64_t from, std::int64_t to, std::uint32_t bytes) {
  const std::int64_t words = bytes / 8;
  if (from == to) return;
  for (std::int64_t n = 0; n < words; ++n) {
    const std::int64_t at = 8 * (to < from ? n : words - 1 - n);
    a_.ldr(vec(kScratchVec, 8), place(sp, from + at, 8));
    a_.str(vec(kScratchVec, 8), place(sp, to + at, 8));
  }
}

/// The frame is gone and the arguments are where they belong.
void Emitter::tail_jump(const MInst& i) {
  frame_left();
  if (i.op == kTailDirect) return direct(0x14000000, i);
  a_.ldr(gp(kScratch2, 8), vm(offsetof(Vmctx, activation)));
  a_.ldr(gp(kTarget, 8), place(kScratch, offsetof(VmFuncRef, native), 8));
  a_.br(gp(kTarget, 8));
}

void Emitter::tail_stub(std::uint32_t reg, unsigned area) {
  a_.ldr(gp(reg, 8), vm(offsetof(Vmctx, native)));
  a_.ldr(gp(reg, 8), place(reg, std::int64_t{offsetof(NativeStubs, tail_return)} + 8 * area, 8));
}

/// Where the function's own place does not do, or has to be told from that of an area: makes one,
/// unless an area of at least size `least` is there already.
void Emitter::tail_with_area(const MInst& i, unsigned least) {
  const std::int64_t frame = frame_;
  const unsigned area = tail_area(std::max(arg_bytes(i), result_bytes(i)));
  const std::int64_t size = kTailAreas[area];
  const Label found = new_label();
  if (frame_ != 0) saved_registers(true, false);
  // The registers are the caller's again, and where they lay is written over.
  frame_left();
  frame_step(FrameStep::Kind::Size, 0, frame_);
  for (unsigned n = least; n < kTailAreaCount; ++n) {
    tail_stub(kTarget, n);
    a_.cmp(gp(kLink, 8), gp(kTarget, 8));
    b(EQ, found);
  }
  // What follows lies at distances from a stack pointer that is low enough.
  const std::int64_t begin = frame - kTailAreaWords - size;
  const std::int64_t lower = std::max<std::int64_t>(0, -begin);
  if (lower != 0) add_imm(sp, sp, -lower);
  frame_step(FrameStep::Kind::Size, 0, frame_ + static_cast<std::uint32_t>(lower));
  copy_args(lower, lower + begin, arg_bytes(i));
  mov_imm(kTarget, result_bytes(i));
  a_.str(gp(kTarget, 8), place(sp, lower + begin + size, 8));
  a_.str(gp(kVmctx, 8), place(sp, lower + begin + size + 8, 8));
  a_.str(gp(kLink, 8), place(sp, lower + begin + size + 16, 8));
  frame_step(FrameStep::Kind::Saved, kLink, 8);
  tail_stub(kLink, area);
  if (lower + begin != 0) add_imm(sp, sp, lower + begin);
  tail_jump(i);
  bind(found);
  frame_back();
  copy_args(0, frame, arg_bytes(i));
  if (frame != 0) add_imm(sp, sp, frame);
  tail_jump(i);
}

void Emitter::tail_call(const MInst& i) {
  const bool fits = arg_bytes(i) <= m_.in_area_bytes;
  const unsigned area = tail_area(arg_bytes(i));
  const auto in_place = [&] {
    if (frame_ != 0) saved_registers(true, arg_bytes(i) == 0);
    if (arg_bytes(i) != 0) {
      copy_args(0, frame_, arg_bytes(i));
      add_imm(sp, sp, frame_);
    }
    tail_jump(i);
  };
  if (i.op == kTailDirect) return fits ? in_place() : tail_with_area(i, area);
  mov(kScratch, op(i, i.defs).loc.n);
  if (!fits) return tail_with_area(i, area);
  // A function of another instance returns with its own pinned registers.
  const Label other = new_label();
  a_.ldr(gp(kScratch2, 8), place(kScratch, offsetof(VmFuncRef, vmctx), 8));
  a_.cmp(gp(kScratch2, 8), gp(kVmctx, 8));
  b(NE, other);
  in_place();
  cold([this, other, i] {
    bind(other);
    tail_with_area(i, 0);
  });
}

}  // namespace wasmrt::jit::arm64
