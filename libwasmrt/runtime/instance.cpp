// Instances: their life, their exports, and the public Instance.
#include <string>
#include <utility>

#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/call.h"
#include "libwasmrt/runtime/instance_state.h"
#include "libwasmrt/runtime/link.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::rt {

Instance::Instance(Store& store, Ref<Module> module, std::string name)
    : Object(&store), store_(store), module_(std::move(module)), name_(std::move(name)) {}

Instance::~Instance() {
  if (registered) store_.interrupts().remove(&vmctx_);
  if (!memories.empty()) memories[0]->remove_user(&vmctx_);
  if (named) store_.give_name(name_);
  if (booked) store_.unbook_instance();
}

void Instance::close() {
  closed_.store(true, std::memory_order_release);
  store_.interrupts().close(&vmctx_);
}

void Instance::pin() {
  if (!pinned_.exchange(true, std::memory_order_relaxed)) store_.pin(this);
}

Extern Instance::make_extern(ExternKind kind, std::uint32_t index) {
  using detail::Access;
  switch (kind) {
    case ExternKind::Func: {
      VmFuncRef* func = func_words[index];
      return Access::make_func(&store_, func_owner(*func), func);
    }
    case ExternKind::Table: pin(); return Access::make_table(tables[index].get());
    case ExternKind::Memory: return Access::make_memory(memories[index].get());
    case ExternKind::Global:
      if (carries_functions(globals[index]->type().value)) pin();
      return Access::make_global(globals[index].get());
    case ExternKind::Tag: break;
  }
  return Access::make_tag(tags[index].get());
}

Import Instance::make_import(ExternKind kind, std::uint32_t index) {
  Import item;
  item.kind = kind;
  item.store = &store_;
  item.provider = this;
  switch (kind) {
    case ExternKind::Func:
      item.func = func_words[index];
      item.object = Ref<detail::Object>(func_owner(*item.func));
      break;
    case ExternKind::Table: item.object = Ref<detail::Object>(tables[index].get()); break;
    case ExternKind::Memory: item.object = Ref<detail::Object>(memories[index].get()); break;
    case ExternKind::Global: item.object = Ref<detail::Object>(globals[index].get()); break;
    case ExternKind::Tag: item.object = Ref<detail::Object>(tags[index].get()); break;
  }
  return item;
}

}  // namespace wasmrt::rt

namespace wasmrt {

using detail::Access;

const std::string& Instance::name() const noexcept { return Access::get(*this)->name(); }
Module Instance::module() const { return Access::make_module(&Access::get(*this)->module()); }
Store Instance::store() const { return Access::make_store(&Access::get(*this)->store()); }

std::vector<ExportType> Instance::exports() const {
  rt::Instance& instance = *Access::get(*this);
  std::vector<ExportType> all;
  for (const Export& e : instance.module().decoded().exports) {
    all.push_back({std::string(e.name), rt::extern_type(instance.make_import(e.kind, e.index))});
  }
  return all;
}

std::optional<Extern> Instance::get(std::string_view name) const {
  rt::Instance& instance = *Access::get(*this);
  const Export* e = instance.module().find_export(name);
  if (e == nullptr) return std::nullopt;
  return instance.make_extern(e->kind, e->index);
}

std::vector<Extern> Instance::state() const {
  rt::Instance& instance = *Access::get(*this);
  std::vector<Extern> all;
  const auto add = [&](ExternKind kind, std::size_t count) {
    for (std::uint32_t n = 0; n < count; ++n) all.push_back(instance.make_extern(kind, n));
  };
  add(ExternKind::Table, instance.tables.size());
  add(ExternKind::Memory, instance.memories.size());
  add(ExternKind::Global, instance.globals.size());
  return all;
}

namespace {

template <class T>
std::optional<T> get_as(rt::Instance& instance, std::string_view name, ExternKind kind) {
  const Export* e = instance.module().find_export(name);
  if (e == nullptr || e->kind != kind) return std::nullopt;
  return std::get<T>(instance.make_extern(kind, e->index));
}

}  // namespace

std::optional<Func> Instance::get_func(std::string_view name) const {
  return get_as<Func>(*Access::get(*this), name, ExternKind::Func);
}
std::optional<Memory> Instance::get_memory(std::string_view name) const {
  return get_as<Memory>(*Access::get(*this), name, ExternKind::Memory);
}
std::optional<Table> Instance::get_table(std::string_view name) const {
  return get_as<Table>(*Access::get(*this), name, ExternKind::Table);
}
std::optional<Global> Instance::get_global(std::string_view name) const {
  return get_as<Global>(*Access::get(*this), name, ExternKind::Global);
}
std::optional<Tag> Instance::get_tag(std::string_view name) const {
  return get_as<Tag>(*Access::get(*this), name, ExternKind::Tag);
}

void Instance::close() const { Access::get(*this)->close(); }
bool Instance::closed() const noexcept { return Access::get(*this)->closed(); }

Error Instance::no_such_function(std::string_view name) {
  return {ErrorCode::InvalidArgument, "export not found: no function named " + std::string(name)};
}

std::optional<Instance> Caller::instance() const {
  if (frame_.ctx == nullptr) return std::nullopt;
  return Access::make_instance(static_cast<rt::Instance*>(frame_.ctx->instance));
}

std::optional<Memory> Caller::memory(std::string_view name) const {
  if (frame_.ctx == nullptr) return std::nullopt;
  return get_as<Memory>(*static_cast<rt::Instance*>(frame_.ctx->instance), name,
                        ExternKind::Memory);
}

std::optional<Func> Caller::func(std::string_view name) const {
  if (frame_.ctx == nullptr) return std::nullopt;
  return get_as<Func>(*static_cast<rt::Instance*>(frame_.ctx->instance), name, ExternKind::Func);
}

Store Caller::store() const { return Access::make_store(&frame_.frame->store); }
void* Caller::user_data() const noexcept { return frame_.frame->user_data; }

Deadline Caller::deadline() const noexcept {
  const std::uint64_t ns = frame_.frame->deadline_ns;
  if (ns == rt::CallFrame::kNever) return {};
  return Deadline(
      Deadline::Clock::time_point(std::chrono::nanoseconds(static_cast<std::int64_t>(ns))));
}

Result<void> Caller::check_interrupt() const {
  const TrapKind reason = frame_.frame->reason_to_end(
      frame_.ctx == nullptr ? nullptr : static_cast<rt::Instance*>(frame_.ctx->instance));
  if (reason == TrapKind::None) return {};
  return Trap(reason, std::string(trap_wording(reason)));
}

int Caller::interrupt_fd() const noexcept { return frame_.frame->store.interrupts().event_fd(); }

}  // namespace wasmrt
