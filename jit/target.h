// What the machine-independent compiler knows of a machine: one constant table and three functions.
//
// In: x64/ and arm64/ each define one Target. Out: selection, register allocation and emission are
// called through it, so that either machine's code can be made on any host. Guaranteed: nothing
// here depends on the host.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jit/call_tables.h"
#include "jit/ir/ir.h"
#include "jit/lower/mir.h"
#include "libwasmrt/abi/code_blob.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/frontend/module.h"

namespace wasmrt::jit {

/// Options that change the code of a module; part of cache keys.
struct CodeOptions {
  std::uint64_t cpu = 0;  ///< Machine-specific feature bits (x64/features.h, arm64/features.h).
  bool signals = true;    ///< false: explicit checks, no faults are relied on.
  bool deterministic = false;  ///< Canonical NaNs, fixed relaxed-SIMD choices.
  /// Behind checks of bounds that the processor guesses wrong, indices are 0 (docs/JIT.md).
  bool spectre_guards = true;
  /// Every function is compiled in sections of so many bytes; 0: only those that are too large.
  std::uint32_t section_bytes = 0;
  bool verify = false;       ///< IR verifier after each pass, allocation checker.
  bool places = false;       ///< CodeBlob::places is filled.
  bool frame_steps = false;  ///< CodeBlob::frame_steps is filled.
};

/// What compiling one function needs to know; shared by all workers, read only.
struct CompileContext {
  const DecodedModule* module = nullptr;
  const struct Target* target = nullptr;
  CodeOptions options;
  std::span<const ir::MemoryInfo> memories;  ///< By MemIdx.
  const CallTables* call_tables = nullptr;   ///< Null: none.
};

/// Where arguments and results travel (docs/ABI.md). The same registers for both directions.
struct Target {
  const char* name;                        ///< "x64", "arm64".
  std::uint16_t elf_machine;               ///< EM_* of the ELF standard, for debuggers.
  bool stores_may_tear;                    ///< A store that faults may have written its first part.
  std::uint32_t allocatable[2];            ///< Masks by RegClass.
  std::uint32_t call_clobbers[2];          ///< Allocatable registers that a call does not keep.
  std::span<const std::uint8_t> int_args;  ///< Registers of integer arguments, in order; further
  std::span<const std::uint8_t>
      vec_args;  ///< ones go to the stack, one 8-byte (v128: 16) slot each.
  std::span<const std::uint8_t> int_results;
  std::span<const std::uint8_t> vec_results;
  std::span<const std::uint8_t> helper_args;  ///< Of the runtime's helpers, the instance first.
  std::uint8_t helper_result;
  std::uint8_t scratch[2];           ///< Never allocated, by RegClass; for moves and stubs.
  std::uint32_t alloc_order[2][32];  ///< Preference, ended by 32; caller-saved first.

  /// What the engine must know to stop running code.
  struct Frames {
    std::uint8_t fault_pc;     ///< Register that brings the pc to the fault stub.
    std::uint8_t instance;     ///< Register that holds the instance in all compiled code.
    std::int32_t return_slot;  ///< Of a function without a frame, from the stack pointer.
    // In the DWARF standard's numbers for the machine.
    std::uint8_t dwarf_sp;
    std::uint8_t dwarf_return;  ///< Where the return address counts as being kept.
    std::uint8_t entry_bytes;   ///< What a call puts on the stack: the return address, or nothing.
  };
  Frames frames;

  /// Whether an instruction takes a constant operand without a register of its own. Null: those of
  /// 32 bits always.
  bool (*takes_constant)(const ir::Func& func, const ir::Inst& user, unsigned operand);
  /// IR to machine form. Returns nullptr, or why the function is declined.
  const char* (*select)(const CompileContext&, ir::Func&, MFunc&);
  /// Machine form with locations to bytes and tables. Returns nullptr or why it is declined.
  const char* (*emit)(const CompileContext&, const MFunc&, CodeBlob&);
  /// How calls get in and out of compiled code (CallStubs), as offsets.
  struct CallCode {
    std::uint32_t entry = 0, tail = 0, adapter = 0;
    std::uint32_t words = 0, host = 0;  ///< 0 where the signature has none.
  };
  /// The stubs of abi/native.h, once per process: code, and the offset of each by name.
  struct Stubs {
    std::vector<std::uint8_t> code;
    std::vector<FrameStep> frame_steps;
    std::uint32_t trap = 0, poll = 0, stack_limit = 0, fault = 0, resolve = 0;
    std::uint32_t entry_back = 0, quick_back = 0;  ///< 0 where no signature travels in words.
    std::uint32_t tail_return[kTailAreaCount] = {};
    CallCode generic;
  };
  Stubs (*make_stubs)(const NativeHandlers& handlers);
  /// CallStubs of one signature.
  struct SignatureStubs {
    std::vector<std::uint8_t> code;
    std::vector<FrameStep> frame_steps;
    CallCode calls;
  };
  SignatureStubs (*make_signature_stubs)(const FuncType& type, const NativeHandlers& handlers);
  /// Code of a direct call's target that is not compiled: goes through Vmctx::funcs.
  std::vector<std::uint8_t> (*make_thunk)(std::uint32_t func);
  std::uint32_t function_align;  ///< Of direct calls' targets in an image: a line of the
                                 ///< instruction cache.
  std::uint64_t call_reach;      ///< How far a direct call reaches at least, in bytes.
  /// Writes the displacement of a direct call; false when it does not reach.
  bool (*patch_call)(std::uint8_t* code, std::uint32_t site, std::uint32_t callee);
  /// Writes the displacement of a table of code; `code` begins at a multiple of 4096.
  void (*patch_table)(std::uint8_t* code, std::uint32_t site, std::uint32_t table);
  /// CodeOptions::cpu of the machine this runs on.
  std::uint64_t (*host_cpu)();
  /// "native", a preset such as "min", and features added or taken away: "x86-64-v3,-bmi2". Gives
  /// an error's text or nothing; what `host` lacks is an error.
  std::string (*parse_cpu)(std::string_view text, std::uint64_t host, std::uint64_t& out);
  /// Text of a machine opcode, for printing.
  const char* (*op_name)(std::uint16_t op);
};

const Target& x64_target();
const Target& arm64_target();
/// The Target of the machine this runs on; null where there is no compiler for it.
const Target* host_target();

}  // namespace wasmrt::jit
