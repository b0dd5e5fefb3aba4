// Runs a module on several engines and tells where they first differ.
//
// In: the binary; without imports, or with those of random_module.h. Out: for each engine the same
// list of lines is expected: results and traps of calls, arguments of host calls in between,
// globals, sizes and contents of memories and tables after each call. NaNs of float type are equal
// to each other. A call that runs into its (long) deadline makes the whole input count as slow.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <wasmrt/wasmrt.hpp>

namespace wasmrt::fuzz {

struct Participant {
  std::string name;
  Engine engine;
  std::optional<Engine> reference;    ///< What it is compared with, if not the interpreter.
  std::optional<Engine> fills_cache;  ///< Compiles first what `engine` loads.
};

/// For machines on which a store across the end of a memory writes what fits before it faults:
/// compiled code probes its stores, and the interpreter checks. Only before participants().
void expect_torn_stores();

/// A directory for code that is written and loaded again. Only before participants().
void use_cache(const std::string& directory);

/// The interpreter first, then every way to compile that this build and machine has.
const std::vector<Participant>& participants();

struct Comparison {
  enum Verdict { Equal, Different, Slow, Invalid } verdict = Equal;
  std::string report;            ///< Of a difference or of an invalid module.
  std::uint64_t calls = 0;       ///< Made on the first engine.
  std::uint64_t traps = 0;       ///< Of them ended by a trap.
  std::uint64_t host_calls = 0;  ///< Made by them.
  std::uint64_t functions = 0;   ///< Compiled or declined.
  std::uint64_t declined = 0;    ///< Functions that the compiler did not take.
};

/// Of random_module.h: all functions run twice on one instance, with their fuel filled up. Others:
/// each exported function on an instance of its own; it may trap in being made.
enum class Origin { Ours, Other };

/// Who takes part: two always and two in turn, by a hash of the module; or everybody.
enum class Share : std::uint8_t { Some, All };

Comparison compare_engines(std::span<const std::uint8_t> wasm, Origin origin = Origin::Ours,
                           Share share = Share::Some);

}  // namespace wasmrt::fuzz
