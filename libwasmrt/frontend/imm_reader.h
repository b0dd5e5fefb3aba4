// Decodes the immediates of an instruction into an Imm.
//
// In: a Reader behind the opcode and the module, whose types and features give a meaning to heap
// types and flags. Out: the fields that imm.h lists for the op's ImmKind. Indices are not checked
// here, except type indices inside value and heap types. Block types are read by the walker.
#pragma once

#include <vector>

#include "libwasmrt/frontend/imm.h"
#include "libwasmrt/frontend/module.h"
#include "libwasmrt/frontend/reader.h"

namespace wasmrt {

/// Storage for immediates of variable length; kept from one instruction to the next.
struct ImmScratch {
  std::vector<std::uint32_t> targets;
  std::vector<CatchClause> catches;
};

bool read_imm(Reader& r, const DecodedModule& module, Op op, Imm& imm, ImmScratch& scratch);
/// The op at the reader's position, prefix included; refuses codes that are no instruction and
/// instructions of disabled features.
bool read_op(Reader& r, Features features, Op& op);

}  // namespace wasmrt
