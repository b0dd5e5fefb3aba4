// An instance: its Vmctx and everything the Vmctx points to.
//
// Made by instantiate.cpp. Owned by handles, by instances that import from it, and by its store
// once a reference to one of its functions may have got out (`pin`).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wasmrt/extern.hpp>
#include <wasmrt/instance.hpp>

#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/runtime/entities.h"
#include "libwasmrt/runtime/memory_state.h"
#include "libwasmrt/runtime/module_state.h"
#include "libwasmrt/runtime/object.h"
#include "libwasmrt/runtime/store_state.h"

namespace wasmrt::rt {

class Instance;

/// What an import was resolved to: one of these by kind. Functions keep their owner alive.
struct Import {
  ExternKind kind = ExternKind::Func;
  VmFuncRef* func = nullptr;
  Ref<detail::Object> object;    ///< The owner of the function, or the table, memory, global, tag.
  Store* store = nullptr;        ///< The store it lives in; null for host functions of a linker.
  Instance* provider = nullptr;  ///< The instance that exports it, if the import came from one.
};

class Instance final : public detail::Object {
 public:
  Instance(Store& store, Ref<Module> module, std::string name);

  [[nodiscard]] Store& store() const { return store_; }
  [[nodiscard]] Module& module() const { return *module_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Vmctx& vmctx() { return vmctx_; }
  [[nodiscard]] bool closed() const { return closed_.load(std::memory_order_acquire); }
  void close();

  /// The export as a handle. Handing out what can hold references to functions pins the instance.
  [[nodiscard]] Extern make_extern(ExternKind kind, std::uint32_t index);
  [[nodiscard]] Import make_import(ExternKind kind, std::uint32_t index);

  /// Keeps the instance until its store dies.
  void pin();

  [[nodiscard]] Memory& memory(std::uint32_t i) const { return *memories[i]; }
  [[nodiscard]] Table& table(std::uint32_t i) const { return *tables[i]; }
  [[nodiscard]] Global& global(std::uint32_t i) const { return *globals[i]; }

  // By index space. Filled by instantiation.
  std::vector<Ref<detail::Object>> imported_func_owners;
  std::vector<Ref<Memory>> memories;
  std::vector<Ref<Table>> tables;
  std::vector<Ref<Global>> globals;
  std::vector<Ref<Tag>> tags;
  std::unique_ptr<VmFuncRef[]> own_funcs;
  std::vector<VmFuncRef*> func_words;
  std::vector<VmGlobal*> global_words;
  std::vector<VmTable*> table_words;
  std::vector<VmMemory*> memory_words;
  std::vector<VmSegment> data_words;
  std::vector<VmSegment> elem_words;
  std::vector<std::vector<std::uint64_t>> elem_values;
  bool registered = false;  ///< The interrupt cell knows it.
  bool booked = false;      ///< The store counts it.
  bool named = false;       ///< The store has its name.

 private:
  ~Instance() override;

  Vmctx vmctx_;
  Store& store_;
  Ref<Module> module_;
  std::string name_;
  std::atomic<bool> closed_{false};
  std::atomic<bool> pinned_{false};
};

/// Makes an instance; `imports` stand in the module's order and have been checked. What it runs is
/// bounded by config.call. Errors as Linked::instantiate.
Result<Ref<Instance>> instantiate(Store& store, const Ref<Module>& module,
                                  std::vector<Import> imports, const InstanceConfig& config);

}  // namespace wasmrt::rt
