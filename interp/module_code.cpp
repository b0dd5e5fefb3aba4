// Translation on demand, and backtraces.
#include "interp/module_code.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "interp/frames.h"
#include "interp/machine.h"
#include "interp/print.h"
#include "interp/translate.h"
#include "libwasmrt/abi/func_ref.h"
#include "libwasmrt/frontend/body_walker.h"

namespace wasmrt::interp {

const Handler* handler_table() {
  static const struct Table {
    Handler handlers[kHandlerCount] = {};
    Table() {
      fill_numeric(handlers);
      fill_convert(handlers);
      fill_memory(handlers);
      fill_control(handlers);
      fill_calls(handlers);
      fill_bulk(handlers);
      fill_branch(handlers);
      fill_pair_i32(handlers);
      fill_pair_i64(handlers);
      fill_divide(handlers);
      fill_fused(handlers);
      fill_fused_memory(handlers);
      fill_fused_branch(handlers);
      fill_fused_access(handlers);
      fill_fused_store(handlers);
      fill_simd_int(handlers);
      fill_simd_float(handlers);
      fill_simd_lanes(handlers);
    }
  } table;
  return table.handlers;
}

/// What translating needs and is kept between functions; freed when everything is translated.
struct ModuleCodeImpl::State {
  Translator translator;
  BodyWalker<Translator> walker;
  State(const DecodedModule& module, const CodeOptions& options, FuncCode* funcs)
      : translator(module, options, funcs), walker(module, translator) {}
};

std::shared_ptr<ModuleCode> ModuleCode::create(std::shared_ptr<const DecodedModule> module,
                                               const CodeOptions& options) {
  return std::make_shared<ModuleCodeImpl>(std::move(module), options);
}

ModuleCodeImpl::ModuleCodeImpl(std::shared_ptr<const DecodedModule> module,
                               const CodeOptions& options)
    : module_(std::move(module)), options_(options) {
#ifndef WASMRT_INTERP_PROFILE
  if (!kGuardPages) options_.guarded_bytes = 0;
#endif
  const std::size_t n = module_->bodies.size();
  funcs_ = std::make_unique<FuncCode[]>(n);
  const Handler stub = handler_table()[Translate];
  const Handler elsewhere = handler_table()[Elsewhere];
  const Handler counted = handler_table()[Counted];
  for (std::size_t i = 0; i < n; ++i) {
    FuncCode& f = funcs_[i];
    f.func_idx = module_->imported_funcs + static_cast<std::uint32_t>(i);
    f.stub = {stub, 0, 0, 0};
    f.elsewhere = {elsewhere, 0, 0, f.func_idx};
    f.module_code = this;
    const FuncType& type = module_->func_type(FuncIdx{f.func_idx});
    std::uint32_t params = 0;
    std::uint32_t results = 0;
    for (ValType t : type.params) params += t.slots();
    for (ValType t : type.results) results += t.slots();
    f.link = static_cast<std::uint16_t>(std::max(params, results));
    f.elsewhere.d = f.link;
    f.counted = {counted, 0, 0, 0};
    ResultClass c = ResultClass::None;
    if (type.results.size() > 1) {
      c = ResultClass::Many;
    } else if (!type.results.empty()) {
      switch (type.results[0].kind()) {
        case ValKind::F32: c = ResultClass::F32; break;
        case ValKind::F64: c = ResultClass::F64; break;
        case ValKind::V128: c = ResultClass::V128; break;
        default: c = ResultClass::Int; break;
      }
    }
    f.result_class = static_cast<std::uint8_t>(c);
    f.code.store(&f.stub, std::memory_order_relaxed);
  }
}

ModuleCodeImpl::~ModuleCodeImpl() = default;

std::uint8_t* ModuleCodeImpl::allocate(std::size_t bytes) {
  const std::size_t words = (bytes + 7) / 8;
  if (static_cast<std::size_t>(chunk_end_ - chunk_at_) < words) {
    // Chunks grow with what is there already: small modules stay small.
    const std::size_t size = std::max<std::size_t>(
        words, std::clamp<std::size_t>(stats_.bytecode_bytes / 8, 2048, std::size_t{1} << 17));
    chunks_.push_back(std::make_unique_for_overwrite<std::uint64_t[]>(size));
    chunk_at_ = chunks_.back().get();
    chunk_end_ = chunk_at_ + size;
  }
  std::uint64_t* at = chunk_at_;
  chunk_at_ += words;
  return reinterpret_cast<std::uint8_t*>(at);
}

void ModuleCodeImpl::translate(FuncCode& f) {
  const std::lock_guard lock(mutex_);
  if (f.begin != nullptr) return;
  const auto begin = std::chrono::steady_clock::now();
  if (state_ == nullptr) state_ = std::make_unique<State>(*module_, options_, funcs_.get());
  Translator& t = state_->translator;
  const bool valid = state_->walker.walk_quietly(FuncIdx{f.func_idx});
  std::uint32_t frame = t.frame_slots();
  const std::uint64_t* code = t.code();
  std::uint32_t bytes = t.code_bytes();
  // A frame beyond 65,000 temporaries can never be entered: it does not fit the instructions'
  // slots. (Validation ran before; a body that fails it here is our mistake and must not run
  // either.)
  std::uint64_t trap[2];
  if (!valid || t.too_large()) {
    trap[0] = reinterpret_cast<std::uint64_t>(handler_table()[TrapWith]);
    trap[1] = std::uint64_t{static_cast<std::uint32_t>(TrapKind::CallStackExhausted)} << 32;
    code = trap;
    bytes = sizeof trap;
    frame = f.link + 2u;
  }
  const std::vector<std::uint8_t>& map = t.map();
  std::uint8_t* at = allocate(bytes);
  std::memcpy(at, code, bytes);
  f.map_bytes = static_cast<std::uint32_t>(map.size());
  if (!map.empty()) {
    std::uint8_t* m = allocate(map.size());
    std::memcpy(m, map.data(), map.size());
    f.map = m;
  }
  f.code_bytes = bytes;
  f.frame_slots.store(frame, std::memory_order_relaxed);
  by_address_.push_back(&f);
  sorted_ = by_address_.size() == 1;
  ++stats_.functions;
  stats_.wasm_bytes += module_->bodies[f.func_idx - module_->imported_funcs].size;
  stats_.bytecode_bytes += bytes;
  stats_.nanoseconds += static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count());
  f.begin = reinterpret_cast<const Ins*>(at);
  // Unless machine code came in the meantime.
  f.start = f.begin->at(valid && !t.too_large() ? t.entry() : 0);
  if (f.code.load(std::memory_order_relaxed) == &f.stub) {
    const bool count = calls_left_.load(std::memory_order_relaxed) != 0;
    f.code.store(count ? &f.counted : f.start, std::memory_order_release);
  }
  if (stats_.functions == module_->bodies.size()) state_.reset();
}

void ModuleCodeImpl::translate_all() {
  for (std::size_t i = 0; i < module_->bodies.size(); ++i) translate(funcs_[i]);
}

void ModuleCodeImpl::init_function(VmFuncRef& ref, FuncIdx func) {
  const FuncCode& f = funcs_[raw(func) - module_->imported_funcs];
  ref.code.store(&f, std::memory_order_release);
  ref.entry = entry;
  ref.func_idx = raw(func);
  ref.engine = static_cast<std::uint16_t>(VmEngine::Interp);
  set_signature(ref, module_->func_type(func));
}

void ModuleCodeImpl::when_busy(std::uint32_t calls, void (*busy)(void* user), void* user) {
  busy_ = busy;
  busy_user_ = user;
  calls_left_.store(calls, std::memory_order_release);
}

void ModuleCodeImpl::count_call(FuncCode& f) {
  std::uint32_t left = calls_left_.load(std::memory_order_relaxed);
  while (left != 0 && !calls_left_.compare_exchange_weak(left, left - 1)) {}
  if (left == 1) busy_(busy_user_);
  if (left > 1) return;
  const Ins* expected = &f.counted;
  f.code.compare_exchange_strong(expected, f.start, std::memory_order_release,
                                 std::memory_order_relaxed);
}

void ModuleCodeImpl::hand_over(FuncIdx func) {
  FuncCode& f = funcs_[raw(func) - module_->imported_funcs];
  const std::lock_guard lock(mutex_);  // a translation going on would replace it
  f.code.store(&f.elsewhere, std::memory_order_release);
}

CodeStats ModuleCodeImpl::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::string ModuleCodeImpl::print(FuncIdx func) {
  FuncCode& f = funcs_[raw(func) - module_->imported_funcs];
  translate(f);
  return print_code(f);
}

const FuncCode* ModuleCodeImpl::find(const Ins* pc, std::uint32_t& offset) {
  const auto address = reinterpret_cast<std::uintptr_t>(pc);
  const auto first = reinterpret_cast<std::uintptr_t>(funcs_.get());
  offset = 0;
  if (address >= first && address < first + module_->bodies.size() * sizeof(FuncCode)) {
    return &funcs_[(address - first) / sizeof(FuncCode)];
  }
  const std::lock_guard lock(mutex_);
  const auto begin_of = [](const FuncCode* f) {
    return reinterpret_cast<std::uintptr_t>(f->begin);
  };
  if (!sorted_) {
    std::sort(by_address_.begin(), by_address_.end(),
              [&](const FuncCode* a, const FuncCode* b) { return begin_of(a) < begin_of(b); });
    sorted_ = true;
  }
  auto it = std::upper_bound(by_address_.begin(), by_address_.end(), address,
                             [&](std::uintptr_t x, const FuncCode* f) { return x < begin_of(f); });
  if (it == by_address_.begin()) return nullptr;
  const FuncCode* f = *--it;
  offset = static_cast<std::uint32_t>(address - begin_of(f));
  return offset < f->code_bytes ? f : nullptr;
}

std::uint64_t ModuleCodeImpl::wasm_offset(const FuncCode& f, std::uint32_t offset) const {
  const std::uint8_t* p = f.map;
  const std::uint8_t* end = p + f.map_bytes;
  auto take = [&] {
    std::uint64_t x = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t byte = *p++;
      x |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return x;
    }
  };
  std::uint64_t pos = 0;
  std::uint64_t wasm = 0;
  std::uint64_t best = module_->bodies[f.func_idx - module_->imported_funcs].offset;
  while (p != end) {
    pos += take() * 8;
    wasm += take();
    if (pos > offset) break;
    best = wasm;
  }
  return best;
}

// --- frames.h ---

FuncCode* func_of_stub(const Ins* pc) {
  return reinterpret_cast<FuncCode*>(reinterpret_cast<std::uintptr_t>(pc) -
                                     offsetof(FuncCode, stub));
}

void translate_now(FuncCode& func) {
  if (func.code.load(std::memory_order_acquire) != &func.stub) return;
  static_cast<ModuleCodeImpl*>(func.module_code)->translate(func);
}

void count_call(const Ins* pc) {
  auto* f = reinterpret_cast<FuncCode*>(reinterpret_cast<std::uintptr_t>(pc) -
                                        offsetof(FuncCode, counted));
  static_cast<ModuleCodeImpl*>(f->module_code)->count_call(*f);
}

const Ins* start_of_counted(const Ins* pc) {
  return reinterpret_cast<const FuncCode*>(reinterpret_cast<std::uintptr_t>(pc) -
                                           offsetof(FuncCode, counted))
      ->start;
}

bool is_subtype(const void* actual, const void* expected) {
  return actual != nullptr && expected != nullptr &&
         static_cast<const CanonType*>(actual)->is_subtype_of(
             *static_cast<const CanonType*>(expected));
}

void report_trap(const Ins* pc, std::uint64_t* sp, Vmctx* ctx, TrapWord word, bool left) {
  TrapReport& report = ctx->activation->report;
  report.word = word;
  bool is_call = false;  // pc is a return address: the call lies before it
  for (;;) {
    auto* module_code = static_cast<ModuleCodeImpl*>(static_cast<ModuleCode*>(ctx->module_code));
    std::uint32_t offset;
    const FuncCode* f = module_code->find(is_call ? pc->at(-8) : pc, offset);
    if (f == nullptr) return;
    // What ran elsewhere has reported its frames.
    if (pc != &f->elsewhere && !left) {
      report.add_frame(
          ctx, f->func_idx,
          report.frames.size() < TrapReport::kMaxFrames ? module_code->wasm_offset(*f, offset) : 0);
    }
    left = false;
    const std::uint64_t return_pc = sp[f->link];
    sp = reinterpret_cast<std::uint64_t*>(sp[f->link + 1]);
    if (returns_to_entry(return_pc)) return;
    if (returns_across(return_pc)) {
      pc = reinterpret_cast<const Ins*>(sp[0]);
      ctx = reinterpret_cast<Vmctx*>(sp[2]);
      sp = reinterpret_cast<std::uint64_t*>(sp[1]);
      // A cross tail call kept its caller's return address, which may lead out as well.
      if (returns_to_entry(reinterpret_cast<std::uint64_t>(pc))) return;
    } else {
      pc = reinterpret_cast<const Ins*>(return_pc);
    }
    is_call = true;
  }
}

}  // namespace wasmrt::interp
