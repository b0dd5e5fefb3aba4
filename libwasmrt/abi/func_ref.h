// What a VmFuncRef says of its function's type, beside the type itself: what calls look at each
// time.
#pragma once

#include <wasmrt/types.hpp>

#include "libwasmrt/abi/vmctx.h"

namespace wasmrt {

inline void set_signature(VmFuncRef& ref, const FuncType& type) {
  ref.param_slots = ref.result_slots = 0;
  ref.has_refs = false;
  for (const ValType t : type.params) {
    ref.param_slots += t.slots();
    ref.has_refs |= t.is_ref();
  }
  for (const ValType t : type.results) {
    ref.result_slots += t.slots();
    ref.has_refs |= t.is_ref();
  }
}

}  // namespace wasmrt
