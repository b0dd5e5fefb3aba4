// The helpers of builtins.def: bulk operations, growth, polls and host calls for executing code.
//
// Bulk operations stop to look for interrupts every 1 MiB; one that is ended there has done a part
// of its work, which is the part with the lowest addresses (or, for overlapping copies upwards, the
// highest).
#include <algorithm>
#include <cstring>

#include "libwasmrt/abi/builtins.h"
#include "libwasmrt/base/short_bytes.h"
#include "libwasmrt/runtime/call.h"
#include "libwasmrt/runtime/instance_state.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::rt {

namespace {

constexpr std::uint64_t kChunk = std::uint64_t{1} << 20;
constexpr std::uint64_t kFewBytes = 64;  // done in place

CallFrame& frame_of(Vmctx* ctx) { return *static_cast<CallFrame*>(ctx->activation); }
Instance& instance_of(Vmctx* ctx) { return *static_cast<Instance*>(ctx->instance); }

TrapWord poll(Vmctx* ctx) { return poll_interrupt(frame_of(ctx), ctx); }

/// Whether [at, at + n) lies outside of `size`.
bool outside(std::uint64_t at, std::uint64_t n, std::uint64_t size) {
  return n > size || at > size - n;
}

TrapWord out_of_bounds(Vmctx* ctx, TrapKind kind, std::uint64_t at, std::uint64_t n,
                       std::uint64_t size) {
  TrapReport& report = ctx->activation->report;
  report.has_address = true;
  report.address = at;
  report.access_bytes = n;
  report.memory_bytes = size;
  return static_cast<TrapWord>(kind);
}

TrapWord outside_memory(Vmctx* ctx, std::uint64_t at, std::uint64_t n, std::uint64_t size) {
  return out_of_bounds(ctx, TrapKind::OutOfBoundsMemoryAccess, at, n, size);
}
TrapWord outside_table(Vmctx* ctx, std::uint64_t at, std::uint64_t n, std::uint64_t size) {
  return out_of_bounds(ctx, TrapKind::OutOfBoundsTableAccess, at, n, size);
}

/// Calls body(offset, length) for chunks of [0, n), upwards or downwards, and polls in between.
template <class Body>
TrapWord in_chunks(Vmctx* ctx, std::uint64_t n, std::uint64_t chunk, bool downwards, Body body) {
  for (std::uint64_t done = 0; done < n;) {
    const std::uint64_t length = std::min(chunk, n - done);
    body(downwards ? n - done - length : done, static_cast<std::size_t>(length));
    done += length;
    if (done < n && ctx->interrupt.load(std::memory_order_relaxed) != 0) {
      if (const TrapWord trap = poll(ctx); trap != 0) return trap;
    }
  }
  return 0;
}

std::uint64_t memory_grow(Vmctx* ctx, std::uint32_t mem, std::uint64_t delta_pages) {
  return instance_of(ctx).memory(mem).grow(delta_pages);
}

TrapWord memory_fill(Vmctx* ctx, std::uint32_t mem, std::uint64_t dst, std::uint32_t value,
                     std::uint64_t n) {
  const VmMemory& m = *ctx->memories[mem];
  if (outside(dst, n, m.bytes)) return outside_memory(ctx, dst, n, m.bytes);
  return in_chunks(ctx, n, kChunk, false, [&](std::uint64_t at, std::size_t length) {
    std::memset(m.base + dst + at, static_cast<int>(value & 0xFF), length);
  });
}

TrapWord memory_copy(Vmctx* ctx, std::uint32_t dst_mem, std::uint32_t src_mem, std::uint64_t dst,
                     std::uint64_t src, std::uint64_t n) {
  const VmMemory& to = *ctx->memories[dst_mem];
  const VmMemory& from = *ctx->memories[src_mem];
  if (outside(src, n, from.bytes)) return outside_memory(ctx, src, n, from.bytes);
  if (outside(dst, n, to.bytes)) return outside_memory(ctx, dst, n, to.bytes);
  const bool downwards = &to == &from && dst > src;
  return in_chunks(ctx, n, kChunk, downwards, [&](std::uint64_t at, std::size_t length) {
    std::memmove(to.base + dst + at, from.base + src + at, length);
  });
}

[[gnu::noinline]] TrapWord fill_any(Vmctx* ctx, std::uint64_t dst, std::uint32_t value,
                                    std::uint64_t n) {
  return memory_fill(ctx, 0, dst, value, n);
}
[[gnu::noinline]] TrapWord copy_any(Vmctx* ctx, std::uint64_t dst, std::uint64_t src,
                                    std::uint64_t n) {
  return memory_copy(ctx, 0, 0, dst, src, n);
}

TrapWord memory0_fill(Vmctx* ctx, std::uint64_t dst, std::uint32_t value, std::uint64_t n) {
  const std::uint64_t bytes = ctx->memory0_bytes;
  if (n > kChunk || outside(dst, n, bytes)) return fill_any(ctx, dst, value, n);
  std::uint8_t* to = ctx->memory0_base + dst;
  if (n <= kFewBytes) {
    fill_short(to, static_cast<std::uint8_t>(value), n);
  } else {
    std::memset(to, static_cast<int>(value & 0xFF), n);
  }
  return 0;
}

TrapWord memory0_copy(Vmctx* ctx, std::uint64_t dst, std::uint64_t src, std::uint64_t n) {
  const std::uint64_t bytes = ctx->memory0_bytes;
  if (n > kChunk || n > bytes || std::max(dst, src) > bytes - n) return copy_any(ctx, dst, src, n);
  std::uint8_t* base = ctx->memory0_base;
  if (n <= kFewBytes) {
    copy_short(base + dst, base + src, n);
  } else {
    std::memmove(base + dst, base + src, n);
  }
  return 0;
}

TrapWord memory_init(Vmctx* ctx, std::uint32_t data, std::uint32_t mem, std::uint64_t dst,
                     std::uint64_t src, std::uint64_t n) {
  const VmSegment& segment = ctx->data_segments[data];
  if (outside(src, n, segment.size)) return outside_memory(ctx, src, n, segment.size);
  return init_memory(
      ctx, mem, dst,
      {static_cast<const std::uint8_t*>(segment.data) + src, static_cast<std::size_t>(n)});
}

void data_drop(Vmctx* ctx, std::uint32_t data) { ctx->data_segments[data].size = 0; }

// Tables: the same in elements of eight bytes.
constexpr std::uint64_t kElements = kChunk / sizeof(std::uint64_t);

std::uint64_t table_grow(Vmctx* ctx, std::uint32_t table, std::uint64_t init, std::uint64_t delta) {
  return instance_of(ctx).table(table).grow(delta, init);
}

TrapWord table_fill(Vmctx* ctx, std::uint32_t table, std::uint64_t dst, std::uint64_t value,
                    std::uint64_t n) {
  const VmTable& t = *ctx->tables[table];
  if (outside(dst, n, t.size)) return outside_table(ctx, dst, n, t.size);
  return in_chunks(ctx, n, kElements, false, [&](std::uint64_t at, std::size_t length) {
    std::fill_n(t.elements + dst + at, length, value);
  });
}

TrapWord table_copy(Vmctx* ctx, std::uint32_t dst_table, std::uint32_t src_table, std::uint64_t dst,
                    std::uint64_t src, std::uint64_t n) {
  const VmTable& to = *ctx->tables[dst_table];
  const VmTable& from = *ctx->tables[src_table];
  if (outside(src, n, from.size)) return outside_table(ctx, src, n, from.size);
  if (outside(dst, n, to.size)) return outside_table(ctx, dst, n, to.size);
  const bool downwards = &to == &from && dst > src;
  return in_chunks(ctx, n, kElements, downwards, [&](std::uint64_t at, std::size_t length) {
    std::memmove(to.elements + dst + at, from.elements + src + at, length * sizeof(std::uint64_t));
  });
}

TrapWord table_init(Vmctx* ctx, std::uint32_t elem, std::uint32_t table, std::uint64_t dst,
                    std::uint64_t src, std::uint64_t n) {
  const VmTable& t = *ctx->tables[table];
  const VmSegment& segment = ctx->elem_segments[elem];
  if (outside(src, n, segment.size)) return outside_table(ctx, src, n, segment.size);
  if (outside(dst, n, t.size)) return outside_table(ctx, dst, n, t.size);
  const auto* words = static_cast<const std::uint64_t*>(segment.data);
  return in_chunks(ctx, n, kElements, false, [&](std::uint64_t at, std::size_t length) {
    std::memcpy(t.elements + dst + at, words + src + at, length * sizeof(std::uint64_t));
  });
}

void elem_drop(Vmctx* ctx, std::uint32_t elem) { ctx->elem_segments[elem].size = 0; }

TrapWord call_host(Vmctx* ctx, VmFuncRef* callee, std::uint64_t* slots) {
  return call_host_in(frame_of(ctx), ctx, *callee, slots);
}

constexpr Builtins make_builtins() {
  Builtins b;
#define BUILTIN(name, result, parameters) b.name = &name;
#include "libwasmrt/abi/builtins.def"
#undef BUILTIN
  return b;
}

constinit const Builtins kBuiltins = make_builtins();

}  // namespace

const Builtins& runtime_builtins() { return kBuiltins; }

TrapWord init_memory(Vmctx* ctx, std::uint32_t mem, std::uint64_t dst,
                     std::span<const std::uint8_t> bytes) {
  const VmMemory& m = *ctx->memories[mem];
  const std::uint64_t n = bytes.size();
  if (outside(dst, n, m.bytes)) return outside_memory(ctx, dst, n, m.bytes);
  return in_chunks(ctx, n, kChunk, false, [&](std::uint64_t at, std::size_t length) {
    std::memcpy(m.base + dst + at, bytes.data() + at, length);
  });
}

}  // namespace wasmrt::rt
