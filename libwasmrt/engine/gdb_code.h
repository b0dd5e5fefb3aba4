// Compiled code as a debugger sees it, by the GDB JIT interface.
//
// In: code with its symbols and frames. Out: an entry in the list that debuggers read. Guaranteed:
// the entry is there as long as the object; any thread may add and remove.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "libwasmrt/engine/debug_elf.h"

namespace wasmrt::engine {

class GdbCode {
 public:
  GdbCode(const jit::Target& target, const std::uint8_t* base, std::size_t bytes,
          std::span<const DebugSymbol> symbols, std::span<const FrameStep> steps);
  ~GdbCode();
  GdbCode(const GdbCode&) = delete;
  GdbCode& operator=(const GdbCode&) = delete;

 private:
  struct Entry;
  std::vector<std::uint8_t> elf_;
  std::unique_ptr<Entry> entry_;
};

}  // namespace wasmrt::engine
