// Dump: the one switchboard that says which stages print what they made.
//
// In: a spec such as "ir,asm:func=12", from dump_configure (the CLI's --trace) or, when that was
// never called, from the environment variable WASMRT_DUMP, read at the first question.
// Out: dump_enabled, one relaxed load where nothing is switched on; dump_write, whole texts to
// stderr or a sink, never interleaved.
//
//   spec   = item {"," item}          item = stage | "all", optionally with a filter
//   filter = ":func=" N ["-" M]       one filter for all stages: the last one given
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <wasmrt/result.hpp>

namespace wasmrt {

/// A stage of the pipeline; see stages.def.
enum class Stage : std::uint8_t {
#define STAGE(Name, text, description) Name,
#include "libwasmrt/base/stages.def"
#undef STAGE
};

inline constexpr std::size_t kStageCount = 0
#define STAGE(Name, text, description) +1
#include "libwasmrt/base/stages.def"
#undef STAGE
    ;

/// Spelling of a stage, e.g. "ir", and what it prints.
std::string_view stage_name(Stage stage);
std::string_view stage_description(Stage stage);

/// Sets what is dumped from now on. Errors: InvalidArgument, naming the part not understood;
/// nothing changes then. An empty spec switches everything off.
Result<void> dump_configure(std::string_view spec);

/// Gets each dumped text. Called under a lock, by any thread.
using DumpSink = void (*)(void* user, Stage stage, std::string_view text);
/// Replaces the sink; null restores stderr.
void dump_set_sink(DumpSink sink, void* user);

/// Hands a text to the sink. Ask dump_enabled first.
void dump_write(Stage stage, std::string_view text);

namespace dump_detail {
// Bit 63: the environment has not been read yet. Else one bit per enabled stage.
inline constexpr std::uint64_t kUnread = std::uint64_t{1} << 63;
extern constinit std::atomic<std::uint64_t> stages;
bool enabled_slow(Stage stage);
bool function_selected(std::uint32_t function);
}  // namespace dump_detail

/// True when this stage is to be printed.
inline bool dump_enabled(Stage stage) {
  const std::uint64_t bits = dump_detail::stages.load(std::memory_order_relaxed);
  if (bits == 0) [[likely]]
    return false;
  return dump_detail::enabled_slow(stage);
}

/// The same for one function: false when the filter excludes it.
inline bool dump_enabled(Stage stage, std::uint32_t function) {
  return dump_enabled(stage) && dump_detail::function_selected(function);
}

}  // namespace wasmrt
