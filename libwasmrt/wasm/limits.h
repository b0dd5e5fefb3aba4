// Implementation limits: sizes beyond which a well-formed module is refused.
//
// They bound what a hostile module can make the compiler allocate or recurse. Where the WebAssembly
// JavaScript API states a limit ("JS-API" below) ours is equal, so that a module which runs in
// browsers runs here. The specification allows each (appendix "Implementation limitations").
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmrt {

// JS-API. Offsets inside a module fit 32 bits with room for sums of two of them.
inline constexpr std::size_t kMaxModuleSize = std::size_t{1} << 30;
// JS-API, which bounds the types of one rec group by the same number. Each type becomes a canonical
// entry of some 64 bytes: 64 MB at most.
inline constexpr std::uint32_t kMaxTypes = 1'000'000;
// JS-API. The subtype display (an array of ancestors) has a fixed length.
inline constexpr std::uint32_t kMaxSubtypeDepth = 63;
// JS-API. Imported and defined functions together.
inline constexpr std::uint32_t kMaxFunctions = 1'000'000;
// JS-API.
inline constexpr std::uint32_t kMaxImports = 1'000'000;
// JS-API.
inline constexpr std::uint32_t kMaxExports = 1'000'000;
// JS-API.
inline constexpr std::uint32_t kMaxGlobals = 1'000'000;
// JS-API.
inline constexpr std::uint32_t kMaxTags = 1'000'000;
// JS-API.
inline constexpr std::uint32_t kMaxTables = 100'000;
// JS-API. Each memory may reserve 8 GiB of address space: 100 of them fit 47 bits many times over.
inline constexpr std::uint32_t kMaxMemories = 100;
// JS-API.
inline constexpr std::uint32_t kMaxElemSegments = 10'000'000;
// JS-API.
inline constexpr std::uint32_t kMaxDataSegments = 100'000;
// JS-API. Also bounds the values a block takes, hence the cost of one branch.
inline constexpr std::uint32_t kMaxParams = 1'000;
// JS-API.
inline constexpr std::uint32_t kMaxResults = 1'000;
// JS-API. Locals declared by a body, parameters included: a frame stays below 1 MB.
inline constexpr std::uint32_t kMaxLocals = 50'000;
// JS-API. Bytes of one function body; keeps bytecode and code offsets of a function in 32 bits.
inline constexpr std::uint32_t kMaxBodySize = 7'654'321;
// JS-API. Fields of one struct type.
inline constexpr std::uint32_t kMaxStructFields = 10'000;
// JS-API. Operands of one array.new_fixed.
inline constexpr std::uint32_t kMaxArrayNewFixed = 10'000;
// JS-API. Bytes of one import, export or custom section name.
inline constexpr std::uint32_t kMaxNameLength = 100'000;
// V8's limit. Every target may need its own stub of moves in the interpreter's code.
inline constexpr std::uint32_t kMaxBrTableTargets = 65'520;
// Ours: a clause costs as much as a branch target; no producer comes near.
inline constexpr std::uint32_t kMaxCatches = 10'000;
// Ours: open blocks in one body. The walker's stack is on the heap, the printer indents; LLVM's
// largest bodies (generated parsers with huge switches) stay below 10,000.
inline constexpr std::uint32_t kMaxBlockNesting = 50'000;
// Ours: operands on the stack of one body, which two bytes can make a thousand of. Instructions
// that push one value each never come there.
inline constexpr std::size_t kMaxOperands = 4'000'000;
// JS-API, of tables as they are made and grow; what a module declares may be more. Filling 80 MB is
// done before a deadline notices.
inline constexpr std::uint64_t kMaxTableElements = 10'000'000;
// Standard: 2^16 pages of 64 KiB for 32-bit memories.
inline constexpr std::uint64_t kMaxMemory32Pages = std::uint64_t{1} << 16;
// Standard: bytes of a page unless the memory type says otherwise.
inline constexpr std::uint32_t kPageSize = 65'536;
inline constexpr std::uint32_t kPageSizeLog2 = 16;

}  // namespace wasmrt
