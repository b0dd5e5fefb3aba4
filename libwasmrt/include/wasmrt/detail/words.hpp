// Calls of few numbers, which all travel in registers. Not part of the API: names in wasmrt::detail
// may change.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmrt {

struct Error;
class Func;

namespace detail {

struct CallFrame;  // the library's record of a call of a host function

/// Signatures with at most so many parameters and at most one result, all numbers, are called so:
/// each value is a word, as a slot would hold it.
inline constexpr std::size_t kMostWords = 4;

/// What such a call gives: a word that holds the result, or an error that belongs to who gets it.
struct WordResult {
  std::uint64_t value;
  Error* error;
};
/// How a function is called so: what a Func refers to begins with one, which may change at any
/// time. It is given the former and the latter.
using WordFunction = WordResult (*)(std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t,
                                    void* function, const Func& func);
/// A host function that is called so.
using HostWordFunction = WordResult (*)(std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t,
                                        void* state, CallFrame& frame);

}  // namespace detail
}  // namespace wasmrt
