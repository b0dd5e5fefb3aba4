// See host_module.h. The print functions print nothing: scripts do not look at output.
#include "spectest/host_module.h"

#include <wasmrt/global.hpp>
#include <wasmrt/memory.hpp>
#include <wasmrt/table.hpp>

namespace wasmrt::spectest {
namespace {

constexpr std::string_view kModule = "spectest";

Result<void> print_functions(Linker& linker) {
  const struct {
    std::string_view name;
    std::vector<ValType> params;
  } functions[] = {{"print", {}},
                   {"print_i32", {kI32}},
                   {"print_i64", {kI64}},
                   {"print_f32", {kF32}},
                   {"print_f64", {kF64}},
                   {"print_i32_f32", {kI32, kF32}},
                   {"print_f64_f64", {kF64, kF64}}};
  for (const auto& f : functions) {
    auto defined = linker.func(
        kModule, f.name, FuncType{f.params, {}},
        [](Caller&, std::span<const Value>, std::span<Value>) { return Result<void>(); });
    if (!defined.ok()) return defined;
  }
  return {};
}

template <class Item>
Result<void> define(Linker& linker, std::string_view name, Result<Item> item) {
  if (!item.ok()) return item.error();
  return linker.define(kModule, name, *item);
}

}  // namespace

Result<void> define_host_module(const Store& store, Linker& linker, bool threads) {
  if (auto r = print_functions(linker); !r.ok()) return r;
  const struct {
    std::string_view name;
    Value value;
  } globals[] = {{"global_i32", Value(std::int32_t{666})},
                 {"global_i64", Value(std::int64_t{666})},
                 {"global_f32", Value(666.6f)},
                 {"global_f64", Value(666.6)}};
  for (const auto& g : globals) {
    const GlobalType type{g.value.type(), false};
    if (auto r = define(linker, g.name, Global::create(store, type, g.value)); !r.ok()) return r;
  }
  TableType table{kFuncref, {10, 20}, AddressType::I32, false};
  const Value null = Value::null(kFuncref);
  if (auto r = define(linker, "table", Table::create(store, table, null)); !r.ok()) return r;
  table.address = AddressType::I64;
  if (auto r = define(linker, "table64", Table::create(store, table, null)); !r.ok()) return r;

  MemoryType memory{{1, 2}, AddressType::I32, false, 16};
  if (auto r = define(linker, "memory", Memory::create(store, memory)); !r.ok()) return r;
  if (!threads) return {};
  memory.shared = true;
  return define(linker, "shared_memory", Memory::create(store, memory));
}

}  // namespace wasmrt::spectest
