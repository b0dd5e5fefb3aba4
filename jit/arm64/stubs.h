// Machine code that is made once: the stubs of abi/native.h, and what enters and leaves compiled
// code for each signature.
#pragma once

#include <cstdint>
#include <vector>

#include "jit/target.h"

namespace wasmrt::jit::arm64 {

Target::Stubs make_stubs(const NativeHandlers& handlers);
Target::Stub make_entry(const FuncType& type);
Target::Stub make_adapter(const FuncType& type);
std::vector<std::uint8_t> make_thunk(std::uint32_t func);
bool patch_call(std::uint8_t* code, std::uint32_t site, std::uint32_t callee);

}  // namespace wasmrt::jit::arm64
