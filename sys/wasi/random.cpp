// Randomness as granted: the host's, a seeded source, or none.
//
// The seeded source is xoshiro256**: the same bytes for the same seed on every machine, and no use
// for keys.
#include "sys/os/random.h"

#include <bit>

#include "sys/wasi/preview1.h"

namespace wasmrt::wasi {
namespace {

uint64_t next_random(uint64_t (&state)[4]) {
  const uint64_t result = std::rotl(state[1] * 5, 7) * 9;
  const uint64_t shifted = state[1] << 17;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = std::rotl(state[3], 45);
  return result;
}

}  // namespace

Errno Preview1::random_get(Guest& guest, i32 buffer, i32 buffer_len) {
  uint8_t* bytes = guest.memory.view(buffer, buffer_len);
  if (bytes == nullptr) return Errno::Fault;
  switch (config_.random.kind) {
    case WasiRandom::Kind::Denied: return Errno::NotCapable;
    case WasiRandom::Kind::Real: return from_host(os::fill_random({bytes, buffer_len}));
    case WasiRandom::Kind::Seeded: break;
  }
  const std::lock_guard lock(random_mutex_);
  for (i32 at = 0; at < buffer_len;) {
    const uint64_t word = next_random(random_state_);
    for (unsigned i = 0; i < 8 && at < buffer_len; ++i, ++at) {
      bytes[at] = static_cast<uint8_t>(word >> (8 * i));
    }
  }
  return Errno::Success;
}

}  // namespace wasmrt::wasi
