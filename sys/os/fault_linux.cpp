// fault.h on Linux: sigaction, sigaltstack and the saved ucontext.
//
// The handler runs with the guest's registers still live, so all it does is: find the pc and the
// address in the registries, rewrite the context, return. A fault that is not ours goes to the
// previous action with the same information, as if we had never been there.
#include "sys/os/fault.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>

#include "sys/os/context.h"
#include "sys/os/fault_ranges.h"
#include "sys/os/vm.h"

namespace wasmrt::os {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
constexpr size_t kSignalCount = sizeof kSignals / sizeof kSignals[0];

// Never destroyed: threads may fault, and pools may remove ranges, while the process exits.
struct Registry {
  std::mutex mutex;  // guards the writers, `policy` and `installed`
  RangeReaders readers;
  RangeRegistry<CodeRange> code;
  RangeRegistry<DataRange> data;
  FaultPolicy policy = FaultPolicy::OnDemand;
  bool fork_hooks = false;
  std::atomic<bool> installed{false};
  struct sigaction previous[kSignalCount];
};

Registry& registry() {
  alignas(Registry) static unsigned char memory[sizeof(Registry)];
  static Registry* const instance = new (memory) Registry;
  return *instance;
}

// The same object for the handler, without the guard of a function-local static.
std::atomic<Registry*> g_registry{nullptr};

size_t index_of(int signal_number) {
  size_t i = 0;
  while (i < kSignalCount && kSignals[i] != signal_number) ++i;
  return i;
}

bool sent_by_someone(const siginfo_t& info) { return info.si_code <= 0; }

bool handle(int signal_number, const siginfo_t& info, void* native, Registry& state) {
  if (sent_by_someone(info)) return false;
  FaultContext context(native);
  Fault fault{};
  fault.pc = context.pc();
  switch (signal_number) {
    case SIGFPE: fault.kind = FaultKind::Arithmetic; break;
    case SIGILL: fault.kind = FaultKind::IllegalInstruction; break;
    default:
      fault.kind = FaultKind::BadAccess;
      fault.address = reinterpret_cast<uintptr_t>(info.si_addr);
      break;
  }
  CodeRange range{};
  state.readers.enter();
  const bool ours = state.code.find(fault.pc, range);
  if (ours && fault.kind == FaultKind::BadAccess && info.si_code != SI_KERNEL) {
    fault.in_data_range = state.data.find(fault.address, fault.data);
  }
  state.readers.leave();
  if (!ours || (range.kinds & fault_kind_bit(fault.kind)) == 0) return false;
  if (fault.kind == FaultKind::BadAccess && !fault.in_data_range && !range.any_address) {
    return false;
  }
  if (range.callback != nullptr) return range.callback(range.user, fault, context);
  if (range.resume_at == 0) return false;
  context.set_pc(range.resume_at);
  return true;
}

// What the process would have done without us.
void chain(int signal_number, siginfo_t* info, void* native, const struct sigaction& previous) {
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    pthread_sigmask(SIG_BLOCK, &previous.sa_mask, nullptr);
    previous.sa_sigaction(signal_number, info, native);
    return;
  }
  if (previous.sa_handler == SIG_IGN && sent_by_someone(*info)) return;
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    pthread_sigmask(SIG_BLOCK, &previous.sa_mask, nullptr);
    previous.sa_handler(signal_number);
    return;
  }
  // The default action, at the faulting instruction: it faults again as soon as we return. A
  // signal that somebody sent does not come back by itself.
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  sigemptyset(&by_default.sa_mask);
  sigaction(signal_number, &by_default, nullptr);
  if (sent_by_someone(*info)) raise(signal_number);
}

void on_signal(int signal_number, siginfo_t* info, void* native) {
  const int saved_errno = errno;
  Registry* const state = g_registry.load(std::memory_order_acquire);
  if (!handle(signal_number, *info, native, *state)) {
    chain(signal_number, info, native, state->previous[index_of(signal_number)]);
  }
  errno = saved_errno;
}

bool is_ours(int signal_number) {
  struct sigaction now {};
  return sigaction(signal_number, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 &&
         now.sa_sigaction == on_signal;
}

// A writer must not be caught by fork in the middle, and readers of other threads do not exist in
// the child.
void install_fork_hooks(Registry& state) {
  if (state.fork_hooks) return;
  state.fork_hooks =
      pthread_atfork([] { registry().mutex.lock(); }, [] { registry().mutex.unlock(); },
                     [] {
                       registry().readers.forget();
                       registry().mutex.unlock();
                     }) == 0;
}

// The alternate stack of a thread, with a guard page below it. The one found before is put back
// when the thread ends, because whoever installed it also frees it.
class AlternateStack {
 public:
  AlternateStack() = default;
  ~AlternateStack() {
    if (memory_ == nullptr) return;
    stack_t now{};
    if (sigaltstack(nullptr, &now) == 0 && now.ss_sp == stack_begin()) {
      sigaltstack(&previous_, nullptr);
    }
    release(memory_, total_);
  }
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

  bool prepare() {
    stack_t now{};
    if (sigaltstack(nullptr, &now) != 0) return false;
    const bool enough = (now.ss_flags & SS_DISABLE) == 0 && now.ss_size >= kFaultStackBytes;
    if (enough) return true;
    if (memory_ == nullptr) {
      total_ = kFaultStackBytes + page_size();
      void* fresh = reserve(total_);
      if (fresh == nullptr) return false;
      if (!commit(static_cast<char*>(fresh) + page_size(), kFaultStackBytes)) {
        release(fresh, total_);
        return false;
      }
      memory_ = fresh;
      previous_ = now;
      previous_.ss_flags &= SS_DISABLE;
    }
    stack_t ours{};
    ours.ss_sp = stack_begin();
    ours.ss_size = kFaultStackBytes;
    return sigaltstack(&ours, nullptr) == 0;
  }

 private:
  void* stack_begin() const { return static_cast<char*>(memory_) + page_size(); }

  void* memory_ = nullptr;
  size_t total_ = 0;
  stack_t previous_{};
};

}  // namespace

uintptr_t FaultContext::pc() const {
  return static_cast<uintptr_t>(machine::saved_pc(*static_cast<ucontext_t*>(native_)));
}
void FaultContext::set_pc(uintptr_t value) {
  machine::saved_pc(*static_cast<ucontext_t*>(native_)) = static_cast<machine::Word>(value);
}
uintptr_t FaultContext::stack_pointer() const {
  return static_cast<uintptr_t>(machine::saved_sp(*static_cast<ucontext_t*>(native_)));
}
void FaultContext::set_stack_pointer(uintptr_t value) {
  machine::saved_sp(*static_cast<ucontext_t*>(native_)) = static_cast<machine::Word>(value);
}
uintptr_t FaultContext::argument(unsigned n) const {
  return static_cast<uintptr_t>(machine::saved_argument(*static_cast<ucontext_t*>(native_), n));
}
void FaultContext::set_argument(unsigned n, uintptr_t value) {
  machine::saved_argument(*static_cast<ucontext_t*>(native_), n) =
      static_cast<machine::Word>(value);
}
uintptr_t FaultContext::general(unsigned n) const {
  return static_cast<uintptr_t>(machine::saved_general(*static_cast<ucontext_t*>(native_), n));
}
void FaultContext::set_general(unsigned n, uintptr_t value) {
  machine::saved_general(*static_cast<ucontext_t*>(native_), n) = static_cast<machine::Word>(value);
}

bool add_code_range(const CodeRange& range) {
  Registry& state = registry();
  const std::lock_guard lock(state.mutex);
  return state.code.add(range, state.readers);
}

void remove_code_range(uintptr_t begin) {
  Registry& state = registry();
  const std::lock_guard lock(state.mutex);
  state.code.remove(begin, state.readers);
}

bool add_data_range(const DataRange& range) {
  Registry& state = registry();
  const std::lock_guard lock(state.mutex);
  return state.data.add(range, state.readers);
}

void remove_data_range(uintptr_t begin) {
  Registry& state = registry();
  const std::lock_guard lock(state.mutex);
  state.data.remove(begin, state.readers);
}

bool set_fault_policy(FaultPolicy policy) {
  Registry& state = registry();
  const std::lock_guard lock(state.mutex);
  if (state.installed.load()) return false;
  state.policy = policy;
  return true;
}

bool install_fault_handlers() {
  Registry& state = registry();
  if (state.installed.load(std::memory_order_acquire)) return true;
  const std::lock_guard lock(state.mutex);
  if (state.installed.load()) return true;
  if (state.policy == FaultPolicy::Never) return false;
  install_fork_hooks(state);
  g_registry.store(&state, std::memory_order_release);
  struct sigaction ours {};
  ours.sa_sigaction = on_signal;
  // SA_NODEFER: a previous handler that leaves by a jump must not leave the signal blocked.
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&ours.sa_mask);
  for (size_t i = 0; i < kSignalCount; ++i) {
    // The previous action is read first: the handler may run the moment it is installed.
    if (!is_ours(kSignals[i]) && (sigaction(kSignals[i], nullptr, &state.previous[i]) != 0 ||
                                  sigaction(kSignals[i], &ours, nullptr) != 0)) {
      while (i-- > 0) sigaction(kSignals[i], &state.previous[i], nullptr);
      return false;
    }
  }
  state.installed.store(true, std::memory_order_release);
  return true;
}

bool remove_fault_handlers() {
  Registry& state = registry();
  const std::lock_guard lock(state.mutex);
  if (!state.installed.load()) return true;
  bool all = true;
  for (size_t i = 0; i < kSignalCount; ++i) {
    // Where somebody put a handler on top of ours we cannot take ours out from below it.
    if (is_ours(kSignals[i])) {
      all = sigaction(kSignals[i], &state.previous[i], nullptr) == 0 && all;
    } else {
      all = false;
    }
  }
  state.installed.store(false);
  return all;
}

bool fault_handlers_intact() {
  Registry& state = registry();
  if (!state.installed.load()) return false;
  for (const int signal_number : kSignals) {
    if (!is_ours(signal_number)) return false;
  }
  return true;
}

bool prepare_thread_for_faults() {
  thread_local bool prepared = false;
  if (prepared) return true;
  thread_local AlternateStack stack;
  prepared = stack.prepare();
  return prepared;
}

}  // namespace wasmrt::os
