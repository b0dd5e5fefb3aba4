// Publishing: slots first, then everything that leads to them.
//
// A function of an instance finds its machine code late: VmFuncRef::native begins with the stub
// that resolves, VmFuncRef::entry with one that looks at the module's slot. So publishing need not
// know the instances, and an instance of a large module is made without touching machine code.
#include "libwasmrt/engine/native_code.h"

#include "libwasmrt/engine/code_names.h"
#include "libwasmrt/engine/jitdump.h"
#include "libwasmrt/engine/perf_map.h"

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

// Calls until a guest is worth a thread: about 0.1 ms of running. Hello world makes some 150. What
// calls nothing would not get to the machine code either: a function changes over when it is
// called.
constexpr std::uint32_t kBusyCalls = 2000;
// Deepest seen: 90 KiB, in the recursive parts of selection. Compilers of other modules run beside.
constexpr std::size_t kBackgroundStack = std::size_t{1} << 20;

NativeCode* code_of_module(const VmFuncRef& ref) {
  if (ref.vmctx == nullptr) return nullptr;
  // Engines with a compiler have no other source of code.
  return static_cast<NativeCode*>(
      &static_cast<rt::Instance*>(ref.vmctx->instance)->module().code());
}

/// VmFuncRef::entry of functions that had no machine code when their instance was made.
TrapWord late_entry(VmFuncRef* callee, Vmctx* caller, std::uint64_t* slots, VmTailCall* tail) {
  if (callee->enter.load(std::memory_order_acquire) == nullptr) {
    const void* code = code_of_module(*callee)->code_of(FuncIdx{callee->func_idx});
    if (code == nullptr) {
      const TrapWord word = interp::entry(callee, caller, slots, tail);
      if (word == kTailCall) prepare_tail_call(*tail);
      return word;
    }
    callee->native.store(code, std::memory_order_release);
  }
  return native_entry(callee, caller, slots, tail);
}

}  // namespace

void resolve_native(VmFuncRef* ref) {
  const void* code = nullptr;
  if (NativeCode* module = code_of_module(*ref); module != nullptr) {
    code = module->code_of(FuncIdx{ref->func_idx});
  }
  if (code == nullptr) {
    code = adapter_of(*ref, call_stubs(*static_cast<const CanonType*>(ref->type)));
  }
  ref->native.store(code, std::memory_order_release);
}

NativeCode::NativeCode(rt::Engine& engine, std::shared_ptr<const DecodedModule> module,
                       std::unique_ptr<InterpCode> interp, CodeCache* cache, const CodeKey& key)
    : engine_(engine),
      module_(std::move(module)),
      interp_(std::move(interp)),
      cache_(cache),
      key_(key),
      slots_(std::make_unique<std::atomic<const void*>[]>(module_->bodies.size())) {}

NativeCode::~NativeCode() {
  // In the child of a fork the thread does not exist, and nobody may hold the mutex.
  if (thread_ == 0 || generation_ != os::fork_generation()) return;
  stop_.store(true, std::memory_order_relaxed);
  os::join_thread(thread_);
}

bool NativeCode::adopt(const std::shared_ptr<const CachedImage>& cached) {
  const ImageView& view = cached->content.image;
  if (view.entries.size() != module_->bodies.size()) return false;
  std::unique_ptr<NativeImage> image;
  if (!view.code.empty()) {
    os::FileMapping code;
    if (cached->file.valid()) {  // else, and where that fails, it is copied
      os::FileMapping::map(cached->file.get(), cached->content.code_offset, view.code.size(), true,
                           false, code);
    }
    image = NativeImage::publish(view, std::move(code), cached, engine_.config().signals);
    if (image == nullptr) return false;
  }
  cache_result_ = CacheResult::Hit;
  return publish(std::move(image), view.entries, view.declined);
}

bool NativeCode::compile_now() {
  const std::uint64_t start = os::monotonic_ns();
  os::OwnedDescriptor lock;
  if (cache_ != nullptr) {
    lock = cache_->lock(key_, stop_);
    // Another process may have made it while we waited.
    if (const auto cached = cache_->find(key_, engine_.workers()); cached != nullptr) {
      if (adopt(cached)) return true;
    }
  }
  std::uint64_t declined = 0;
  LinkedImage linked;
  if (!compile_module(engine_, *module_, stop_, linked, declined)) return true;
  std::unique_ptr<NativeImage> image;
  if (!linked.code.empty()) {
    image = NativeImage::publish(std::move(linked.code), std::move(linked.funcs),
                                 std::move(linked.points), engine_.config().signals);
    if (image == nullptr) return false;
  }
  if (engine_.config().gdb && image != nullptr) show_to_debuggers(*image, linked.frame_steps);
  publish(std::move(image), linked.entries, declined);
  {
    const std::lock_guard guard(mutex_);
    compile_ns_ += os::monotonic_ns() - start;
  }
  if (cache_ != nullptr) {
    const bool stored = cache_->store(key_, *this->image());
    const std::lock_guard guard(mutex_);
    cache_result_ = stored ? CacheResult::Stored : CacheResult::Miss;
  }
  return true;
}

void NativeCode::show_to_debuggers(const NativeImage& image, std::span<const FrameStep> steps) {
  std::vector<DebugSymbol> symbols;
  std::uint32_t end = 0;
  for (const NativeFunc& f : image.funcs()) {
    symbols.push_back({f.begin, f.code_bytes, code_name(*module_, f.index)});
    end = f.begin + f.code_bytes;
  }
  // Thunks follow behind the last function's literals.
  const auto size = static_cast<std::uint32_t>(image.size());
  if (end < size) symbols.push_back({end, size - end, "wasm thunks"});
  shown_ =
      std::make_unique<GdbCode>(*jit::host_target(), image.base(), image.size(), symbols, steps);
}

bool NativeCode::publish(std::unique_ptr<NativeImage> image, std::span<const std::uint32_t> entries,
                         std::uint64_t declined) {
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
  declined_ = declined;
  native_functions_ = functions;
  native_bytes_ = image_ == nullptr ? 0 : image_->size();
  return true;
}

std::optional<ImageView> NativeCode::image() const {
  if (entries_.size() != module_->bodies.size()) return std::nullopt;
  ImageView view;
  view.entries = entries_;
  view.module = module_->bytes->view();
  view.declined = declined_;
  view.machine = jit::host_target()->name;
  if (image_ != nullptr) {
    view.code = image_->code();
    view.funcs = image_->funcs();
    view.points = image_->points();
  }
  return view;
}

void NativeCode::compile_when_busy() {
  state_ = State::Waiting;
  interp_->code().when_busy(
      kBusyCalls, [](void* self) { static_cast<NativeCode*>(self)->start_background(); }, this);
}

void NativeCode::start_background() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::Waiting) return;
  generation_ = os::fork_generation();
  // Without a thread the interpreter goes on.
  const bool started =
      os::start_thread(kBackgroundStack, "wasmrt-tier", &run_background, this, thread_);
  state_ = started ? State::Running : State::Done;
}

void* NativeCode::run_background(void* self) {
  auto& code = *static_cast<NativeCode*>(self);
  code.finish_background();
  return nullptr;
}

void NativeCode::finish() {
  // In the child of a fork the thread does not exist.
  if (thread_ != 0 && generation_ != os::fork_generation()) return;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return state_ != State::Running; });
    if (state_ == State::Done) return;
    state_ = State::Running;
  }
  finish_background();
}

void NativeCode::finish_background() {
  if (!compile_now()) note_not_compiling(engine_, kNoExecutableMemory);
  const std::lock_guard lock(mutex_);
  state_ = State::Done;
  changed_.notify_all();
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
  const std::lock_guard lock(mutex_);
  stats.translate_ns += compile_ns_;
  stats.code_bytes += native_bytes_;
  stats.declined += declined_;
  stats.native_functions += native_functions_;
  stats.compiling = state_ == State::Running;
  stats.cache = cache_result_;
}

}  // namespace wasmrt::engine
