// Memories: reservation, growth, and the public Memory.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/memory_state.h"
#include "libwasmrt/wasm/errors.h"
#include "libwasmrt/wasm/limits.h"
#include "sys/os/vm.h"

namespace wasmrt::rt {

namespace {

// Address space is set aside for memories that are not guarded up to this size; a 64-bit memory
// that may become larger moves when it grows. 47 bits of address space hold 2,000 of these.
constexpr std::uint64_t kMaxPlainReservation = std::uint64_t{64} << 30;

/// `pages << log2`, or as much as fits.
std::uint64_t to_bytes(std::uint64_t pages, unsigned log2) {
  return pages > (~std::uint64_t{0} >> log2) ? ~std::uint64_t{0} : pages << log2;
}

/// The largest size in bytes that a memory of a type may have, a multiple of its page size.
std::uint64_t bound_by_type(const MemoryType& type) {
  // 2^32 bytes for 32-bit addresses; what a pointer difference can say for 64-bit ones.
  const std::uint64_t addressable =
      type.address == AddressType::I32 ? std::uint64_t{1} << 32 : std::uint64_t{1} << 62;
  const std::uint64_t declared = type.limits.max.value_or(~std::uint64_t{0});
  const std::uint64_t page = std::uint64_t{1} << type.page_size_log2;
  return std::min(to_bytes(declared, type.page_size_log2), addressable) & ~(page - 1);
}

Error over_limit(std::uint64_t wanted, std::uint64_t bound) {
  return {ErrorCode::Limit,
          err_text(Err::MemoryLimit, ": " + std::to_string(wanted) + " bytes wanted, " +
                                         std::to_string(bound) + " allowed")};
}

}  // namespace

Memory::Memory(Store& store, const MemoryType& type) : Object(&store), store_(store), type_(type) {
  vm_.page_size_log2 = type.page_size_log2;
  vm_.is_64 = type.address == AddressType::I64;
  store_.count_memory(1);
}

Memory::~Memory() {
  if (pooled_) {
    store_.engine().pool()->give_back(vm_.base, static_cast<std::size_t>(committed_));
  } else if (vm_.base != nullptr) {
    os::release(vm_.base, static_cast<std::size_t>(capacity_));
  }
  store_.unbook_memory(vm_.bytes);
  store_.count_memory(-1);
}

Result<Ref<Memory>> Memory::create(Store& store, const MemoryType& type,
                                   const ResourceLimits& limits) {
  const EngineConfig& config = store.engine().config();
  const std::uint64_t page = std::uint64_t{1} << type.page_size_log2;
  const std::uint64_t bound = bound_by_type(type);
  const std::uint64_t limit = to_bytes(limits.memory_pages, kPageSizeLog2) & ~(page - 1);
  const std::uint64_t bytes = to_bytes(type.limits.min, type.page_size_log2);
  if (bytes > limit) return over_limit(bytes, limit);
  if (bytes > bound) return over_limit(bytes, bound);
  if (!store.book_memory(bytes)) {
    const std::uint64_t total = to_bytes(store.limits().total_memory_pages, kPageSizeLog2);
    return over_limit(bytes, total - std::min(total, store.booked_memory()));
  }
  Ref<Memory> memory(new Memory(store, type));
  Memory& m = *memory;
  m.vm_.bytes = bytes;  // booked: the destructor gives it back
  m.max_bytes_ = std::min(bound, limit);

  os::ReservationPool* pool = store.engine().pool();
  if (pool != nullptr && !m.vm_.is_64 && type.page_size_log2 == kPageSizeLog2) {
    // More than a recycled slot can have is committed below, where a failure is told apart.
    const auto begin =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes, os::ReservationPool::kKeptBytes));
    m.vm_.base = static_cast<std::uint8_t*>(pool->acquire(begin));
    if (m.vm_.base == nullptr) {
      return Error(ErrorCode::Internal,
                   err_text(Err::AddressSpaceExhausted, ": " + std::to_string(pool->slot_bytes()) +
                                                            " bytes for a guarded memory"));
    }
    m.pooled_ = true;
    m.committed_ = os::round_up_to_pages(begin);
    m.capacity_ = pool->slot_bytes();
    m.vm_.reserved = m.capacity_;
    m.vm_.fully_guarded = 1;
  } else if (m.max_bytes_ <= kMaxPlainReservation && m.max_bytes_ > 0) {
    m.vm_.base = static_cast<std::uint8_t*>(os::reserve(static_cast<std::size_t>(m.max_bytes_)));
    if (m.vm_.base != nullptr) {
      m.capacity_ = m.max_bytes_;
      m.vm_.reserved = m.capacity_;
    }
  }
  const bool up_to_max = config.commit == CommitMode::UpToMax;
  if (up_to_max && !type.limits.max && limits.memory_pages == ResourceLimits::kUnlimited) {
    return Error(
        ErrorCode::Limit,
        err_text(Err::MemoryLimit, ": commit up_to_max needs a maximum, declared or by limit"));
  }
  if (!m.make_room(up_to_max ? m.max_bytes_ : bytes)) {
    return Error(ErrorCode::Internal,
                 err_text(Err::OutOfMemory, ": " + std::to_string(bytes) + " bytes for a memory"));
  }
  return memory;
}

bool Memory::make_room(std::uint64_t bytes) {
  if (bytes <= committed_) return true;
  if (bytes > SIZE_MAX / 2) return false;
  const std::uint64_t rounded = os::round_up_to_pages(static_cast<std::size_t>(bytes));
  if (bytes <= capacity_) {
    if (!os::commit(vm_.base + committed_, static_cast<std::size_t>(rounded - committed_))) {
      return false;
    }
    committed_ = rounded;
    return true;
  }
  if (vm_.reserved != 0) return false;
  // Twice as much as needed, so that growing page by page moves each a few times only.
  for (const std::uint64_t room : {std::min(rounded * 2, std::max(max_bytes_, rounded)), rounded}) {
    auto* base = static_cast<std::uint8_t*>(os::reserve(static_cast<std::size_t>(room)));
    if (base == nullptr) continue;
    if (!os::commit(base, static_cast<std::size_t>(rounded))) {
      os::release(base, static_cast<std::size_t>(room));
      continue;
    }
    if (vm_.base != nullptr) {
      if (!os::move_pages(base, vm_.base, static_cast<std::size_t>(committed_))) return false;
      os::release(vm_.base, static_cast<std::size_t>(capacity_));
    }
    vm_.base = base;
    capacity_ = room;
    committed_ = rounded;
    return true;
  }
  return false;
}

std::uint64_t Memory::grow(std::uint64_t delta_pages) {
  constexpr std::uint64_t kFailed = ~std::uint64_t{0};
  const std::uint64_t old_bytes = vm_.bytes;
  const std::uint64_t old_pages = pages();
  const std::uint64_t delta = to_bytes(delta_pages, type_.page_size_log2);
  if (delta > max_bytes_ || old_bytes > max_bytes_ - delta) return kFailed;
  if (delta == 0) return old_pages;
  if (!store_.book_memory(delta)) return kFailed;
  if (!make_room(old_bytes + delta)) {
    store_.unbook_memory(delta);
    return kFailed;
  }
  vm_.bytes = old_bytes + delta;
  for (Vmctx* ctx : users_) {
    ctx->memory0_base = vm_.base;
    ctx->memory0_bytes = vm_.bytes;
  }
  return old_pages;
}

void Memory::add_user(Vmctx* ctx) {
  users_.push_back(ctx);
  ctx->memory0_base = vm_.base;
  ctx->memory0_bytes = vm_.bytes;
}

void Memory::remove_user(Vmctx* ctx) {
  const auto it = std::find(users_.begin(), users_.end(), ctx);
  if (it == users_.end()) return;
  *it = users_.back();
  users_.pop_back();
}

MemoryType Memory::type() const {
  MemoryType type = type_;
  type.limits.min = pages();
  return type;
}

}  // namespace wasmrt::rt

namespace wasmrt {

using detail::Access;

Result<Memory> Memory::create(const Store& store, const MemoryType& type) {
  rt::Store& s = *Access::get(store);
  if (type.page_size_log2 > 16) {
    return Error(ErrorCode::InvalidArgument, "invalid custom page size: pages are 64 KiB at most");
  }
  if (type.limits.max && *type.limits.max < type.limits.min) {
    return Error(ErrorCode::InvalidArgument, "size minimum must not be greater than maximum: " +
                                                 std::to_string(type.limits.min) + " > " +
                                                 std::to_string(*type.limits.max));
  }
  if (type.shared && !type.limits.max) {
    return Error(ErrorCode::InvalidArgument, "shared memory must have maximum");
  }
  const rt::StoreGuard guard(s);
  if (!guard.ok()) return rt::store_busy();
  Result<rt::Ref<rt::Memory>> memory = rt::Memory::create(s, type, s.limits());
  if (!memory) return std::move(memory).error();
  return Access::make_memory(memory->get());
}

MemoryType Memory::type() const { return Access::get(*this)->type(); }
std::uint64_t Memory::size_bytes() const noexcept { return Access::get(*this)->bytes(); }
std::uint64_t Memory::size_pages() const noexcept { return Access::get(*this)->pages(); }
std::uint64_t Memory::peak_pages() const noexcept { return Access::get(*this)->pages(); }
bool Memory::is_fixed() const noexcept { return Access::get(*this)->fixed(); }

std::span<std::uint8_t> Memory::data() const noexcept {
  const VmMemory& vm = Access::get(*this)->vm();
  return {vm.base, static_cast<std::size_t>(vm.bytes)};
}

Result<void> Memory::write(std::uint64_t offset, std::span<const std::uint8_t> bytes) const {
  Result<std::span<std::uint8_t>> to = view(offset, bytes.size());
  if (!to) return std::move(to).error();
  if (!bytes.empty()) std::memmove(to->data(), bytes.data(), bytes.size());
  return {};
}

Result<void> Memory::read(std::uint64_t offset, std::span<std::uint8_t> into) const {
  Result<std::span<std::uint8_t>> from = view(offset, into.size());
  if (!from) return std::move(from).error();
  if (!into.empty()) std::memmove(into.data(), from->data(), into.size());
  return {};
}

Result<std::uint64_t> Memory::grow(std::uint64_t delta_pages) const {
  rt::Memory& m = *Access::get(*this);
  const rt::StoreGuard guard(m.store());
  if (!guard.ok()) return rt::store_busy();
  const std::uint64_t old = m.grow(delta_pages);
  if (old == ~std::uint64_t{0}) {
    return Error(ErrorCode::Limit, std::string(err_wording(Err::MemoryLimit)) + ": " +
                                       std::to_string(m.pages()) + " pages and " +
                                       std::to_string(delta_pages) + " more");
  }
  return old;
}

Store Memory::owner() const { return Access::make_store(&Access::get(*this)->store()); }

Error Memory::out_of_bounds(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return {ErrorCode::OutOfBounds, "out of bounds memory access: offset " + std::to_string(offset) +
                                      ", length " + std::to_string(length) + ", size " +
                                      std::to_string(size)};
}

}  // namespace wasmrt
