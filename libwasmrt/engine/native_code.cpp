// Publishing: slots first, then everything that leads to them.
//
// A function of an instance finds its machine code late: VmFuncRef::native begins with the stub
// that resolves, VmFuncRef::entry with one that looks at the module's slot. So publishing need not
// know the instances, and an instance of a large module is made without touching machine code.
#include "libwasmrt/engine/native_code.h"

#include "libwasmrt/engine/code_names.h"
#include "libwasmrt/engine/jitdump.h"
#include "libwasmrt/engine/perf_map.h"

#include <chrono>
#include <utility>

#include "interp/interp.h"
#include "jit/target.h"
#include "libwasmrt/abi/func_ref.h"
#include "libwasmrt/engine/compile_module.h"
#include "libwasmrt/engine/compiler.h"
#include "libwasmrt/engine/native_stubs.h"
#include "libwasmrt/runtime/instance_state.h"
#include "sys/os/clock.h"
#include "sys/os/thread.h"

namespace wasmrt::engine {

namespace {

// Another process compiles the module, which takes from milliseconds to seconds.
constexpr std::chrono::milliseconds kTryLockAgain{5};
constexpr auto kMostTries = static_cast<std::uint32_t>(kMostLockWait / kTryLockAgain);

NativeCode* code_of_module(const VmFuncRef& ref) {
  if (ref.vmctx == nullptr) return nullptr;
  // Engines with a compiler have no other source of code.
  return static_cast<NativeCode*>(
      &static_cast<rt::Instance*>(ref.vmctx->instance)->module().code());
}

/// VmFuncRef::entry of functions that had no machine code when their instance was made.
TrapWord late_entry(VmFuncRef* callee, Vmctx* caller, std::uint64_t* slots, VmTailCall* tail) {
  if (callee->enter.load(std::memory_order_acquire) == nullptr) {
    NativeCode* const module = code_of_module(*callee);
    const void* code = module->code_of(FuncIdx{callee->func_idx});
    if (code == nullptr) {
      const TrapWord word = interp::entry(callee, caller, slots, tail);
      if (word == kTailCall) prepare_tail_call(*tail);
      return word;
    }
    if (callee->native.exchange(code, std::memory_order_acq_rel) != code) module->count_switch();
  }
  return native_entry(callee, caller, slots, tail);
}

}  // namespace

void resolve_native(VmFuncRef* ref) {
  const void* code = nullptr;
  if (NativeCode* module = code_of_module(*ref); module != nullptr) {
    code = module->code_of(FuncIdx{ref->func_idx});
    if (code != nullptr) {
      if (ref->native.exchange(code, std::memory_order_acq_rel) != code) module->count_switch();
      return;
    }
  }
  code = adapter_of(*ref, call_stubs(*static_cast<const CanonType*>(ref->type)));
  ref->native.store(code, std::memory_order_release);
}

NativeCode::NativeCode(rt::Engine& engine, std::shared_ptr<const DecodedModule> module,
                       std::unique_ptr<InterpCode> interp, CodeCache* cache, const CodeKey& key)
    : engine_(engine),
      module_(std::move(module)),
      interp_(std::move(interp)),
      cache_(cache),
      key_(key),
      slots_(std::make_unique<std::atomic<const void*>[]>(module_->bodies.size())),
      job_([](void* self) { return static_cast<NativeCode*>(self)->run_background(); }, this) {}

bool NativeCode::is_orphan() const {
  return begun_.load(std::memory_order_acquire) && generation_ != os::fork_generation();
}

NativeCode::~NativeCode() {
  if (!added_ || is_orphan()) return;
  stop_.store(true, std::memory_order_relaxed);
  engine_.background().remove(job_);
  if (claim() == State::Unwritten) write_and_unlock();
}

const char* NativeCode::adopt(const std::shared_ptr<const CachedImage>& cached) {
  const ImageView& view = cached->content.image;
  if (view.entries.size() != module_->bodies.size()) return kDamagedImage;
  std::unique_ptr<NativeImage> image;
  if (!view.code.empty()) {
    os::FileMapping code;
    if (cached->file.valid()) {  // else, and where that fails, it is copied
      os::FileMapping::map(cached->file.get(), cached->content.code_offset, view.code.size(), true,
                           false, code);
    }
    image = NativeImage::publish(view, std::move(code), cached, engine_.config().signals);
    if (image == nullptr) return kNoExecutableMemory;
  }
  {
    const std::lock_guard lock(mutex_);
    cache_result_ = CacheResult::Hit;
  }
  publish(std::move(image), view.entries, CompileNotes::from_text(view.notes));
  return nullptr;
}

void NativeCode::lock_entry() {
  if (cache_ != nullptr) cache_lock_ = cache_->lock(key_, stop_);
}

bool NativeCode::make(os::WorkerPool& workers) {
  const std::uint64_t start = os::monotonic_ns();
  if (cache_ != nullptr) {
    // Another process may have made it before we got the lock.
    if (const auto cached = cache_->find(key_, workers); cached != nullptr) {
      if (adopt(cached) == nullptr) return true;
    }
  }
  CompileNotes notes;
  LinkedImage linked;
  if (!compile_module(engine_, workers, *module_, stop_, linked, notes)) return true;
  std::unique_ptr<NativeImage> image;
  if (!linked.code.empty()) {
    image = NativeImage::publish(std::move(linked.code), std::move(linked.funcs),
                                 std::move(linked.points), engine_.config().signals);
    if (image == nullptr) return false;
  }
  if (engine_.config().gdb && image != nullptr) show_to_debuggers(*image, linked.frame_steps);
  publish(std::move(image), linked.entries, std::move(notes));
  unwritten_ = cache_ != nullptr;
  const std::lock_guard guard(mutex_);
  compile_ns_ += os::monotonic_ns() - start;
  if (unwritten_) cache_result_ = CacheResult::Miss;  // so far
  return true;
}

void NativeCode::write_and_unlock() {
  if (unwritten_) {
    const bool stored = cache_->store(key_, *image());
    const std::lock_guard guard(mutex_);
    if (stored) cache_result_ = CacheResult::Stored;
  }
  unwritten_ = false;
  cache_lock_.release();
}

bool NativeCode::compile_now(bool write_later) {
  lock_entry();
  const bool made = make(engine_.workers());
  if (write_later && unwritten_) {
    state_ = State::Unwritten;
    if (add_to_background({})) return made;
  }
  write_and_unlock();
  state_ = State::Done;
  return made;
}

void NativeCode::show_to_debuggers(const NativeImage& image, std::span<const FrameStep> steps) {
  std::vector<DebugSymbol> symbols;
  const CodeNames names(*module_);
  std::uint32_t end = 0;
  for (const NativeFunc& f : image.funcs()) {
    symbols.push_back({f.begin, f.code_bytes, names[f.index]});
    end = f.begin + f.code_bytes;
  }
  // Thunks follow behind the last function's literals.
  const auto size = static_cast<std::uint32_t>(image.size());
  if (end < size) symbols.push_back({end, size - end, "wasm thunks"});
  shown_ =
      std::make_unique<GdbCode>(*jit::host_target(), image.base(), image.size(), symbols, steps);
}

void NativeCode::publish(std::unique_ptr<NativeImage> image, std::span<const std::uint32_t> entries,
                         CompileNotes notes) {
  image_ = std::move(image);
  const EngineConfig& config = engine_.config();
  if (config.perf_map && image_ != nullptr) write_perf_map(*image_, *module_);
  if (!config.jitdump.empty() && image_ != nullptr) {
    write_jitdump(config.jitdump, *image_, *module_);
  }
  entries_.assign(entries.begin(), entries.end());
  std::uint64_t functions = 0;
  for (std::size_t n = 0; n < entries.size(); ++n) {
    if (entries[n] == kNoCode) continue;
    slots_[n].store(image_->base() + entries[n], std::memory_order_release);
    ++functions;
    if (interp_ == nullptr) continue;
    interp_->code().hand_over(FuncIdx{static_cast<std::uint32_t>(module_->imported_funcs + n)});
  }
  const std::lock_guard lock(mutex_);
  notes_ = std::move(notes);
  notes_text_ = notes_.text();
  native_functions_ = functions;
  native_bytes_ = image_ == nullptr ? 0 : image_->size();
}

std::optional<ImageView> NativeCode::image() const {
  if (entries_.size() != module_->bodies.size()) return std::nullopt;
  // Who published was left behind, perhaps half way.
  if (is_orphan() && (state_ == State::Waiting || state_ == State::Compiling)) return std::nullopt;
  ImageView view;
  view.entries = entries_;
  view.module = module_->bytes->view();
  view.records.bodies = module_->bodies.all();
  if (module_->data_offsets.empty()) view.records.datas = module_->datas.all();
  view.declined = notes_.declined_count();
  view.notes = notes_text_;
  view.machine = jit::host_target()->name;
  view.cpu = engine_.cpu();
  view.build = version_folder();
  if (image_ != nullptr) {
    view.code = image_->code();
    view.funcs = image_->funcs();
    view.points = image_->points();
  }
  return view;
}

void NativeCode::compile_meanwhile() {
  state_ = State::Waiting;
  const EngineConfig& config = engine_.config();
  if (config.compile_after_us == 0) add_to_background({});
  if (config.compile_after_us == 0 && config.wait_at_call == 0) return;
  interp_->code().when_busy(
      config.wait_at_call == 0 ? 1 : config.wait_at_call,
      [](void* self) { static_cast<NativeCode*>(self)->guest_runs(); }, this);
}

void NativeCode::guest_runs() {
  if (is_orphan()) return;
  const EngineConfig& config = engine_.config();
  const bool waits = config.wait_at_call != 0;
  add_to_background(std::chrono::microseconds(waits ? 0 : config.compile_after_us));
  if (!waits) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ == State::Done; });
}

bool NativeCode::add_to_background(rt::Background::Duration after) {
  const std::lock_guard lock(mutex_);
  if (added_ || (state_ != State::Waiting && state_ != State::Unwritten)) return true;
  begin();
  added_ = true;
  switch (engine_.background().add(job_, after)) {
    case rt::Background::Added::AtOnce: return true;
    case rt::Background::Added::Behind:
      // Who waits for the lock would wait for all that comes before: compiling it twice costs less.
      cache_lock_.release();
      return true;
    case rt::Background::Added::No: break;
  }
  added_ = false;
  if (state_ == State::Waiting) state_ = State::Done;  // the interpreter goes on
  return false;
}

void NativeCode::begin() {
  if (begun_.load(std::memory_order_relaxed)) return;
  generation_ = os::fork_generation();
  begun_.store(true, std::memory_order_release);
}

std::optional<rt::Background::Duration> NativeCode::run_background() {
  EntryLock lock;
  if (cache_ != nullptr && is_waiting() && !cache_->try_lock(key_, lock) && tries_++ < kMostTries) {
    return kTryLockAgain;
  }
  const State was = claim();
  if (was == State::Waiting) {
    cache_lock_ = std::move(lock);
    make_and_write(engine_.background().workers());
  } else if (was == State::Unwritten) {
    write_and_unlock();
    set_state(State::Done);
  }
  return std::nullopt;
}

bool NativeCode::is_waiting() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::Waiting;
}

NativeCode::State NativeCode::claim() {
  const std::lock_guard lock(mutex_);
  const State was = state_;
  if (was == State::Waiting || was == State::Unwritten) begin();
  if (was == State::Waiting) state_ = State::Compiling;
  if (was == State::Unwritten) state_ = State::Writing;
  return was;
}

void NativeCode::make_and_write(os::WorkerPool& workers) {
  if (make(workers)) {
    set_state(State::Writing);
  } else {
    note_not_compiling(engine_, kNoExecutableMemory);
  }
  write_and_unlock();
  set_state(State::Done);
}

void NativeCode::set_state(State state) {
  const std::lock_guard lock(mutex_);
  state_ = state;
  changed_.notify_all();
}

void NativeCode::finish() {
  if (is_orphan()) return;
  switch (claim()) {
    case State::Waiting: lock_entry(); return make_and_write(engine_.workers());
    case State::Unwritten: write_and_unlock(); return set_state(State::Done);
    default: break;
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ == State::Done; });
}

void NativeCode::init_function(VmFuncRef& ref, FuncIdx func) {
  if (interp_ != nullptr) {
    interp_->init_function(ref, func);
  } else {
    ref.func_idx = raw(func);
    set_signature(ref, module_->func_type(func));
  }
  if (const void* code = code_of(func); code != nullptr) {
    ref.native.store(code, std::memory_order_relaxed);
    ref.entry = &native_entry;
    ref.engine = static_cast<std::uint16_t>(VmEngine::Native);
  } else {
    ref.native.store(engine_.native()->resolve, std::memory_order_relaxed);
    ref.entry = &late_entry;
  }
}

const void* NativeCode::code_of(FuncIdx func) const {
  return slots_[raw(func) - module_->imported_funcs].load(std::memory_order_acquire);
}

void NativeCode::add_stats(ModuleStats& stats) const {
  if (interp_ != nullptr) interp_->add_stats(stats);
  std::unique_lock lock(mutex_, std::defer_lock);
  if (!is_orphan()) {
    lock.lock();
  } else if (!lock.try_lock()) {  // nobody holds it
    return;
  }
  stats.translate_ns += compile_ns_;
  stats.code_bytes += native_bytes_;
  stats.declined += notes_.declined_count();
  stats.light += notes_.light;
  stats.sectioned += notes_.sectioned;
  for (const auto& [reason, count] : notes_.declined) {
    stats.declined_by_reason.push_back({reason, count});
  }
  stats.native_functions += native_functions_;
  stats.switched_functions += switched_.load(std::memory_order_relaxed);
  stats.compiling = state_ == State::Compiling;
  stats.cache = cache_result_;
}

}  // namespace wasmrt::engine
