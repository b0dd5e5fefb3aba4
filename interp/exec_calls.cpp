// Calls, returns, traps, polls and the entry from outside: everything that touches frames.
//
// A frame: [parameters or results][return pc, caller sp][locals][temporaries ... arguments]. The
// callee's sp is the address of its first argument in the caller's temporaries, so arguments are
// never copied. The link words lie behind whatever is larger, parameters or results, so that
// results can be written to sp[0..] before returning. A single result returns in its accumulator.
//
// A call into another instance puts four words under the callee's frame: return pc, caller sp,
// caller ctx, number of result slots; the callee returns to kRetCross, which restores them.
#include <algorithm>
#include <atomic>

#include "interp/exec_forms.h"
#include "interp/frames.h"
#include "interp/interp.h"
#include "libwasmrt/abi/builtins.h"

namespace wasmrt::interp {

WASMRT_SLOW TrapWord do_trap(WASMRT_REGS) {
  const auto word = static_cast<TrapWord>(aux);
  report_trap(pc, sp, ctx, word);
  return word;
}

WASMRT_SLOW TrapWord do_trap_bounds(WASMRT_REGS) {
  TrapReport& report = ctx->activation->report;
  const VmMemory* memory = ctx->memories[r >> 8];
  report.has_address = true;
  report.address = aux;
  report.access_bytes = r & 0xFF;
  report.memory_bytes = memory->bytes;
  aux = static_cast<std::uint64_t>(TrapKind::OutOfBoundsMemoryAccess);
  WASMRT_JUMP(do_trap);
}

WASMRT_SLOW TrapWord do_poll(WASMRT_REGS) {
  const TrapWord word = ctx->builtins->poll(ctx);
  if (word != 0) {
    aux = word;
    WASMRT_JUMP(do_trap);
  }
  WASMRT_DISPATCH();
}

namespace {

constexpr std::ptrdiff_t kCallLength = 32;
constexpr std::ptrdiff_t kCallAddLength = 40;
constexpr std::uint32_t kCrossSlots = 4;
constexpr std::uint32_t kEntrySlots = 4;

TrapWord ret_to_entry(WASMRT_REGS) {
  sp[0] = r;
  std::memcpy(sp + 1, &v, 16);
  return 0;
}

TrapWord ret_cross(WASMRT_REGS) {
  pc = reinterpret_cast<const Ins*>(sp[0]);
  auto* const caller = reinterpret_cast<Vmctx*>(sp[2]);
  auto* const caller_sp = reinterpret_cast<std::uint64_t*>(sp[1]);
  const std::uint64_t results = sp[3];
  if (results > 1) std::copy_n(sp + kCrossSlots, results, sp);
  caller->activation = ctx->activation;
  caller->value_limit = ctx->value_limit;
  ctx = caller;
  sp = caller_sp;
  mem = ctx->memory0_base;
  WASMRT_DISPATCH();
}

const Ins kRetToEntry = {ret_to_entry, 0, 0, 0};
const Ins kRetCross = {ret_cross, 0, 0, 0};

// --- returns ---

#define WASMRT_RETURN_BY(link_words)                \
  do {                                              \
    const std::uint64_t* link = (link_words);       \
    pc = reinterpret_cast<const Ins*>(link[0]);     \
    sp = reinterpret_cast<std::uint64_t*>(link[1]); \
    WASMRT_DISPATCH();                              \
  } while (0)
#define WASMRT_RETURN() WASMRT_RETURN_BY(sp + pc->d)

/// Near link words have handlers of their own: what comes after a return then waits for sp only,
/// and not for a field of the instruction.
template <std::uint32_t near>
inline const std::uint64_t* link_words(const Ins* pc, const std::uint64_t* sp) {
  return sp + (near < kNearLinks ? near : pc->d);
}

template <std::uint32_t near>
TrapWord ret(WASMRT_REGS) {
  WASMRT_RETURN_BY(link_words<near>(pc, sp));
}
template <std::uint32_t near>
TrapWord ret_slot(WASMRT_REGS) {
  r = sp[pc->a];
  WASMRT_RETURN_BY(link_words<near>(pc, sp));
}
template <std::uint32_t near>
TrapWord ret_slot_v(WASMRT_REGS) {
  v = to_vec(slot<double>(sp, pc->a));
  WASMRT_RETURN_BY(link_words<near>(pc, sp));
}
TrapWord ret_slot_vec(WASMRT_REGS) {
  v = slot<Vec>(sp, pc->a);
  WASMRT_RETURN();
}
template <std::uint32_t near>
TrapWord ret_const(WASMRT_REGS) {
  r = *pc->wide();
  WASMRT_RETURN_BY(link_words<near>(pc, sp));
}
template <std::uint32_t near>
TrapWord ret_const_v(WASMRT_REGS) {
  v = to_vec(unaligned<double>(pc->wide()));
  WASMRT_RETURN_BY(link_words<near>(pc, sp));
}
TrapWord ret_many(WASMRT_REGS) {
  const std::uint64_t* from = sp + pc->a;
  for (std::uint32_t i = 0; i < pc->w; ++i) sp[i] = from[i];
  WASMRT_RETURN();
}

template <K ka, K kb, std::uint32_t near>
TrapWord ret_add(WASMRT_REGS) {
  const auto a = operand<std::uint32_t, ka>(pc, sp, r, v, pc->a);
  std::uint32_t b = pc->w;
  if constexpr (kb == K::S) b = slot<std::uint32_t>(sp, pc->b());
  r = static_cast<std::uint32_t>(a + b);
  WASMRT_RETURN_BY(link_words<near>(pc, sp));
}

template <std::uint32_t... near>
void fill_returns(Handler* t, std::integer_sequence<std::uint32_t, near...>) {
  ((t[Ret + near] = ret<near>), ...);
  ((t[RetSlot + near] = ret_slot<near>), ...);
  ((t[RetSlotV + near] = ret_slot_v<near>), ...);
  ((t[RetConst + near] = ret_const<near>), ...);
  ((t[RetConstV + near] = ret_const_v<near>), ...);
  constexpr std::uint32_t n = sizeof...(near);
  ((t[RetAdd + near] = ret_add<K::R, K::I, near>), ...);
  ((t[RetAdd + n + near] = ret_add<K::R, K::S, near>), ...);
  ((t[RetAdd + 2 * n + near] = ret_add<K::S, K::I, near>), ...);
  ((t[RetAdd + 3 * n + near] = ret_add<K::S, K::S, near>), ...);
}

// --- calls ---

/// Jumps to a function whose frame begins at sp, its link words written: checks space and
/// interrupts.
#define WASMRT_CHECK_ENTRY(func)                                                        \
  do {                                                                                  \
    pc = (func)->code.load(std::memory_order_acquire);                                  \
    const std::uint64_t need = (func)->frame_slots.load(std::memory_order_relaxed) * 8; \
    if (WASMRT_UNLIKELY(reinterpret_cast<std::uint64_t>(sp) + need >                    \
                        reinterpret_cast<std::uint64_t>(ctx->value_limit))) {           \
      WASMRT_JUMP(no_space);                                                            \
    }                                                                                   \
    if (WASMRT_UNLIKELY(ctx->interrupt.load(std::memory_order_relaxed) != 0)) {         \
      WASMRT_JUMP(do_poll);                                                             \
    }                                                                                   \
  } while (0)
#define WASMRT_ENTER(func)    \
  do {                        \
    WASMRT_CHECK_ENTRY(func); \
    WASMRT_DISPATCH();        \
  } while (0)

/// The same from a call. All that the callee does waits for its address, which is the end of a
/// chain of loads. A call remembers in its last word, in front of the return address, where it
/// went, and goes there again; that this was right is found out beside it, by a branch that is
/// predicted.
#define WASMRT_ENTER_AGAIN(func, return_pc, remember)                                  \
  do {                                                                                 \
    const std::uint64_t last = last_callee(return_pc).load(std::memory_order_relaxed); \
    std::uint64_t again = last;                                                        \
    __asm__("" : "+r"(again)); /* else compilers take what it is compared with */      \
    WASMRT_CHECK_ENTRY(func);                                                          \
    if (WASMRT_LIKELY(reinterpret_cast<std::uint64_t>(pc) == last)) {                  \
      pc = reinterpret_cast<const Ins*>(again);                                        \
      WASMRT_DISPATCH();                                                               \
    }                                                                                  \
    if (last != kManyCallees) {                                                        \
      aux = reinterpret_cast<std::uint64_t>(func);                                     \
      WASMRT_JUMP(remember);                                                           \
    }                                                                                  \
    WASMRT_DISPATCH();                                                                 \
  } while (0)

inline std::atomic_ref<std::uint64_t> last_callee(std::uint64_t return_pc) {
  return std::atomic_ref(reinterpret_cast<std::uint64_t*>(return_pc)[-1]);
}
/// What an indirect call remembers that has been wrong too often: nothing any more.
constexpr std::uint64_t kManyCallees = 1;
constexpr std::uint16_t kGiveUp = 1000;

/// Goes on at pc, the code of aux, a FuncCode* that the call which made the frame at sp did not
/// call last.
__attribute__((noinline)) TrapWord remember_callee(WASMRT_REGS) {
  const std::uint64_t return_pc = sp[reinterpret_cast<const FuncCode*>(aux)->link];
  last_callee(return_pc).store(reinterpret_cast<std::uint64_t>(pc), std::memory_order_relaxed);
  WASMRT_DISPATCH();
}
/// The same from an indirect call, which counts such cases in d.
__attribute__((noinline)) TrapWord remember_indirect_callee(WASMRT_REGS) {
  const std::uint64_t return_pc = sp[reinterpret_cast<const FuncCode*>(aux)->link];
  const std::atomic_ref wrong(reinterpret_cast<Ins*>(return_pc - kCallLength)->d);
  const std::uint16_t n = wrong.load(std::memory_order_relaxed);
  wrong.store(static_cast<std::uint16_t>(n + 1), std::memory_order_relaxed);
  last_callee(return_pc).store(n < kGiveUp ? reinterpret_cast<std::uint64_t>(pc) : kManyCallees,
                               std::memory_order_relaxed);
  WASMRT_DISPATCH();
}

/// The frame at sp does not fit. Its link words are there: callers' frames have room for them.
WASMRT_SLOW TrapWord no_space(WASMRT_REGS) {
  aux = static_cast<std::uint64_t>(TrapKind::CallStackExhausted);
  WASMRT_JUMP(do_trap);
}

TrapWord call(WASMRT_REGS) {
  const auto* f = reinterpret_cast<const FuncCode*>(*pc->wide());
  const std::uint32_t link = pc->w;
  std::uint64_t* const caller_sp = sp;
  const auto return_pc = reinterpret_cast<std::uint64_t>(pc->at(kCallLength));
  sp[link] = return_pc;
  sp[link + 1] = reinterpret_cast<std::uint64_t>(caller_sp);
  sp += pc->a;
  WASMRT_ENTER_AGAIN(f, return_pc, remember_callee);
}

/// The last argument is copied on the way: slot w >> 16 <- slot d.
TrapWord call_copy(WASMRT_REGS) {
  const auto* f = reinterpret_cast<const FuncCode*>(*pc->wide());
  const std::uint32_t link = pc->b();
  std::uint64_t* const caller_sp = sp;
  sp[pc->c()] = sp[pc->d];
  const auto return_pc = reinterpret_cast<std::uint64_t>(pc->at(kCallLength));
  sp[link] = return_pc;
  sp[link + 1] = reinterpret_cast<std::uint64_t>(caller_sp);
  sp += pc->a;
  WASMRT_ENTER_AGAIN(f, return_pc, remember_callee);
}

/// An argument is a sum: slot w >> 16 <- slot d + k; another one may be a copy.
template <bool copies>
TrapWord call_add(WASMRT_REGS) {
  const auto* f = reinterpret_cast<const FuncCode*>(*pc->wide());
  const std::uint32_t link = pc->b();
  const std::uint64_t more = pc->wide()[1];
  std::uint64_t* const caller_sp = sp;
  sp[pc->c()] =
      static_cast<std::uint32_t>(slot<std::uint32_t>(sp, pc->d) + static_cast<std::uint32_t>(more));
  if constexpr (copies) sp[more >> 32 & 0xFFFF] = sp[more >> 48];
  const auto return_pc = reinterpret_cast<std::uint64_t>(pc->at(kCallAddLength));
  sp[link] = return_pc;
  sp[link + 1] = reinterpret_cast<std::uint64_t>(caller_sp);
  sp += pc->a;
  WASMRT_ENTER_AGAIN(f, return_pc, remember_callee);
}

/// Runs a function of the host or of another engine on the arguments at `slots`.
__attribute__((noinline)) TrapWord call_out(Vmctx* ctx, VmFuncRef* f, std::uint64_t* slots) {
  Activation* const activation = ctx->activation;
  const std::size_t size = std::max(f->param_slots, f->result_slots);
  // Two words more: both accumulators are loaded from the first result.
  if (slots + size + 2 > activation->limit) {
    return static_cast<TrapWord>(TrapKind::CallStackExhausted);
  }
  std::uint64_t* const top = activation->top;
  activation->top = slots + size + 2;
  const TrapWord word = f->engine == static_cast<std::uint16_t>(VmEngine::Host)
                            ? ctx->builtins->call_host(ctx, f, slots)
                            : f->entry(f, ctx, slots, nullptr);
  activation->top = top;
  ctx->activation = activation;
  ctx->value_limit = activation->limit;
  return word;
}

/// A trap in a function that the tail call at pc has called.
WASMRT_SLOW TrapWord do_trap_left(WASMRT_REGS) {
  const auto word = static_cast<TrapWord>(aux);
  report_trap(pc, sp, ctx, word, true);
  return word;
}

/// Whether a frame returns to the entry; that one is told to call `f` instead.
inline bool leave_to_entry(const std::uint64_t* link, VmFuncRef* f, std::uint64_t* args) {
  if (link[0] != reinterpret_cast<std::uint64_t>(&kRetToEntry)) return false;
  auto* const base = reinterpret_cast<std::uint64_t*>(link[1]);
  base[0] = reinterpret_cast<std::uint64_t>(f);
  base[1] = reinterpret_cast<std::uint64_t>(args);
  return true;
}

/// Calls aux, a VmFuncRef* that is not a function of this instance, from the call at pc.
__attribute__((noinline)) TrapWord call_other(WASMRT_REGS) {
  auto* const f = reinterpret_cast<VmFuncRef*>(aux);
  if (f->engine != static_cast<std::uint16_t>(VmEngine::Interp)) {
    if (WASMRT_UNLIKELY(ctx->interrupt.load(std::memory_order_relaxed) != 0)) {
      aux = ctx->builtins->poll(ctx);
      if (aux != 0) WASMRT_JUMP(do_trap);
    }
    aux = call_out(ctx, f, sp + pc->a);
    if (WASMRT_UNLIKELY(aux != 0)) WASMRT_JUMP(do_trap);
    mem = ctx->memory0_base;
    r = sp[pc->a];
    v = slot<Vec>(sp, pc->a);
    WASMRT_NEXT(kCallLength);
  }
  const auto* code = static_cast<const FuncCode*>(f->code.load(std::memory_order_acquire));
  std::uint64_t* const base = sp + pc->a;
  if (base + f->param_slots + kCrossSlots + 2 > ctx->value_limit) WASMRT_JUMP(no_space);
  std::copy_backward(base, base + f->param_slots, base + kCrossSlots + f->param_slots);
  base[0] = reinterpret_cast<std::uint64_t>(pc->at(kCallLength));
  base[1] = reinterpret_cast<std::uint64_t>(sp);
  base[2] = reinterpret_cast<std::uint64_t>(ctx);
  base[3] = f->result_slots;
  Vmctx* const callee = f->vmctx;
  callee->activation = ctx->activation;
  callee->value_limit = ctx->value_limit;
  ctx = callee;
  mem = ctx->memory0_base;
  sp = base + kCrossSlots;
  sp[code->link] = reinterpret_cast<std::uint64_t>(&kRetCross);
  sp[code->link + 1] = reinterpret_cast<std::uint64_t>(base);
  WASMRT_ENTER(code);
}

/// Calls aux, a VmFuncRef*, from the call at pc. Its link words are at `link_slot`, from sp.
#define WASMRT_CALL_REF(link_slot)                                                              \
  do {                                                                                          \
    const auto* callee = reinterpret_cast<const VmFuncRef*>(aux);                               \
    if (WASMRT_UNLIKELY(callee->vmctx != ctx ||                                                 \
                        callee->engine != static_cast<std::uint16_t>(VmEngine::Interp))) {      \
      WASMRT_JUMP(call_other);                                                                  \
    }                                                                                           \
    const auto* f = static_cast<const FuncCode*>(callee->code.load(std::memory_order_acquire)); \
    std::uint64_t* const caller_sp = sp;                                                        \
    std::uint64_t* const link = sp + (link_slot);                                               \
    const auto return_pc = reinterpret_cast<std::uint64_t>(pc->at(kCallLength));                \
    link[0] = return_pc;                                                                        \
    link[1] = reinterpret_cast<std::uint64_t>(caller_sp);                                       \
    sp += pc->a;                                                                                \
    WASMRT_ENTER_AGAIN(f, return_pc, remember_indirect_callee);                                 \
  } while (0)

TrapWord call_import(WASMRT_REGS) {
  aux = reinterpret_cast<std::uint64_t>(ctx->funcs[pc->w]);
  WASMRT_CALL_REF(*pc->wide());
}

template <K k>
TrapWord call_ref(WASMRT_REGS) {
  aux = r;
  if constexpr (k == K::S) aux = sp[*pc->wide() & 0xFFFF];
  if (WASMRT_UNLIKELY(aux == 0)) WASMRT_TRAP(NullFunctionReference);
  WASMRT_CALL_REF(*pc->wide() >> 48);
}

/// Why an indirect call failed; aux: 0 beyond the table, 1 null, else the VmFuncRef*; r: the index.
WASMRT_SLOW TrapWord indirect_failed(WASMRT_REGS) {
  TrapReport& report = ctx->activation->report;
  report.index = r;
  if (aux == 0) WASMRT_TRAP(UndefinedElement);
  if (aux == 1) WASMRT_TRAP(UninitializedElement);
  report.expected_type = ctx->type_ids[pc->w];
  report.actual_type = reinterpret_cast<const VmFuncRef*>(aux)->type_id;
  WASMRT_TRAP(IndirectCallTypeMismatch);
}

/// Fetches the function of a call_indirect into aux, or traps. Another type than the expected one
/// goes to `other`, which asks whether it is a subtype: calling that here would give the handler a
/// prologue.
#define WASMRT_FETCH_INDIRECT(k, other)                                   \
  do {                                                                    \
    const std::uint64_t wide = *pc->wide();                               \
    if constexpr ((k) == K::S) r = sp[wide >> 32 & 0xFFFF];               \
    const VmTable* table = ctx->tables[static_cast<std::uint32_t>(wide)]; \
    if (WASMRT_UNLIKELY(r >= table->size)) {                              \
      aux = 0;                                                            \
      WASMRT_JUMP(indirect_failed);                                       \
    }                                                                     \
    aux = table->elements[r];                                             \
    if (WASMRT_UNLIKELY(aux == 0)) {                                      \
      aux = 1;                                                            \
      WASMRT_JUMP(indirect_failed);                                       \
    }                                                                     \
    const auto* found = reinterpret_cast<const VmFuncRef*>(aux);          \
    if (WASMRT_UNLIKELY(found->type_id != ctx->type_ids[pc->w])) {        \
      WASMRT_JUMP(other);                                                 \
    }                                                                     \
  } while (0)
#define WASMRT_CHECK_SUBTYPE()                                                           \
  do {                                                                                   \
    if (!is_subtype(reinterpret_cast<const VmFuncRef*>(aux)->type, ctx->types[pc->w])) { \
      WASMRT_JUMP(indirect_failed);                                                      \
    }                                                                                    \
  } while (0)

__attribute__((noinline)) TrapWord call_indirect_subtype(WASMRT_REGS) {
  WASMRT_CHECK_SUBTYPE();
  WASMRT_CALL_REF(*pc->wide() >> 48);
}

template <K k>
TrapWord call_indirect(WASMRT_REGS) {
  WASMRT_FETCH_INDIRECT(k, call_indirect_subtype);
  WASMRT_CALL_REF(*pc->wide() >> 48);
}

// --- tail calls ---

/// Moves the arguments of a tail call down to sp[0..] and the link words behind what the callee
/// needs.
inline void replace_frame(std::uint64_t* sp, const Ins* pc, std::uint64_t params,
                          std::uint32_t link) {
  const std::uint64_t ret = sp[pc->d];
  const std::uint64_t caller = sp[pc->d + 1];
  const std::uint64_t* from = sp + pc->a;
  for (std::uint64_t i = 0; i < params; ++i) sp[i] = from[i];
  sp[link] = ret;
  sp[link + 1] = caller;
}

TrapWord tail_call(WASMRT_REGS) {
  const auto* f = reinterpret_cast<const FuncCode*>(*pc->wide());
  replace_frame(sp, pc, pc->w, f->link);
  WASMRT_ENTER(f);
}

/// Tail-calls aux, a VmFuncRef* of another engine or instance, from the instruction at pc.
__attribute__((noinline)) TrapWord tail_call_other(WASMRT_REGS) {
  auto* const f = reinterpret_cast<VmFuncRef*>(aux);
  if (f->engine != static_cast<std::uint16_t>(VmEngine::Interp)) {
    if (f->engine == static_cast<std::uint16_t>(VmEngine::Native) &&
        leave_to_entry(sp + pc->d, f, sp + pc->a)) {
      return kTailCall;
    }
    aux = call_out(ctx, f, sp + pc->a);
    if (WASMRT_UNLIKELY(aux != 0)) WASMRT_JUMP(do_trap_left);
    mem = ctx->memory0_base;
    r = sp[pc->a];
    v = slot<Vec>(sp, pc->a);
    // Several results: to sp[0..]. The link words lie behind them.
    if (f->result_slots > 1) std::copy_n(sp + pc->a, f->result_slots, sp);
    WASMRT_RETURN();
  }
  const auto* code = static_cast<const FuncCode*>(f->code.load(std::memory_order_acquire));
  Vmctx* const callee = f->vmctx;
  if (sp[pc->d] == reinterpret_cast<std::uint64_t>(&kRetCross) ||
      sp[pc->d] == reinterpret_cast<std::uint64_t>(&kRetToEntry)) {
    // Whoever we return to restores its ctx anyway: chains of such calls need no space.
    replace_frame(sp, pc, f->param_slots, code->link);
  } else {
    const std::uint64_t ret = sp[pc->d];
    const std::uint64_t caller = sp[pc->d + 1];
    const std::uint64_t* from = sp + pc->a;
    if (from + f->param_slots + kCrossSlots + 2 > ctx->value_limit) WASMRT_JUMP(no_space);
    // Arguments may lie below or above their destination.
    std::memmove(sp + kCrossSlots, from, f->param_slots * sizeof(std::uint64_t));
    sp[0] = ret;
    sp[1] = caller;
    sp[2] = reinterpret_cast<std::uint64_t>(ctx);
    sp[3] = f->result_slots;
    std::uint64_t* const base = sp;
    sp += kCrossSlots;
    sp[code->link] = reinterpret_cast<std::uint64_t>(&kRetCross);
    sp[code->link + 1] = reinterpret_cast<std::uint64_t>(base);
  }
  callee->activation = ctx->activation;
  callee->value_limit = ctx->value_limit;
  ctx = callee;
  mem = ctx->memory0_base;
  WASMRT_ENTER(code);
}

#define WASMRT_TAIL_CALL_REF()                                                                  \
  do {                                                                                          \
    const auto* callee = reinterpret_cast<const VmFuncRef*>(aux);                               \
    if (WASMRT_UNLIKELY(callee->vmctx != ctx ||                                                 \
                        callee->engine != static_cast<std::uint16_t>(VmEngine::Interp))) {      \
      WASMRT_JUMP(tail_call_other);                                                             \
    }                                                                                           \
    const auto* f = static_cast<const FuncCode*>(callee->code.load(std::memory_order_acquire)); \
    replace_frame(sp, pc, callee->param_slots, f->link);                                        \
    WASMRT_ENTER(f);                                                                            \
  } while (0)

TrapWord tail_call_import(WASMRT_REGS) {
  aux = reinterpret_cast<std::uint64_t>(ctx->funcs[pc->w]);
  WASMRT_TAIL_CALL_REF();
}
template <K k>
TrapWord tail_call_ref(WASMRT_REGS) {
  aux = r;
  if constexpr (k == K::S) aux = sp[*pc->wide()];
  if (WASMRT_UNLIKELY(aux == 0)) WASMRT_TRAP(NullFunctionReference);
  WASMRT_TAIL_CALL_REF();
}
__attribute__((noinline)) TrapWord tail_call_indirect_subtype(WASMRT_REGS) {
  WASMRT_CHECK_SUBTYPE();
  WASMRT_TAIL_CALL_REF();
}
template <K k>
TrapWord tail_call_indirect(WASMRT_REGS) {
  WASMRT_FETCH_INDIRECT(k, tail_call_indirect_subtype);
  WASMRT_TAIL_CALL_REF();
}

// --- beginnings of functions ---

/// The stub of a function that is not translated yet: pc is FuncCode::stub.
TrapWord translate(WASMRT_REGS) {
  FuncCode* f = func_of_stub(pc);
  translate_now(*f);
  WASMRT_ENTER(f);
}

/// The stub of a function that has machine code: pc is FuncCode::elsewhere, w the function's index.
TrapWord elsewhere(WASMRT_REGS) {
  if (leave_to_entry(sp + pc->d, ctx->funcs[pc->w], sp)) return kTailCall;
  aux = call_out(ctx, ctx->funcs[pc->w], sp);
  if (WASMRT_UNLIKELY(aux != 0)) WASMRT_JUMP(do_trap);
  mem = ctx->memory0_base;
  r = sp[0];
  v = slot<Vec>(sp, 0);
  WASMRT_RETURN();
}

/// Stands before a function whose calls are counted.
TrapWord counted(WASMRT_REGS) {
  count_call(pc);
  pc = start_of_counted(pc);
  WASMRT_DISPATCH();
}

template <std::uint32_t n>
TrapWord zero_locals(WASMRT_REGS) {
  std::uint64_t* at = sp + pc->d;
  if constexpr (n == 17) {
    std::fill_n(at, pc->w, 0);
  } else {
    for (std::uint32_t i = 0; i < n; ++i) at[i] = 0;
  }
  WASMRT_NEXT(16);
}

template <std::uint32_t... n>
void fill_zero(Handler* table, std::integer_sequence<std::uint32_t, n...>) {
  ((table[ZeroLocals + n] = zero_locals<n>), ...);
}

TrapWord unreachable(WASMRT_REGS) { WASMRT_TRAP(Unreachable); }
TrapWord trap_with(WASMRT_REGS) {
  aux = pc->w;
  WASMRT_JUMP(do_trap);
}

/// A frame beyond the reach of 16-bit slots keeps its first w slots' worth of locals below sp:
/// moves parameters and link words (d + 2 slots) up and sp behind the gap.
TrapWord enter_far(WASMRT_REGS) {
  const std::uint64_t far = pc->w;
  std::memmove(sp + far, sp, (std::size_t{pc->d} + 2) * sizeof(std::uint64_t));
  sp += far;
  std::fill_n(sp - far, far, 0);
  WASMRT_NEXT(16);
}
/// Undoes enter_far before a tail call or a return of several results: moves d slots down.
TrapWord leave_far(WASMRT_REGS) {
  const std::uint64_t far = pc->w;
  std::memmove(sp - far, sp, std::size_t{pc->d} * sizeof(std::uint64_t));
  sp -= far;
  WASMRT_NEXT(16);
}
TrapWord far_get(WASMRT_REGS) {
  sp[pc->d] = *(sp - pc->w);
  WASMRT_NEXT(16);
}
TrapWord far_get_vec(WASMRT_REGS) {
  const Vec x = unaligned<Vec>(sp - pc->w);
  std::memcpy(sp + pc->d, &x, 16);
  WASMRT_NEXT(16);
}
TrapWord far_set(WASMRT_REGS) {
  *(sp - pc->w) = sp[pc->a];
  WASMRT_NEXT(16);
}
TrapWord far_set_vec(WASMRT_REGS) {
  const Vec x = slot<Vec>(sp, pc->a);
  std::memcpy(sp - pc->w, &x, 16);
  WASMRT_NEXT(16);
}

}  // namespace

bool returns_to_entry(std::uint64_t return_pc) {
  return return_pc == reinterpret_cast<std::uint64_t>(&kRetToEntry);
}
bool returns_across(std::uint64_t return_pc) {
  return return_pc == reinterpret_cast<std::uint64_t>(&kRetCross);
}

#ifdef WASMRT_INTERP_PROFILE
void profile(const Ins* pc);  // profile.cpp
void print_profile();
#endif

#ifdef WASMRT_INTERP_LOOP
TrapWord run(const Ins* pc, std::uint64_t* sp, Vmctx* ctx) {
  // Nested entries share the thread's state: copied out before each handler runs.
  TrapWord word = pc->handler(pc, sp, ctx->memory0_base, ctx, 0, 0, Vec{});
  while (word == kGoOn) {
    const LoopState s = loop_state;
#ifdef WASMRT_INTERP_PROFILE
    if (s.handler == s.pc->handler) profile(s.pc);
#endif
    word = s.handler(s.pc, s.sp, s.mem, s.ctx, s.r, s.aux, s.v);
  }
#ifdef WASMRT_INTERP_PROFILE
  print_profile();
#endif
  return word;
}
#else
TrapWord run(const Ins* pc, std::uint64_t* sp, Vmctx* ctx) {
  return pc->handler(pc, sp, ctx->memory0_base, ctx, 0, 0, Vec{});
}
#endif

namespace {

/// Carries out the tail call that ended an entry: the results go to `slots`.
TrapWord call_instead(VmFuncRef* f, Vmctx* ctx, const std::uint64_t* args, std::uint64_t* slots) {
  std::uint64_t* const base = ctx->activation->top;
  std::memmove(base, args, f->param_slots * sizeof(std::uint64_t));
  const TrapWord word = call_out(ctx, f, base);
  if (word == 0) {
    std::copy_n(base, f->result_slots, slots);
  } else {
    ctx->activation->report.word = word;
  }
  return word;
}

}  // namespace

TrapWord entry(VmFuncRef* callee, Vmctx* caller, std::uint64_t* slots, VmTailCall* tail) {
  Vmctx* const ctx = callee->vmctx;
  if (caller != nullptr) ctx->activation = caller->activation;
  Activation* const activation = ctx->activation;
  const auto* f = static_cast<const FuncCode*>(callee->code.load(std::memory_order_acquire));
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  std::uint64_t* const base = activation->top;
  std::uint64_t* const sp = base + kEntrySlots;
  if (here < activation->native_limit || base == nullptr ||
      sp + f->link + 2 + f->frame_slots.load(std::memory_order_relaxed) > activation->limit) {
    activation->report.word = static_cast<TrapWord>(TrapKind::CallStackExhausted);
    return activation->report.word;
  }
  ctx->value_limit = activation->limit;
  std::copy_n(slots, callee->param_slots, sp);
  sp[f->link] = reinterpret_cast<std::uint64_t>(&kRetToEntry);
  sp[f->link + 1] = reinterpret_cast<std::uint64_t>(base);
  if (ctx->interrupt.load(std::memory_order_relaxed) != 0) {
    const TrapWord word = ctx->builtins->poll(ctx);
    if (word != 0) {
      activation->report.word = word;
      return word;
    }
  }
  const TrapWord word = run(f->code.load(std::memory_order_acquire), sp, ctx);
  activation->top = base;
  if (word == kTailCall) {
    auto* const next = reinterpret_cast<VmFuncRef*>(base[0]);
    auto* const args = reinterpret_cast<std::uint64_t*>(base[1]);
    if (tail == nullptr) return call_instead(next, ctx, args, slots);
    *tail = {next, args, nullptr};
    return kTailCall;
  }
  if (word != 0) return word;
  switch (static_cast<ResultClass>(f->result_class)) {
    case ResultClass::None: break;
    case ResultClass::Int: slots[0] = base[0]; break;
    case ResultClass::F32: slots[0] = static_cast<std::uint32_t>(base[1]); break;
    case ResultClass::F64: slots[0] = base[1]; break;
    case ResultClass::V128: std::copy_n(base + 1, 2, slots); break;
    case ResultClass::Many: std::copy_n(sp, callee->result_slots, slots); break;
  }
  return 0;
}

void fill_calls(Handler* t) {
  fill_returns(t, std::make_integer_sequence<std::uint32_t, kNearLinks + 1>());
  t[RetSlotVec] = ret_slot_vec;
  t[RetMany] = ret_many;
  t[Call] = call;
  t[CallCopy] = call_copy;
  t[CallAdd] = call_add<false>;
  t[CallAdd + 1] = call_add<true>;
  t[CallImport] = call_import;
  t[CallIndirect] = call_indirect<K::R>;
  t[CallIndirect + 1] = call_indirect<K::S>;
  t[CallRef] = call_ref<K::R>;
  t[CallRef + 1] = call_ref<K::S>;
  t[TailCall] = tail_call;
  t[TailCallImport] = tail_call_import;
  t[TailCallIndirect] = tail_call_indirect<K::R>;
  t[TailCallIndirect + 1] = tail_call_indirect<K::S>;
  t[TailCallRef] = tail_call_ref<K::R>;
  t[TailCallRef + 1] = tail_call_ref<K::S>;
  t[Translate] = translate;
  t[Elsewhere] = elsewhere;
  t[Counted] = counted;
  t[RetToEntry] = ret_to_entry;
  t[RetCross] = ret_cross;
  t[Unreachable] = unreachable;
  t[TrapWith] = trap_with;
  fill_zero(t, std::make_integer_sequence<std::uint32_t, 18>());
  t[EnterFar] = enter_far;
  t[LeaveFar] = leave_far;
  t[FarGet] = far_get;
  t[FarGet + 1] = far_get_vec;
  t[FarSet] = far_set;
  t[FarSet + 1] = far_set_vec;
}

}  // namespace wasmrt::interp
