// The frame of emission: blocks, labels, prologue and epilogue, moves, slow paths, tables.
#include "jit/x64/emit.h"

#include <algorithm>
#include <utility>

#include "jit/memory_limit.h"
#include "libwasmrt/abi/activation.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/base/assert.h"
#include "libwasmrt/base/dump.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::x64 {

namespace x86 = asmjit::x86;

// Loops without others inside begin at such an address: their first instructions come with one
// fetch.
constexpr std::uint32_t kLoopAlign = 32;
// Bytes that asmjit keeps for a label and the ways to it, roughly.
constexpr std::uint64_t kLabelTakes = 200;

// ---- operands
// -------------------------------------------------------------------------------------------

x86::Gp Emitter::gp(std::uint32_t reg, unsigned size) {
  return size == 8 ? x86::Gp(x86::gpq(reg)) : x86::Gp(x86::gpd(reg));
}
x86::Xmm Emitter::xmm(std::uint32_t reg) { return x86::xmm(reg); }

Emitter::Ptr Emitter::slot(std::uint32_t n, unsigned size) const {
  return x86::ptr(x86::rsp, static_cast<std::int32_t>(slots_at_ + 8 * n), size);
}

Emitter::Ptr Emitter::vm(std::size_t offset, unsigned size) const {
  return x86::ptr(x86::gpq(kVmctx), static_cast<std::int32_t>(offset), size);
}

Emitter::Ptr Emitter::memory(const MInst& i, unsigned size) const {
  unsigned at = plain_operands(i);
  x86::Gp base;
  x86::Gp index;
  if (i.mem_base) base = gp(op(i, at++), 8);
  if (i.mem_index) index = gp(op(i, at), 8);
  if (i.mem_pinned == 1) base = x86::gpq(kMemory);
  if (i.mem_pinned == 2) base = x86::gpq(kVmctx);
  if (!index.isValid()) return x86::ptr(base, i.mem_disp, size);
  return x86::ptr(base, index, i.mem_scale, i.mem_disp, size);
}

asmjit::Operand Emitter::source(const MInst& i, unsigned n, unsigned size, RegClass cls) {
  if (has_memory(i)) {
    guest_access(i);
    return memory(i, size);
  }
  const MOperand& o = op(i, n);
  if (o.loc.is_slot()) return slot(o.loc.n, size);
  if (cls == RegClass::Vec) return xmm(o);
  return gp(o, size);
}

// ---- tables
// -----------------------------------------------------------------------------------------------

void Emitter::point(PointKind kind, std::uint32_t wasm, unsigned trap) {
  out_.points.push_back({static_cast<std::uint32_t>(a_.offset()), wasm,
                         static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(trap)});
}

void Emitter::frame_step(FrameStep::Kind kind, std::uint8_t reg, std::uint32_t bytes) {
  if (!context_.options.frame_steps) return;
  out_.frame_steps.push_back({static_cast<std::uint32_t>(a_.offset()), kind, reg, bytes});
}

void Emitter::frame_left() {
  frame_step(FrameStep::Kind::Left);
  frame_left_ = true;
}

void Emitter::frame_back() {
  if (std::exchange(frame_left_, false)) frame_step(FrameStep::Kind::Back);
}

void Emitter::place(std::uint32_t inst, std::uint32_t wasm) {
  current_ = inst;
  frame_back();
  if (!context_.options.places) return;
  if (inst < m_.insts.size()) wasm = m_.insts[inst].pos;
  out_.places.push_back({static_cast<std::uint32_t>(a_.offset()), inst, wasm});
}

/// In front of an instruction with a memory operand.
void Emitter::guest_access(const MInst& i) {
  if (!i.mem_guest) return;
  // A return address may be here already, and a pc has one point.
  if (!out_.points.empty() && out_.points.back().pc == a_.offset()) a_.nop();
  point(PointKind::Fault, i.mem_pos, static_cast<unsigned>(TrapKind::OutOfBoundsMemoryAccess));
}

Emitter::Label Emitter::trap_label(unsigned kind, std::uint32_t wasm, std::uint32_t info) {
  if (!traps_.empty()) {
    const TrapStub& last = traps_.back();
    const bool plain = last.check == nullptr;
    if (plain && last.kind == kind && last.wasm == wasm && last.info == info) return last.label;
  }
  traps_.push_back({kind, wasm, info, a_.newLabel()});
  return traps_.back().label;
}

Emitter::Label Emitter::literal(std::uint64_t lo, std::uint64_t hi, unsigned bytes) {
  for (std::size_t n = literals_.size(); n > 0 && literals_.size() - n < 16; --n) {
    const Literal& l = literals_[n - 1];
    if (l.lo == lo && l.hi == hi && l.bytes == bytes) return l.label;
  }
  literals_.push_back({lo, hi, bytes, a_.newLabel()});
  return literals_.back().label;
}

/// Calls a stub of the runtime; the scratch register is free at such places.
void Emitter::call_stub(std::size_t offset) {
  a_.mov(x86::gpq(kScratch), vm(offsetof(Vmctx, native)));
  a_.call(x86::ptr(x86::gpq(kScratch), static_cast<std::int32_t>(offset), 8));
}

// ---- frame
// ------------------------------------------------------------------------------------------------

void Emitter::place_frame() {
  const auto saved = static_cast<std::uint32_t>(__builtin_popcount(m_.used_callee_saved[0]));
  slots_at_ = (m_.out_arg_bytes + 15) & ~15u;
  vmctx_at_ = slots_at_ + 8 * m_.spill_slots;
  saved_at_ = vmctx_at_ + (m_.calls_out ? 8 : 0);
  frame_ = saved_at_ + 8 * saved;
  if (frame_ != 0 || m_.has_calls) frame_ += (frame_ % 16 == 8) ? 0 : 8;
  out_.frame_bytes = static_cast<std::int32_t>(frame_);
  if (m_.calls_out) out_.vmctx_at = vmctx_at_;
}

/// The entry of a section: its first block finds out by which of its labels it was reached.
void Emitter::section_labels() {
  const Label begin = a_.newLabel();
  out_.labels = m_.labels;
  for (std::uint32_t n = 0; n < m_.labels.size(); ++n) {
    out_.labels_at.push_back(static_cast<std::uint32_t>(a_.offset()));
    if (m_.labels.size() == 1) break;
    a_.mov(slot(0, 8), n);  // an i32 is zero above
    if (n + 1 < m_.labels.size()) a_.jmp(begin);
  }
  a_.bind(begin);
}

void Emitter::prologue() {
  // For callers that know only the VmFuncRef*: the instance, the activation that runs, and with a
  // new one the limit of its stack. An interrupt that is armed meanwhile wins.
  const x86::Gp scratch = x86::gpq(kScratch);
  const Label other = a_.newLabel();
  const Label known = a_.newLabel();
  a_.mov(x86::gpq(kVmctx), x86::ptr(scratch, offsetof(VmFuncRef, vmctx), 8));
  a_.movq(scratch, xmm(kScratchVec));
  a_.cmp(vm(offsetof(Vmctx, activation)), scratch);
  a_.mov(x86::gpq(kMemory), vm(offsetof(Vmctx, memory0_base)));
  a_.jne(other);
  a_.bind(known);
  cold([this, other, known, scratch] {
    frame_left();  // it is not there yet
    a_.bind(other);
    a_.mov(vm(offsetof(Vmctx, activation)), scratch);
    a_.mov(scratch, x86::ptr(scratch, offsetof(Activation, native_limit), 8));
    a_.xchg(vm(offsetof(Vmctx, stack_limit)), scratch);
    a_.cmp(vm(offsetof(Vmctx, interrupt), 4), 0);
    a_.je(known);
    a_.mov(vm(offsetof(Vmctx, stack_limit)), -1);
    a_.jmp(known);
  });
  // The linker lays this entry at a line of the cache: loops keep their alignment by it.
  a_.align(asmjit::AlignMode::kCode, kLoopAlign);
  out_.entry = static_cast<std::uint32_t>(a_.offset());

  const std::uint32_t needs = frame_ + m_.tail_growth;
  if (m_.has_calls || m_.has_tail_calls || needs >= kStackSlack) {
    const Label slow = a_.newLabel();
    if (needs < kStackSlack) {
      a_.cmp(x86::rsp, vm(offsetof(Vmctx, stack_limit)));
    } else {
      a_.lea(x86::gpq(kScratch), x86::ptr(x86::rsp, -static_cast<std::int32_t>(needs)));
      a_.cmp(x86::gpq(kScratch), vm(offsetof(Vmctx, stack_limit)));
    }
    a_.jb(slow);
    const Label back = a_.newLabel();
    a_.bind(back);
    const std::uint32_t pos = m_.insts.empty() ? 0 : m_.insts[m_.blocks[0].insts[0]].pos;
    cold([this, slow, back, pos] {
      frame_left();  // it is not there yet
      a_.bind(slow);
      call_stub(offsetof(NativeStubs, stack_limit));
      point(PointKind::Prologue, pos);
      a_.jmp(back);
    });
  }
  if (frame_ != 0) a_.sub(x86::rsp, frame_);
  frame_step(FrameStep::Kind::Size, 0, frame_ + 8);
  std::uint32_t at = saved_at_;
  for (std::uint32_t r = 0; r < 16; ++r) {
    if ((m_.used_callee_saved[0] >> r & 1) == 0) continue;
    a_.mov(x86::ptr(x86::rsp, static_cast<std::int32_t>(at), 8), x86::gpq(r));
    frame_step(FrameStep::Kind::Saved, dwarf(static_cast<Gpr>(r)), frame_ + 8 - at);
    at += 8;
  }
  if (m_.calls_out)
    a_.mov(x86::ptr(x86::rsp, static_cast<std::int32_t>(vmctx_at_), 8), x86::gpq(kVmctx));
}

void Emitter::restore_saved() {
  std::uint32_t at = saved_at_;
  for (std::uint32_t r = 0; r < 16; ++r) {
    if ((m_.used_callee_saved[0] >> r & 1) == 0) continue;
    a_.mov(x86::gpq(r), x86::ptr(x86::rsp, static_cast<std::int32_t>(at), 8));
    at += 8;
  }
}

void Emitter::epilogue() {
  restore_saved();
  if (frame_ != 0) a_.add(x86::rsp, frame_);
  frame_left();
}

// ---- moves
// ------------------------------------------------------------------------------------------------

void Emitter::emit_move(const MInst& i) {
  const MOperand& to = op(i, 0);
  const MOperand& from = op(i, 1);
  if (to.loc == from.loc) return;
  const bool vec = m_.vregs[raw(to.vreg)].cls == RegClass::Vec;
  const unsigned size = i.size == 16 ? 16 : 8;
  if (to.loc.is_reg() && from.loc.is_reg()) {
    if (!vec) {
      a_.mov(gp(to, 8), gp(from, 8));
    } else if (has(kCpuAvx)) {
      a_.vmovaps(xmm(to), xmm(from));
    } else {
      a_.movaps(xmm(to), xmm(from));
    }
    return;
  }
  if (!vec && (to.loc.is_reg() || from.loc.is_reg())) {
    if (to.loc.is_reg()) {
      a_.mov(gp(to, 8), slot(from.loc.n, 8));
    } else {
      a_.mov(slot(to.loc.n, 8), gp(from, 8));
    }
    return;
  }
  const x86::Xmm through = to.loc.is_reg()     ? xmm(to)
                           : from.loc.is_reg() ? xmm(from)
                                               : xmm(kScratchVec);
  if (from.loc.is_slot()) {
    if (size == 16) {
      a_.movups(through, slot(from.loc.n, 16));
    } else {
      a_.movsd(through, slot(from.loc.n, 8));
    }
  }
  if (to.loc.is_slot()) {
    if (size == 16) {
      a_.movups(slot(to.loc.n, 16), through);
    } else {
      a_.movsd(slot(to.loc.n, 8), through);
    }
  }
}

/// Exchanges two places of any kind, by way of the scratch registers.
void Emitter::emit_swap(const MInst& i) {
  const MOperand& x = op(i, 0);
  const MOperand& y = op(i, 1);
  const bool vec = m_.vregs[raw(x.vreg)].cls == RegClass::Vec;
  if (x.loc.is_reg() && y.loc.is_reg()) {
    if (!vec) {
      a_.xchg(gp(x, 8), gp(y, 8));
    } else {
      a_.movaps(xmm(kScratchVec), xmm(x));
      a_.movaps(xmm(x), xmm(y));
      a_.movaps(xmm(y), xmm(kScratchVec));
    }
    return;
  }
  const unsigned words = i.size == 16 ? 2 : 1;
  if (x.loc.is_slot() && y.loc.is_slot()) {
    for (unsigned w = 0; w < words; ++w) {
      a_.mov(x86::gpq(kScratch), slot(x.loc.n + w, 8));
      a_.movq(xmm(kScratchVec), slot(y.loc.n + w, 8));
      a_.mov(slot(y.loc.n + w, 8), x86::gpq(kScratch));
      a_.movq(slot(x.loc.n + w, 8), xmm(kScratchVec));
    }
    return;
  }
  const MOperand& reg = x.loc.is_reg() ? x : y;
  const std::uint32_t n = x.loc.is_reg() ? y.loc.n : x.loc.n;
  if (!vec) {
    a_.mov(x86::gpq(kScratch), slot(n, 8));
    a_.mov(slot(n, 8), gp(reg, 8));
    a_.mov(gp(reg, 8), x86::gpq(kScratch));
  } else {
    a_.movups(xmm(kScratchVec), slot(n, 16));
    if (words == 2) {
      a_.movups(slot(n, 16), xmm(reg));
    } else {
      a_.movsd(slot(n, 8), xmm(reg));
    }
    a_.movaps(xmm(reg), xmm(kScratchVec));
  }
}

// ---- blocks
// -----------------------------------------------------------------------------------------------

void Emitter::instruction(const MInst& i) {
  if (i.op == kMove) {
    // Moves leave the flags alone.
    const bool keep = flags_at_ == a_.offset() && !(op(i, 0).loc == Loc::reg(flags_reg_));
    emit_move(i);
    if (keep) flags_at_ = a_.offset();
    return;
  }
  if (i.op == kSwap) return emit_swap(i);
  if (i.op == kJump) return jump(m_.blocks[block_].succs[0].to);
  if (!emit_int(i) && !emit_float(i) && !emit_mem(i) && !emit_call(i) && !emit_simd(i)) {
    if (error_ == nullptr) error_ = "an instruction has no encoding rule";
  }
}

Emitter::Label Emitter::label(MBlockId b) {
  BlockPlace& place = places_[layout_.ends[raw(b)]];
  if (place.label == ~0u) {
    place.label = a_.newLabel().id();
    if (place.begin != ~0u) code_.bindLabel(Label(place.label), 0, place.begin);
  }
  return Label(place.label);
}

bool Emitter::takes_too_much() {
  const std::uint64_t takes =
      m_.takes() + code_.labelCount() * kLabelTakes + cold_.size() * kColdTakes;
  if (takes <= m_.most_memory) return false;
  error_ = kTooLarge;
  return true;
}

void Emitter::block(std::uint32_t b) {
  block_ = b;
  flags_at_ = ~std::size_t{0};
  if (layout_.starts_loop[b]) a_.align(asmjit::AlignMode::kCode, kLoopAlign);
  places_[b].begin = static_cast<std::uint32_t>(a_.offset());
  if (places_[b].label != ~0u) a_.bind(Label(places_[b].label));
  std::uint32_t walked = 0;
  for (const std::uint32_t i : m_.blocks[b].insts) {
    if (walked++ % kCheckEvery == 0 && takes_too_much()) return;
    place(i);
    instruction(m_.insts[i]);
  }
}

const char* Emitter::run() {
  out_.clear();
  code_.init(asmjit::Environment(asmjit::Arch::kX64));
  code_.setErrorHandler(this);
  code_.attach(&a_);
  a_.addEncodingOptions(asmjit::EncodingOptions::kOptimizedAlign);  // nops of several bytes
  asmjit::StringLogger logger;
  const bool listed = dump_enabled(Stage::Asm, m_.index);
  if (listed) code_.setLogger(&logger);
  place(CodePlace::kNone);
  places_.resize(m_.blocks.size());
  if (listed) {  // only what is bound in its place is listed
    for (BlockPlace& place : places_) place.label = a_.newLabel().id();
  }
  place_frame();
  if (m_.follows) {
    section_labels();
  } else {
    prologue();
  }

  layout_ = lay_out(m_);
  const std::vector<std::uint32_t>& order = layout_.order;
  for (std::size_t n = 0; n < order.size() && error_ == nullptr; ++n) {
    next_block_ = n + 1 < order.size() ? order[n + 1] : ~0u;
    block(order[n]);
  }
  if (error_ != nullptr) return error_;
  next_block_ = ~0u;
  for (std::size_t n = 0; n < cold_.size(); ++n) {
    const Cold cold = std::move(cold_[n]);
    place(cold.inst);
    cold.code();
  }
  for (const TrapStub& t : traps_) {
    place(CodePlace::kNone, t.wasm);
    a_.bind(t.label);
    if (t.info != kNoInfo && t.info != r10) a_.mov(x86::r10, x86::gpq(t.info));
    call_stub(offsetof(NativeStubs, trap));
    point(PointKind::Trap, t.wasm, t.kind);
    if (t.check != nullptr) add_merged(out_.points, m_, *t.check);
  }
  out_.code_bytes = static_cast<std::uint32_t>(a_.offset());
  place(CodePlace::kData);
  for (std::size_t n = 0; n < tables_.size(); ++n) {
    a_.align(asmjit::AlignMode::kZero, 4);
    a_.bind(tables_[n].first);
    const MBlock& from = m_.blocks[table_blocks_[n]];
    for (const std::uint32_t edge : m_.jump_tables[tables_[n].second]) {
      a_.embedLabelDelta(label(from.succs[edge].to), tables_[n].first, 4);
    }
  }
  std::stable_sort(literals_.begin(), literals_.end(),
                   [](const Literal& x, const Literal& y) { return x.bytes > y.bytes; });
  for (const Literal& l : literals_) {
    a_.align(asmjit::AlignMode::kZero, l.bytes);
    a_.bind(l.label);
    a_.embed(&l.lo, std::min(l.bytes, 8u));
    if (l.bytes == 16) a_.embed(&l.hi, 8);
  }
  if (error_ == nullptr && code_.hasUnresolvedLinks()) code_.resolveUnresolvedLinks();
  if (error_ != nullptr) return error_;
  WASMRT_ASSERT(!code_.hasUnresolvedLinks(), "what is jumped to was emitted");
  const asmjit::CodeBuffer& buffer = code_.sectionById(0)->buffer();
  out_.code.assign(buffer.data(), buffer.data() + buffer.size());
  std::stable_sort(out_.points.begin(), out_.points.end(),
                   [](const CodePoint& x, const CodePoint& y) { return x.pc < y.pc; });
  if (listed) out_.listing.assign(logger.data(), logger.dataSize());
  return nullptr;
}

}  // namespace wasmrt::jit::x64
