// Stubs, by signature or for all of them, and what those for all call.
#include "libwasmrt/engine/native_stubs.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jit/places.h"
#include "jit/restrict.h"
#include "jit/target.h"
#include "libwasmrt/abi/activation.h"
#include "libwasmrt/engine/gdb_code.h"
#include "libwasmrt/engine/native_code.h"
#include "libwasmrt/engine/native_image.h"
#include "libwasmrt/runtime/call.h"
#include "libwasmrt/runtime/entities.h"
#include "libwasmrt/runtime/quick_call.h"
#include "libwasmrt/wasm/trap.h"
#include "sys/os/code_memory.h"
#include "sys/os/sanitizers.h"
#include "sys/os/thread.h"

namespace wasmrt::engine {

namespace {

const CanonType& type_of(const VmFuncRef& ref) { return *static_cast<const CanonType*>(ref.type); }
const FuncType& signature_of(const VmFuncRef& ref) { return type_of(ref).composite.func; }

// ---- what the stubs for all signatures call
// --------------------------------------------------------------------------------------

const CallStubs* own_stubs_when_busy(const CanonType& type);

void enter_by(VmFuncRef& ref, const CallStubs& stubs) {
  // The sanitizer sees nothing of what that does to the store's claim.
  if (stubs.words != nullptr && !os::kThreadSanitizer) {
    ref.call_words.store(
        reinterpret_cast<detail::WordFunction>(reinterpret_cast<std::uintptr_t>(stubs.words)),
        std::memory_order_release);
  }
  ref.enter.store(stubs.entry, std::memory_order_release);
}

/// A slot holds no more than the value, and so does a register.
std::uint64_t word_of(ValType type, std::uint64_t word) {
  return type == kI32 || type == kF32 ? static_cast<std::uint32_t>(word) : word;
}

/// Where a GenericCall, or the area, has a place.
std::uint8_t* address_of(ValType type, const jit::Place& place, GenericCall& call,
                         std::uint8_t* area) {
  if (!place.in_reg) return area + place.offset;
  if (jit::class_of_value(type) == jit::RegClass::Vec) return call.vecs[place.number];
  return reinterpret_cast<std::uint8_t*>(&call.ints[place.number]);
}

void from_slots(const std::vector<ValType>& types, bool results, const std::uint64_t* slots,
                GenericCall& call, std::uint8_t* area) {
  jit::Places places(*jit::host_target(), results);
  for (const ValType t : types) {
    std::uint8_t* const to = address_of(t, places.next(t), call, area);
    if (t.is_vec()) {
      std::memcpy(to, slots, 16);
    } else {
      const std::uint64_t word = word_of(t, *slots);
      std::memcpy(to, &word, sizeof word);
    }
    slots += t.slots();
  }
}

void to_slots(const std::vector<ValType>& types, bool results, std::uint64_t* slots,
              GenericCall& call, std::uint8_t* area) {
  jit::Places places(*jit::host_target(), results);
  for (const ValType t : types) {
    const std::uint8_t* const from = address_of(t, places.next(t), call, area);
    if (t.is_vec()) {
      std::memcpy(slots, from, 16);
    } else {
      std::uint64_t word = 0;
      std::memcpy(&word, from, sizeof word);
      *slots = word_of(t, word);
    }
    slots += t.slots();
  }
}

std::uint64_t generic_area(VmFuncRef* ref) {
  if (const CallStubs* own = own_stubs_when_busy(type_of(*ref)); own != nullptr) {
    enter_by(*ref, *own);
  }
  return (jit::area_bytes(*jit::host_target(), signature_of(*ref)) + 15) & ~std::uint64_t{15};
}

void generic_args(VmFuncRef* ref, const std::uint64_t* slots, GenericCall* call,
                  std::uint8_t* area) {
  from_slots(signature_of(*ref).params, false, slots, *call, area);
}

void generic_results(VmFuncRef* ref, std::uint64_t* slots, GenericCall* call, std::uint8_t* area) {
  to_slots(signature_of(*ref).results, true, slots, *call, area);
}

/// 1,000 vectors are the most.
template <std::size_t kSlots>
[[gnu::noinline]] TrapWord adapt(VmFuncRef* ref, Vmctx* caller, GenericCall* call,
                                 std::uint8_t* area) {
  std::uint64_t slots[kSlots];
  const FuncType& type = signature_of(*ref);
  to_slots(type.params, false, slots, *call, area);
  const TrapWord word = ref->entry(ref, caller, slots, &call->tail);
  if (word == 0) from_slots(type.results, true, slots, *call, area);
  return word;
}

TrapWord generic_adapter(VmFuncRef* ref, Vmctx* caller, GenericCall* call, std::uint8_t* area) {
  if (const CallStubs* own = own_stubs_when_busy(type_of(*ref)); own != nullptr) {
    // Unless it has got machine code meanwhile.
    const void* old = native_stubs()->generic.adapter;
    ref->native.compare_exchange_strong(old, adapter_of(*ref, *own), std::memory_order_release,
                                        std::memory_order_relaxed);
  }
  // Not more stack than need be: guests may recur through here.
  const std::uint32_t slots = std::max(ref->param_slots, ref->result_slots);
  if (slots <= 16) return adapt<16>(ref, caller, call, area);
  if (slots <= 128) return adapt<128>(ref, caller, call, area);
  return adapt<2000>(ref, caller, call, area);
}

std::uint64_t generic_tail_area(GenericCall* call, Vmctx* caller, std::uint8_t* area) {
  struct Words {
    std::uint64_t result_bytes;
    Vmctx* instance;
    const void* back;
  };
  static_assert(sizeof(Words) == kTailAreaWords);
  Words& words = *reinterpret_cast<Words*>(area - sizeof(Words));
  const jit::Target& target = *jit::host_target();
  const FuncType& type = signature_of(*call->tail.callee);
  const unsigned least = tail_area(jit::area_bytes(target, type));
  const auto* const stubs = native_stubs()->tail_return;
  call->back = words.back;
  if (std::find(stubs + least, stubs + kTailAreaCount, words.back) != stubs + kTailAreaCount) {
    return 0;
  }
  const std::uint64_t lower = kTailAreas[least] + sizeof(Words);
  if (reinterpret_cast<std::uintptr_t>(area) - lower < caller->activation->native_limit) {
    return NativeHandlers::kNoArea;
  }
  jit::Places results(target, true);
  for (const ValType t : type.results) results.next(t);
  words.result_bytes = results.bytes();
  words.instance = caller;
  call->back = stubs[least];
  return lower;
}

// ---- the code
// -------------------------------------------------------------------------------------------------

CallStubs addresses(const os::CodeMemory& memory, const jit::Target::CallCode& code) {
  const auto if_any = [&](std::uint32_t at) { return at == 0 ? nullptr : memory.base() + at; };
  return {memory.base() + code.entry, memory.base() + code.tail, memory.base() + code.adapter,
          if_any(code.words), if_any(code.host)};
}

void add_symbols(const jit::Target::CallCode& code, std::vector<DebugSymbol>& symbols) {
  symbols.push_back({code.entry, 0, "wasm entry"});
  symbols.push_back({code.tail, 0, "wasm tail entry"});
  symbols.push_back({code.adapter, 0, "wasm adapter"});
  if (code.words != 0) symbols.push_back({code.words, 0, "wasm entry in words"});
  if (code.host != 0) symbols.push_back({code.host, 0, "wasm host adapter"});
}

/// Each symbol goes on to the next.
void set_sizes(std::vector<DebugSymbol>& symbols, std::size_t code_bytes) {
  std::sort(symbols.begin(), symbols.end(),
            [](const DebugSymbol& x, const DebugSymbol& y) { return x.begin < y.begin; });
  for (std::size_t n = 0; n < symbols.size(); ++n) {
    const std::size_t end = n + 1 < symbols.size() ? symbols[n + 1].begin : code_bytes;
    symbols[n].bytes = static_cast<std::uint32_t>(end) - symbols[n].begin;
  }
}

/// Code, and what a debugger wants to know of it.
struct ShownCode {
  os::CodeMemory memory;
  std::vector<DebugSymbol> symbols;
  std::vector<FrameStep> steps;
  std::unique_ptr<GdbCode> shown;

  void show() {
    if (shown != nullptr) return;
    set_sizes(symbols, memory.size());
    shown = std::make_unique<GdbCode>(*jit::host_target(), memory.base(), memory.size(), symbols,
                                      steps);
  }
};

struct ProcessCode {
  ShownCode common;
  NativeStubs stubs;
  bool ok = false;
  std::atomic<std::uint32_t> after{StubPolicy().after};

  NativeHandlers handlers = stop_handlers();

  std::mutex mutex;  // guards what follows
  std::uint32_t most = StubPolicy().most;
  struct Own {
    ShownCode code;
    CallStubs calls;
  };
  // By signature as text. They live as long as the process: who is in them is not known.
  std::map<std::string, Own> signatures;
  bool showing = false;

  ProcessCode() {
    const jit::Target* target = jit::host_target();
    if (target == nullptr) return;
    if (const std::optional<jit::StubRestriction> r = jit::stub_restriction(); r) {
      after = r->after;
      most = r->most;
    }
    handlers.resolve = resolve_native;
    handlers.generic_area = generic_area;
    handlers.generic_args = generic_args;
    handlers.generic_results = generic_results;
    handlers.generic_adapter = generic_adapter;
    handlers.generic_tail_area = generic_tail_area;
    handlers.call_by_slots = rt::call_words_by_slots;
    handlers.finish_quick_call = rt::finish_quick_call;
    handlers.host_by_slots = rt::call_host_by_slots;
    handlers.host_has_ended = rt::host_has_ended;
    handlers.thread_idle_id = os::offset_in_thread(&rt::t_thread.idle_id);
    handlers.thread_innermost = os::offset_in_thread(&rt::t_thread.innermost);
    jit::Target::Stubs made = target->make_stubs(handlers);
    common.memory = os::CodeMemory::publish(made.code);
    if (!common.memory.valid()) return;
    const std::uint8_t* const base = common.memory.base();
    stubs.trap = base + made.trap;
    stubs.poll = base + made.poll;
    stubs.stack_limit = base + made.stack_limit;
    stubs.fault = base + made.fault;
    stubs.resolve = base + made.resolve;
    stubs.entry_back = base + made.entry_back;
    stubs.quick_back = base + made.quick_back;
    for (unsigned n = 0; n < kTailAreaCount; ++n) {
      stubs.tail_return[n] = base + made.tail_return[n];
    }
    stubs.generic = addresses(common.memory, made.generic);
    common.symbols = {{made.trap, 0, "wasm trap"},
                      {made.poll, 0, "wasm poll"},
                      {made.stack_limit, 0, "wasm stack limit"},
                      {made.fault, 0, "wasm fault"},
                      {made.resolve, 0, "wasm resolve"}};
    if (made.entry_back != 0) {
      common.symbols.push_back({made.entry_back, 0, "wasm trap in entry"});
      common.symbols.push_back({made.quick_back, 0, "wasm trap in quick call"});
    }
    for (const std::uint32_t begin : made.tail_return) {
      // With the no-op in front, where its steps begin.
      common.symbols.push_back({begin & ~15u, 0, "wasm tail return"});
    }
    add_symbols(made.generic, common.symbols);
    common.steps = std::move(made.frame_steps);
    ok = true;
  }

  /// Null when there are enough, or no memory for code.
  const CallStubs* own(const FuncType& type) {
    std::string key;
    const auto add = [&key](ValType t) {
      key += t.is_ref() ? 'I' : "?iIfFv"[static_cast<unsigned>(t.kind())];
    };
    for (const ValType t : type.params) add(t);
    key += ':';
    for (const ValType t : type.results) add(t);
    const std::lock_guard lock(mutex);
    const auto found = signatures.find(key);
    if (found != signatures.end()) return &found->second.calls;
    if (signatures.size() >= most) return nullptr;
    jit::Target::SignatureStubs stubs_made =
        jit::host_target()->make_signature_stubs(type, handlers);
    Own made;
    made.code.memory = os::CodeMemory::publish(stubs_made.code);
    if (!made.code.memory.valid()) return nullptr;
    made.calls = addresses(made.code.memory, stubs_made.calls);
    add_symbols(stubs_made.calls, made.code.symbols);
    made.code.steps = std::move(stubs_made.frame_steps);
    if (showing) made.code.show();
    return &signatures.emplace(std::move(key), std::move(made)).first->second.calls;
  }

  void show_all() {
    const std::lock_guard lock(mutex);
    if (!ok) return;
    showing = true;
    common.show();
    for (auto& [key, own] : signatures) own.code.show();
  }
};

ProcessCode& process_code() {
  static auto* code = new ProcessCode;  // running code may outlive static destruction
  return *code;
}

const CallStubs* make_own_stubs(const CanonType& type) {
  const CallStubs* own = process_code().own(type.composite.func);
  if (own != nullptr) type.stubs.store(own, std::memory_order_release);
  return own;
}

/// Counts a call by the stubs for all signatures. Those of the signature once it has them.
const CallStubs* own_stubs_when_busy(const CanonType& type) {
  if (const CallStubs* own = type.stubs.load(std::memory_order_acquire); own != nullptr) return own;
  // Threads may lose a count.
  const std::uint32_t calls = type.generic_calls.load(std::memory_order_relaxed);
  type.generic_calls.store(calls + 1, std::memory_order_relaxed);
  const bool now = calls == process_code().after.load(std::memory_order_relaxed);
  return now ? make_own_stubs(type) : nullptr;
}

/// What enters a function's machine code from C++.
const void* enter_code(VmFuncRef& callee) {
  const void* code = callee.enter.load(std::memory_order_acquire);
  if (code == nullptr) {
    const CallStubs& stubs = call_stubs(type_of(callee));
    enter_by(callee, stubs);
    code = stubs.entry;
  }
  return code;
}

}  // namespace

const NativeStubs* native_stubs() {
  ProcessCode& code = process_code();
  return code.ok ? &code.stubs : nullptr;
}

void show_native_stubs() { process_code().show_all(); }

const CallStubs& call_stubs(const CanonType& type) {
  ProcessCode& code = process_code();
  const CallStubs* own = type.stubs.load(std::memory_order_acquire);
  if (own == nullptr && code.after.load(std::memory_order_relaxed) == 0) own = make_own_stubs(type);
  return own != nullptr ? *own : code.stubs.generic;
}

StubPolicy stub_policy() {
  ProcessCode& code = process_code();
  const std::lock_guard lock(code.mutex);
  return {code.after.load(std::memory_order_relaxed), code.most};
}

void set_stub_policy(StubPolicy policy) {
  ProcessCode& code = process_code();
  const std::lock_guard lock(code.mutex);
  code.after.store(policy.after, std::memory_order_relaxed);
  code.most = policy.most;
}

std::size_t signatures_with_stubs() {
  ProcessCode& code = process_code();
  const std::lock_guard lock(code.mutex);
  return code.signatures.size();
}

const void* adapter_of(const VmFuncRef& ref, const CallStubs& stubs) {
  if (stubs.host == nullptr || ref.host == nullptr) return stubs.adapter;
  return ref.host->words != nullptr ? stubs.host : stubs.adapter;
}

void prepare_tail_call(VmTailCall& call) { call.code = call_stubs(type_of(*call.callee)).tail; }

TrapWord native_entry(VmFuncRef* callee, Vmctx* caller, std::uint64_t* slots, VmTailCall*) {
  Vmctx* ctx = callee->vmctx;
  Activation* activation = caller != nullptr ? caller->activation : ctx->activation;
  using Enter = TrapWord (*)(VmFuncRef*, std::uint64_t*, Activation*);
  const auto enter = reinterpret_cast<Enter>(reinterpret_cast<std::uintptr_t>(enter_code(*callee)));
  // Below this nothing of ours fits any more: the entry, and what a trap needs.
  if (reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) < activation->native_limit) {
    activation->report.word = static_cast<TrapWord>(TrapKind::CallStackExhausted);
    return activation->report.word;
  }
  void* const outer = std::exchange(activation->native_sp, nullptr);
  const void* const outer_back = std::exchange(activation->native_back, ctx->native->entry_back);
  Activation* const before = ctx->activation;
  const TrapWord word = enter(callee, slots, activation);
  ctx->activation = before;
  activation->native_sp = outer;
  activation->native_back = outer_back;
  return word;
}

}  // namespace wasmrt::engine
