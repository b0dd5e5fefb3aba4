// The public Linker and Linked.
#include <wasmrt/linker.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "libwasmrt/base/dump.h"
#include "libwasmrt/base/printable.h"
#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/link.h"
#include "libwasmrt/wasm/errors.h"

namespace wasmrt::rt {

/// What a name stands for, and what keeps it and its store alive. The handles come first, so that
/// they go last: an object dies before its store.
struct LinkItem {
  detail::Handle object;
  detail::Handle store;
  detail::Handle provider;
  Import import;
};

class LinkerState final : public detail::Object {
 public:
  explicit LinkerState(Ref<Engine> e) : engine(std::move(e)) {}

  using Names = std::map<std::string, LinkItem, std::less<>>;
  Ref<Engine> engine;
  std::map<std::string, Names, std::less<>> modules;
  bool shadowing = false;

  [[nodiscard]] const LinkItem* find(std::string_view module, std::string_view name) const {
    const auto names = modules.find(module);
    if (names == modules.end()) return nullptr;
    const auto item = names->second.find(name);
    return item == names->second.end() ? nullptr : &item->second;
  }
  [[nodiscard]] bool is_free(std::string_view module, std::string_view name) const {
    return shadowing || find(module, name) == nullptr;
  }
  Result<void> define(std::string_view module, std::string_view name, LinkItem item) {
    if (!is_free(module, name)) {
      return Error(ErrorCode::InvalidArgument,
                   "import defined twice: " + std::string(module) + "." + std::string(name));
    }
    auto names = modules.find(module);
    if (names == modules.end()) names = modules.emplace(module, Names{}).first;
    // What the name stood for leaves as a whole: assigned member by member, it would lose its store
    // before its object.
    std::swap(names->second[std::string(name)], item);
    return {};
  }

 private:
  ~LinkerState() override = default;
};

class Linked final : public detail::Object {
 public:
  Linked(Ref<Module> m, std::vector<LinkItem> i) : module(std::move(m)), items(std::move(i)) {}
  Ref<Module> module;
  std::vector<LinkItem> items;

 private:
  ~Linked() override = default;
};

namespace {

LinkItem item_of(Import import) {
  LinkItem item;
  item.object = detail::Handle(import.object.get());
  item.store = detail::Handle(import.store);
  item.provider = detail::Handle(import.provider);
  item.import = std::move(import);
  return item;
}

Import import_of(const Extern& handle) {
  using detail::Access;
  Import item;
  item.kind = static_cast<ExternKind>(handle.index());
  if (const auto* func = std::get_if<Func>(&handle)) {
    item.func = Access::get(*func);
    item.object = Ref<detail::Object>(Access::owner_of(*func));
    item.store = Access::store_of(*func);
  } else if (const auto* table = std::get_if<wasmrt::Table>(&handle)) {
    item.object = Ref<detail::Object>(Access::get(*table));
    item.store = &Access::get(*table)->store();
  } else if (const auto* memory = std::get_if<wasmrt::Memory>(&handle)) {
    item.object = Ref<detail::Object>(Access::get(*memory));
    item.store = &Access::get(*memory)->store();
  } else if (const auto* global = std::get_if<wasmrt::Global>(&handle)) {
    item.object = Ref<detail::Object>(Access::get(*global));
    item.store = &Access::get(*global)->store();
  } else {
    const auto& tag = std::get<wasmrt::Tag>(handle);
    item.object = Ref<detail::Object>(Access::get(tag));
    item.store = &Access::get(tag)->store();
  }
  return item;
}

constexpr std::string_view kWasi = "wasi_snapshot_preview1";

}  // namespace

}  // namespace wasmrt::rt

namespace wasmrt {

using detail::Access;

Linker::Linker(const Engine& engine)
    : impl_(rt::make_ref<rt::LinkerState>(rt::Ref<rt::Engine>(Access::get(engine))).get()) {}

void Linker::allow_shadowing(bool allow) { Access::get(*this)->shadowing = allow; }

Result<void> Linker::define_host(std::string_view module, std::string_view name,
                                 const FuncType& type, detail::HostFunction function) {
  rt::LinkerState& l = *Access::get(*this);
  const auto host = rt::make_ref<rt::HostFunc>(l.engine, type, function);
  host->name = std::string(module) + "." + std::string(name);
  rt::Import item;
  item.kind = ExternKind::Func;
  item.func = &host->ref();
  item.object = rt::Ref<detail::Object>(host.get());
  return l.define(module, name, rt::item_of(std::move(item)));
}

Result<void> Linker::define_callback(std::string_view module, std::string_view name,
                                     const FuncType& type, HostCallback callback) {
  return define_host(module, name, type, rt::from_callback(type, std::move(callback)));
}

Result<void> Linker::define(std::string_view module, std::string_view name, const Extern& item) {
  return Access::get(*this)->define(module, name, rt::item_of(rt::import_of(item)));
}

Result<void> Linker::instance(std::string_view module, const Instance& instance) {
  rt::LinkerState& l = *Access::get(*this);
  rt::Instance& i = *Access::get(instance);
  const std::vector<Export>& exports = i.module().decoded().exports;
  for (const Export& e : exports) {
    if (l.is_free(module, e.name)) continue;
    return Error(ErrorCode::InvalidArgument,
                 "import defined twice: " + std::string(module) + "." + std::string(e.name));
  }
  // A module without exports is known by name nevertheless.
  l.modules.try_emplace(std::string(module));
  for (const Export& e : exports) {
    Result<void> done = l.define(module, e.name, rt::item_of(i.make_import(e.kind, e.index)));
    if (!done) return done;
  }
  return {};
}

Result<void> Linker::alias(std::string_view as, std::string_view module) {
  rt::LinkerState& l = *Access::get(*this);
  const auto from = l.modules.find(as);
  if (from == l.modules.end()) {
    return Error(ErrorCode::InvalidArgument, "module not found: " + std::string(as));
  }
  const rt::LinkerState::Names names = from->second;
  for (const auto& [name, item] : names) {
    if (Result<void> done = l.define(module, name, item); !done) return done;
  }
  return {};
}

std::optional<Extern> Linker::get(std::string_view module, std::string_view name) const {
  const rt::LinkItem* item = Access::get(*this)->find(module, name);
  if (item == nullptr || item->import.store == nullptr) return std::nullopt;
  const rt::Import& i = item->import;
  if (i.provider != nullptr && i.kind != ExternKind::Func && i.kind != ExternKind::Memory) {
    i.provider->pin();
  }
  switch (i.kind) {
    case ExternKind::Func: return Access::make_func(i.store, i.object.get(), i.func);
    case ExternKind::Table: return Access::make_table(static_cast<rt::Table*>(i.object.get()));
    case ExternKind::Memory: return Access::make_memory(static_cast<rt::Memory*>(i.object.get()));
    case ExternKind::Global: return Access::make_global(static_cast<rt::Global*>(i.object.get()));
    case ExternKind::Tag: break;
  }
  return Access::make_tag(static_cast<rt::Tag*>(i.object.get()));
}

Result<Linked> Linker::instantiate_pre(const Module& module) const {
  const rt::LinkerState& l = *Access::get(*this);
  rt::Module& m = *Access::get(module);
  if (&m.engine() != l.engine.get()) {
    return Error(ErrorCode::InvalidArgument, err_text(Err::OtherEngine));
  }
  const DecodedModule& decoded = m.decoded();
  std::vector<rt::LinkItem> items;
  items.reserve(decoded.imports.size());
  std::string problems;
  bool wasi_missing = false;
  for (const Import& import : decoded.imports) {
    const std::string full = printable(import.module) + "." + printable(import.name);
    const rt::LinkItem* item = l.find(import.module, import.name);
    const auto expected = [&] {
      return to_string(rt::extern_type(decoded, import.kind, import.index));
    };
    std::string problem;
    if (item == nullptr) {
      problem = std::string(err_prefix(ErrCategory::ImportMissing)) + ": " + full + ": expected " +
                expected();
      wasi_missing |= import.module == rt::kWasi && l.modules.find(rt::kWasi) == l.modules.end();
    } else if (!rt::import_matches(decoded, import.kind, import.index, item->import)) {
      problem = err_text(Err::IncompatibleImportType, ": " + full + ": expected " + expected() +
                                                          ", found " +
                                                          to_string(rt::extern_type(item->import)));
    } else {
      items.push_back(*item);
      if (dump_enabled(Stage::Link)) {
        dump_write(Stage::Link, "import " + full + ": " + to_string(rt::extern_type(item->import)) +
                                    (item->import.store == nullptr ? " of the host\n" : "\n"));
      }
      continue;
    }
    if (!problems.empty()) problems += '\n';
    problems += problem;
  }
  if (wasi_missing) problems += "\n(WASI was not linked: see wasmrt::add_wasi)";
  if (!problems.empty()) return Error(ErrorCode::Link, std::move(problems));
  return Access::make_linked(
      rt::make_ref<rt::Linked>(rt::Ref<rt::Module>(&m), std::move(items)).get());
}

Result<Instance> Linked::make(const Store& store, const InstanceConfig& config) const {
  const rt::Linked& linked = *Access::get(*this);
  rt::Store& s = *Access::get(store);
  if (&s.engine() != &linked.module->engine()) {
    return Error(ErrorCode::Link, err_text(Err::OtherEnginesStore));
  }
  std::vector<rt::Import> imports;
  imports.reserve(linked.items.size());
  for (std::size_t i = 0; i < linked.items.size(); ++i) {
    const rt::Import& item = linked.items[i].import;
    if (item.store != nullptr && item.store != &s) {
      const Import& import = linked.module->decoded().imports[i];
      return Error(ErrorCode::Link, err_text(Err::OtherStore, ": " + printable(import.module) +
                                                                  "." + printable(import.name)));
    }
    imports.push_back(item);
  }
  Result<rt::Ref<rt::Instance>> instance =
      rt::instantiate(s, linked.module, std::move(imports), config);
  if (!instance) return std::move(instance).error();
  return Access::make_instance(instance->get());
}

Module Linked::module() const { return Access::make_module(Access::get(*this)->module.get()); }

Result<Instance> Instance::make(const Store& store, const Module& module,
                                const InstanceConfig& config) {
  Result<Linked> linked = Linker(store.engine()).instantiate_pre(module);
  if (!linked) return std::move(linked).error();
  return linked->make(store, config);
}

}  // namespace wasmrt
