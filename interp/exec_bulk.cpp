// Memory and table instructions that the runtime does, and the lanes and NaN rules of vectors that
// no pure function covers. Operands stand in consecutive slots from a; memory.grow and table ops
// reload the memory base.
#include <limits>

#include "interp/exec_access.h"
#include "interp/exec_forms.h"
#include "libwasmrt/abi/activation.h"
#include "libwasmrt/abi/builtins.h"
#include "libwasmrt/base/short_bytes.h"
#include "libwasmrt/wasm/semantics_int.h"

namespace wasmrt::interp {
namespace {

#define WASMRT_TRAP_IF(word)         \
  do {                               \
    aux = (word);                    \
    if (WASMRT_UNLIKELY(aux != 0)) { \
      WASMRT_JUMP(do_trap);          \
    }                                \
  } while (0)

TrapWord memory_size(WASMRT_REGS) {
  const VmMemory* m = ctx->memories[pc->w];
  r = m->bytes >> m->page_size_log2;
  sp[pc->d] = r;
  WASMRT_NEXT(16);
}
TrapWord memory_grow(WASMRT_REGS) {
  const bool is_64 = ctx->memories[pc->w]->is_64 != 0;
  r = ctx->builtins->memory_grow(ctx, pc->w, sp[pc->a]);
  if (!is_64) r = static_cast<std::uint32_t>(r);
  sp[pc->d] = r;
  mem = ctx->memory0_base;
  WASMRT_NEXT(16);
}
/// By the runtime: what is long, overlaps, is out of bounds or in another memory.
__attribute__((noinline)) TrapWord memory_fill_any(WASMRT_REGS) {
  const std::uint64_t* a = sp + pc->a;
  WASMRT_TRAP_IF(
      ctx->builtins->memory_fill(ctx, pc->w, a[0], static_cast<std::uint32_t>(a[1]), a[2]));
  WASMRT_NEXT(16);
}
__attribute__((noinline)) TrapWord memory_copy_any(WASMRT_REGS) {
  const std::uint64_t* a = sp + pc->a;
  WASMRT_TRAP_IF(ctx->builtins->memory_copy(ctx, pc->b(), pc->c(), a[0], a[1], a[2]));
  WASMRT_NEXT(16);
}

/// Within memory 0; false when the runtime must do it.
__attribute__((always_inline)) inline bool copy_here(std::uint8_t* mem, const VmMemory* m,
                                                     std::uint64_t dst, std::uint64_t src,
                                                     std::uint64_t n) {
  // No sum that could overflow: n is short, and what lies beyond the memory is beyond bytes - n.
  if (n > kShortBytes || n > m->bytes || dst > m->bytes - n || src > m->bytes - n) return false;
  return copy_short(mem + dst, mem + src, n);
}

TrapWord memory_copy(WASMRT_REGS) {
  const std::uint64_t* a = sp + pc->a;
  if (pc->w != 0 || !copy_here(mem, ctx->memories[0], a[0], a[1], a[2])) {
    WASMRT_JUMP(memory_copy_any);
  }
  WASMRT_NEXT(16);
}

template <K kn>
__attribute__((noinline)) TrapWord memory_copy_at_any(WASMRT_REGS) {
  const std::uint64_t n = kn == K::S ? sp[pc->b()] : pc->w;
  WASMRT_TRAP_IF(ctx->builtins->memory_copy(ctx, 0, 0, sp[pc->d], sp[pc->a], n));
  WASMRT_NEXT(16);
}
template <K kn>
TrapWord memory_copy_at(WASMRT_REGS) {
  const std::uint64_t n = kn == K::S ? sp[pc->b()] : pc->w;
  if (!copy_here(mem, ctx->memories[0], sp[pc->d], sp[pc->a], n)) {
    WASMRT_JUMP(memory_copy_at_any<kn>);
  }
  WASMRT_NEXT(16);
}

TrapWord memory_fill(WASMRT_REGS) {
  const std::uint64_t* a = sp + pc->a;
  const std::uint64_t n = a[2];
  const VmMemory* m = ctx->memories[0];
  if (pc->w != 0 || n > kShortBytes || a[0] > m->bytes - n || n > m->bytes) {
    WASMRT_JUMP(memory_fill_any);
  }
  fill_short(mem + a[0], static_cast<std::uint8_t>(a[1]), n);
  WASMRT_NEXT(16);
}

TrapWord memory_init(WASMRT_REGS) {
  const std::uint64_t* a = sp + pc->a;
  const auto memory = static_cast<std::uint32_t>(*pc->wide());
  WASMRT_TRAP_IF(ctx->builtins->memory_init(ctx, pc->w, memory, a[0], a[1], a[2]));
  WASMRT_NEXT(24);
}
TrapWord data_drop(WASMRT_REGS) {
  ctx->builtins->data_drop(ctx, pc->w);
  WASMRT_NEXT(16);
}

/// r: index, aux: table.
TrapWord table_failed(WASMRT_REGS) {
  TrapReport& report = ctx->activation->report;
  report.has_address = true;
  report.address = r;
  report.access_bytes = 0;
  report.memory_bytes = ctx->tables[aux]->size;
  WASMRT_TRAP(OutOfBoundsTableAccess);
}
TrapWord table_get(WASMRT_REGS) {
  const VmTable* t = ctx->tables[pc->w];
  r = sp[pc->a];
  if (WASMRT_UNLIKELY(r >= t->size)) {
    aux = pc->w;
    WASMRT_JUMP(table_failed);
  }
  r = t->elements[r];
  sp[pc->d] = r;
  WASMRT_NEXT(16);
}
TrapWord table_set(WASMRT_REGS) {
  const VmTable* t = ctx->tables[pc->w];
  const std::uint64_t* a = sp + pc->a;
  if (WASMRT_UNLIKELY(a[0] >= t->size)) {
    r = a[0];
    aux = pc->w;
    WASMRT_JUMP(table_failed);
  }
  t->elements[a[0]] = a[1];
  WASMRT_NEXT(16);
}
TrapWord table_size(WASMRT_REGS) {
  r = ctx->tables[pc->w]->size;
  sp[pc->d] = r;
  WASMRT_NEXT(16);
}
TrapWord table_grow(WASMRT_REGS) {
  const bool is_64 = ctx->tables[pc->w]->is_64 != 0;
  r = ctx->builtins->table_grow(ctx, pc->w, sp[pc->a], sp[pc->a + 1]);
  if (!is_64) r = static_cast<std::uint32_t>(r);
  sp[pc->d] = r;
  WASMRT_NEXT(16);
}
TrapWord table_fill(WASMRT_REGS) {
  const std::uint64_t* a = sp + pc->a;
  WASMRT_TRAP_IF(ctx->builtins->table_fill(ctx, pc->w, a[0], a[1], a[2]));
  WASMRT_NEXT(16);
}
TrapWord table_copy(WASMRT_REGS) {
  const std::uint64_t* a = sp + pc->a;
  const auto source = static_cast<std::uint32_t>(*pc->wide());
  WASMRT_TRAP_IF(ctx->builtins->table_copy(ctx, pc->w, source, a[0], a[1], a[2]));
  WASMRT_NEXT(24);
}
TrapWord table_init(WASMRT_REGS) {
  const std::uint64_t* a = sp + pc->a;
  const auto table = static_cast<std::uint32_t>(*pc->wide());
  WASMRT_TRAP_IF(ctx->builtins->table_init(ctx, pc->w, table, a[0], a[1], a[2]));
  WASMRT_NEXT(24);
}
TrapWord elem_drop(WASMRT_REGS) {
  ctx->builtins->elem_drop(ctx, pc->w);
  WASMRT_NEXT(16);
}

// --- wide arithmetic, in place ---

template <auto fn>
TrapWord wide_add(WASMRT_REGS) {
  std::uint64_t* a = sp + pc->a;
  const sem::Wide x = fn(a[0], a[1], a[2], a[3]);
  a[0] = x.low;
  a[1] = x.high;
  WASMRT_NEXT(16);
}
template <auto fn>
TrapWord wide_mul(WASMRT_REGS) {
  std::uint64_t* a = sp + pc->a;
  const sem::Wide x = fn(a[0], a[1]);
  a[0] = x.low;
  a[1] = x.high;
  WASMRT_NEXT(16);
}

// --- lanes in memory: address slot a, memory w; wide: offset, then vector slot | lane << 16 ---

template <class M>
TrapWord lane_load(WASMRT_REGS) {
  const std::uint8_t* at =
      checked_address<MemMode::General, sizeof(M)>(pc, mem, ctx, sp[pc->a], r, aux);
  if (WASMRT_UNLIKELY(at == nullptr)) WASMRT_JUMP(do_trap_bounds);
  const std::uint64_t place = pc->wide()[1];
  V128 x = slot<V128>(sp, static_cast<std::uint16_t>(place));
  std::memcpy(x.bytes + (place >> 16) * sizeof(M), at, sizeof(M));
  result<V128, true>(pc, sp, r, v, x);
  WASMRT_NEXT(32);
}
template <class M>
TrapWord lane_store(WASMRT_REGS) {
  std::uint8_t* at = checked_address<MemMode::General, sizeof(M)>(pc, mem, ctx, sp[pc->a], r, aux);
  if (WASMRT_UNLIKELY(at == nullptr)) WASMRT_JUMP(do_trap_bounds);
  const std::uint64_t place = pc->wide()[1];
  const V128 x = slot<V128>(sp, static_cast<std::uint16_t>(place));
  std::memcpy(at, x.bytes + (place >> 16) * sizeof(M), sizeof(M));
  WASMRT_NEXT(32);
}

TrapWord shuffle(WASMRT_REGS) {
  std::uint8_t both[32];
  std::memcpy(both, sp + pc->a, 16);
  std::memcpy(both + 16, sp + pc->b(), 16);
  const V128 lanes = unaligned<V128>(pc->wide());
  V128 x;
  for (int i = 0; i < 16; ++i) x.bytes[i] = both[lanes.bytes[i]];
  result<V128, true>(pc, sp, r, v, x);
  WASMRT_NEXT(32);
}

// --- determinism: every NaN becomes the canonical one ---

template <class F>
inline F canonical(F x) {
  return x == x ? x : std::numeric_limits<F>::quiet_NaN();
}
template <class F>
inline V128 canonical_lanes(V128 x) {
  F lanes[16 / sizeof(F)];
  std::memcpy(lanes, x.bytes, 16);
  for (F& lane : lanes) lane = canonical(lane);
  std::memcpy(x.bytes, lanes, 16);
  return x;
}
template <auto fn>
void fill_unary(Handler* h) {
  h[0] = unary<fn, K::R, false>;
  h[1] = unary<fn, K::R, true>;
  h[2] = unary<fn, K::S, false>;
  h[3] = unary<fn, K::S, true>;
}

}  // namespace

void fill_bulk(Handler* t) {
  t[MemorySize] = memory_size;
  t[MemoryGrow] = memory_grow;
  t[MemoryFill] = memory_fill;
  t[MemoryCopy] = memory_copy;
  t[MemoryCopyAt] = memory_copy_at<K::I>;
  t[MemoryCopyAt + 1] = memory_copy_at<K::S>;
  t[MemoryInit] = memory_init;
  t[DataDrop] = data_drop;
  t[TableGet] = table_get;
  t[TableSet] = table_set;
  t[TableSize] = table_size;
  t[TableGrow] = table_grow;
  t[TableFill] = table_fill;
  t[TableCopy] = table_copy;
  t[TableInit] = table_init;
  t[ElemDrop] = elem_drop;
  t[Wide128] = wide_add<sem::i64_add128>;
  t[Wide128 + 1] = wide_add<sem::i64_sub128>;
  t[Wide128 + 2] = wide_mul<sem::i64_mul_wide_s>;
  t[Wide128 + 3] = wide_mul<sem::i64_mul_wide_u>;
  t[LaneLoad] = lane_load<std::uint8_t>;
  t[LaneLoad + 1] = lane_load<std::uint16_t>;
  t[LaneLoad + 2] = lane_load<std::uint32_t>;
  t[LaneLoad + 3] = lane_load<std::uint64_t>;
  t[LaneStore] = lane_store<std::uint8_t>;
  t[LaneStore + 1] = lane_store<std::uint16_t>;
  t[LaneStore + 2] = lane_store<std::uint32_t>;
  t[LaneStore + 3] = lane_store<std::uint64_t>;
  t[Shuffle] = shuffle;
  fill_unary<canonical<float>>(t + CanonF32);
  fill_unary<canonical<double>>(t + CanonF64);
  fill_unary<canonical_lanes<float>>(t + CanonF32x4);
  fill_unary<canonical_lanes<double>>(t + CanonF64x2);
}

}  // namespace wasmrt::interp
