// Copies and fills of few bytes without a call.
//
// In: ranges that are known to be within bounds, of at most kShortBytes. Guaranteed: as memmove and
// memset; a size class reads all it copies before it writes, in pieces that meet or overlap in the
// middle, so that no loop over bytes is needed and ranges may overlap.
#pragma once

#include <cstdint>
#include <cstring>

namespace wasmrt {

/// Beyond this a call does not matter.
inline constexpr std::uint64_t kShortBytes = 1024;

namespace short_bytes_detail {

struct Pair {
  std::uint64_t words[2];
};
struct Four {
  Pair pairs[4];
};

template <class T>
inline T get(const std::uint8_t* at) {
  T x;
  std::memcpy(&x, at, sizeof x);
  return x;
}
template <class T>
inline void put(std::uint8_t* at, const T& x) {
  std::memcpy(at, &x, sizeof x);
}

/// sizeof(T) to 2 * sizeof(T) bytes.
template <class T>
inline void copy_ends(std::uint8_t* to, const std::uint8_t* from, std::uint64_t n) {
  const T first = get<T>(from);
  const T last = get<T>(from + n - sizeof(T));
  put(to, first);
  put(to + n - sizeof(T), last);
}

}  // namespace short_bytes_detail

/// False, and nothing done, where more than 128 bytes overlap.
[[gnu::always_inline]] inline bool copy_short(std::uint8_t* to, const std::uint8_t* from,
                                              std::uint64_t n) {
  using namespace short_bytes_detail;
  if (n <= 16) {
    if (n >= 8) {
      copy_ends<std::uint64_t>(to, from, n);
    } else if (n >= 4) {
      copy_ends<std::uint32_t>(to, from, n);
    } else if (n >= 2) {
      copy_ends<std::uint16_t>(to, from, n);
    } else if (n == 1) {
      *to = *from;
    }
  } else if (n <= 32) {
    copy_ends<Pair>(to, from, n);
  } else if (n <= 64) {
    const Pair x[4] = {get<Pair>(from), get<Pair>(from + 16), get<Pair>(from + n - 32),
                       get<Pair>(from + n - 16)};
    put(to, x[0]);
    put(to + 16, x[1]);
    put(to + n - 32, x[2]);
    put(to + n - 16, x[3]);
  } else if (n <= 128) {
    copy_ends<Four>(to, from, n);
  } else {
    if (to + n > from && from + n > to) return false;
    std::uint8_t* const end = to + n - sizeof(Four);
    const Four last = get<Four>(from + n - sizeof(Four));
    do {
      put(to, get<Four>(from));
      to += sizeof(Four);
      from += sizeof(Four);
    } while (to < end);
    put(end, last);
  }
  return true;
}

[[gnu::always_inline]] inline void fill_short(std::uint8_t* to, std::uint8_t value,
                                              std::uint64_t n) {
  using namespace short_bytes_detail;
  const std::uint64_t word = value * std::uint64_t{0x0101010101010101};
  if (n >= 16) {
    const Pair x = {{word, word}};
    std::uint8_t* const end = to + n - sizeof x;
    for (; to < end; to += sizeof x) put(to, x);
    put(end, x);
  } else if (n >= 8) {
    put(to, word);
    put(to + n - 8, word);
  } else if (n >= 4) {
    put(to, static_cast<std::uint32_t>(word));
    put(to + n - 4, static_cast<std::uint32_t>(word));
  } else if (n != 0) {
    to[0] = to[n / 2] = to[n - 1] = value;
  }
}

}  // namespace wasmrt
