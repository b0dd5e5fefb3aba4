// Address space: reserve, commit, decommit, release, and a pool that recycles big reservations.
//
// In:  sizes in bytes (rounded up to whole pages here) and page-aligned addresses inside a
//      reservation made by `reserve`.
// Out: pages that read as zero when first committed, and again after a decommit.
// Guaranteed: a reservation never moves; what is not committed faults on access; every function is
//      thread-safe as long as two threads do not work on the same pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace wasmrt::os {

/// The size in bytes of one page of the machine.
size_t page_size();

/// `bytes` rounded up to whole pages; 0 when that overflows.
size_t round_up_to_pages(size_t bytes);

/// Reserves address space without memory behind it: every access faults. Null when there is none
/// or when `bytes` is 0.
void* reserve(size_t bytes);

/// Makes pages of a reservation readable and writable. Pages committed for the first time read as
/// zero; pages committed already keep their content. False when memory is short.
bool commit(void* at, size_t bytes);

/// Gives the memory back and makes the pages fault again; the address space stays reserved. False
/// when the system refused, and then the pages are in an unknown state and must be released.
bool decommit(void* at, size_t bytes);

/// Sets pages back to zero without taking away the access to them. False when refused.
bool reset_to_zero(void* at, size_t bytes);

/// Moves what whole committed pages hold to pages of another reservation, without copying where the
/// system can; `from` is undefined then, but stays reserved. False when it cannot be done: `to`
/// must then be given up without being released, because part of it may belong to others by now.
bool move_pages(void* to, void* from, size_t bytes);

/// Pages that can be written, for private data: made when `at` is null, else those of an earlier
/// call with their content, larger or smaller, perhaps elsewhere. Ended by `release`. Null when
/// memory is short.
void* resize_pages(void* at, size_t before, size_t now);

/// Ends a whole reservation.
void release(void* at, size_t bytes);

/// The resident memory of this process in bytes, for tests and statistics; 0 when unknown.
uint64_t resident_bytes();

/// The largest resident memory this process ever had, in bytes; 0 when unknown.
uint64_t peak_resident_bytes();

/// A set of reservations of one size that are recycled instead of unmapped (mapping and unmapping
/// gigabytes costs microseconds natively and tens of milliseconds under emulation).
///
/// Each slot is, for as long as it is mapped, a registered data range of fault.h, so taking a slot
/// from the pool does not touch the fault registry. Thread-safe. All slots must have been given
/// back when the pool is destroyed.
class ReservationPool {
 public:
  /// Slots of `slot_bytes`; at most `max_live` in use at once (0: no limit); at most `max_idle`
  /// kept mapped for reuse. `fault_tag` is the tag under which slots are registered.
  ReservationPool(size_t slot_bytes, size_t max_live, size_t max_idle, uint32_t fault_tag);
  ~ReservationPool();
  ReservationPool(const ReservationPool&) = delete;
  ReservationPool& operator=(const ReservationPool&) = delete;

  /// A slot whose first `bytes` are committed and zero, and nothing else; null when the limit, the
  /// address space or memory is exhausted.
  void* acquire(size_t bytes);

  /// Gives a slot back. `used_bytes`: the length of the prefix in which pages may be committed.
  /// Its memory goes back to the system; access to a prefix of up to kKeptBytes is kept, so that a
  /// next user of the same size costs no change of protection.
  void give_back(void* slot, size_t used_bytes);

  /// More than this counts as committed memory where the system does not overcommit.
  static constexpr size_t kKeptBytes = size_t{16} << 20;

  /// The size of each slot in bytes, whole pages.
  size_t slot_bytes() const { return slot_bytes_; }

  /// How many slots are in use.
  size_t live() const;

  /// How many slots are mapped and unused.
  size_t idle() const;

 private:
  struct State;
  void discard(void* slot);
  size_t slot_bytes_;
  std::unique_ptr<State> state_;
};

}  // namespace wasmrt::os
