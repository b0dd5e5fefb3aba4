// Any bytes to a valid module that ends, for comparing engines.
//
// In: a string of bytes. Out: a binary module that validates with all features; its functions are
// exported as "f0", "f1" ..., globals as "g0" ..., memories as "m0" ...; it imports env.note:
// (i32 i64 f32 f64) -> (i64). Guaranteed: every call ends after a bounded number of steps; no
// result depends on bits of a NaN that the standard leaves open, except that results, globals and
// arguments of env.note of float type may be any NaN.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace wasmrt::fuzz {

std::vector<std::uint8_t> random_module(std::span<const std::uint8_t> choices);

}  // namespace wasmrt::fuzz
