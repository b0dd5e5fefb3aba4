// vm.h on Linux: mmap, mprotect and madvise.
//
// Reservations are PROT_NONE and MAP_NORESERVE, so that gigabytes of them cost no commit charge.
// A decommit is madvise(MADV_DONTNEED) first and mprotect second: pages become zero-fill again
// whatever happens to the second call.
#include "sys/os/vm.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#include "sys/os/fault.h"

namespace wasmrt::os {

size_t page_size() {
  static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

size_t round_up_to_pages(size_t bytes) {
  const size_t mask = page_size() - 1;
  return bytes > SIZE_MAX - mask ? 0 : (bytes + mask) & ~mask;
}

void* reserve(size_t bytes) {
  const size_t rounded = round_up_to_pages(bytes);
  if (rounded == 0) return nullptr;
  void* at = mmap(nullptr, rounded, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

bool commit(void* at, size_t bytes) {
  if (bytes == 0) return true;
  const size_t rounded = round_up_to_pages(bytes);
  return rounded != 0 && mprotect(at, rounded, PROT_READ | PROT_WRITE) == 0;
}

bool decommit(void* at, size_t bytes) {
  if (bytes == 0) return true;
  const size_t rounded = round_up_to_pages(bytes);
  return rounded != 0 && madvise(at, rounded, MADV_DONTNEED) == 0 &&
         mprotect(at, rounded, PROT_NONE) == 0;
}

bool reset_to_zero(void* at, size_t bytes) {
  if (bytes == 0) return true;
  const size_t rounded = round_up_to_pages(bytes);
  return rounded != 0 && madvise(at, rounded, MADV_DONTNEED) == 0;
}

bool move_pages(void* to, void* from, size_t bytes) {
  const size_t rounded = round_up_to_pages(bytes);
  if (rounded == 0) return bytes == 0;
  // Without DONTUNMAP another thread could map something where the pages were.
  constexpr int kFlags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
  if (mremap(from, rounded, rounded, kFlags, to) != MAP_FAILED) return true;
  // EINVAL comes before anything was unmapped: a system that lacks this.
  if (errno != EINVAL) return false;
  std::memcpy(to, from, bytes);
  return true;
}

void* resize_pages(void* at, size_t before, size_t now) {
  const size_t rounded = round_up_to_pages(now);
  if (rounded == 0) return nullptr;
  void* const result =
      at == nullptr
          ? mmap(nullptr, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
          : mremap(at, round_up_to_pages(before), rounded, MREMAP_MAYMOVE);
  return result == MAP_FAILED ? nullptr : result;
}

void release(void* at, size_t bytes) {
  if (at == nullptr) return;
  [[maybe_unused]] const int result = munmap(at, round_up_to_pages(bytes));
  assert(result == 0 && "release: not a reservation");
}

uint64_t peak_resident_bytes() {
  rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<uint64_t>(usage.ru_maxrss) * 1024 : 0;
}

uint64_t resident_bytes() {
  const int descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  char text[128];
  const ssize_t length = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  if (length <= 0) return 0;
  text[length] = '\0';
  char* second = nullptr;
  std::strtoull(text, &second, 10);
  return std::strtoull(second, nullptr, 10) * page_size();
}

struct ReservationPool::State {
  struct Idle {
    void* slot;
    size_t committed;  // bytes of the prefix that can be accessed and are zero
  };

  mutable std::mutex mutex;
  std::vector<Idle> idle;
  size_t live = 0;
  size_t max_live;
  size_t max_idle;
  uint32_t fault_tag;
};

ReservationPool::ReservationPool(size_t slot_bytes, size_t max_live, size_t max_idle,
                                 uint32_t fault_tag)
    : slot_bytes_(round_up_to_pages(slot_bytes)), state_(std::make_unique<State>()) {
  state_->max_live = max_live;
  state_->max_idle = max_idle;
  state_->fault_tag = fault_tag;
  state_->idle.reserve(max_idle);
}

ReservationPool::~ReservationPool() {
  assert(state_->live == 0 && "a slot outlives its pool");
  for (const State::Idle& idle : state_->idle) discard(idle.slot);
}

void ReservationPool::discard(void* slot) {
  remove_data_range(reinterpret_cast<uintptr_t>(slot));
  release(slot, slot_bytes_);
}

void* ReservationPool::acquire(size_t bytes) {
  assert(bytes <= slot_bytes_);
  const size_t wanted = round_up_to_pages(bytes);
  State::Idle found{nullptr, 0};
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->max_live != 0 && state_->live == state_->max_live) return nullptr;
    ++state_->live;
    if (!state_->idle.empty()) {
      // The one given back last, unless one fits as it is.
      size_t at = state_->idle.size() - 1;
      for (size_t i = state_->idle.size(); i-- > 0;) {
        if (state_->idle[i].committed == wanted) {
          at = i;
          break;
        }
      }
      found = state_->idle[at];
      state_->idle.erase(state_->idle.begin() + static_cast<ptrdiff_t>(at));
    }
  }
  if (found.slot == nullptr) {
    found.slot = reserve(slot_bytes_);
    const uintptr_t begin = reinterpret_cast<uintptr_t>(found.slot);
    if (found.slot != nullptr && !add_data_range({begin, begin + slot_bytes_, state_->fault_tag})) {
      release(found.slot, slot_bytes_);
      found.slot = nullptr;
    }
  }
  if (found.slot != nullptr) {
    char* const base = static_cast<char*>(found.slot);
    const bool fits = wanted >= found.committed
                          ? commit(base + found.committed, wanted - found.committed)
                          : mprotect(base + wanted, found.committed - wanted, PROT_NONE) == 0;
    if (fits) return found.slot;
    discard(found.slot);
  }
  const std::lock_guard lock(state_->mutex);
  --state_->live;
  return nullptr;
}

void ReservationPool::give_back(void* slot, size_t used_bytes) {
  assert(slot != nullptr && used_bytes <= slot_bytes_);
  const size_t used = round_up_to_pages(used_bytes);
  const size_t kept = used <= kKeptBytes ? used : 0;
  bool keep = kept == used ? reset_to_zero(slot, used) : decommit(slot, used);
  {
    const std::lock_guard lock(state_->mutex);
    assert(state_->live > 0);
    --state_->live;
    keep = keep && state_->idle.size() < state_->max_idle;
    if (keep) state_->idle.push_back({slot, kept});
  }
  if (!keep) discard(slot);
}

size_t ReservationPool::live() const {
  const std::lock_guard lock(state_->mutex);
  return state_->live;
}

size_t ReservationPool::idle() const {
  const std::lock_guard lock(state_->mutex);
  return state_->idle.size();
}

}  // namespace wasmrt::os
