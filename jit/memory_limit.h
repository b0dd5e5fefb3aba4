// What compiling one function may take of memory (docs/JIT.md, "Memory").
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmrt::jit {

/// Why a function is compiled in sections, then in smaller ones, or in the end declined. An array:
/// its address is compared.
inline constexpr char kTooLarge[] = "compiling it would take too much memory";

/// Bytes for a function with a body of so many, as they are estimated: 40 and 16 MiB must hold.
constexpr std::uint64_t most_memory(std::uint64_t body_bytes) {
  return 36 * body_bytes + (std::uint64_t{10} << 20);
}
/// Bytes for a section of one, beside the code of those before it.
inline constexpr std::uint64_t kSectionMemory = std::uint64_t{4} << 20;

/// So many instructions together take little: stages compare once for them, and once per block.
inline constexpr std::uint32_t kCheckEvery = 64;

/// Bytes of a piece of code out of line, roughly, while it waits for its emission.
inline constexpr std::uint64_t kColdTakes = 200;

}  // namespace wasmrt::jit
