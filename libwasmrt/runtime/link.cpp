// Import matching.
#include "libwasmrt/runtime/link.h"

#include <algorithm>

namespace wasmrt::rt {

namespace {

/// Types of two modules: of the one that provides and of the one that imports.
class TwoModules final : public TypeSource {
 public:
  TwoModules(const DecodedModule* provider, const DecodedModule& importer)
      : provider_(provider), importer_(importer) {}
  [[nodiscard]] bool knows(std::uint64_t id) const { return find(id) != nullptr; }
  [[nodiscard]] const CanonType& type_by_id(std::uint64_t id) const override { return *find(id); }

 private:
  [[nodiscard]] const CanonType* find(std::uint64_t id) const {
    for (const DecodedModule* m : {provider_, &importer_}) {
      if (m == nullptr) continue;
      const auto it = m->type_index.find(id);
      if (it != m->type_index.end()) return m->types[it->second];
    }
    return nullptr;
  }
  const DecodedModule* provider_;
  const DecodedModule& importer_;
};

bool type_matches(const DecodedModule* provider, const DecodedModule& importer, ValType found,
                  ValType expected) {
  if (found == expected) return true;
  const TwoModules types(provider, importer);
  // A type that neither module defines was made by the host and equals only itself.
  if (found.is_ref() && found.heap().is_concrete() && expected.is_ref() &&
      expected.heap().is_concrete() && !types.knows(found.heap().id)) {
    return found.heap() == expected.heap() && (expected.nullable() || !found.nullable());
  }
  return matches(types, found, expected);
}

bool limits_match(const Limits& found, const Limits& expected) {
  if (found.min < expected.min) return false;
  return !expected.max || (found.max && *found.max <= *expected.max);
}

bool table_matches(const TableType& found, const TableType& expected) {
  return found.address == expected.address && found.shared == expected.shared &&
         found.element == expected.element && limits_match(found.limits, expected.limits);
}

bool memory_matches(const MemoryType& found, const MemoryType& expected) {
  return found.address == expected.address && found.shared == expected.shared &&
         found.page_size_log2 == expected.page_size_log2 &&
         limits_match(found.limits, expected.limits);
}

template <class T>
T& as(const Import& item) {
  return static_cast<T&>(*item.object);
}

}  // namespace

ExternType extern_type(const DecodedModule& module, ExternKind kind, std::uint32_t index) {
  switch (kind) {
    case ExternKind::Func: return module.func_type(FuncIdx{index});
    case ExternKind::Table: return module.tables[index].type;
    case ExternKind::Memory: return module.memories[index];
    case ExternKind::Global: return module.globals[index].type;
    case ExternKind::Tag: return TagType{module.type(module.tags[index]).composite.func};
  }
  return FuncType{};
}

ExternType extern_type(const Import& item) {
  switch (item.kind) {
    case ExternKind::Func: return func_type(*item.func).composite.func;
    case ExternKind::Table: return as<Table>(item).type();
    case ExternKind::Memory: return as<Memory>(item).type();
    case ExternKind::Global: return as<Global>(item).type();
    case ExternKind::Tag: return TagType{as<Tag>(item).type().composite.func};
  }
  return FuncType{};
}

bool import_matches(const DecodedModule& module, ExternKind kind, std::uint32_t index,
                    const Import& item) {
  if (item.kind != kind) return false;
  switch (kind) {
    case ExternKind::Func:
      return func_type(*item.func).is_subtype_of(module.type(module.funcs[index]));
    case ExternKind::Table: return table_matches(as<Table>(item).type(), module.tables[index].type);
    case ExternKind::Memory: return memory_matches(as<Memory>(item).type(), module.memories[index]);
    case ExternKind::Global: {
      const Global& global = as<Global>(item);
      const GlobalType& expected = module.globals[index].type;
      if (global.type().is_mutable != expected.is_mutable) return false;
      if (expected.is_mutable) return global.type().value == expected.value;
      return type_matches(global.types().get(), module, global.type().value, expected.value);
    }
    case ExternKind::Tag: return as<Tag>(item).type().id == module.type(module.tags[index]).id;
  }
  return false;
}

}  // namespace wasmrt::rt
