// The passes, one line each.
#include "jit/opt/pipeline.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "jit/ir/print.h"
#include "jit/ir/verify.h"
#include "jit/opt/passes.h"
#include "jit/restrict.h"

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

/// The fault of WASMRT_COMPILE=plant=N.
void plant_fault(ir::Func& func) {
  if (!has_planted_fault(func.index)) return;
  for (ir::Inst& i : func.insts) {
    if (i.op == ir::IrOp::Add) i.op = ir::IrOp::Sub;
  }
}

struct Pass {
  const char* name;
  void (*run)(const Target& target, ir::Func& func);
};
/// A pass to which all machines are the same.
template <void (*kPass)(ir::Func&)>
void on_any(const Target&, ir::Func& func) {
  kPass(func);
}

constexpr Pass kPasses[] = {
    {"plant-fault", on_any<plant_fault>}, {"thread-jumps", on_any<thread_jumps>},
    {"mark-cold", on_any<mark_cold>},     {"hoist-checks", on_any<hoist_checks>},
    {"remove-dead", on_any<remove_dead>}, {"elide-polls", on_any<elide_polls>},
    {"share-polls", on_any<share_polls>}, {"hoist-invariants", hoist_invariants},
    {"find-ranges", on_any<find_ranges>},
};

}  // namespace

std::span<const char* const> pass_names() {
  static const auto kNames = [] {
    std::array<const char*, std::size(kPasses)> names{};
    for (std::size_t n = 0; n < names.size(); ++n) names[n] = kPasses[n].name;
    return names;
  }();
  return kNames;
}

void optimise(const CompileContext& context, ir::Func& func) {
  check(context, func, "building");
  for (const Pass& pass : kPasses) {
    if (!may_run(pass.name)) continue;
    pass.run(*context.target, func);
    check(context, func, pass.name);
  }
}

}  // namespace wasmrt::jit::opt
