// A hash for tables whose keys come from modules.
//
// In: bytes or words. Out: 64 bits, other ones in each process: whoever writes a module cannot
// prepare keys that collide. Not for anything that leaves the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace wasmrt {

std::uint64_t seeded_hash(std::string_view bytes);
std::uint64_t seeded_hash(std::span<const std::uint64_t> words);

/// For the standard's tables, by strings.
struct SeededHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view bytes) const { return seeded_hash(bytes); }
};

}  // namespace wasmrt
