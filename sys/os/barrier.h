// Memory barriers with one cheap side: where one thread writes and then reads often, and another
// does so rarely, the frequent side needs no instruction when the rare one makes all threads of the
// process pass a barrier.
//
// In: two words; each side writes its own and then reads the other's. Out: with light_barrier
// between the two on the frequent side and heavy_barrier on the rare one, at least one of them sees
// what the other wrote. Guaranteed: nothing, unless asymmetric_barriers() said yes before.
#pragma once

#include <atomic>

namespace wasmrt::os {

/// Whether the system has such barriers; asks, and prepares the process, once. On a process with
/// many threads that can take milliseconds.
bool asymmetric_barriers();

/// The frequent side's: the compiler keeps the order.
inline void light_barrier() { std::atomic_signal_fence(std::memory_order_seq_cst); }

/// The rare side's: every thread of the process has passed a full barrier when it returns. Costs
/// microseconds. Should the system refuse by now (a filter of system calls installed meanwhile), it
/// waits for longer than any processor can hold a write back, and asymmetric_barriers says no from
/// then on.
void heavy_barrier();

}  // namespace wasmrt::os
