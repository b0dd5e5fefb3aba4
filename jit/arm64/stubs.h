// Machine code that is made once: the stubs of abi/native.h, and how calls get in and out of
// compiled code, for one signature and for all.
#pragma once

#include <cstdint>
#include <vector>

#include "jit/target.h"

namespace wasmrt::jit::arm64 {

Target::Stubs make_stubs(const NativeHandlers& handlers);
Target::SignatureStubs make_signature_stubs(const FuncType& type, const NativeHandlers& handlers);
std::vector<std::uint8_t> make_thunk(std::uint32_t func);
void patch_table(std::uint8_t* code, std::uint32_t site, std::uint32_t table);
bool patch_call(std::uint8_t* code, std::uint32_t site, std::uint32_t callee);

}  // namespace wasmrt::jit::arm64
