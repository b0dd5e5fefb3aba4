// Functions put together to one image.
//
// In: the functions of a module as CodeBlobs, in order, some of them declined. Out: code in that
// order with its direct calls filled in, and the tables to go with it, all relative to the start of
// the code. Guaranteed: equal functions give equal images; nothing of a function is needed once it
// was added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "jit/list.h"
#include "libwasmrt/abi/code_blob.h"

namespace wasmrt::jit {
struct CallTable;
struct Target;
}  // namespace wasmrt::jit

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
  jit::List<std::uint8_t> code;
  std::vector<NativeFunc> funcs;       ///< By begin.
  std::vector<CodePoint> points;       ///< By pc.
  std::vector<FrameStep> frame_steps;  ///< By offset, where they were asked for.
  std::vector<std::uint32_t> entries;  ///< By defined function: begin, or kNoCode.
};

/// Calls of functions that have no code, or are out of a call's reach, go through thunks.
class Linker {
 public:
  /// For so many functions, of which the first has this index in the module.
  /// `tables` are those that code may name.
  Linker(const jit::Target& target, std::uint32_t first, std::size_t functions,
         std::span<const jit::CallTable> tables = {});
  /// The next function.
  void add(const CompiledFunc& func);
  /// Once all were added.
  LinkedImage finish();

 private:
  /// Functions that reach each other and their thunks.
  struct Stretch {
    std::uint32_t from = 0, to = 0;
    std::size_t first_call = 0, calls_end = 0;      // in calls_
    std::map<std::uint32_t, std::uint32_t> thunks;  // by callee: offset
  };
  /// A call whose displacement is still missing.
  struct Call {
    std::uint32_t at;
    std::uint32_t callee;  // among the module's own functions
  };
  /// Of what will lie so many bytes ahead.
  void align(std::size_t to, std::size_t ahead = 0);
  void end_stretch();
  std::uint32_t add_thunk(std::uint32_t callee);
  void add_tables();

  const jit::Target& target_;
  std::uint32_t first_;
  std::span<const jit::CallTable> tables_;
  LinkedImage out_;
  std::vector<std::uint32_t> inner_;  // entries for direct calls
  std::vector<Call> calls_;
  std::vector<TableSite> table_sites_;
  std::vector<Stretch> stretches_;
  std::size_t stretch_bytes_ = 0;
};

}  // namespace wasmrt::engine
