// The range registries behind fault.h: written under a lock, read from signal handlers.
//
// In:  ranges keyed by their first byte.
// Out: lookups in an immutable sorted snapshot behind an atomic pointer.
// Guaranteed: a lookup takes no lock and never sees freed memory. A writer publishes a new
//      snapshot, and frees old ones only at a moment when no reader is inside (the reader count is
//      raised before the pointer is loaded, both seq_cst, so a reader that a writer does not see
//      can only load the new snapshot); while readers are inside, old snapshots wait for a later
//      writer.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>

namespace wasmrt::os {

/// How many threads are inside a lookup right now. Shared by all registries.
class RangeReaders {
 public:
  void enter() { count_.fetch_add(1); }
  void leave() { count_.fetch_sub(1); }
  bool none() const { return count_.load() == 0; }
  /// In the child of a fork: the other threads are gone.
  void forget() { count_.store(0); }

 private:
  std::atomic<uint32_t> count_{0};
};

/// A sorted set of disjoint ranges `Range{begin, end, ...}`.
template <typename Range>
class RangeRegistry {
 public:
  /// Adds a range; false when it is empty or overlaps, or memory is short.
  bool add(const Range& range, const RangeReaders& readers) {
    if (range.begin >= range.end) return false;
    const Snapshot* old = current_.load(std::memory_order_relaxed);
    const size_t count = old == nullptr ? 0 : old->count;
    const size_t place = lower_bound(old, range.begin);
    if (place < count && old->items()[place].begin < range.end) return false;
    if (place > 0 && old->items()[place - 1].end > range.begin) return false;
    Snapshot* fresh = Snapshot::make(count + 1);
    if (fresh == nullptr) return false;
    for (size_t i = 0; i < place; ++i) fresh->items()[i] = old->items()[i];
    fresh->items()[place] = range;
    for (size_t i = place; i < count; ++i) fresh->items()[i + 1] = old->items()[i];
    publish(fresh, readers);
    return true;
  }

  /// Removes the range that begins at `begin`, if there is one. When memory is short the range
  /// stays (it can match nothing any more once its owner is gone) and false is returned.
  bool remove(uintptr_t begin, const RangeReaders& readers) {
    const Snapshot* old = current_.load(std::memory_order_relaxed);
    const size_t count = old == nullptr ? 0 : old->count;
    const size_t place = lower_bound(old, begin);
    if (place == count || old->items()[place].begin != begin) return true;
    Snapshot* fresh = nullptr;
    if (count > 1) {
      fresh = Snapshot::make(count - 1);
      if (fresh == nullptr) return false;
      for (size_t i = 0; i < place; ++i) fresh->items()[i] = old->items()[i];
      for (size_t i = place + 1; i < count; ++i) fresh->items()[i - 1] = old->items()[i];
    }
    publish(fresh, readers);
    return true;
  }

  /// The range that contains `address`, copied; between readers.enter() and readers.leave().
  bool find(uintptr_t address, Range& out) const {
    const Snapshot* snapshot = current_.load();
    if (snapshot == nullptr) return false;
    size_t low = 0;
    size_t high = snapshot->count;
    while (low < high) {
      const size_t middle = low + (high - low) / 2;
      if (snapshot->items()[middle].end <= address) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == snapshot->count || snapshot->items()[low].begin > address) return false;
    out = snapshot->items()[low];
    return true;
  }

 private:
  struct Snapshot {
    size_t count;
    Snapshot* next_retired;

    Range* items() { return reinterpret_cast<Range*>(this + 1); }
    const Range* items() const { return reinterpret_cast<const Range*>(this + 1); }

    static Snapshot* make(size_t count) {
      static_assert(alignof(Range) <= alignof(Snapshot));
      void* memory = ::operator new(sizeof(Snapshot) + count * sizeof(Range), std::nothrow);
      return memory == nullptr ? nullptr : new (memory) Snapshot{count, nullptr};
    }
  };

  static size_t lower_bound(const Snapshot* snapshot, uintptr_t begin) {
    if (snapshot == nullptr) return 0;
    const Range* first = snapshot->items();
    return static_cast<size_t>(
        std::lower_bound(first, first + snapshot->count, begin,
                         [](const Range& range, uintptr_t key) { return range.begin < key; }) -
        first);
  }

  void publish(Snapshot* fresh, const RangeReaders& readers) {
    Snapshot* old = current_.exchange(fresh);
    if (old != nullptr) {
      old->next_retired = retired_;
      retired_ = old;
    }
    if (!readers.none()) return;
    while (retired_ != nullptr) {
      Snapshot* next = retired_->next_retired;
      ::operator delete(retired_);
      retired_ = next;
    }
  }

  std::atomic<Snapshot*> current_{nullptr};
  Snapshot* retired_ = nullptr;
};

}  // namespace wasmrt::os
