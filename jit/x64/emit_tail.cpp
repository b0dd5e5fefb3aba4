// Tail calls: the arguments go from the outgoing area, where selection puts them, to the place of
// the function's own, or to an area of their own (abi/native.h). All argument registers are in use
// meanwhile; the callee's VmFuncRef* waits in the scratch vector.
#include <algorithm>

#include "jit/x64/emit.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/abi/vmctx.h"

namespace wasmrt::jit::x64 {

namespace x86 = asmjit::x86;

namespace {

std::uint32_t arg_bytes(const MInst& i) { return i.aux & 0xFFFF; }
std::uint32_t result_bytes(const MInst& i) { return i.aux >> 16; }

x86::Mem at_sp(std::int32_t offset) { return x86::ptr(x86::rsp, offset, 8); }

}  // namespace

/// From one distance of the stack pointer to another; they may overlap.
void Emitter::copy_args(std::int32_t from, std::int32_t to, std::uint32_t bytes) {
  const auto words = static_cast<std::int32_t>(bytes / 8);
  if (from == to) return;
  for (std::int32_t n = 0; n < words; ++n) {
    const std::int32_t at = 8 * (to < from ? n : words - 1 - n);
    a_.mov(x86::gpq(kScratch), at_sp(from + at));
    a_.mov(at_sp(to + at), x86::gpq(kScratch));
  }
}

/// The frame is gone and the arguments are where they belong.
void Emitter::tail_jump(const MInst& i) {
  frame_left();
  if (i.op == kTailDirect) return direct(0xE9, i);
  a_.movq(xmm(kScratchVec), vm(offsetof(Vmctx, activation)));
  a_.jmp(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, native), 8));
}

void Emitter::tail_stub(unsigned area) {
  a_.mov(x86::gpq(kScratch), vm(offsetof(Vmctx, native)));
  a_.mov(x86::gpq(kScratch),
         x86::ptr(x86::gpq(kScratch),
                  static_cast<std::int32_t>(offsetof(NativeStubs, tail_return) + 8 * area), 8));
}

/// Where the function's own place does not do, or has to be told from that of an area: makes one,
/// unless an area of at least size `least` is there already.
void Emitter::tail_with_area(const MInst& i, unsigned least) {
  const auto frame = static_cast<std::int32_t>(frame_);
  const unsigned area = tail_area(std::max(arg_bytes(i), result_bytes(i)));
  const auto size = static_cast<std::int32_t>(kTailAreas[area]);
  const Label found = a_.newLabel();
  restore_saved();
  // The registers are the caller's again, and where they lay is written over.
  frame_left();
  frame_step(FrameStep::Kind::Size, 0, frame_ + 8);
  for (unsigned n = least; n < kTailAreaCount; ++n) {
    tail_stub(n);
    a_.cmp(at_sp(frame), x86::gpq(kScratch));
    a_.je(found);
  }
  const auto jump_on = [&] {
    if (i.op == kTailFunc) a_.movq(x86::gpq(kScratch), xmm(kScratchVec));
    tail_jump(i);
  };
  // What follows lies at distances from a stack pointer that is low enough.
  const std::int32_t link = frame - static_cast<std::int32_t>(kTailAreaWords) - size;
  const std::int32_t lower = std::max(0, -link);
  if (lower != 0) a_.sub(x86::rsp, lower);
  frame_step(FrameStep::Kind::Size, 0, frame_ + 8 + static_cast<std::uint32_t>(lower));
  copy_args(lower, lower + link + 8, arg_bytes(i));
  a_.mov(at_sp(lower + frame - 16), result_bytes(i));
  a_.mov(at_sp(lower + frame - 8), x86::gpq(kVmctx));
  tail_stub(area);
  a_.mov(at_sp(lower + link), x86::gpq(kScratch));
  if (lower + link != 0) a_.add(x86::rsp, lower + link);
  jump_on();
  a_.bind(found);
  frame_back();
  copy_args(0, frame + 8, arg_bytes(i));
  if (frame != 0) a_.add(x86::rsp, frame);
  jump_on();
}

void Emitter::tail_call(const MInst& i) {
  const bool fits = arg_bytes(i) <= m_.in_area_bytes;
  const unsigned area = tail_area(arg_bytes(i));
  const auto in_place = [&] {
    restore_saved();
    if (arg_bytes(i) != 0 && i.op == kTailFunc) a_.movq(xmm(kScratchVec), x86::gpq(kScratch));
    copy_args(0, static_cast<std::int32_t>(frame_) + 8, arg_bytes(i));
    if (arg_bytes(i) != 0 && i.op == kTailFunc) a_.movq(x86::gpq(kScratch), xmm(kScratchVec));
    if (frame_ != 0) a_.add(x86::rsp, frame_);
    tail_jump(i);
  };
  if (i.op == kTailDirect) return fits ? in_place() : tail_with_area(i, area);
  const x86::Gp callee = gp(op(i, i.defs), 8);
  if (!fits) {
    a_.movq(xmm(kScratchVec), callee);
    return tail_with_area(i, area);
  }
  // A function of another instance returns with its own pinned registers.
  const Label other = a_.newLabel();
  a_.mov(x86::gpq(kScratch), callee);
  a_.cmp(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, vmctx), 8), x86::gpq(kVmctx));
  a_.jne(other);
  in_place();
  cold([this, other, i] {
    a_.bind(other);
    a_.movq(xmm(kScratchVec), x86::gpq(kScratch));
    tail_with_area(i, 0);
  });
}

}  // namespace wasmrt::jit::x64
