// Guest accesses of neighbouring places, which the emitter carries out as one (ldp, stp).
//
// In: the SSA form. Out: by value, the access that it goes together with; the second of two loads
// moves up to the first, the first of two stores down to the second. Guaranteed: what a trap leaves
// behind and where it is are as if each access stood where it was. So nothing that can be noticed
// lies between, unless what moves cannot fault, because a place further on was accessed by the same
// index before (a memory never shrinks), and touches nothing that is accessed between. Linear: an
// access is compared with a few of the latest.
#include <algorithm>
#include <array>

#include "jit/arm64/select.h"

namespace wasmrt::jit::arm64 {

using namespace ir;

namespace {

/// How far an access moves at most, in accesses and in instructions: values live longer.
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
