// The frame of emission: blocks, labels, prologue and epilogue, slow paths, tables.
#include "jit/arm64/emit.h"

#include <algorithm>
#include <utility>

#include "jit/memory_limit.h"
#include "libwasmrt/abi/activation.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/base/assert.h"
#include "libwasmrt/base/dump.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::jit::arm64 {

namespace a64 = asmjit::a64;
using a64::Inst;

// ---- labels
// ----------------------------------------------------------------------------------------------

Emitter::Label Emitter::new_label() {
  label_at_.push_back(~0u);
  return static_cast<Label>(label_at_.size() - 1);
}

bool Emitter::is_far(std::uint32_t& number) {
  number = numbered_++;
  if (number >= far_.size()) far_.resize(number + 1, false);
  return all_far_ || far_[number];
}

void Emitter::refer(std::uint32_t bits, Label to, Reach reach, std::uint32_t number) {
  references_.push_back({here(), to, reach, number});
  word(bits);
}

void Emitter::branch_if(std::uint32_t bits, std::uint32_t invert, Label to, Reach reach) {
  std::uint32_t number = 0;
  if (!is_far(number)) {
    refer(bits, to, reach, number);
    return;
  }
  word((bits ^ invert) | 2u << 5);  // around the next instruction
  b(to);
}

void Emitter::b(Label to) { refer(0x14000000, to, Reach::Bits26, ~0u); }

void Emitter::b(Cc cc, Label to) { branch_if(0x54000000u | cc, 1, to, Reach::Bits19); }

void Emitter::cbz(bool if_zero, std::uint32_t reg, unsigned size, Label to) {
  const std::uint32_t wide = size == 8 ? 1u << 31 : 0;
  branch_if(0x34000000u | wide | (if_zero ? 0 : 1u << 24) | reg, 1u << 24, to, Reach::Bits19);
}

void Emitter::tbz(bool if_clear, std::uint32_t reg, unsigned bit, Label to) {
  const std::uint32_t number = (bit & 31) << 19 | bit >> 5 << 31;
  branch_if(0x36000000u | number | (if_clear ? 0 : 1u << 24) | reg, 1u << 24, to, Reach::Bits14);
}

/// Writes the distances. False when some did not reach, which then are marked as far.
bool Emitter::resolve() {
  std::uint8_t* const code = code_.sectionById(0)->buffer().data();
  const auto write = [code](std::uint32_t at, std::uint32_t bits) {
    std::uint32_t old = 0;
    std::memcpy(&old, code + at, 4);
    old |= bits;
    std::memcpy(code + at, &old, 4);
  };
  bool all = true;
  for (const Reference& r : references_) {
    const std::uint32_t to = label_at_[static_cast<std::uint32_t>(r.to)];
    WASMRT_ASSERT(to != ~0u, "what is jumped to was emitted");
    const std::int64_t distance = std::int64_t{to} - std::int64_t{r.at};
    const std::int64_t words = distance / 4;
    const auto fits = [words](unsigned bits) {
      return words >= -(std::int64_t{1} << (bits - 1)) && words < std::int64_t{1} << (bits - 1);
    };
    const auto field = [words](unsigned bits) {
      return static_cast<std::uint32_t>(words) & ((1u << bits) - 1);
    };
    unsigned bits = 19;
    unsigned at = 5;
    if (r.reach == Reach::Bits14) bits = 14;
    if (r.reach == Reach::Bits26) bits = 26, at = 0;
    if (fits(bits)) {
      write(r.at, field(bits) << at);
    } else if (r.number == ~0u) {
      error_ = "a function of more than 128 MiB of code";
      return true;
    } else {
      far_[r.number] = true;
      all = false;
    }
  }
  for (const Difference& d : differences_) {
    write(d.at, label_at_[static_cast<std::uint32_t>(d.to)] -
                    label_at_[static_cast<std::uint32_t>(d.from)]);
  }
  return all;
}

// ---- tables
// ----------------------------------------------------------------------------------------------

void Emitter::frame_step(FrameStep::Kind kind, std::uint8_t reg, std::uint32_t bytes) {
  if (!context_.options.frame_steps) return;
  out_.frame_steps.push_back({here(), kind, reg, bytes});
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
  out_.places.push_back({here(), inst, wasm});
}

void Emitter::point(PointKind kind, std::uint32_t wasm, unsigned trap) {
  out_.points.push_back(
      {here(), wasm, static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(trap)});
}

/// In front of the instruction that accesses the memory.
void Emitter::guest_access(const MInst& i) {
  if (!i.mem_guest) return;
  // A return address may be here already, and a pc has one point.
  if (!out_.points.empty() && out_.points.back().pc == here()) a_.nop();
  point(PointKind::Fault, i.mem_pos, static_cast<unsigned>(TrapKind::OutOfBoundsMemoryAccess));
}

Emitter::Label Emitter::trap_label(unsigned kind, std::uint32_t wasm, std::uint32_t info) {
  if (!traps_.empty()) {
    const TrapStub& last = traps_.back();
    const bool plain = last.check == nullptr;
    if (plain && last.kind == kind && last.wasm == wasm && last.info == info) return last.label;
  }
  traps_.push_back({kind, wasm, info, new_label()});
  return traps_.back().label;
}

Emitter::Label Emitter::literal(std::uint64_t lo, std::uint64_t hi, unsigned bytes) {
  for (std::size_t n = literals_.size(); n > 0 && literals_.size() - n < 16; --n) {
    const Literal& l = literals_[n - 1];
    if (l.lo == lo && l.hi == hi && l.bytes == bytes) return l.label;
  }
  literals_.push_back({lo, hi, bytes, new_label()});
  return literals_.back().label;
}

/// Calls a stub of the runtime; the scratch registers are free at such places.
void Emitter::call_stub(std::size_t offset) {
  a_.ldr(gp(kScratch, 8), vm(offsetof(Vmctx, native)));
  a_.ldr(gp(kScratch, 8), place(kScratch, static_cast<std::int64_t>(offset), 8));
  a_.blr(gp(kScratch, 8));
}

/// Around a call of a stub that keeps all registers: without a frame the return address is still
/// in its register, and the stub is told of it.
void Emitter::keeping_link(const std::function<void()>& code) {
  mov(kScratch2, kLink);
  frame_step(FrameStep::Kind::Link, kScratch2);
  code();
  mov(kLink, kScratch2);
  frame_step(FrameStep::Kind::Link, kLink);
}

// ---- frame
// -----------------------------------------------------------------------------------------------

/// For callers that know only the VmFuncRef*: the instance, the activation that runs, and with a
/// new one the limit of its stack. An interrupt that is armed meanwhile wins.
void Emitter::outer_entry() {
  const Gp scratch = gp(kScratch, 8);
  const Gp activation = gp(kScratch2, 8);
  const Label known = new_label();
  a_.ldr(gp(kVmctx, 8), place(kScratch, offsetof(VmFuncRef, vmctx), 8));
  a_.ldr(scratch, vm(offsetof(Vmctx, activation)));
  a_.ldr(gp(kMemory, 8), vm(offsetof(Vmctx, memory0_base)));
  a_.cmp(scratch, activation);
  b(EQ, known);
  a_.str(activation, vm(offsetof(Vmctx, activation)));
  a_.ldr(activation, place(kScratch2, offsetof(Activation, native_limit), 8));
  // The store is seen before the flag is read.
  add_imm(kScratch, kVmctx, offsetof(Vmctx, stack_limit));
  a_.emit(Inst::kIdStlr, activation, a64::ptr(scratch));
  add_imm(kScratch, kVmctx, offsetof(Vmctx, interrupt));
  a_.emit(Inst::kIdLdar, gp(kScratch2, 4), a64::ptr(scratch));
  cbz(true, kScratch2, 4, known);
  mov_imm(kScratch2, ~std::uint64_t{0});
  a_.str(activation, vm(offsetof(Vmctx, stack_limit)));
  // The usual way jumps over what aligns the entry.
  a_.align(asmjit::AlignMode::kCode, 16);
  bind(known);
}

void Emitter::place_frame() {
  saved_.clear();
  const std::uint32_t used = m_.used_callee_saved[0];
  for (std::uint8_t r = 0; r < 32; ++r) {
    if ((used >> r & 1) != 0) saved_.push_back(r);
  }
  slots_at_ = (m_.out_arg_bytes + 15) & ~15u;
  vmctx_at_ = slots_at_ + 8 * m_.spill_slots;
  std::uint32_t bytes = vmctx_at_ + (m_.calls_out ? 8 : 0);
  if (bytes != 0 || !saved_.empty() || m_.has_calls) saved_.push_back(kLink);
  // An odd one gets company that needs no saving, so that all are pairs.
  if (saved_.size() % 2 != 0) saved_.insert(saved_.begin(), x29);
  bytes = (bytes + 15) & ~15u;
  frame_ = bytes + 8 * static_cast<std::uint32_t>(saved_.size());
  // The slot of the return address; without a frame, where the stubs put it.
  out_.frame_bytes = static_cast<std::int32_t>(frame_) - 8;
  if (m_.calls_out) out_.vmctx_at = vmctx_at_;
  if (frame_ >= 1u << 24) error_ = "a frame of more than 16 MiB";
}

/// The entry of a section: its first block finds out by which of its labels it was reached.
void Emitter::section_labels() {
  const Label begin = new_label();
  out_.labels = m_.labels;
  for (std::uint32_t n = 0; n < m_.labels.size(); ++n) {
    out_.labels_at.push_back(here());
    if (m_.labels.size() == 1) break;
    mov_imm(kScratch, n);
    a_.str(gp(kScratch, 8), slot(0, 8));
    if (n + 1 < m_.labels.size()) b(begin);
  }
  bind(begin);
}

void Emitter::prologue() {
  outer_entry();
  out_.entry = here();
  const std::uint32_t needs = frame_ + m_.tail_growth;
  if (m_.has_calls || m_.has_tail_calls || needs >= kStackSlack) {
    const Label slow = new_label();
    const Label back = new_label();
    a_.ldr(gp(kScratch, 8), vm(offsetof(Vmctx, stack_limit)));
    if (needs < kStackSlack) {
      a_.cmp(a64::sp, gp(kScratch, 8));
    } else {
      add_imm(kScratch2, sp, -static_cast<std::int64_t>(needs));
      a_.cmp(gp(kScratch2, 8), gp(kScratch, 8));
    }
    b(LO, slow);
    bind(back);
    const std::uint32_t pos = m_.insts.empty() ? 0 : m_.insts[m_.blocks[0].insts[0]].pos;
    cold([this, slow, back, pos] {
      frame_left();  // it is not there yet
      bind(slow);
      keeping_link([this, pos] {
        call_stub(offsetof(NativeStubs, stack_limit));
        point(PointKind::Prologue, pos);
      });
      b(back);
    });
  }
  if (frame_ == 0) return;
  saved_registers(false);
  if (m_.calls_out) a_.str(gp(kVmctx, 8), place(sp, vmctx_at_, 8));
}

/// Stores the saved registers at the frame's upper end, or loads them; moves the stack pointer,
/// unless they are loaded and the frame is to stay.
void Emitter::saved_registers(bool restore, bool leave) {
  const std::uint32_t at = frame_ - 8 * static_cast<std::uint32_t>(saved_.size());
  const auto pair = [&](std::size_t n, const Ptr& where) {
    if (restore) {
      a_.ldp(gp(saved_[n], 8), gp(saved_[n + 1], 8), where);
    } else {
      a_.stp(gp(saved_[n], 8), gp(saved_[n + 1], 8), where);
    }
  };
  // The stack pointer moves along with the first pair when that is at its new place.
  const bool along = leave && at == 0 && frame_ <= 504;
  std::uint32_t base = sp;
  std::int32_t first = static_cast<std::int32_t>(at);
  const auto saved = [&](std::size_t n) {
    for (std::uint32_t k = 0; k < 2; ++k) {
      const auto up = static_cast<std::uint32_t>(8 * (n + k));
      frame_step(FrameStep::Kind::Saved, saved_[n + k], frame_ - at - up);
    }
  };
  if (!along && !restore) {
    add_imm(sp, sp, -static_cast<std::int64_t>(frame_));
    frame_step(FrameStep::Kind::Size, 0, frame_);
  }
  if (first > 384) {  // beyond the reach of pairs
    add_imm(kScratch2, sp, first);
    base = kScratch2;
    first = 0;
  }
  if (along && !restore) {
    pair(0, a64::ptr_pre(a64::sp, -static_cast<std::int32_t>(frame_)));
    frame_step(FrameStep::Kind::Size, 0, frame_);
    saved(0);
  }
  for (std::size_t n = along ? 2 : 0; n < saved_.size(); n += 2) {
    pair(n, a64::ptr(gp(base, 8), first + 8 * static_cast<std::int32_t>(n)));
    if (!restore) saved(n);
  }
  if (along && restore) pair(0, a64::ptr_post(a64::sp, static_cast<std::int32_t>(frame_)));
  if (!along && restore && leave) add_imm(sp, sp, frame_);
}

void Emitter::epilogue() {
  if (frame_ == 0) return;
  saved_registers(true);
  frame_left();
}

// ---- blocks
// ----------------------------------------------------------------------------------------------

void Emitter::instruction(const MInst& i) {
  if (i.op == kMove) {
    emit_move(i);
    return forget_flags(i);
  }
  if (i.op == kSwap) {
    flags_.known = false;
    return emit_swap(i);
  }
  if (i.op == kJump) return jump(m_.blocks[block_].succs[0].to);
  if (!emit_int(i) && !emit_float(i) && !emit_mem(i) && !emit_call(i) && !emit_simd(i)) {
    if (error_ == nullptr) error_ = "an instruction has no encoding rule";
  }
  forget_flags(i);
  if (has(kCpuPoison)) poison(i);
}

/// Two instructions as one.
bool Emitter::emit_pair(const MInst& x, const MInst& y) {
  if (!emit_move_pair(x, y) && !emit_access_pair(x, y)) return false;
  for (const MInst* const i : {&x, &y}) {
    forget_flags(*i);
    if (has(kCpuPoison) && i->op != kMove) poison(*i);
  }
  return true;
}

/// Ones in the upper half of each i32 that an instruction has made.
void Emitter::poison(const MInst& i) {
  for (unsigned n = 0; n < i.defs; ++n) {
    if (!m_.vregs[raw(op(i, n).vreg)].is_i32 || !op(i, n).loc.is_reg()) continue;
    const Gp r = gp(op(i, n), 8);
    a_.orr(r, r, asmjit::Imm(0xFFFFFFFF00000000));
  }
}

bool Emitter::takes_too_much() {
  const std::uint64_t takes =
      m_.takes() + references_.capacity() * sizeof(Reference) + cold_.size() * kColdTakes;
  if (takes <= m_.most_memory) return false;
  error_ = kTooLarge;
  return true;
}

void Emitter::block(std::uint32_t number) {
  // Flags outlast the way from the only block that leads here, when that stands in front.
  const std::span<const MBlockId> preds = m_.blocks[number].preds;
  if (preds.size() != 1 || raw(preds[0]) != block_) flags_.known = false;
  block_ = number;
  bind(labels_[number]);
  const std::span<const std::uint32_t> insts = m_.blocks[number].insts;
  std::uint32_t walked = 0;
  for (std::size_t n = 0; n < insts.size(); ++n) {
    if (walked++ % kCheckEvery == 0 && takes_too_much()) return;
    place(insts[n]);
    const MInst& x = m_.insts[insts[n]];
    if (n + 1 < insts.size() && emit_pair(x, m_.insts[insts[n + 1]])) {
      ++n;
    } else {
      instruction(x);
    }
  }
}

/// Behind the code: traps and literals.
void Emitter::tail() {
  if (!traps_.empty()) {
    const Label common = new_label();
    for (const TrapStub& t : traps_) {
      place(CodePlace::kNone, t.wasm);
      bind(t.label);
      if (t.info != kNoInfo) mov(kTarget, t.info);
      if (frame_ == 0) {
        mov(kScratch2, kLink);
        frame_step(FrameStep::Kind::Link, kScratch2);
      }
      refer(0x94000000, common, Reach::Bits26, ~0u);
      point(PointKind::Trap, t.wasm, t.kind);
      if (t.check != nullptr) add_merged(out_.points, m_, *t.check);
    }
    a_.nop();  // the last one's return address is inside the function
    place(CodePlace::kNone);
    // Called from the above, without a frame of its own.
    frame_step(frame_ == 0 ? FrameStep::Kind::Link : FrameStep::Kind::Left, kLink);
    bind(common);
    a_.ldr(gp(kScratch, 8), vm(offsetof(Vmctx, native)));
    a_.ldr(gp(kScratch, 8), place(kScratch, offsetof(NativeStubs, trap), 8));
    a_.br(gp(kScratch, 8));
  }
  out_.code_bytes = here();
  place(CodePlace::kData);
  std::stable_sort(literals_.begin(), literals_.end(),
                   [](const Literal& x, const Literal& y) { return x.bytes > y.bytes; });
  for (const Literal& l : literals_) {
    while (here() % l.bytes != 0) word(0);
    bind(l.label);
    a_.embed(&l.lo, std::min(l.bytes, 8u));
    if (l.bytes == 16) a_.embed(&l.hi, 8);
  }
}

void Emitter::start() {
  out_.clear();
  code_.reset();
  code_.init(asmjit::Environment(asmjit::Arch::kAArch64));
  code_.setErrorHandler(this);
  if (log_ != nullptr) {
    logger_.clear();
    logger_.addFlags(asmjit::FormatFlags::kMachineCode);
    code_.setLogger(&logger_);
  }
  code_.attach(&a_);
  listing_.clear();
  if (dump_enabled(Stage::Asm, m_.index)) code_.setLogger(&listing_);
  cold_.clear();
  traps_.clear();
  literals_.clear();
  frame_left_ = false;
  flags_.known = false;
  block_ = ~0u;
  label_at_.clear();
  references_.clear();
  differences_.clear();
  numbered_ = 0;
  place(CodePlace::kNone);
  labels_.resize(m_.blocks.size());
  for (Label& l : labels_) l = new_label();
}

/// The whole function once. False: some branches did not reach.
bool Emitter::attempt() {
  start();
  place_frame();
  if (m_.follows) {
    section_labels();
  } else {
    prologue();
  }
  layout_ = lay_out(m_, true);
  const std::vector<std::uint32_t>& order = layout_.order;
  for (std::size_t n = 0; n < order.size() && error_ == nullptr; ++n) {
    next_block_ = n + 1 < order.size() ? order[n + 1] : ~0u;
    block(order[n]);
  }
  if (error_ != nullptr) return true;
  next_block_ = ~0u;
  for (std::size_t n = 0; n < cold_.size(); ++n) {
    const Cold cold = std::move(cold_[n]);
    place(cold.inst);
    cold.code();
  }
  tail();
  return error_ != nullptr || resolve();
}

const char* Emitter::run() {
  // Each attempt marks at least one more reference as far; a few are enough in practice.
  constexpr int kAttempts = 6;
  far_.clear();
  for (int n = 0; !attempt(); ++n) all_far_ = n == kAttempts;
  if (error_ != nullptr) return error_;
  if (log_ != nullptr) log_->append(logger_.data(), logger_.dataSize());
  const asmjit::CodeBuffer& buffer = code_.sectionById(0)->buffer();
  out_.code.assign(buffer.data(), buffer.data() + buffer.size());
  std::stable_sort(out_.points.begin(), out_.points.end(),
                   [](const CodePoint& x, const CodePoint& y) { return x.pc < y.pc; });
  out_.listing.assign(listing_.data(), listing_.dataSize());
  return nullptr;
}

}  // namespace wasmrt::jit::arm64
