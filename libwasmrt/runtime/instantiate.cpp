// Instantiation (spec 3.0 §4.7.3 "Instantiation").
//
// In order: limits and names; memories, tables and globals; active element and data segments; the
// module's start function; the configured ones. What segments wrote into imported tables and
// memories before a trap stays there.
#include <algorithm>
#include <string>
#include <utility>

#include "libwasmrt/base/dump.h"
#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/call.h"
#include "libwasmrt/runtime/const_eval.h"
#include "libwasmrt/runtime/instance_state.h"
#include "libwasmrt/wasm/errors.h"

namespace wasmrt::rt {

namespace {

/// Puts imports into the index spaces. An instance that exchanges references with others is pinned,
/// and so are those others.
void take_imports(Instance& instance, std::vector<Import>& imports) {
  for (Import& item : imports) {
    switch (item.kind) {
      case ExternKind::Func:
        instance.func_words.push_back(item.func);
        instance.imported_func_owners.push_back(item.object);
        if (item.func->host == nullptr && carries_functions(func_type(*item.func).composite.func)) {
          pin_func(instance.store(), *item.func);
        }
        break;
      case ExternKind::Table:
        instance.tables.emplace_back(static_cast<Table*>(item.object.get()));
        if (item.provider != nullptr) item.provider->pin();
        break;
      case ExternKind::Memory:
        instance.memories.emplace_back(static_cast<Memory*>(item.object.get()));
        break;
      case ExternKind::Global: {
        auto* global = static_cast<Global*>(item.object.get());
        instance.globals.emplace_back(global);
        if (item.provider != nullptr && carries_functions(global->type().value)) {
          item.provider->pin();
        }
        break;
      }
      case ExternKind::Tag: instance.tags.emplace_back(static_cast<Tag*>(item.object.get())); break;
    }
  }
}

void make_functions(Instance& instance) {
  const DecodedModule& m = instance.module().decoded();
  const std::uint32_t imported = m.imported_funcs;
  const std::size_t own = m.funcs.size() - imported;
  instance.own_funcs = std::make_unique<VmFuncRef[]>(own);
  instance.func_words.resize(m.funcs.size());
  CodeSource& code = instance.module().code();
  for (std::uint32_t i = 0; i < own; ++i) {
    VmFuncRef& ref = instance.own_funcs[i];
    const FuncIdx index{imported + i};
    const CanonType& type = m.type(m.funcs[raw(index)]);
    ref.vmctx = &instance.vmctx();
    ref.type_id = type.id;
    ref.type = &type;
    ref.call_words = &call_words_by_slots;
    code.init_function(ref, index);
    instance.func_words[raw(index)] = &ref;
  }
}

Result<void> make_memories(Instance& instance, const ResourceLimits& limits) {
  const DecodedModule& m = instance.module().decoded();
  for (std::uint32_t i = m.imported_memories; i < m.memories.size(); ++i) {
    Result<Ref<Memory>> memory = Memory::create(instance.store(), m.memories[i], limits);
    if (!memory) return std::move(memory).error();
    instance.memories.push_back(std::move(*memory));
  }
  for (const Ref<Memory>& memory : instance.memories) {
    instance.memory_words.push_back(&memory->vm());
  }
  if (!instance.memories.empty()) instance.memories[0]->add_user(&instance.vmctx());
  return {};
}

void make_globals(Instance& instance) {
  const DecodedModule& m = instance.module().decoded();
  const TypeOwner& types = instance.module().shared_decoded();
  for (const Ref<Global>& global : instance.globals) {
    instance.global_words.push_back(&global->cell());
  }
  for (std::uint32_t i = m.imported_globals; i < m.globals.size(); ++i) {
    const GlobalDecl& decl = m.globals[i];
    auto global = make_ref<Global>(
        instance.store(), decl.type,
        decl.type.value.is_ref() && decl.type.value.heap().is_concrete() ? types : nullptr);
    evaluate(instance, *decl.init, global->cell().words);
    instance.global_words.push_back(&global->cell());
    instance.globals.push_back(std::move(global));
  }
}

Result<void> make_tables(Instance& instance, const ResourceLimits& limits) {
  const DecodedModule& m = instance.module().decoded();
  const TypeOwner& types = instance.module().shared_decoded();
  for (std::uint32_t i = m.imported_tables; i < m.tables.size(); ++i) {
    const TableDecl& decl = m.tables[i];
    std::uint64_t init = 0;
    if (decl.init) evaluate(instance, *decl.init, &init);
    Result<Ref<Table>> table =
        Table::create(instance.store(), decl.type, limits, init,
                      decl.type.element.heap().is_concrete() ? types : nullptr);
    if (!table) return std::move(table).error();
    instance.tables.push_back(std::move(*table));
  }
  for (const Ref<Table>& table : instance.tables) instance.table_words.push_back(&table->vm());
  return {};
}

void make_tags(Instance& instance) {
  const DecodedModule& m = instance.module().decoded();
  for (std::uint32_t i = m.imported_tags; i < m.tags.size(); ++i) {
    instance.tags.push_back(make_ref<Tag>(instance.store(), m.type(m.tags[i]), RecGroupRef{},
                                          instance.module().shared_decoded()));
  }
}

/// The words of an element segment.
std::vector<std::uint64_t> segment_words(const Instance& instance, const ElemSegment& segment) {
  std::vector<std::uint64_t> words(segment.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (segment.exprs.empty()) {
      words[i] = reinterpret_cast<std::uint64_t>(instance.func_words[raw(segment.funcs[i])]);
    } else {
      evaluate(instance, segment.exprs[i], &words[i]);
    }
  }
  return words;
}

void make_segments(Instance& instance) {
  const DecodedModule& m = instance.module().decoded();
  instance.elem_words.resize(m.elems.size());
  instance.elem_values.resize(m.elems.size());
  for (std::size_t i = 0; i < m.elems.size(); ++i) {
    if (m.elems[i].mode == SegmentMode::Declarative) continue;
    instance.elem_values[i] = segment_words(instance, m.elems[i]);
    instance.elem_words[i] = {instance.elem_values[i].data(), instance.elem_values[i].size()};
  }
  // Where no count stands ahead of the code no instruction may name a data segment, and the
  // instance need not know them: programs have them by the ten thousands.
  if (!m.data_count) return;
  instance.data_words.resize(m.datas.size());
  for (std::size_t i = 0; i < m.datas.size(); ++i) {
    const std::span<const std::uint8_t> bytes = m.data(m.datas[i]);
    instance.data_words[i] = {bytes.data(), bytes.size()};
  }
}

void fill_vmctx(Instance& instance) {
  const DecodedModule& m = instance.module().decoded();
  Vmctx& v = instance.vmctx();
  v.globals = instance.global_words.data();
  v.funcs = instance.func_words.data();
  v.tables = instance.table_words.data();
  v.memories = instance.memory_words.data();
  v.data_segments = instance.data_words.data();
  v.elem_segments = instance.elem_words.data();
  v.type_ids = m.type_ids.data();
  v.types = reinterpret_cast<const void* const*>(m.types.data());
  v.builtins = &runtime_builtins();
  v.instance = &instance;
  v.store = &instance.store();
  v.claim = &instance.store().occupancy().claim_place();
  v.native = instance.module().engine().native();
  v.module_code = instance.module().code().module_code();
}

/// Copies active segments to where they belong. 0 or a trap.
TrapWord apply_segments(Instance& instance) {
  const DecodedModule& m = instance.module().decoded();
  const Builtins& run = runtime_builtins();
  Vmctx* ctx = &instance.vmctx();
  for (std::uint32_t i = 0; i < m.elems.size(); ++i) {
    const ElemSegment& segment = m.elems[i];
    if (segment.mode != SegmentMode::Active) continue;
    std::uint64_t offset = 0;
    evaluate(instance, segment.offset, &offset);
    const std::uint64_t n = segment.size();
    if (const TrapWord trap = run.table_init(ctx, i, raw(segment.table), offset, 0, n); trap != 0) {
      return trap;
    }
    run.elem_drop(ctx, i);
    instance.elem_values[i] = {};
  }
  for (std::uint32_t i = 0; i < m.datas.size(); ++i) {
    const DataSegment& segment = m.datas[i];
    if (!segment.is_active()) continue;
    std::uint64_t offset = segment.offset;
    if (segment.kind == DataSegment::Kind::Computed) {
      evaluate(instance, m.data_offsets[segment.offset], &offset);
    }
    if (const TrapWord trap = init_memory(ctx, segment.memory, offset, m.data(segment));
        trap != 0) {
      return trap;
    }
    if (m.data_count) run.data_drop(ctx, i);
    if (ctx->interrupt.load(std::memory_order_relaxed) != 0) {
      if (const TrapWord trap = run.poll(ctx); trap != 0) return trap;
    }
  }
  return 0;
}

/// The exported functions to call, in order. Error: InvalidArgument for one that takes parameters.
Result<std::vector<VmFuncRef*>> start_functions(const Instance& instance,
                                                const InstanceConfig& config) {
  const Module& module = instance.module();
  std::vector<std::string_view> names;
  switch (config.start) {
    case StartPolicy::None: break;
    case StartPolicy::Initialize: names = {"_initialize"}; break;
    case StartPolicy::InitializeOrStart:
      names = {module.find_export("_initialize") != nullptr ? "_initialize" : "_start"};
      break;
    case StartPolicy::List:
      names.assign(config.start_functions.begin(), config.start_functions.end());
      break;
  }
  std::vector<VmFuncRef*> functions;
  for (const std::string_view name : names) {
    const Export* item = module.find_export(name);
    if (item == nullptr || item->kind != ExternKind::Func) continue;
    VmFuncRef* func = instance.func_words[item->index];
    if (func->param_slots != 0 || func->result_slots != 0) {
      return Error(ErrorCode::InvalidArgument,
                   "invalid start function: " + std::string(name) + " has type " +
                       to_string(func_type(*func).composite.func) + ", expected () -> ()");
    }
    functions.push_back(func);
  }
  return functions;
}

void dump_instance(const Instance& i) {
  const DecodedModule& m = i.module().decoded();
  std::string text = "instance " + i.name() + " of module " + std::string(m.names.module) + '\n';
  for (const VmMemory* memory : i.memory_words) {
    text += "  memory: " + std::to_string(memory->bytes) + " bytes, " +
            std::to_string(memory->reserved) + " reserved\n";
  }
  for (const VmTable* table : i.table_words) {
    text += "  table: " + std::to_string(table->size) + " elements\n";
  }
  for (const DataSegment& data : m.datas) {
    text += "  data segment: " + std::to_string(data.size) + " bytes" +
            (data.is_active() ? "\n" : ", passive\n");
  }
  text += "  element segments: " + std::to_string(m.elems.size()) + '\n';
  dump_write(Stage::Instantiate, text);
}

}  // namespace

Result<Ref<Instance>> instantiate(Store& store, const Ref<Module>& module,
                                  std::vector<Import> imports, const InstanceConfig& config) {
  const StoreGuard guard(store);
  if (!guard.ok()) return store_busy();
  if (!store.book_instance()) {
    return Error(
        ErrorCode::Limit,
        err_text(Err::InstanceLimit, ": " + std::to_string(store.limits().instances) + " allowed"));
  }
  const Ref<Instance> instance = make_ref<Instance>(store, module, config.name);
  Instance& i = *instance;
  i.booked = true;
  if (!config.name.empty()) {
    if (!store.take_name(config.name)) {
      return Error(ErrorCode::InvalidArgument, err_text(Err::InstanceName, ": " + config.name));
    }
    i.named = true;
  }
  const ResourceLimits limits = store.limits().min(module->limits()).min(config.limits);
  const DecodedModule& m = module->decoded();

  if (module->shares_references()) i.pin();
  take_imports(i, imports);
  make_functions(i);
  if (Result<void> made = make_memories(i, limits); !made) return std::move(made).error();
  make_globals(i);
  if (Result<void> made = make_tables(i, limits); !made) return std::move(made).error();
  make_tags(i);
  make_segments(i);
  fill_vmctx(i);
  if (dump_enabled(Stage::Instantiate)) dump_instance(i);
  store.interrupts().add(&i.vmctx());
  i.registered = true;

  Result<std::vector<VmFuncRef*>> starts = start_functions(i, config);
  if (!starts) return std::move(starts).error();

  CallScope scope(store, &i, config.call);
  if (Error* refused = scope.refused(); refused != nullptr) return std::move(*refused);
  if (const TrapWord trap = apply_segments(i); trap != 0) return scope.take_error(trap);
  if (m.start) {
    std::uint64_t none[1] = {};
    if (const TrapWord trap = scope.run(*i.func_words[raw(*m.start)], none, &i.vmctx());
        trap != 0) {
      return scope.take_error(trap);
    }
  }
  for (VmFuncRef* func : *starts) {
    std::uint64_t none[1] = {};
    if (const TrapWord trap = scope.run(*func, none, &i.vmctx()); trap != 0) {
      Error error = scope.take_error(trap);
      if (error.code == ErrorCode::Exit && error.exit_code == 0 && config.keep_after_exit) {
        continue;
      }
      return error;
    }
  }
  return instance;
}

}  // namespace wasmrt::rt
