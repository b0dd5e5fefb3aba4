// Code in memory as an ELF file that debuggers read: symbols, and how to walk frames.
//
// In: where the code lies, its functions, and how their frames change. Out: the bytes of an
// executable ELF file for that machine with sections .text (without contents), .symtab and
// .debug_frame. Guaranteed: no address beside those of the code; frames are exact at every
// instruction.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "jit/target.h"
#include "libwasmrt/abi/code_blob.h"

namespace wasmrt::engine {

/// A function of the code; offsets from its start. Steps that lie in it are its own.
struct DebugSymbol {
  std::uint32_t begin = 0;
  std::uint32_t bytes = 0;
  std::string name;
};

/// `symbols` and `steps` by offset.
std::vector<std::uint8_t> make_debug_elf(const jit::Target& target, const std::uint8_t* base,
                                         std::size_t bytes, std::span<const DebugSymbol> symbols,
                                         std::span<const FrameStep> steps);

}  // namespace wasmrt::engine
