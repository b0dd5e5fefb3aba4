// Functions put together to one image.
//
// In: the functions of a module as CodeBlobs, some of them declined. Out: code in the order of the
// functions with its direct calls filled in, and the tables to go with it, all relative to the
// start of the code. Guaranteed: equal functions give equal images.
#pragma once

#include <cstdint>
#include <vector>

#include "libwasmrt/abi/code_blob.h"
#include "libwasmrt/frontend/module.h"

namespace wasmrt::jit {
struct Target;
}

namespace wasmrt::engine {

/// What came of one function.
struct CompiledFunc {
  CodeBlob blob;
  const char* declined = nullptr;  ///< Why there is no code.
};

/// A function in an image; offsets from its start.
struct NativeFunc {
  std::uint32_t begin = 0;       ///< Entry for other instances.
  std::int32_t frame_bytes = 0;  ///< As CodeBlob::frame_bytes.
  std::uint32_t vmctx_at = ~0u;
  std::uint32_t index = 0;
  std::uint32_t code_bytes = 0;  ///< As CodeBlob::code_bytes.
};

/// NativeFunc::begin of functions without code.
inline constexpr std::uint32_t kNoCode = ~0u;

struct LinkedImage {
  std::vector<std::uint8_t> code;
  std::vector<NativeFunc> funcs;       ///< By begin.
  std::vector<CodePoint> points;       ///< By pc.
  std::vector<FrameStep> frame_steps;  ///< By offset, where they were asked for.
  std::vector<std::uint32_t> entries;  ///< By defined function: begin, or kNoCode.
};

/// Calls of functions that have no code, or are out of a call's reach, go through thunks.
LinkedImage link(const jit::Target& target, const DecodedModule& module,
                 const std::vector<CompiledFunc>& all);

}  // namespace wasmrt::engine
