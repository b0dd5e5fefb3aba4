// Memory accesses and their addresses, and which go together.
#include <algorithm>
#include <array>
#include <bit>

#include "jit/arm64/select.h"
#include "libwasmrt/abi/vmctx.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

namespace {

/// Whether an offset can stand in an access of so many bytes to a plain base.
bool is_offset(std::uint64_t offset, unsigned bytes) {
  return offset < 256 || (offset % bytes == 0 && offset / bytes < 4096);
}

}  // namespace

/// What an access adds to the memory's base: an index and a number, taken out of sums that lose
/// nothing. The guard covers the number even where a processor only guesses so.
Selector::Parts Selector::parts_of(const Inst& access) const {
  constexpr std::int64_t kWidest = 64;
  Parts r = {access.arg(0), static_cast<std::int64_t>(access.imm)};
  const Inst& sum = at(r.index);
  if (sum.op != IrOp::Add || sum.type != Type::I32 || sum.aux != kNoWrap) return r;
  if (at(sum.arg(1)).op != IrOp::Const) return r;
  const std::int64_t offset = r.offset + static_cast<std::int32_t>(at(sum.arg(1)).imm);
  const bool covered =
      offset <= 0 || static_cast<std::uint64_t>(offset + kWidest) <= f_.memories[0].guarded_bytes;
  return covered ? Parts{sum.arg(0), offset} : r;
}

/// An index of the memory; a shift that fits the access goes along.
void Selector::set_index(V index, unsigned bytes, Mem& mem) {
  mem.index32 = at(index).type == Type::I32;
  if (mem.index32) index = uncut(index);
  const Inst& shl = at(index);
  std::int64_t by = 0;
  if (shl.op == IrOp::Shl && shl.type == Type::I32 && shl.aux == kNoWrap && !needed(index) &&
      constant(shl.arg(1), by) && by > 0 && by <= 4 && 1u << by == bytes) {
    mem.scale = static_cast<std::uint8_t>(by);
    index = shl.arg(0);
  }
  mem.index = reg(index);
}

/// Base and offset as a memory operand; sums of pointers fold into it. An i32 index is extended by
/// the access itself, so that nothing in its upper half can lead out of the memory.
Mem Selector::address(V base, std::uint64_t offset, std::uint16_t memory, unsigned bytes) {
  Mem mem;
  mem.guest = true;
  const bool far = offset > 0x7FFFFFFF;
  if (memory == 0) {
    mem.pinned = 1;
    if (!far) {
      set_index(base, bytes, mem);
      mem.disp = static_cast<std::int32_t>(offset);
      return mem;
    }
    mem.index32 = at(base).type == Type::I32;
    const V index = mem.index32 ? uncut(base) : base;
    const VReg big = move_imm(offset);
    const VReg sum = temp(RegClass::Int);
    const auto bits = mem.index32 ? op2_bits(Op2::Extended, static_cast<unsigned>(Extend::Uxtw))
                                  : op2_bits(Op2::Reg);
    emit_op2(kAdd, 8, sum, big, {bits, reg(index), 0});
    mem.index = sum;
    mem.index32 = false;
    return mem;
  }
  if (far) {
    const VReg big = move_imm(offset);
    mem.base = temp(RegClass::Int);
    emit_op2(kAdd, 8, mem.base, big, plain(base));
    return mem;
  }
  const Inst& sum = at(base);
  if (offset == 0 && sum.op == IrOp::Add && own(base) && at(sum.arg(1)).op != IrOp::Const) {
    const auto scale = static_cast<std::uint8_t>(std::countr_zero(bytes));
    mem.base = reg(sum.arg(0));
    V index = sum.arg(1);
    V inner{};
    Shift how{};
    unsigned by = 0;
    if (shift_of(index, false, inner, how, by) && how == Shift::Lsl && by == scale) {
      mem.scale = scale;
      index = inner;
    }
    if (is_own(index, IrOp::ExtU)) {
      mem.index32 = true;
      index = at(index).arg(0);
    }
    mem.index = reg(index);
    return mem;
  }
  mem.base = reg(base);
  mem.disp = static_cast<std::int32_t>(offset);
  return mem;
}

Mem Selector::vm_address(V base, std::uint64_t offset, unsigned bytes) {
  Mem mem;
  if (at(base).op == IrOp::Vmctx) {
    mem.pinned = 2;
    mem.disp = static_cast<std::int32_t>(offset);
    return mem;
  }
  mem = address(base, offset, kAbsolute, bytes);
  mem.guest = false;
  return mem;
}

Mem Selector::memory_of(const Inst& access, unsigned bytes) {
  if (access.op == IrOp::VmLoad || access.op == IrOp::VmLoadConst || access.op == IrOp::VmStore) {
    return vm_address(access.arg(0), access.imm, bytes);
  }
  Mem mem = address(access.arg(0), access.imm, access.mem, bytes);
  mem.pos = access.pos;
  return mem;
}

/// Finds accesses that differ only in their offset, so that index and memory base are added up once
/// for all of them: in a block and those that only it leads to, up to the next call, which may move
/// the memory. A few of the latest are kept, as each takes a register.
void Selector::share_addresses() {
  constexpr std::size_t kMost = 4;
  constexpr std::uint64_t kPairReach = 64;  // in units of what is accessed
  using Known = std::array<std::uint32_t, kMost>;
  constexpr Known kNone = {~0u, ~0u, ~0u, ~0u};
  shared_of_.assign(f_.insts.size(), ~0u);
  std::vector<Known> at_end(f_.blocks.size(), kNone);
  for (const BlockId b : f_.order) {
    Known known = f_[b].preds.size() == 1 ? at_end[raw(f_[b].preds[0])] : kNone;
    for (std::uint32_t v = f_[b].first; v != ~0u; v = f_.next[v]) {
      const Inst& i = f_.insts[v];
      if (calls(i.op)) known = kNone;
      if ((i.op != IrOp::Load && i.op != IrOp::Store) || i.mem != 0) continue;
      const Parts at = parts_of(i);
      if (at.offset < 0 || at.offset > 0x7FFFFFFF) continue;
      if (at.offset == 0 && !paired(static_cast<V>(v))) continue;
      const unsigned bytes = bytes_of(static_cast<Access>(i.aux));
      const auto whole = static_cast<std::uint64_t>(at.offset);
      const std::uint64_t offset = is_offset(whole, bytes) ? 0 : whole & ~std::uint64_t{0xFFF};
      if (!is_offset(whole - offset, bytes)) continue;
      const auto same = [&](std::uint32_t n) {
        return n != ~0u && shared_[n].base == at.index && shared_[n].offset == offset;
      };
      auto found = std::find_if(known.begin(), known.end(), same);
      if (found == known.end()) {
        --found;
        *found = static_cast<std::uint32_t>(shared_.size());
        shared_.push_back({at.index, offset, static_cast<V>(v), 0, kNoVReg, whole, 0});
      }
      std::rotate(known.begin(), found, found + 1);
      SharedAddress& shared = shared_[known[0]];
      ++shared.accesses;
      shared.lowest = std::min(shared.lowest, whole);
      shared.far_pairs += paired(static_cast<V>(v)) && whole - offset >= kPairReach * bytes ? 1 : 0;
      shared_of_[v] = known[0];
    }
    at_end[raw(b)] = known;
  }
  // An addition of its own for pairs that are out of reach otherwise.
  for (SharedAddress& shared : shared_) {
    if (shared.far_pairs >= 4) shared.offset = shared.lowest & ~std::uint64_t{15};
  }
}

/// Where a loop may have bases: in front of the outermost one without calls. ~0: nowhere.
void Selector::find_loops() {
  position_.assign(f_.blocks.size(), 0);
  calls_before_.assign(f_.order.size() + 1, 0);
  for (std::uint32_t n = 0; n < f_.order.size(); ++n) {
    position_[raw(f_.order[n])] = n;
    bool any = false;
    for (std::uint32_t v = f_[f_.order[n]].first; v != ~0u && !any; v = f_.next[v]) {
      any = calls(f_.insts[v].op);
    }
    calls_before_[n + 1] = calls_before_[n] + (any ? 1 : 0);
  }
  front_of_.assign(f_.blocks.size(), kNoBlock);  // by header
  for (const BlockId header : f_.order) {        // outer loops first
    const Block& block = f_[header];
    if (!block.is_loop_header) continue;
    const std::uint32_t from = position_[raw(header)];
    if (calls_before_[block.loop_end] != calls_before_[from]) continue;
    BlockId front = kNoBlock;
    unsigned ways = 0;
    for (const BlockId p : block.preds) {
      if (position_[raw(p)] >= from && position_[raw(p)] < block.loop_end) continue;
      ++ways;
      front = p;
    }
    if (ways != 1 || f_.insts[f_[front].last].op != IrOp::Jump) continue;
    const BlockId outer = f_[front].loop_header;
    const bool further = outer != kNoBlock && front_of_[raw(outer)] != kNoBlock;
    front_of_[raw(header)] = further ? front_of_[raw(outer)] : front;
  }
  bases_of_.assign(f_.blocks.size(), ~0u);
}

/// A register that holds memory base + offset in the loop around the current instruction, if there
/// is one and it has room for it.
VReg Selector::base_in_front(std::int64_t offset) {
  // Each may take a register; without one it is made where it is used.
  constexpr unsigned kMost = 3;
  const BlockId header = f_[f_.block_of[raw(current_)]].loop_header;
  if (header == kNoBlock || front_of_[raw(header)] == kNoBlock) return kNoVReg;
  std::uint32_t& first = bases_of_[raw(front_of_[raw(header)])];
  unsigned there = 0;
  for (std::uint32_t n = first; n != ~0u; n = bases_[n].next, ++there) {
    if (bases_[n].offset == offset) return bases_[n].reg;
  }
  if (there == kMost) return kNoVReg;
  bases_.push_back({temp(RegClass::Int), static_cast<std::int32_t>(offset), first});
  first = static_cast<std::uint32_t>(bases_.size() - 1);
  return bases_.back().reg;
}

/// At the end of a block in front of loops: the bases that were asked for.
void Selector::emit_bases(BlockId block) {
  for (std::uint32_t n = bases_of_[raw(block)]; n != ~0u; n = bases_[n].next) {
    Mem mem;
    mem.pinned = 1;
    mem.disp = bases_[n].offset;
    emit_access(kAddr, 8, {def(bases_[n].reg)}, mem, 0).can_remat = true;
  }
}

/// Of a load or store of the guest.
Mem Selector::guest_memory(V v, unsigned bytes) {
  constexpr std::uint32_t kMany = 3;  // for so many one sum in each turn is less than registers
  const Inst& i = at(v);
  if (i.mem != 0) return memory_of(i, bytes);
  const Parts at = parts_of(i);
  Mem mem;
  mem.guest = true;
  mem.pos = i.pos;
  const std::uint32_t n = shared_of_[raw(v)];
  const bool shares = n != ~0u && shared_[n].accesses >= 2;
  const bool wants_base =
      !shares || (!paired(v) && shared_[n].reg == kNoVReg && shared_[n].accesses < kMany);
  if (at.offset != 0 && at.offset == static_cast<std::int32_t>(at.offset) && wants_base &&
      !f_.memories[0].may_move) {
    mem.base = base_in_front(at.offset);
    if (mem.base != kNoVReg) {
      set_index(at.index, bytes, mem);
      return mem;
    }
  }
  if (!shares) return memory_of(i, bytes);
  SharedAddress& shared = shared_[n];
  if (shared.reg == kNoVReg) shared.reg = temp(RegClass::Int);
  mem.base = shared.reg;
  mem.disp = static_cast<std::int32_t>(at.offset - static_cast<std::int64_t>(shared.offset));
  return mem;
}

/// The address that others share, where `v` is the first of them.
void Selector::make_shared(V v) {
  const std::uint32_t n = shared_of_[raw(v)];
  if (n == ~0u || shared_[n].first != v || shared_[n].reg == kNoVReg) return;
  const SharedAddress& shared = shared_[n];
  const unsigned bytes = bytes_of(static_cast<Access>(at(v).aux));
  Mem whole;
  if (shared.offset != 0 && !f_.memories[0].may_move) {
    whole.base = base_in_front(static_cast<std::int64_t>(shared.offset));
  }
  if (whole.base != kNoVReg) {
    set_index(shared.base, bytes, whole);
  } else {
    whole = address(shared.base, shared.offset, 0, bytes);
    whole.guest = false;
  }
  emit_access(kAddr, 8, {def(shared_[n].reg)}, whole, 0);
}

MInst& Selector::emit_access(AOp op, unsigned size, const Operands& operands, const Mem& mem,
                             std::uint32_t aux) {
  MInst& m = emit_mem(op, size, operands, mem);
  m.aux = aux | (mem.index32 ? kIndex32 : 0);
  return m;
}

/// Where a load goes.
VReg Selector::loaded(V v) {
  return needed(v) ? reg(v) : temp(class_of(at(v).type), size_of(at(v).type));
}

void Selector::load(VReg d, const Inst& i, const Mem& mem) {
  emit_access(kLoad, size_of(i.type), {def(d)}, mem, i.aux);
}

void Selector::store(const Inst& i, const Mem& mem) {
  const unsigned size = size_of(i.aux_type);
  const Inst& c = at(i.arg(1));
  if (c.op == IrOp::Const && c.imm == 0) {
    emit_access(kStore, size, {}, mem, i.aux);
    return;
  }
  // Only the low bits are stored: what cuts them off first is not needed.
  emit_access(kStore, size, {use(low(i.arg(1)))}, mem, i.aux);
}

bool Selector::select_mem(V v) {
  const Inst& i = at(v);
  switch (i.op) {
    case IrOp::Vmctx: {
      // Wanted as a value, not as a base.
      Mem mem;
      mem.pinned = 2;
      emit_access(kAddr, 8, {def(reg(v))}, mem, 0).can_remat = true;
      return true;
    }
    case IrOp::MemCheck:
    case IrOp::LimitCheck:
      check_memory(kMemCheck, needed(v) ? reg(v) : temp(RegClass::Int), i, Constraint::Reg);
      return true;
    case IrOp::CallDistance: {
      Mem mem;
      mem.base = reg(i.arg(0));
      mem.index32 = at(i.arg(1)).type == Type::I32;
      mem.index = mem.index32 ? low(i.arg(1)) : reg(i.arg(1));
      mem.scale = 2;
      emit_access(kLoad, 8, {def(needed(v) ? reg(v) : temp(RegClass::Int))}, mem,
                  static_cast<std::uint32_t>(Access::S32));
      return true;
    }
    case IrOp::VmLoad:
    case IrOp::VmLoadConst: {
      const Mem mem = memory_of(i, bytes_of(static_cast<Access>(i.aux)));
      load(loaded(v), i, mem);
      m_.insts.back().can_remat =
          i.op == IrOp::VmLoadConst && mem.pinned == 2 &&
          is_offset(static_cast<std::uint64_t>(mem.disp), bytes_of(static_cast<Access>(i.aux)));
      return true;
    }
    case IrOp::Load:
    case IrOp::Store: {
      if (paired(v)) {
        select_pair(v);
        return true;
      }
      const Mem mem = guest_memory(v, bytes_of(static_cast<Access>(i.aux)));
      make_shared(v);
      if (i.op == IrOp::Load) {
        load(loaded(v), i, mem);
      } else {
        store(i, mem);
      }
      return true;
    }
    case IrOp::VmStore: store(i, memory_of(i, bytes_of(static_cast<Access>(i.aux)))); return true;
    default: return false;
  }
}

// ---- pairs
// ------------------------------------------------------------------------------------------------
//
// Accesses of neighbouring places, which the emitter carries out as one (ldp, stp): the second of
// two loads moves up to the first, the first of two stores down to the second. What a trap leaves
// behind and where it is are as if each stood where it was. So nothing that can be noticed lies
// between, unless what moves cannot fault, because a place further on was accessed by the same
// index before (a memory never shrinks), and touches nothing that is accessed between. Linear: an
// access is compared with a few of the latest.

namespace {

/// How far an access of a pair moves at most, in accesses and in instructions: values live longer.
constexpr std::size_t kWindow = 8;
constexpr std::uint32_t kFar = 24;

/// Up to where memory is known to be there, for a few indices.
class Reaches {
 public:
  [[nodiscard]] std::int64_t of(ValueId index) const {
    for (const Reach& r : known_) {
      if (r.index == index) return r.end;
    }
    return 0;
  }
  void add(ValueId index, std::int64_t end) {
    auto at = std::find_if(known_.begin(), known_.end() - 1,
                           [index](const Reach& r) { return r.index == index; });
    if (at->index != index) *at = {index, 0};
    at->end = std::max(at->end, end);
    std::rotate(known_.begin(), at, at + 1);  // the latest first
  }

 private:
  struct Reach {
    ValueId index = kNoValue;
    std::int64_t end = 0;
  };
  std::array<Reach, 4> known_;
};

struct Place {
  std::uint32_t v = ~0u;
  ValueId index = kNoValue;
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
  std::int64_t reach = 0;  // of the index, behind the access
  bool is_store = false;
  bool proven = false;        // it cannot fault
  std::uint32_t at = 0;       // counts instructions
  std::uint32_t noticed = 0;  // counts what may trap and stores, this one included
  std::uint32_t trapped = 0;  // counts what may trap
  [[nodiscard]] std::int64_t end() const { return offset + bytes; }
};

bool apart(const Place& x, const Place& y) {
  return x.index == y.index && (x.end() <= y.offset || y.end() <= x.offset);
}

/// The accesses of a block since the latest thing that nothing moves over.
class Recent {
 public:
  Recent(const Func& func, std::vector<std::uint32_t>& pair_of, std::vector<bool>& is_second,
         bool probes)
      : f_(func), pair_of_(pair_of), is_second_(is_second), probes_(probes) {}

  void clear() { count_ = 0; }
  void step() { ++at_; }
  void may_trap() { ++noticed_, ++trapped_; }
  void changes_something() { ++noticed_; }

  void access(Place a, Reaches& reaches) {
    a.at = at_;
    a.proven = a.end() <= reaches.of(a.index);
    reaches.add(a.index, a.end());
    a.reach = reaches.of(a.index);
    const bool wide = f_.insts[a.v].aux >= static_cast<std::uint16_t>(Access::U32);
    bool done = !wide || a.offset < 0;  // or no pair of this one
    for (std::size_t n = count_; n-- > 0 && !done;) {
      const Place& x = list_[n];
      if (a.at - x.at > kFar) break;
      done = pair_of_[x.v] == ~0u && neighbours(x, a) &&
             (a.is_store ? store_moves(n, a) : load_moves(n, a));
      if (!done) continue;
      pair_of_[x.v] = a.v;
      pair_of_[a.v] = x.v;
      is_second_[a.v] = true;
    }
    if (!a.proven) may_trap();
    if (a.is_store) changes_something();
    a.noticed = noticed_;
    a.trapped = trapped_;
    if (count_ == kWindow) {
      std::move(list_.begin() + 1, list_.end(), list_.begin());
      --count_;
    }
    list_[count_++] = a;
  }

 private:
  [[nodiscard]] bool neighbours(const Place& x, const Place& y) const {
    if (x.index != y.index || x.is_store != y.is_store) return false;
    const Inst& i = f_.insts[x.v];
    const Inst& j = f_.insts[y.v];
    if (i.aux != j.aux) return false;
    const std::int64_t low = std::min(x.offset, y.offset);
    return std::max(x.offset, y.offset) == low + x.bytes && low >= 0 && low % x.bytes == 0;
  }

  /// Whether load `a` may move up to the load at position n.
  [[nodiscard]] bool load_moves(std::size_t n, const Place& a) const {
    const Place& x = list_[n];
    if (x.noticed == noticed_) return true;
    if (a.end() > x.reach) return false;
    const auto end = list_.begin() + static_cast<std::ptrdiff_t>(count_);
    for (std::size_t k = n + 1; k < count_; ++k) {
      const Place& s = list_[k];
      if (!s.is_store) continue;
      if (!apart(s, a)) return false;
      // Another that is carried out with this one.
      const std::uint32_t other = pair_of_[s.v];
      if (other == ~0u) continue;
      const auto moved =
          std::find_if(list_.begin(), end, [&](const Place& y) { return y.v == other; });
      if (moved == end || !apart(*moved, a)) return false;
    }
    return true;
  }

  /// Whether the store at position n may move down to store `a`.
  [[nodiscard]] bool store_moves(std::size_t n, const Place& a) const {
    if (probes_) return false;
    const Place& x = list_[n];
    // Where only the second faults, the first is done by the handler, which has integers at hand.
    // Where the first faults nothing is written, if it is the lower one.
    const Type type = f_.insts[x.v].aux_type;
    const bool told = a.offset > x.offset && (type == Type::I32 || type == Type::I64);
    if (!told && !(x.proven && a.proven)) return false;
    if (x.noticed != noticed_ && !(x.proven && x.trapped == trapped_)) return false;
    for (std::size_t k = n + 1; k < count_; ++k) {
      if (!apart(x, list_[k])) return false;
    }
    return true;
  }

  const Func& f_;
  std::vector<std::uint32_t>& pair_of_;
  std::vector<bool>& is_second_;
  bool probes_;  // in front of each store: those are no pairs
  std::array<Place, kWindow> list_;
  std::size_t count_ = 0;
  std::uint32_t at_ = 0, noticed_ = 0, trapped_ = 0;
};

}  // namespace

void Selector::find_pairs() {
  pair_of_.assign(f_.insts.size(), ~0u);
  is_second_.assign(f_.insts.size(), false);
  std::vector<Reaches> at_end(f_.blocks.size());
  Recent recent(f_, pair_of_, is_second_, has(kCpuProbeStores));
  for (const BlockId b : f_.order) {
    Reaches reaches = f_[b].preds.size() == 1 ? at_end[raw(f_[b].preds[0])] : Reaches();
    recent.clear();
    for (std::uint32_t v = f_[b].first; v != ~0u; v = f_.next[v]) {
      const Inst& i = f_.insts[v];
      recent.step();
      switch (i.op) {
        case IrOp::Load:
        case IrOp::Store: {
          if (i.mem != 0) {
            recent.clear();
            break;
          }
          const Parts at = parts_of(i);
          Place a;
          a.v = v;
          a.index = at.index;
          a.offset = at.offset;
          a.bytes = bytes_of(static_cast<Access>(i.aux));
          a.is_store = i.op == IrOp::Store;
          recent.access(a, reaches);
          break;
        }
        case IrOp::TrapIf:
        case IrOp::TrapIfNot:
        case IrOp::TrapIfInfo:
        case IrOp::GuardIndex: recent.may_trap(); break;
        case IrOp::VmStore: recent.changes_something(); break;
        case IrOp::SimdLoad:
        case IrOp::SimdLoadLane: recent.clear(); break;
        default:
          if (info(i.op).writes) recent.clear();
          if (info(i.op).may_trap) recent.may_trap();
      }
    }
    at_end[raw(b)] = reaches;
  }
}

/// Only such as have an address in common, which is made before the first of them.
void Selector::keep_shared_pairs() {
  for (std::uint32_t v = 0; v < pair_of_.size(); ++v) {
    const std::uint32_t other = pair_of_[v];
    if (other == ~0u || (shared_of_[v] != ~0u && shared_of_[v] == shared_of_[other])) continue;
    pair_of_[v] = pair_of_[other] = ~0u;
  }
}

/// Both, where the first load or the second store is. The second load is gone from the function by
/// then, and what its own address was made of may be.
void Selector::select_pair(V v) {
  const auto other = static_cast<V>(pair_of_[raw(v)]);
  const Inst& i = at(v);
  const Mem mem = guest_memory(v, bytes_of(static_cast<Access>(i.aux)));
  if (i.op == IrOp::Load) {
    if (is_second_[raw(v)]) {
      waiting_.push_back({other, loaded(v), i, mem});
      return;
    }
    make_shared(v);
    load(loaded(v), i, mem);
    m_.insts.back().aux |= kWithNext;
    const auto second = std::find_if(waiting_.begin(), waiting_.end(),
                                     [v](const Waiting& w) { return w.first == v; });
    load(second->result, second->inst, second->mem);
    m_.insts.back().pos = second->inst.pos;
    waiting_.erase(second);
    return;
  }
  if (!is_second_[raw(v)]) {
    make_shared(v);  // what accesses between have in common, too
    return;
  }
  const Inst& first = at(other);
  store(first, guest_memory(other, bytes_of(static_cast<Access>(first.aux))));
  m_.insts.back().pos = first.pos;
  m_.insts.back().aux |= kWithNext;
  store(i, mem);
}

}  // namespace wasmrt::jit::arm64
