// The passes, one line each.
#include "jit/opt/pipeline.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "jit/ir/print.h"
#include "jit/ir/verify.h"
#include "jit/opt/passes.h"

namespace wasmrt::jit::opt {

namespace {

void check(const CompileContext& context, const ir::Func& func, const char* after) {
  if (!context.options.verify) return;
  const std::string wrong = ir::verify(func);
  if (wrong.empty()) return;
  std::fprintf(stderr, "wasmrt: function %u after %s: %s\n%s", func.index, after, wrong.c_str(),
               ir::print(func, true).c_str());
  std::abort();
}

}  // namespace

void optimise(const CompileContext& context, ir::Func& func) {
  check(context, func, "building");
  thread_jumps(func);
  check(context, func, "jump threading");
  remove_dead(func);
  check(context, func, "dead code");
}

}  // namespace wasmrt::jit::opt
