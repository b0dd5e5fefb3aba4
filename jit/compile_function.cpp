// The stages in their order. What a stage does is told by its own header.
#include "jit/compile_function.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "jit/build/builder.h"
#include "jit/opt/pipeline.h"

namespace wasmrt::jit {

const char* compile_function(const CompileContext& context, FuncIdx index, CompileState& s,
                             CodeBlob& blob) {
  const Target& target = *context.target;
  if (const char* why = build_func(context, index, s.func); why != nullptr) return why;
  opt::optimise(context, s.func);
  if (const char* why = target.select(context, s.func, s.machine); why != nullptr) return why;
  if (context.options.verify) {
    const MFunc before = s.machine;
    if (const char* why = s.allocator.run(target, s.machine); why != nullptr) return why;
    if (const std::string wrong = check_allocation(target, before, s.machine); !wrong.empty()) {
      std::fprintf(stderr, "wasmrt: function %u: register allocation: %s\n", raw(index),
                   wrong.c_str());
      std::abort();
    }
  } else if (const char* why = s.allocator.run(target, s.machine); why != nullptr) {
    return why;
  }
  return target.emit(context, s.machine, blob);
}

}  // namespace wasmrt::jit
