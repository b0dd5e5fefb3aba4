// What all handlers share: the machine registers as macros, dispatch, operand access.
//
// In: included by the exec_*.cpp files only. Three ways to dispatch, chosen by the compiler:
// clang's musttail, gcc's sibling calls (checked by tools/check-dispatch), or, without optimisation
// and under sanitizers, a return to the loop in exec_loop.cpp with the state in `loop_state`.
// Guaranteed by handlers: `sp` and `ctx` never change before a possible trap, and in guarded memory
// accesses neither does pc, so that a fault can resume at a handler with all registers as they are.
#pragma once

#include <bit>
#include <cstring>
#include <type_traits>

#include <wasmrt/value.hpp>

#include "interp/code.h"
#include "libwasmrt/wasm/trap.h"

#if defined(__clang__)
// A scalar in a vector accumulator leaves the other lane undefined on purpose.
#pragma clang diagnostic ignored "-Wuninitialized"
#pragma clang diagnostic ignored "-Wconditional-uninitialized"
#else
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(undefined_behavior_sanitizer) || __has_feature(memory_sanitizer)
#define WASMRT_INTERP_LOOP 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
#define WASMRT_INTERP_LOOP 1
#endif

#define WASMRT_REGS                                                    \
  [[maybe_unused]] const Ins *pc, [[maybe_unused]] std::uint64_t *sp,  \
      [[maybe_unused]] std::uint8_t *mem, [[maybe_unused]] Vmctx *ctx, \
      [[maybe_unused]] std::uint64_t r, [[maybe_unused]] std::uint64_t aux, [[maybe_unused]] Vec v
#define WASMRT_PASS pc, sp, mem, ctx, r, aux, v

namespace wasmrt::interp {

#ifdef WASMRT_INTERP_LOOP
inline constexpr bool kTailCalls = false;
/// The registers between two instructions.
struct LoopState {
  Handler handler;
  const Ins* pc;
  std::uint64_t* sp;
  std::uint8_t* mem;
  Vmctx* ctx;
  std::uint64_t r;
  std::uint64_t aux;
  Vec v;
};
inline thread_local LoopState loop_state;
/// What a handler returns to go on; no trap has this number.
inline constexpr TrapWord kGoOn = ~TrapWord{0};
#define WASMRT_JUMP(h)               \
  do {                               \
    loop_state = {(h), WASMRT_PASS}; \
    return kGoOn;                    \
  } while (0)
#elif defined(__clang__)
inline constexpr bool kTailCalls = true;
#define WASMRT_JUMP(h) [[clang::musttail]] return (h)(WASMRT_PASS)
#else
inline constexpr bool kTailCalls = true;
#define WASMRT_JUMP(h) return (h)(WASMRT_PASS)
#endif

/// Whether faults can be recovered: only clang keeps the pinned registers where they are up to the
/// access. gcc moves them around first, so its handlers check.
#if defined(__clang__) && (!defined(WASMRT_INTERP_LOOP) || defined(WASMRT_INTERP_PROFILE))
inline constexpr bool kGuardPages = true;
#else
inline constexpr bool kGuardPages = false;
#endif

/// Goes on with the instruction at pc. `aux` is undefined there: handlers may use its register.
#ifdef WASMRT_INTERP_LOOP
#define WASMRT_DISPATCH() WASMRT_JUMP(pc->handler)
#else
#define WASMRT_DISPATCH()     \
  do {                        \
    __asm__("" : "=r"(aux));  \
    WASMRT_JUMP(pc->handler); \
  } while (0)
#endif
/// Goes on `bytes` further.
#define WASMRT_NEXT(bytes) \
  do {                     \
    pc = pc->at(bytes);    \
    WASMRT_DISPATCH();     \
  } while (0)
/// Traps at the instruction at pc.
#define WASMRT_TRAP(kind)                             \
  do {                                                \
    aux = static_cast<std::uint64_t>(TrapKind::kind); \
    WASMRT_JUMP(do_trap);                             \
  } while (0)

/// Goes on at pc, a branch's target; backward branches ask for interrupts first.
#define WASMRT_ARRIVE(back)                                                               \
  do {                                                                                    \
    if ((back) && WASMRT_UNLIKELY(ctx->interrupt.load(std::memory_order_relaxed) != 0)) { \
      WASMRT_JUMP(do_poll);                                                               \
    }                                                                                     \
    WASMRT_DISPATCH();                                                                    \
  } while (0)
/// A conditional branch with a constant `back` in scope, two dispatches.
#define WASMRT_BRANCH_IF(condition, bytes) \
  do {                                     \
    if (condition) {                       \
      pc = pc->target();                   \
      WASMRT_ARRIVE(back);                 \
    }                                      \
    WASMRT_NEXT(bytes);                    \
  } while (0)
/// Jumps by the table of w + 1 distances from `from` at `table`; the last is the default. A branch
/// decides between the two: it is predicted, where a minimum would make the next pc wait.
#define WASMRT_TABLE_JUMP_AT(index, from, table, back)                    \
  do {                                                                    \
    const std::uint32_t i = (index);                                      \
    const std::uint32_t n = pc->w;                                        \
    const auto* distances = reinterpret_cast<const std::int32_t*>(table); \
    if (WASMRT_LIKELY(i < n)) {                                           \
      const std::int32_t distance = distances[i];                         \
      pc = (from)->at(distance);                                          \
      WASMRT_ARRIVE((back) || distance < 0);                              \
    }                                                                     \
    const std::int32_t distance = distances[n];                           \
    pc = (from)->at(distance);                                            \
    WASMRT_ARRIVE((back) || distance < 0);                                \
  } while (0)
#define WASMRT_TABLE_JUMP(index) WASMRT_TABLE_JUMP_AT(index, pc, pc->wide(), false)

#define WASMRT_LIKELY(x) __builtin_expect(!!(x), 1)
#define WASMRT_UNLIKELY(x) __builtin_expect(!!(x), 0)

/// Slow paths stay functions: inlined into a handler, what they call would give it a prologue.
#define WASMRT_SLOW __attribute__((noinline, cold))

// Slow paths, in exec_calls.cpp. All tail-called.
TrapWord do_trap(WASMRT_REGS);         ///< aux: TrapKind.
TrapWord do_trap_bounds(WASMRT_REGS);  ///< aux: address; r: memory << 8 | bytes accessed.
TrapWord do_poll(WASMRT_REGS);         ///< Asks the runtime, then goes on at pc.

// Fill the table with the handlers of each file's handlers.
void fill_numeric(Handler* table);
void fill_convert(Handler* table);
void fill_memory(Handler* table);
void fill_control(Handler* table);
void fill_calls(Handler* table);
void fill_bulk(Handler* table);
void fill_branch(Handler* table);
void fill_pair_i32(Handler* table);
void fill_pair_i64(Handler* table);
void fill_divide(Handler* table);
void fill_fused(Handler* table);
void fill_fused_memory(Handler* table);
void fill_fused_branch(Handler* table);
void fill_fused_access(Handler* table);
void fill_fused_store(Handler* table);
void fill_simd_int(Handler* table);
void fill_simd_float(Handler* table);
void fill_simd_lanes(Handler* table);

/// Where an operand is, or where a result goes besides the accumulator.
enum class K : std::uint8_t { R, S, I };

template <class T>
inline constexpr bool kIsVec = std::is_floating_point_v<T> || std::is_same_v<T, V128>;

template <class T>
inline T unaligned(const void* at) {
  T x;
  __builtin_memcpy(&x, at, sizeof(T));
  return x;
}

// --- accumulators ---

template <class T>
inline T from_word(std::uint64_t word) {
  if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(word));
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<double>(word);
  } else {
    return static_cast<T>(word);
  }
}

template <class T>
inline T from_vec(Vec v) {
  if constexpr (std::is_same_v<T, double>) {
    return v[0];
  } else if constexpr (std::is_same_v<T, float>) {
    using F = float __attribute__((vector_size(16)));
    return reinterpret_cast<F>(v)[0];
  } else {
    return std::bit_cast<T>(v);
  }
}

template <class T>
inline Vec to_vec(T x) {
  if constexpr (std::is_same_v<T, double>) {
    Vec v;
    v[0] = x;
    return v;
  } else if constexpr (std::is_same_v<T, float>) {
    using F = float __attribute__((vector_size(16)));
    F v;
    v[0] = x;
    return reinterpret_cast<Vec>(v);
  } else {
    return std::bit_cast<Vec>(x);
  }
}

/// The integer accumulator's content for a value: zero-extended.
template <class T>
inline std::uint64_t to_word(T x) {
  if constexpr (sizeof(T) == 8) {
    return static_cast<std::uint64_t>(x);
  } else {
    return static_cast<std::uint32_t>(x);
  }
}

// --- operands ---

template <class T>
inline T slot(const std::uint64_t* sp, std::uint16_t index) {
  return unaligned<T>(sp + index);  // little-endian: the low half of the slot
}

template <class T>
inline T immediate(const Ins* pc) {
  if constexpr (sizeof(T) == 8) {
    return unaligned<T>(pc->wide());
  } else {
    return unaligned<T>(&pc->w);
  }
}

template <class T, K k>
inline T operand(const Ins* pc, const std::uint64_t* sp, std::uint64_t r, Vec v,
                 std::uint16_t index) {
  if constexpr (k == K::S) {
    return slot<T>(sp, index);
  } else if constexpr (k == K::I) {
    return immediate<T>(pc);
  } else if constexpr (kIsVec<T>) {
    return from_vec<T>(v);
  } else {
    return from_word<T>(r);
  }
}

/// Puts a result into its accumulator, and into slot d as well if asked.
template <class T, bool to_slot>
inline void result(const Ins* pc, std::uint64_t* sp, std::uint64_t& r, Vec& v, T x) {
  if constexpr (std::is_same_v<T, V128>) {
    v = to_vec(x);
    if constexpr (to_slot) __builtin_memcpy(sp + pc->d, &v, 16);
  } else if constexpr (kIsVec<T>) {
    v = to_vec(x);
    if constexpr (to_slot) {
      if constexpr (sizeof(T) == 8) {
        sp[pc->d] = std::bit_cast<std::uint64_t>(x);
      } else {
        sp[pc->d] = std::bit_cast<std::uint32_t>(x);
      }
    }
  } else {
    r = to_word(x);
    if constexpr (to_slot) sp[pc->d] = r;
  }
}

/// Length of an instruction with an immediate of that type.
template <class T, K k>
inline constexpr std::ptrdiff_t kLength = k == K::I && sizeof(T) == 8 ? 24 : 16;

}  // namespace wasmrt::interp
