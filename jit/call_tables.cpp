// Which tables never change, what is in them, and for which types that is worth a table of code.
#include "jit/call_tables.h"

#include <algorithm>

namespace wasmrt::jit {

namespace {

constexpr std::uint64_t kMostElements = 1 << 20;  // of all tables together
// All tables of code together, in entries of four bytes: the types that most calls name come first.
constexpr std::uint64_t kAlways = 16 * 1024;
constexpr std::uint64_t kBytesPerEntry = 32;  // of code

constexpr std::uint32_t kNull = ~0u;

bool constant_offset(const ConstExpr& expr, std::uint64_t& out) {
  if (expr.form != ConstExpr::Form::I32 && expr.form != ConstExpr::Form::I64) return false;
  out = expr.form == ConstExpr::Form::I32 ? static_cast<std::uint32_t>(expr.value) : expr.value;
  return true;
}

/// The function that an initial value names, or kNull. False: not known before instantiation.
bool initial_value(const ConstExpr& expr, std::uint32_t& out) {
  if (expr.form == ConstExpr::Form::RefNull) {
    out = kNull;
    return true;
  }
  out = static_cast<std::uint32_t>(expr.value);
  return expr.form == ConstExpr::Form::RefFunc;
}

/// What the tables hold as long as their instance lives: functions by table, without the nulls at
/// its end; nothing for tables of which that is not known.
class Contents {
 public:
  explicit Contents(const DecodedModule& m) : m_(m), fixed_(m.tables.size()), of_(fixed_.size()) {
    for (std::size_t t = m.imported_tables; t < fixed_.size(); ++t) {
      fixed_[t] = !m.table_uses->written[t];
    }
    for (const Export& e : m.exports) {
      if (e.kind == ExternKind::Table) fixed_[e.index] = false;
    }
    for (std::size_t t = m.imported_tables; t < fixed_.size(); ++t) begin(t);
    for (const ElemSegment& segment : m.elems) {
      if (segment.mode != SegmentMode::Active) continue;
      if (!add(segment)) {
        // Where it does not fit, those behind it are not applied, and functions of the instance
        // may be in tables of others by then.
        fixed_.assign(fixed_.size(), false);
        return;
      }
    }
  }
  [[nodiscard]] bool known(std::size_t table) const { return fixed_[table]; }
  [[nodiscard]] const std::vector<std::uint32_t>& of(std::size_t table) const { return of_[table]; }

 private:
  bool reserve(std::size_t table, std::uint64_t size) {
    const std::uint64_t more = size - std::min<std::uint64_t>(size, of_[table].size());
    if (more > kMostElements - elements_) {
      fixed_[table] = false;
      return false;
    }
    elements_ += more;
    return true;
  }

  void begin(std::size_t table) {
    const TableDecl& decl = m_.tables[table];
    std::uint32_t init = kNull;
    if (!fixed_[table] || !decl.init) return;
    if (!initial_value(*decl.init, init)) {
      fixed_[table] = false;
    } else if (init != kNull && reserve(table, decl.type.limits.min)) {
      of_[table].assign(decl.type.limits.min, init);
    }
  }

  /// False when the segment may fail.
  bool add(const ElemSegment& segment) {
    const std::uint32_t table = raw(segment.table);
    std::uint64_t offset = 0;
    if (table < m_.imported_tables || !constant_offset(segment.offset, offset)) return false;
    const std::uint64_t size = m_.tables[table].type.limits.min;
    if (offset > size || segment.size() > size - offset) return false;
    const std::uint64_t end = offset + segment.size();
    if (!fixed_[table] || !reserve(table, end)) return true;
    std::vector<std::uint32_t>& elements = of_[table];
    if (end > elements.size()) elements.resize(end, kNull);
    for (std::size_t n = 0; n < segment.size(); ++n) {
      std::uint32_t& to = elements[offset + n];
      if (segment.exprs.empty()) {
        to = raw(segment.funcs[n]);
      } else if (!initial_value(segment.exprs[n], to)) {
        fixed_[table] = false;
      }
    }
    return true;
  }

  const DecodedModule& m_;
  std::vector<bool> fixed_;
  std::vector<std::vector<std::uint32_t>> of_;
  std::uint64_t elements_ = 0;
};

/// Of the types that calls name, by type index: how many calls name more often, or kNone.
std::vector<std::uint32_t> rank_types(const DecodedModule& m) {
  std::vector<std::uint32_t> calls(m.types.size());
  std::vector<std::uint32_t> called;
  for (std::uint32_t t = 0; t < m.types.size(); ++t) {
    const std::uint32_t n = m.table_uses->indirect_calls[t];
    if (n == 0) continue;
    const std::uint32_t first = m.type_index.find(m.type_ids[t])->second;
    if (calls[first] == 0) called.push_back(first);
    calls[first] += n;
  }
  std::sort(called.begin(), called.end(), [&calls](std::uint32_t x, std::uint32_t y) {
    return calls[x] != calls[y] ? calls[x] > calls[y] : x < y;
  });
  std::vector<std::uint32_t> ranks(m.types.size(), CallTables::kNone);
  for (std::uint32_t n = 0; n < called.size(); ++n) ranks[called[n]] = n;
  return ranks;
}

}  // namespace

CallTables::CallTables(const DecodedModule& m) {
  if (!m.table_uses || m.tables.empty()) return;
  const std::vector<std::uint32_t> ranks = rank_types(m);
  std::uint64_t code_bytes = 0;
  for (const FuncBody& body : m.bodies) code_bytes += body.size;
  left_ = kAlways + code_bytes / kBytesPerEntry;
  const Contents contents(m);
  for (std::uint32_t t = 0; t < m.tables.size(); ++t) {
    if (contents.known(t)) add(m, t, contents.of(t), ranks);
  }
}

void CallTables::add(const DecodedModule& m, std::uint32_t table,
                     const std::vector<std::uint32_t>& elements,
                     const std::vector<std::uint32_t>& ranks) {
  struct Use {
    std::uint64_t type = 0;
    std::size_t size = 0;     // behind the last function
    bool of_another = false;  // some function belongs to another instance
    std::uint32_t number = kNone;
  };
  std::map<std::uint32_t, Use> uses;  // by rank
  const auto for_each_use = [&](const auto& fn) {
    for (std::size_t n = 0; n < elements.size(); ++n) {
      if (elements[n] == kNull) continue;
      // Called as its own type or any above.
      for (const std::uint64_t id : m.type(m.funcs[elements[n]]).display) {
        const auto type = m.type_index.find(id);
        if (type == m.type_index.end() || ranks[type->second] == kNone) continue;
        Use& use = uses[ranks[type->second]];
        use.type = id;
        fn(use, n);
      }
    }
  };
  for_each_use([&](Use& use, std::size_t n) {
    use.size = n + 1;
    use.of_another |= elements[n] < m.imported_funcs;
  });
  for (auto& [rank, use] : uses) {
    if (use.of_another || use.size > left_) continue;
    left_ -= use.size;
    use.number = static_cast<std::uint32_t>(tables_.size());
    numbers_[{table, use.type}] = use.number;
    tables_.emplace_back().callees.assign(use.size, CallTable::kNone);
  }
  for_each_use([&](const Use& use, std::size_t n) {
    if (use.number != kNone) tables_[use.number].callees[n] = elements[n];
  });
  for (const auto& [rank, use] : uses) {
    if (use.number == kNone) continue;
    CallTable& t = tables_[use.number];
    t.has_gaps = std::find(t.callees.begin(), t.callees.end(), CallTable::kNone) != t.callees.end();
  }
}

std::uint32_t CallTables::find(TableIdx table, std::uint64_t type) const {
  const auto found = numbers_.find({raw(table), type});
  return found == numbers_.end() ? kNone : found->second;
}

}  // namespace wasmrt::jit
