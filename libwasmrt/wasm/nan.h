// Which instructions can make a NaN of bits that the standard leaves open.
//
// In: an op. Out: the shape of its result if the deterministic mode must replace NaNs in it by the
// canonical one (spec, "Deterministic Profile"), else None. Both engines ask here.
#pragma once

#include <cstdint>
#include <string_view>

#include "libwasmrt/wasm/opcode.h"

namespace wasmrt {

enum class NanShape : std::uint8_t { None, F32, F64, F32x4, F64x2 };

inline constexpr std::uint32_t kCanonicalNan32 = 0x7FC00000;
inline constexpr std::uint64_t kCanonicalNan64 = 0x7FF8000000000000;

/// Everything that computes with floats and gives one; signs, selections and bits are exact.
inline NanShape nan_shape(Op op) {
  const std::string_view name = op_name(op);
  for (const std::string_view exact : {".neg", ".abs", ".copysign", ".splat", ".const", ".eq",
                                       ".ne", ".lt", ".gt", ".le", ".ge", ".pmin", ".pmax"}) {
    if (name.ends_with(exact)) return NanShape::None;
  }
  if (name.find("convert") != name.npos || name.find("reinterpret") != name.npos) {
    return NanShape::None;
  }
  switch (op_info(op).sig.results[0]) {
    case SigType::F32: return NanShape::F32;
    case SigType::F64: return NanShape::F64;
    case SigType::V128:
      return name.starts_with("f32x4")   ? NanShape::F32x4
             : name.starts_with("f64x2") ? NanShape::F64x2
                                         : NanShape::None;
    default: return NanShape::None;
  }
}

}  // namespace wasmrt
