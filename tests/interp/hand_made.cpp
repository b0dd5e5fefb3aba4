// See hand_made.h. Memories are 8 GiB reservations, so that guarded and checked code can run on
// them.
#include "tests/interp/hand_made.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "libwasmrt/frontend/decode.h"
#include "libwasmrt/text/wat.h"
#include "sys/os/fault.h"
#include "sys/os/vm.h"

namespace wasmrt::interp::test {
namespace {

constexpr std::size_t kReserved = (std::size_t{8} << 30) + (std::size_t{1} << 20);

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "hand-made instance: %s\n", why.c_str());
  std::abort();
}

HandMade* self_of(Vmctx* ctx) { return static_cast<HandMade*>(ctx->instance); }

}  // namespace

std::shared_ptr<const DecodedModule> module_of(std::string_view wat) {
  static TypeInterner interner;
  auto bytes = text::wat_to_wasm(wat);
  if (!bytes.ok()) stop(bytes.error().message);
  DecodeOptions options;
  options.features = Features::all();
  options.interner = &interner;
  auto module = decode_module(*bytes, options);
  if (!module.ok()) stop(module.error().message);
  return *module;
}

HandMade::HandMade(std::string_view wat, CodeOptions options, std::vector<HostFn> imports)
    : HandMade(module_of(wat), options, std::move(imports)) {}

HandMade::HandMade(std::shared_ptr<const DecodedModule> module, CodeOptions options,
                   std::vector<HostFn> imports, std::vector<VmFuncRef*> link)
    : module_(std::move(module)), imports_(std::move(imports)), link_(std::move(link)) {
  if (options.guarded_bytes != 0 && !install_faults()) options.guarded_bytes = 0;
  // The test framework puts its own handlers on top of ours for each test.
  if (options.guarded_bytes != 0 && !os::fault_handlers_intact()) {
    os::remove_fault_handlers();
    os::install_fault_handlers();
  }
  code_ = ModuleCode::create(module_, options);
  build();
}

namespace {
/// Recycled: under emulation each new reservation of gigabytes costs memory that does not come
/// back.
os::ReservationPool& reservations() {
  static auto* pool = new os::ReservationPool(kReserved, 0, 4, os::kFaultTagGuarded);
  return *pool;
}
}  // namespace

HandMade::~HandMade() {
  if (memory_.base != nullptr) {
    reservations().give_back(memory_.base, memory_.bytes);
  }
}

std::uint64_t HandMade::grow(Vmctx* ctx, std::uint32_t, std::uint64_t delta) {
  VmMemory& m = *ctx->memories[0];
  const std::uint64_t old = m.bytes >> m.page_size_log2;
  if (delta > 1000 || old + delta > 1000) return ~std::uint64_t{0};
  m.bytes += delta << m.page_size_log2;
  if (!os::commit(m.base, m.bytes)) stop("no memory");
  ctx->memory0_bytes = m.bytes;
  return old;
}

void HandMade::build() {
  const DecodedModule& m = *module_;
  builtins_.memory_grow = grow;
  builtins_.memory_copy = [](Vmctx* ctx, std::uint32_t, std::uint32_t, std::uint64_t to,
                             std::uint64_t from, std::uint64_t n) -> TrapWord {
    const VmMemory& memory = *ctx->memories[0];
    if (to + n > memory.bytes || from + n > memory.bytes) {
      return static_cast<TrapWord>(TrapKind::OutOfBoundsMemoryAccess);
    }
    std::memmove(memory.base + to, memory.base + from, n);
    return 0;
  };
  builtins_.memory_fill = [](Vmctx* ctx, std::uint32_t, std::uint64_t to, std::uint32_t value,
                             std::uint64_t n) -> TrapWord {
    const VmMemory& memory = *ctx->memories[0];
    if (to + n > memory.bytes) return static_cast<TrapWord>(TrapKind::OutOfBoundsMemoryAccess);
    std::memset(memory.base + to, static_cast<int>(value & 0xFF), n);
    return 0;
  };
  builtins_.poll = [](Vmctx* ctx) {
    ++self_of(ctx)->polls;
    return self_of(ctx)->poll_answer;
  };
  builtins_.call_host = [](Vmctx* ctx, VmFuncRef* f, std::uint64_t* slots) {
    return (*static_cast<HostFn*>(f->host->state))(ctx, slots);
  };
  ctx_.builtins = &builtins_;
  ctx_.instance = this;
  ctx_.module_code = static_cast<ModuleCode*>(code_.get());
  ctx_.type_ids = m.type_ids.data();
  for (const CanonType* t : m.types) types_.push_back(t);
  ctx_.types = types_.data();

  if (!m.memories.empty()) {
    const MemoryType& type = m.memories[0];
    memory_.base = static_cast<std::uint8_t*>(reservations().acquire(0));
    if (memory_.base == nullptr) stop("no address space");
    memory_.reserved = kReserved;
    memory_.page_size_log2 = type.page_size_log2;
    memory_.is_64 = type.address == AddressType::I64;
    memory_.bytes = type.limits.min << type.page_size_log2;
    if (memory_.bytes != 0 && !os::commit(memory_.base, memory_.bytes)) stop("no memory");
    for (const DataSegment& d : m.datas) {
      if (d.is_active()) std::memcpy(memory_.base + d.offset, m.data(d).data(), d.size);
    }
    ctx_.memory0_base = memory_.base;
    ctx_.memory0_bytes = memory_.bytes;
  }
  memories_.assign(m.memories.size(), &memory_);
  ctx_.memories = memories_.data();

  for (std::uint32_t i = 0; i < m.funcs.size(); ++i) {
    if (i < link_.size()) {
      funcs_.push_back(nullptr);
      func_table_.push_back(link_[i]);
      continue;
    }
    auto ref = std::make_unique<VmFuncRef>();
    const CanonType& type = m.type(m.funcs[i]);
    ref->type = &type;
    ref->type_id = type.id;
    if (i < m.imported_funcs) {
      if (i >= imports_.size()) stop("an import is missing");
      ref->host = hosts_.emplace_back(std::make_unique<VmHost>()).get();
      ref->host->state = &imports_[i];
      for (ValType t : type.composite.func.params) ref->param_slots += t.slots();
      for (ValType t : type.composite.func.results) ref->result_slots += t.slots();
    } else {
      ref->vmctx = &ctx_;
      code_->init_function(*ref, FuncIdx{i});
    }
    func_table_.push_back(ref.get());
    funcs_.push_back(std::move(ref));
  }
  ctx_.funcs = func_table_.data();

  global_cells_.resize(m.globals.size());
  for (std::size_t i = 0; i < m.globals.size(); ++i) {
    if (m.globals[i].init) global_cells_[i].words[0] = m.globals[i].init->value;
    globals_.push_back(&global_cells_[i]);
  }
  ctx_.globals = globals_.data();

  table_cells_.resize(m.tables.size());
  elements_.resize(m.tables.size());
  for (std::size_t i = 0; i < m.tables.size(); ++i) {
    elements_[i].resize(m.tables[i].type.limits.min);
    table_cells_[i] = {elements_[i].data(), elements_[i].size(), 0};
    tables_.push_back(&table_cells_[i]);
  }
  ctx_.tables = tables_.data();
  for (const ElemSegment& e : m.elems) {
    if (e.mode != SegmentMode::Active) continue;
    auto& to = elements_[raw(e.table)];
    for (std::size_t i = 0; i < e.funcs.size(); ++i) {
      to[e.offset.value + i] = reinterpret_cast<std::uint64_t>(func_table_[raw(e.funcs[i])]);
    }
  }
}

VmFuncRef& HandMade::func(std::string_view name) {
  for (const Export& e : module_->exports) {
    if (e.name == name && e.kind == ExternKind::Func) return *func_table_[e.index];
  }
  stop("no export " + std::string(name));
}

std::string HandMade::print(std::string_view name) {
  return code_->print(FuncIdx{func(name).func_idx});
}

Outcome HandMade::call_in(Activation& activation, VmFuncRef& f,
                          std::initializer_list<std::uint64_t> args) {
  Activation* const outer = f.vmctx->activation;
  f.vmctx->activation = &activation;
  std::vector<std::uint64_t> slots(
      std::max({args.size(), std::size_t{f.result_slots}, std::size_t{1}}));
  std::copy(args.begin(), args.end(), slots.begin());
  Outcome outcome;
  outcome.trap = static_cast<TrapKind>(f.entry(&f, nullptr, slots.data(), nullptr));
  f.vmctx->activation = outer;
  slots.resize(f.result_slots);
  if (outcome.trap == TrapKind::None) outcome.slots = std::move(slots);
  return outcome;
}

Outcome HandMade::call(std::string_view name, std::initializer_list<std::uint64_t> args) {
  ValueStack stack = ValueStack::create(stack_bytes);
  Activation activation;
  activation.top = stack.base();
  activation.limit = stack.limit();
  Outcome outcome = call_in(activation, func(name), args);
  report_ = activation.report;
  return outcome;
}

}  // namespace wasmrt::interp::test
