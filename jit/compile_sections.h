// A function compiled in sections (docs/JIT.md, "Sections"): the frame that they share, and their
// code put together.
//
// In: the machine form of each section around its register allocation, then its code. Out: the code
// of the function. Guaranteed: all sections of a run have the same frame; where one needs a larger
// one, the run gives no code but finds out how large, and the next run has it.
#pragma once

#include <cstdint>
#include <vector>

#include "jit/lower/mir.h"
#include "jit/target.h"

namespace wasmrt::jit {

/// Of the body, at most, in a section: compiling that takes less than kSectionMemory for nearly
/// everything; the next ones are tried where it does not.
inline constexpr std::uint32_t kSectionBytes[] = {32 << 10, 4 << 10, 512, 64};

class SectionedCode {
 public:
  SectionedCode(const CompileContext& context, FuncIdx func, CodeBlob& out);

  /// Before the first section of a run.
  void begin();
  void before_allocation(MFunc& section);
  /// False: this run gives no code.
  bool after_allocation(MFunc& section);
  /// A section's code, in their order, and the machine form that it was made from. nullptr, or why
  /// the function is declined.
  const char* append(const CodeBlob& section, const MFunc& machine);
  /// Behind the last section: whether another run is needed.
  [[nodiscard]] bool is_to_run_again() const { return too_small_; }
  /// Fills in the jumps between sections. nullptr, or why the function is declined.
  const char* finish();

 private:
  bool make_room(const CodeBlob& part);

  const CompileContext& context_;
  FuncIdx func_;
  CodeBlob& out_;
  std::uint64_t body_bytes_;
  bool knows_areas_ = false;
  std::uint32_t area_bytes_ = 0;  // of outgoing arguments, the largest that any call may need
  std::uint32_t in_area_bytes_ = 0;
  std::uint32_t spills_, homes_;  // slots of the frame
  std::uint32_t most_spills_ = 0, most_homes_ = 0;
  bool too_small_ = false;
  std::vector<std::uint32_t> label_at_;
  std::uint32_t insts_ = 0;  // of the sections so far
};

}  // namespace wasmrt::jit
