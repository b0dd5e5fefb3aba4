// Loads and stores from templates, for scalars (exec_memory.cpp) and vectors
// (exec_simd_lanes.cpp).
//
// In: how many bytes an access has and how they become a value. Out: the forms of code.h for each
// MemMode. In guarded mode the access is volatile and followed by an empty volatile asm that still
// uses the instruction at pc: pc is not advanced before the access, and a fault finds it.
// tools/check-dispatch looks at the disassembly for that.
#pragma once

#include "interp/exec_forms.h"

namespace wasmrt::interp {

// Compilers drop the attributes of a dependent type: vectors, where they matter, get a plain one.
typedef Vec UnalignedVec __attribute__((aligned(1), may_alias));
template <class T>
struct UnalignedOf {
  struct __attribute__((packed, may_alias)) Type {
    T value;
  };
};
template <>
struct UnalignedOf<Vec> {
  struct __attribute__((packed, may_alias)) Type {
    UnalignedVec value;
  };
};
template <class T>
using Unaligned = typename UnalignedOf<T>::Type;

/// Memory as it is read and written: V128 as a vector register.
template <class T>
using Raw = std::conditional_t<std::is_same_v<T, V128>, Vec, T>;

#define WASMRT_PIN_PC() __asm__ volatile("" : : "m"(*pc))

/// The host address of an access in Checked or General mode; null after a failure, with aux and r
/// set for do_trap_bounds.
template <MemMode mode, std::size_t size>
inline std::uint8_t* checked_address(const Ins* pc, std::uint8_t* mem, Vmctx* ctx,
                                     std::uint64_t address, std::uint64_t& r, std::uint64_t& aux) {
  if constexpr (mode == MemMode::Checked) {
    std::uint64_t end;
    const bool over = __builtin_add_overflow(address, std::uint64_t{pc->w} + size, &end);
    if (WASMRT_UNLIKELY(over || end > ctx->memory0_bytes)) {
      aux = address + pc->w;
      r = size;
      return nullptr;
    }
    return mem + (end - size);
  } else {
    const VmMemory* memory = ctx->memories[pc->w];
    const std::uint64_t offset = *pc->wide();
    std::uint64_t begin;
    std::uint64_t end;
    const bool over = __builtin_add_overflow(address, offset, &begin) ||
                      __builtin_add_overflow(begin, std::uint64_t{size}, &end);
    if (WASMRT_UNLIKELY(over || end > memory->bytes)) {
      aux = address + offset;
      r = std::uint64_t{pc->w} << 8 | size;
      return nullptr;
    }
    return memory->base + begin;
  }
}

template <MemMode mode>
inline constexpr std::ptrdiff_t kAccessLength = mode == MemMode::General ? 24 : 16;

/// `Load` has a type Memory (what is read) and `static T value(Memory)`.
template <class Load, MemMode mode, K ka, bool to_slot>
TrapWord load(WASMRT_REGS) {
  using M = Raw<typename Load::Memory>;
  std::uint64_t address = ka == K::I ? 0 : r;
  if constexpr (ka == K::S) address = sp[pc->a];
  M m;
  if constexpr (mode == MemMode::Guarded) {
    const std::uint8_t* at = mem + static_cast<std::uint32_t>(address) + pc->w;
    m = reinterpret_cast<const volatile Unaligned<M>*>(at)->value;
    WASMRT_PIN_PC();
  } else {
    const std::uint8_t* at = checked_address<mode, sizeof(M)>(pc, mem, ctx, address, r, aux);
    if (WASMRT_UNLIKELY(at == nullptr)) WASMRT_JUMP(do_trap_bounds);
    m = unaligned<M>(at);
  }
  using T = decltype(Load::value(std::bit_cast<typename Load::Memory>(m)));
  result<T, to_slot>(pc, sp, r, v, Load::value(std::bit_cast<typename Load::Memory>(m)));
  WASMRT_NEXT(kAccessLength<mode>);
}

template <class Load, MemMode mode>
constexpr void put_load_forms(Row& row) {
  auto* h = &row.handlers[load_form(mode, false, false)];
  h[0] = load<Load, mode, K::R, false>;
  h[1] = load<Load, mode, K::R, true>;
  h[2] = load<Load, mode, K::S, false>;
  h[3] = load<Load, mode, K::S, true>;
}

template <Op op, class Load>
constexpr Row load_row() {
  Row row = {op, {}};
  put_load_forms<Load, MemMode::Guarded>(row);
  put_load_forms<Load, MemMode::Checked>(row);
  put_load_forms<Load, MemMode::General>(row);
  auto* h = &row.handlers[load_abs_form(MemMode::Guarded)];
  h[0] = load<Load, MemMode::Guarded, K::I, false>;
  h[1] = load<Load, MemMode::Guarded, K::I, true>;
  h[2] = load<Load, MemMode::Checked, K::I, false>;
  h[3] = load<Load, MemMode::Checked, K::I, true>;
  return row;
}

/// Writes a value of type T (as it is on the stack) as an M.
template <class T, class M, MemMode mode, K ka, K kv>
TrapWord store(WASMRT_REGS) {
  using RawM = Raw<M>;
  std::uint64_t address = r;
  if constexpr (ka == K::S) address = sp[pc->a];
  T x;
  if constexpr (kv == K::I) {
    x = unaligned<T>(pc->wide());
  } else {
    x = operand<T, kv>(pc, sp, r, v, pc->d);
  }
  RawM m;
  if constexpr (std::is_same_v<M, V128>) {
    m = std::bit_cast<Vec>(x);
  } else {
    m = static_cast<M>(x);
  }
  if constexpr (mode == MemMode::Guarded) {
    std::uint8_t* at = mem + static_cast<std::uint32_t>(address) + pc->w;
    reinterpret_cast<volatile Unaligned<RawM>*>(at)->value = m;
    WASMRT_PIN_PC();
  } else {
    std::uint8_t* at = checked_address<mode, sizeof(M)>(pc, mem, ctx, address, r, aux);
    if (WASMRT_UNLIKELY(at == nullptr)) WASMRT_JUMP(do_trap_bounds);
    std::memcpy(at, &m, sizeof(M));
  }
  WASMRT_NEXT((kAccessLength<mode> + (kv == K::I ? 8 : 0)));
}

template <class T, class M, MemMode mode>
constexpr void put_store_forms(Row& row) {
  auto put = [&](StoreForm form, Handler h) { row.handlers[store_form(mode, form)] = h; };
  put(StoreForm::RS, store<T, M, mode, K::R, K::S>);
  put(StoreForm::SR, store<T, M, mode, K::S, K::R>);
  put(StoreForm::SS, store<T, M, mode, K::S, K::S>);
  if constexpr (kIsVec<T>) put(StoreForm::RR, store<T, M, mode, K::R, K::R>);
  if constexpr (mode != MemMode::General && !std::is_same_v<T, V128>) {
    put(StoreForm::RI, store<T, M, mode, K::R, K::I>);
    put(StoreForm::SI, store<T, M, mode, K::S, K::I>);
  }
}

template <Op op, class T, class M>
constexpr Row store_row() {
  Row row = {op, {}};
  put_store_forms<T, M, MemMode::Guarded>(row);
  put_store_forms<T, M, MemMode::Checked>(row);
  put_store_forms<T, M, MemMode::General>(row);
  return row;
}

}  // namespace wasmrt::interp
