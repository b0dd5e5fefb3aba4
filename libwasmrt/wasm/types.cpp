// The interner, matching, and the texts of types.
//
// In: rec groups with provisional ids. Out: canonical groups. A group is found again by its key, a
// flat list of words in which a reference to a type of the group itself is a position and one to
// another group the canonical id: by induction two keys are equal exactly when the groups are.
#include "libwasmrt/wasm/types.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <string>

#include "libwasmrt/base/seeded_hash.h"

namespace wasmrt {

namespace {

// Ids are never given twice in a process, whichever interner asks. 0 means "none".
std::atomic<std::uint64_t> next_id{1};

using Key = std::vector<std::uint64_t>;

void add_types(Key& key, const std::vector<ValType>& types) {
  key.push_back(types.size());
  for (const ValType t : types) key.push_back(t.bits());
}

// Everything that distinguishes a group, self-delimiting.
Key key_of(std::span<const SubType> group) {
  Key key;
  key.reserve(group.size() * 3);
  for (const SubType& t : group) {
    key.push_back(static_cast<std::uint64_t>(t.composite.kind) << 1 | (t.is_final ? 1u : 0u));
    key.push_back(t.super);
    if (t.composite.kind == CompositeKind::Func) {
      add_types(key, t.composite.func.params);
      add_types(key, t.composite.func.results);
    } else {
      key.push_back(t.composite.fields.size());
      for (const FieldType& f : t.composite.fields) {
        key.push_back(f.storage.type.bits());
        key.push_back(static_cast<std::uint64_t>(f.storage.packed) << 1 | (f.is_mutable ? 1u : 0u));
      }
    }
  }
  return key;
}

}  // namespace

struct RecGroup {
  std::vector<CanonType> types;
  std::vector<const CanonType*> pointers;
  std::vector<std::shared_ptr<const RecGroup>> needs;  // groups whose types are named here
  Key key;
  std::uint64_t hash = 0;
};

struct TypeInterner::Impl {
  mutable std::mutex mutex;
  struct Entry {
    RecGroup* group;
    std::weak_ptr<const RecGroup> ref;
  };
  std::unordered_multimap<std::uint64_t, Entry> by_hash;
  // By the first of a group's ids, which are consecutive.
  std::map<std::uint64_t, Entry> by_id;
  std::size_t live = 0;

  void forget(RecGroup* group) {
    const std::lock_guard<std::mutex> lock(mutex);
    auto [it, end] = by_hash.equal_range(group->hash);
    for (; it != end; ++it) {
      if (it->second.group == group) {
        by_hash.erase(it);
        break;
      }
    }
    if (!group->types.empty()) by_id.erase(group->types[0].id);
    --live;
  }
};

namespace {

// Frees a group. Groups refer to earlier groups, in chains as long as a module likes: the
// references are handed to the outermost call on this thread instead of being dropped recursively.
struct GroupDeleter {
  std::shared_ptr<TypeInterner::Impl> interner;

  void operator()(RecGroup* group) {
    static thread_local std::vector<std::shared_ptr<const RecGroup>>* pending = nullptr;
    interner->forget(group);
    std::vector<std::shared_ptr<const RecGroup>> mine = std::move(group->needs);
    delete group;
    if (pending != nullptr) {
      std::move(mine.begin(), mine.end(), std::back_inserter(*pending));
      return;
    }
    pending = &mine;
    while (!mine.empty()) {
      std::shared_ptr<const RecGroup> last = std::move(mine.back());
      mine.pop_back();
      last.reset();
    }
    pending = nullptr;
  }
};

}  // namespace

std::span<const CanonType* const> RecGroupRef::types() const {
  if (group_ == nullptr) return {};
  return group_->pointers;
}

TypeInterner::TypeInterner() : impl_(std::make_shared<Impl>()) {}
TypeInterner::~TypeInterner() = default;

std::size_t TypeInterner::live_groups() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->live;
}

RecGroupRef TypeInterner::intern(const FuncType& type) {
  SubType sub;
  sub.composite.func = type;
  return intern({&sub, 1});
}

RecGroupRef TypeInterner::intern(std::span<const SubType> group) {
  Key key = key_of(group);
  const std::uint64_t hash = seeded_hash(key);
  // References that must not be dropped while the lock is held: the deleter takes it.
  std::vector<std::shared_ptr<const RecGroup>> needs;
  const std::lock_guard<std::mutex> lock(impl_->mutex);

  auto [it, end] = impl_->by_hash.equal_range(hash);
  for (; it != end; ++it) {
    // The group's memory is valid as long as it is registered; it may be dying all the same.
    if (it->second.group->key != key) continue;
    if (std::shared_ptr<const RecGroup> found = it->second.ref.lock()) {
      return RecGroupRef(std::move(found));
    }
  }

  auto* made = new RecGroup;
  made->key = std::move(key);
  made->hash = hash;
  made->types = std::vector<CanonType>(group.size());
  made->pointers.resize(group.size());
  const std::uint64_t first_id = next_id.fetch_add(group.size(), std::memory_order_relaxed);
  if (first_id + group.size() >= SubType::kRecBit) std::abort();  // 2^47 types were made

  const auto need = [&](std::uint64_t id) -> const CanonType* {
    // The last group that begins at or below the id.
    auto entry = impl_->by_id.upper_bound(id);
    if (entry == impl_->by_id.begin()) std::abort();  // the caller does not hold what it names
    --entry;
    RecGroup* other = entry->second.group;
    if (id - other->types[0].id >= other->types.size()) std::abort();
    std::shared_ptr<const RecGroup> ref = entry->second.ref.lock();
    if (ref == nullptr) std::abort();
    if (needs.empty() || needs.back() != ref) needs.push_back(std::move(ref));
    return &other->types[id - other->types[0].id];
  };
  const auto final_type = [&](ValType t) {
    if (!t.is_ref() || !t.heap().is_concrete()) return t;
    HeapType heap = t.heap();
    if ((heap.id & SubType::kRecBit) != 0) {
      heap.id = first_id + (heap.id & ~SubType::kRecBit);
    } else {
      need(heap.id);
    }
    return ValType::ref(heap, t.nullable());
  };

  for (std::size_t i = 0; i < group.size(); ++i) {
    const SubType& in = group[i];
    CanonType& out = made->types[i];
    out.id = first_id + i;
    out.is_final = in.is_final;
    out.composite = in.composite;
    out.group = made;
    for (ValType& t : out.composite.func.params) t = final_type(t);
    for (ValType& t : out.composite.func.results) t = final_type(t);
    for (FieldType& f : out.composite.fields) f.storage.type = final_type(f.storage.type);
    if (in.super != 0) {
      out.super = (in.super & SubType::kRecBit) != 0 ? &made->types[in.super & ~SubType::kRecBit]
                                                     : need(in.super);
      out.display = out.super->display;
    }
    out.display.push_back(out.id);
    out.display_ids = out.display.data();
    out.display_size = out.display.size();
    made->pointers[i] = &out;
  }
  std::sort(needs.begin(), needs.end());
  needs.erase(std::unique(needs.begin(), needs.end()), needs.end());
  made->needs = std::move(needs);

  std::shared_ptr<const RecGroup> ref(made, GroupDeleter{impl_});
  impl_->by_hash.emplace(hash, Impl::Entry{made, ref});
  if (!group.empty()) impl_->by_id.emplace(first_id, Impl::Entry{made, ref});
  ++impl_->live;
  return RecGroupRef(std::move(ref));
}

HeapKind heap_top(HeapKind kind) {
  switch (kind) {
    case HeapKind::Func:
    case HeapKind::NoFunc:
    case HeapKind::ConcreteFunc: return HeapKind::Func;
    case HeapKind::Extern:
    case HeapKind::NoExtern: return HeapKind::Extern;
    case HeapKind::Exn:
    case HeapKind::NoExn: return HeapKind::Exn;
    default: return HeapKind::Any;
  }
}

bool heap_matches(const TypeSource& types, HeapType sub, HeapType super) {
  if (sub == super) return true;
  if (super.is_concrete()) {
    if (sub.is_concrete()) {
      return sub.kind == super.kind &&
             types.type_by_id(sub.id).is_subtype_of(types.type_by_id(super.id));
    }
    return sub.kind == (super.kind == HeapKind::ConcreteFunc ? HeapKind::NoFunc : HeapKind::None);
  }
  switch (super.kind) {
    case HeapKind::Any: return heap_top(sub.kind) == HeapKind::Any;
    case HeapKind::Eq: return heap_top(sub.kind) == HeapKind::Any && sub.kind != HeapKind::Any;
    case HeapKind::I31: return sub.kind == HeapKind::None;
    case HeapKind::Struct:
      return sub.kind == HeapKind::None || sub.kind == HeapKind::ConcreteStruct;
    case HeapKind::Array: return sub.kind == HeapKind::None || sub.kind == HeapKind::ConcreteArray;
    case HeapKind::Func:
    case HeapKind::Extern:
    case HeapKind::Exn: return heap_top(sub.kind) == super.kind;
    default: return false;  // None, NoFunc, NoExtern, NoExn: only themselves
  }
}

bool matches(const TypeSource& types, ValType sub, ValType super) {
  if (sub == super || sub.is_bottom()) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  if (sub.nullable() && !super.nullable()) return false;
  return heap_matches(types, sub.heap(), super.heap());
}

namespace {

const char* heap_name(HeapKind kind) {
  switch (kind) {
    case HeapKind::Any: return "any";
    case HeapKind::Eq: return "eq";
    case HeapKind::I31: return "i31";
    case HeapKind::Struct: return "struct";
    case HeapKind::Array: return "array";
    case HeapKind::None: return "none";
    case HeapKind::Func: return "func";
    case HeapKind::NoFunc: return "nofunc";
    case HeapKind::Extern: return "extern";
    case HeapKind::NoExtern: return "noextern";
    case HeapKind::Exn: return "exn";
    case HeapKind::NoExn: return "noexn";
    default: return "?";
  }
}

const char* short_name(HeapKind kind) {
  switch (kind) {
    case HeapKind::None: return "nullref";
    case HeapKind::NoFunc: return "nullfuncref";
    case HeapKind::NoExtern: return "nullexternref";
    case HeapKind::NoExn: return "nullexnref";
    default: return nullptr;
  }
}

std::string join(const std::vector<ValType>& types) {
  std::string text = "(";
  for (const ValType t : types) {
    if (text.size() > 1) text += ", ";
    text += to_string(t);
  }
  return text += ")";
}

std::string limits_text(const Limits& limits, AddressType address, bool shared) {
  std::string text = address == AddressType::I64 ? "i64 " : "";
  text += std::to_string(limits.min);
  if (limits.max.has_value()) text += " " + std::to_string(*limits.max);
  if (shared) text += " shared";
  return text;
}

}  // namespace

std::string to_string(ValType type) {
  switch (type.kind()) {
    case ValKind::Bottom: return "bottom";
    case ValKind::I32: return "i32";
    case ValKind::I64: return "i64";
    case ValKind::F32: return "f32";
    case ValKind::F64: return "f64";
    case ValKind::V128: return "v128";
    case ValKind::Ref: break;
  }
  const HeapType heap = type.heap();
  if (heap.is_concrete()) {
    return (type.nullable() ? "(ref null $" : "(ref $") + std::to_string(heap.id) + ")";
  }
  if (!type.nullable()) return std::string("(ref ") + heap_name(heap.kind) + ")";
  if (const char* name = short_name(heap.kind)) return name;
  return std::string(heap_name(heap.kind)) + "ref";
}

std::string to_string(const FuncType& type) {
  return join(type.params) + " -> " + join(type.results);
}

const char* extern_kind_name(ExternKind kind) noexcept {
  switch (kind) {
    case ExternKind::Func: return "function";
    case ExternKind::Table: return "table";
    case ExternKind::Memory: return "memory";
    case ExternKind::Global: return "global";
    case ExternKind::Tag: return "tag";
  }
  return "";
}

std::string to_string(const ExternType& type) {
  if (const auto* func = std::get_if<FuncType>(&type)) return "func " + to_string(*func);
  if (const auto* table = std::get_if<TableType>(&type)) {
    return "table " + limits_text(table->limits, table->address, table->shared) + " " +
           to_string(table->element);
  }
  if (const auto* memory = std::get_if<MemoryType>(&type)) {
    std::string text = "memory " + limits_text(memory->limits, memory->address, memory->shared);
    if (memory->page_size_log2 != 16) {
      text += " (pagesize " + std::to_string(std::uint64_t{1} << memory->page_size_log2) + ")";
    }
    return text;
  }
  if (const auto* global = std::get_if<GlobalType>(&type)) {
    const std::string value = to_string(global->value);
    return global->is_mutable ? "global (mut " + value + ")" : "global " + value;
  }
  return "tag " + to_string(std::get_if<TagType>(&type)->type);
}

}  // namespace wasmrt
