// Publishing: slots first, then everything that leads to them.
//
// A function of an instance finds its machine code late: VmFuncRef::native begins with the stub
// that resolves, VmFuncRef::entry with one that looks at the module's slot. So publishing need not
// know the instances, and an instance of a large module is made without touching machine code.
#include "libwasmrt/engine/native_code.h"

#include <utility>

#include "interp/interp.h"
#include "libwasmrt/engine/compile_module.h"
#include "libwasmrt/engine/compiler.h"
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
TrapWord late_entry(VmFuncRef* callee, Vmctx* caller, std::uint64_t* slots) {
  if (callee->enter.load(std::memory_order_acquire) == nullptr) {
    const void* code = code_of_module(*callee)->code_of(FuncIdx{callee->func_idx});
    if (code == nullptr) return interp::entry(callee, caller, slots);
    callee->native.store(code, std::memory_order_release);
  }
  return native_entry(callee, caller, slots);
}

}  // namespace

void resolve_native(VmFuncRef* ref) {
  const void* code = nullptr;
  if (NativeCode* module = code_of_module(*ref); module != nullptr) {
    code = module->code_of(FuncIdx{ref->func_idx});
  }
  if (code == nullptr) {
    code = native_adapter(static_cast<const CanonType*>(ref->type)->composite.func);
  }
  ref->native.store(code, std::memory_order_release);
}

NativeCode::NativeCode(rt::Engine& engine, std::shared_ptr<const DecodedModule> module,
                       std::unique_ptr<InterpCode> interp)
    : engine_(engine),
      module_(std::move(module)),
      interp_(std::move(interp)),
      slots_(std::make_unique<std::atomic<const void*>[]>(module_->bodies.size())) {}

NativeCode::~NativeCode() {
  // In the child of a fork the thread does not exist, and nobody may hold the mutex.
  if (thread_ == 0 || generation_ != os::fork_generation()) return;
  stop_.store(true, std::memory_order_relaxed);
  os::join_thread(thread_);
}

bool NativeCode::compile_now() {
  const std::uint64_t start = os::monotonic_ns();
  std::uint64_t declined = 0;
  LinkedImage image;
  if (!compile_module(engine_, *module_, stop_, image, declined)) return true;
  const bool published = publish(std::move(image), declined);
  const std::lock_guard lock(mutex_);
  compile_ns_ += os::monotonic_ns() - start;
  return published;
}

bool NativeCode::publish(LinkedImage linked, std::uint64_t declined) {
  const std::vector<std::uint32_t> entries = std::move(linked.entries);
  if (!linked.code.empty()) {
    image_ = NativeImage::publish(linked.code, std::move(linked.funcs), std::move(linked.points),
                                  engine_.config().signals);
    if (image_ == nullptr) return false;
  }
  std::uint64_t functions = 0;
  for (std::size_t n = 0; n < entries.size(); ++n) {
    if (entries[n] == kNoCode) continue;
    slots_[n].store(image_->base() + entries[n], std::memory_order_release);
    interp_->code().hand_over(FuncIdx{static_cast<std::uint32_t>(module_->imported_funcs + n)});
    ++functions;
  }
  const std::lock_guard lock(mutex_);
  declined_ = declined;
  native_functions_ = functions;
  native_bytes_ = image_ == nullptr ? 0 : image_->size();
  return true;
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
  interp_->init_function(ref, func);
  if (const void* code = code_of(func); code != nullptr) {
    ref.native.store(code, std::memory_order_relaxed);
    ref.entry = &native_entry;
    ref.engine = static_cast<std::uint32_t>(VmEngine::Native);
  } else {
    ref.native.store(engine_.native()->resolve, std::memory_order_relaxed);
    ref.entry = &late_entry;
  }
}

const void* NativeCode::code_of(FuncIdx func) const {
  return slots_[raw(func) - module_->imported_funcs].load(std::memory_order_acquire);
}

void NativeCode::add_stats(ModuleStats& stats) const {
  interp_->add_stats(stats);
  const std::lock_guard lock(mutex_);
  stats.translate_ns += compile_ns_;
  stats.code_bytes += native_bytes_;
  stats.declined += declined_;
  stats.native_functions += native_functions_;
  stats.compiling = state_ == State::Running;
}

}  // namespace wasmrt::engine
