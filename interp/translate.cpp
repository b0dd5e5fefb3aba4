// The translator's core: operand stack, accumulators, locals, copies.
#include "interp/translate.h"

#include <algorithm>

#include "libwasmrt/base/assert.h"

namespace wasmrt::interp {

Translator::Translator(const DecodedModule& module, const CodeOptions& options, FuncCode* funcs)
    : module_(module), options_(options), funcs_(funcs), handlers_(handler_table()) {
  code_.resize(512);
}

std::uint16_t Translator::slots_of(std::span<const ValType> types) {
  std::uint32_t n = 0;
  for (ValType t : types) n += t.slots();
  return static_cast<std::uint16_t>(n);
}

void Translator::begin(const BodyState& state) {
  state_ = &state;
  pos_ = 0;
  stack_.clear();
  settled_ = 0;
  labels_.clear();
  patches_.clear();
  map_.clear();
  notes_.clear();
  forget_accs();
  forget_last();
  max_slots_ = far_slots_ = 0;
  too_large_ = false;

  const FuncType& type = state.function_type();
  link_ = std::max(slots_of(type.params), slots_of(type.results));
  local_slots_.clear();
  far_locals_.clear();
  // Beyond this, locals live below sp (EnterFar), so that temporaries stay within 16 bits.
  constexpr std::uint32_t kNearSlots = 56000;
  std::uint32_t slot = 0;
  std::uint32_t far = 0;
  const std::uint32_t params = state.param_count();
  for (std::uint32_t i = 0; i < state.local_count(); ++i) {
    if (i == params) slot = link_ + 2u;
    const std::uint32_t width = state.local_type(i).slots();
    if (far != 0 || slot + width > kNearSlots) {
      far += width;
      far_locals_.push_back(far);
    } else {
      local_slots_.push_back(static_cast<std::uint16_t>(slot));
      slot += width;
    }
  }
  if (state.local_count() <= params) slot = link_ + 2u;
  near_locals_ = static_cast<std::uint32_t>(local_slots_.size());
  far_slots_ = far;
  temps_ = static_cast<std::uint16_t>(slot);
  touch_slots(slot + 2);
  touched_.assign(slot, 0);
  lazy_.assign(slot, 0);
  written_.assign(slot, 0);
  barrier_ = 0;

  if (far != 0) emit(EnterFar, link_, 0, far);
  const std::uint32_t zeroed = slot - (link_ + 2u);
  if (zeroed != 0) emit(ZeroLocals, 0, 0, 0);  // finish() knows what is left of it
  trail_.clear();
  cuts_.clear();
  cut_count_ = 0;
  assigned_.assign(near_locals_, 0);
  std::fill_n(assigned_.begin(), std::min(params, near_locals_), std::uint8_t{1});
  zero_begin_ = zero_end_ = 0;
  for (std::uint32_t i = params; i < near_locals_; ++i) {
    // A reference is always zeroed: whoever walks frames must find a null or a reference.
    if (state.local_type(i).is_ref()) need_zero(i);
  }
  labels_.push_back({.kind = FrameKind::Function, .slot = temps_});
}

void Translator::need_zero(std::uint32_t index) {
  assigned_[index] = 1;
  const std::uint32_t begin = local_slots_[index];
  const std::uint32_t end = begin + state_->local_type(index).slots();
  if (zero_begin_ == zero_end_) {
    zero_begin_ = begin;
    zero_end_ = end;
  } else {
    zero_begin_ = std::min(zero_begin_, begin);
    zero_end_ = std::max(zero_end_, end);
  }
}

void Translator::assign_local(std::uint32_t index, ValType) {
  if (assigned_[index] != 0) return;
  assigned_[index] = 1;
  trail_.push_back(index);
}

/// At a label that can be reached from where only `trail` assignments had happened.
void Translator::unassign(std::uint32_t trail) {
  if (trail >= trail_.size()) return;
  while (trail_.size() > trail) {
    assigned_[trail_.back()] = 0;
    trail_.pop_back();
  }
  // What comes next on the trail is something else than what earlier branches saw there.
  while (!cuts_.empty() && cuts_.back().length >= trail) cuts_.pop_back();
  cuts_.push_back({trail, ++cut_count_});
}

/// What is still true of a mark: the first cut that is kept and came later is the shortest of them.
std::uint32_t Translator::left_of(const TrailMark& mark) const {
  if (mark.length == kNone) return kNone;
  const auto later =
      std::upper_bound(cuts_.begin(), cuts_.end(), mark.cuts,
                       [](std::uint32_t cuts, const TrailMark& cut) { return cuts < cut.cuts; });
  return later == cuts_.end() ? mark.length : std::min(mark.length, later->length);
}

void Translator::shorten(TrailMark& mark, std::uint32_t length) {
  mark = {std::min(left_of(mark), length), cut_count_};
}

/// No instruction takes more than some tens of bytes per byte of a body, so distances fit 32 bits.
void Translator::grow_code() {
  WASMRT_ASSERT(code_.size() < std::size_t{1} << 27, "bytecode grows with the body only");
  code_.resize(code_.size() * 2);
}

void Translator::finish() {
  entry_ = 0;
  if (temps_ != link_ + 2u) {
    // ZeroLocals stands first, or behind EnterFar.
    const std::uint32_t at = far_slots_ != 0 ? 16 : 0;
    const std::uint32_t n = zero_end_ - zero_begin_;
    code_[at / 8] = reinterpret_cast<std::uint64_t>(handlers_[ZeroLocals + std::min(n, 17u)]);
    code_[at / 8 + 1] = std::uint64_t{zero_begin_} | std::uint64_t{n} << 32;
    if (n == 0 && far_slots_ == 0) entry_ = 16;
  }
  std::uint32_t pos = 0;
  std::uint32_t offset = 0;
  auto put = [&](std::uint64_t x) {
    for (; x >= 0x80; x >>= 7) map_.push_back(static_cast<std::uint8_t>(x | 0x80));
    map_.push_back(static_cast<std::uint8_t>(x));
  };
  for (const auto& [p, o] : notes_) {
    put((p - pos) / 8);
    put(o - offset);
    pos = p;
    offset = o;
  }
}

void Translator::note(std::uint32_t pos) {
  while (!notes_.empty() && notes_.back().first >= pos) notes_.pop_back();
  notes_.emplace_back(pos, state_->offset());
}

// --- accumulators ---

void Translator::push_acc(ValKind type, std::uint32_t def, HandlerId slot_form) {
  push(Operand::Kind::Acc, type);
  AccState& s = acc_[acc_of(type)];
  s = {};
  s.entry = static_cast<std::int32_t>(stack_.size() - 1);
  s.def = def;
  s.slot_form = slot_form;
}

Operand Translator::pop() {
  const Operand o = stack_.back();
  stack_.pop_back();
  if (settled_ > stack_.size()) settled_ = stack_.size();
  // Cleared here and not after the instruction: its result may belong to the other accumulator.
  if (o.kind == Operand::Kind::Acc) acc_[o.acc()].entry = -1;
  if (o.kind == Operand::Kind::Local) --lazy_[o.local];
  return o;
}

Place Translator::place(const Operand& o) const {
  if (o.kind == Operand::Kind::Acc) return {Place::Kind::R, Place::kNoSlot, 0};
  if (o.kind == Operand::Kind::Const) return {Place::Kind::I, 0, o.bits};
  const std::uint16_t slot = o.kind == Operand::Kind::Local ? o.local : o.slot;
  const AccState& s = acc_[o.acc()];
  if (s.mirror == slot && s.mirror_vec == (o.type == ValKind::V128)) {
    return {Place::Kind::R, slot, 0};
  }
  return {Place::Kind::S, slot, 0};
}

Place Translator::place_no_imm(const Operand& o) {
  if (o.kind != Operand::Kind::Const) return place(o);
  const_to_slot(o.slot, o.type, o.bits);
  return {Place::Kind::S, o.slot, 0};
}

std::uint16_t Translator::in_slot(const Operand& o) {
  switch (o.kind) {
    case Operand::Kind::Temp: return o.slot;
    case Operand::Kind::Local: read_slot(o.local); return o.local;
    case Operand::Kind::Const: const_to_slot(o.slot, o.type, o.bits); return o.slot;
    case Operand::Kind::Acc: break;
  }
  AccState& s = acc_[o.acc()];
  if (s.slot_form != kNoHandler) {
    code_[s.def / 8] = reinterpret_cast<std::uint64_t>(handlers_[s.slot_form]);
    code_[s.def / 8 + 1] = (code_[s.def / 8 + 1] & ~std::uint64_t{0xFFFF}) | o.slot;
    s.slot_form = kNoHandler;
    if (last_.pos == s.def) {
      // Still known as the last instruction, now with its destination: counted loops look at it.
      last_.id = static_cast<HandlerId>(last_.id + 1);
      last_.d = o.slot;
    } else if (prev_.pos == s.def) {
      prev_.id = static_cast<HandlerId>(prev_.id + 1);
      prev_.d = o.slot;
    }
    s.mirror = o.slot;
    s.mirror_vec = o.type == ValKind::V128;
  } else {
    store_acc(o.slot, o.type);
  }
  return o.slot;
}

void Translator::spill(Acc acc) {
  AccState& s = acc_[acc];
  Operand& o = stack_[static_cast<std::size_t>(s.entry)];
  o.def = s.slot_form != kNoHandler ? s.def : kNone;
  in_slot(o);
  o.kind = Operand::Kind::Temp;
  s.entry = -1;
}

void Translator::take_acc(Acc acc) {
  if (acc_[acc].entry >= 0) spill(acc);
  acc_[acc].mirror = kNoSlot;
  acc_[acc].slot_form = kNoHandler;
  acc_[acc].def = kNone;
}

void Translator::forget_accs() {
  acc_[0] = {};
  acc_[1] = {};
}

void Translator::kill_mirror(std::uint16_t slot, std::uint16_t width) {
  for (AccState& s : acc_) {
    if (s.mirror == kNoSlot) continue;
    const std::int32_t end = s.mirror + (s.mirror_vec ? 2 : 1);
    if (s.mirror < slot + width && slot < end) s.mirror = kNoSlot;
  }
}

// --- moving values ---

void Translator::store_acc(std::uint16_t d, ValKind type) {
  const Acc acc = acc_of(type);
  kill_mirror(d, type == ValKind::V128 ? 2 : 1);
  if (d < temps_) touched_[d] = pos_ + 1;
  if (type == ValKind::V128) {
    emit(StoreAccVec, d, 0, 0);
  } else if (acc == kVecAcc) {
    emit(handler_id(StoreAccV, type == ValKind::F32 ? 1 : 0), d, 0, 0);
  } else {
    emit(StoreAcc, d, 0, 0);
  }
  acc_[acc].mirror = d;
  acc_[acc].mirror_vec = type == ValKind::V128;
}

void Translator::const_to_slot(std::uint16_t d, ValKind type, std::uint64_t bits) {
  kill_mirror(d, type == ValKind::V128 ? 2 : 1);
  if (d < temps_) touched_[d] = pos_ + 1;
  if (bits >> 32 == 0) {
    const auto w = static_cast<std::uint32_t>(bits);
    const bool is_short = static_cast<std::int32_t>(w) == static_cast<std::int16_t>(w);
    if (is_short && fuse_move(true, d, static_cast<std::uint16_t>(w))) return;
    const std::uint32_t at = emit(SlotConst32, d, 0, w);
    if (options_.fuse) remember_move(SlotConst32, at, d, 0, w);
  } else {
    emit(SlotConst64, d, 0, 0);
    emit_wide(bits);
  }
}

void Translator::copy_slot(std::uint16_t d, std::uint16_t a, ValKind type) {
  kill_mirror(d, type == ValKind::V128 ? 2 : 1);
  read_slot(a);
  if (d < temps_) touched_[d] = pos_ + 1;
  if (type == ValKind::V128) {
    emit(CopyVec, d, a, 0);
    return;
  }
  if (fuse_move(false, d, a)) return;
  const std::uint32_t at = emit(CopySlot, d, a, 0);
  if (options_.fuse) remember_move(CopySlot, at, d, a, 0);
}

void Translator::store_place(std::uint16_t d, ValKind type, const Place& from) {
  if (from.is_r() && fuse_sum_again(d, type)) return;
  if (from.is_r()) {
    store_acc(d, type);
  } else if (from.is_i()) {
    const_to_slot(d, type, from.bits);
  } else {
    copy_slot(d, from.slot, type);
  }
}

void Translator::materialize(std::size_t index) {
  Operand& o = stack_[index];
  if (o.kind == Operand::Kind::Temp) return;
  if (o.kind == Operand::Kind::Acc) {
    spill(o.acc());
    return;
  }
  if (o.kind == Operand::Kind::Local) --lazy_[o.local];
  store_place(o.slot, o.type, place(o));
  o.kind = Operand::Kind::Temp;
}

void Translator::materialize_from(std::size_t first) {
  for (std::size_t i = std::max(first, settled_); i < stack_.size(); ++i) materialize(i);
  if (first <= settled_) settled_ = stack_.size();
}

void Translator::truncate(std::size_t size) {
  while (stack_.size() > size) pop();
}

void Translator::reset_stack(const Label& to, std::span<const ValType> types) {
  truncate(to.height);
  for (ValType t : types) push_temp(t.kind());
  settled_ = stack_.size();
}

void Translator::undo_last() {
  pos_ = last_.pos;
  acc_[last_.acc] = last_.before;
  last_ = prev_;
  prev_ = before_prev_;
  before_prev_.end = kNone;
}

void Translator::remember(std::uint32_t pos, HandlerId id, Acc acc, const AccState& before,
                          std::uint16_t a, std::uint32_t w, std::uint64_t wide) {
  if (last_.end != pos) last_.end = kNone;
  before_prev_ = prev_;
  prev_ = last_;
  last_.d = 0;
  last_.pos = pos;
  last_.end = pos_;
  last_.id = id;
  last_.acc = acc;
  last_.before = before;
  last_.before.entry = -1;
  last_.a = a;
  last_.w = w;
  last_.wide = wide;
}

// --- locals, globals, parametric ---

void Translator::on_local_get(std::uint32_t index, ValType type) {
  if (index >= near_locals_) [[unlikely]] {
    const std::uint16_t d = next_slot();
    kill_mirror(d, static_cast<std::uint16_t>(type.slots()));
    emit(handler_id(FarGet, type.is_vec() ? 1 : 0), d, 0, far_locals_[index - near_locals_]);
    push_temp(type.kind());
    return;
  }
  read_local(index);
  const std::uint16_t slot = local_slots_[index];
  push(Operand::Kind::Local, type.kind()).local = slot;
  ++lazy_[slot];
}

void Translator::preserve(std::uint16_t slot) {
  if (lazy_[slot] == 0) return;
  for (std::size_t i = stack_.size(); lazy_[slot] != 0; --i) {
    const Operand& o = stack_[i - 1];
    if (o.kind == Operand::Kind::Local && o.local == slot) materialize(i - 1);
  }
}

/// Copies operands that stand for the local before the instruction that made its new value, which
/// then can write the local itself.
void Translator::preserve_before_last(std::uint16_t slot) {
  const Last kept = last_;
  const HandlerId slot_form = acc_[kept.acc].slot_form;
  const std::uint32_t words = (pos_ - kept.pos) / 8;
  std::uint64_t code[4];
  std::copy_n(code_.begin() + kept.pos / 8, words, code);
  const bool noted = !notes_.empty() && notes_.back().first == kept.pos;
  undo_last();
  preserve(slot);
  const std::uint32_t at = pos_;
  if (noted) notes_.back().first = at;
  emit(0, 0, 0, 0);
  std::copy_n(code, words, code_.begin() + at / 8);
  pos_ = at + words * 8;
  prev_ = last_;
  last_ = kept;
  last_.pos = at;
  last_.end = pos_;
  AccState& s = acc_[kept.acc];
  last_.before = s;
  s = {};
  s.def = at;
  s.slot_form = slot_form;
}

void Translator::set_local(std::uint16_t slot, const Operand& value) {
  if (value.kind == Operand::Kind::Local && value.local == slot) return;
  if (lazy_[slot] != 0 && is_last(value)) {
    preserve_before_last(slot);
  } else {
    preserve(slot);
  }
  if (value.kind == Operand::Kind::Acc) {
    AccState& s = acc_[value.acc()];
    if (s.slot_form != kNoHandler && !s.branch_since && touched_[slot] <= s.def + 1) {
      Operand there = value;
      there.slot = slot;
      kill_mirror(slot, value.width());
      in_slot(there);
      touched_[slot] = s.def + 1;
      written_[slot] = pos_;
      if (fusible() && last_.pos == s.def) fuse_adds();
      return;
    }
    store_acc(slot, value.type);
  } else {
    store_place(slot, value.type, place(value));
  }
  written_[slot] = pos_;
}

void Translator::on_local_set(std::uint32_t index, ValType type) {
  const Operand value = pop();
  if (index >= near_locals_) [[unlikely]] {
    const std::uint16_t a = in_slot(value);
    emit(handler_id(FarSet, type.is_vec() ? 1 : 0), 0, a, far_locals_[index - near_locals_]);
    return;
  }
  assign_local(index, type);
  set_local(local_slots_[index], value);
}

void Translator::on_local_tee(std::uint32_t index, ValType type) {
  if (index >= near_locals_) [[unlikely]] {
    materialize(stack_.size() - 1);
    const std::uint16_t a = stack_.back().slot;
    emit(handler_id(FarSet, type.is_vec() ? 1 : 0), 0, a, far_locals_[index - near_locals_]);
    return;
  }
  assign_local(index, type);
  const std::uint16_t slot = local_slots_[index];
  const Operand value = pop();
  set_local(slot, value);
  if (value.kind == Operand::Kind::Acc) {
    push(Operand::Kind::Local, type.kind()).local = slot;
    ++lazy_[slot];
    return;
  }
  Operand& again = push(value.kind, value.type);
  again.local = value.local;
  again.bits = value.bits;
  if (value.kind == Operand::Kind::Local) ++lazy_[value.local];
}

void Translator::on_global_get(GlobalIdx index, ValType type) {
  const Acc acc = acc_of(type.kind());
  take_acc(acc);
  const Family family = type.is_vec() ? GlobalGetVec : acc == kVecAcc ? GlobalGetV : GlobalGet;
  const std::uint32_t at = emit(family, 0, 0, raw(index));
  push_acc(type.kind(), at, handler_id(family, 1));
}

void Translator::on_global_set(GlobalIdx index, ValType type) {
  const Operand value = pop();
  const Place p = place_no_imm(value);
  read_place(p);
  const std::uint32_t variant = (p.is_s() ? 1u : 0u) + (type.kind() == ValKind::F32 ? 2u : 0u);
  const Family family = type.is_vec()            ? GlobalSetVec
                        : value.acc() == kVecAcc ? GlobalSetV
                                                 : GlobalSet;
  emit(handler_id(family, variant), 0, p.slot, raw(index));
}

void Translator::on_drop(ValType) { pop(); }

void Translator::on_select(ValType type) {
  const Operand oc = pop();
  const Operand ob = pop();
  const Operand oa = pop();
  const ValKind kind = type.kind();
  if (fuse_select(oa, ob, oc, kind)) return;
  Place a = place_no_imm(oa);
  Place b = place_no_imm(ob);
  Place c = place_no_imm(oc);
  // One accumulator holds one operand: the one that is nowhere else, else the condition.
  auto lower = [](Place& p) { p.kind = Place::Kind::S; };
  const bool is_vec = acc_of(kind) == kVecAcc;
  if (a.is_r() && b.is_r()) oa.kind == Operand::Kind::Acc ? lower(b) : lower(a);
  if (!is_vec && c.is_r() && (a.is_r() || b.is_r())) {
    if (oc.kind == Operand::Kind::Acc ||
        (oa.kind != Operand::Kind::Acc && ob.kind != Operand::Kind::Acc)) {
      if (a.is_r()) lower(a);
      if (b.is_r()) lower(b);
    } else {
      lower(c);
    }
  }
  read_place(a);
  read_place(b);
  read_place(c);
  std::uint32_t form = 0;
  if (a.is_r()) {
    form = c.is_r() ? 4 : 2;
  } else if (b.is_r()) {
    form = c.is_r() ? 5 : 3;
  } else {
    form = c.is_r() ? 1 : 0;
  }
  const Family family = kind == ValKind::V128  ? SelectVec
                        : kind == ValKind::F64 ? SelectV
                        : kind == ValKind::F32 ? SelectF32
                                               : Select;
  take_acc(acc_of(kind));
  const std::uint32_t at = emit(handler_id(family, 2 * form), 0, a.slot, two(b.slot, c.slot));
  push_acc(kind, at, handler_id(family, 2 * form + 1));
}

}  // namespace wasmrt::interp
