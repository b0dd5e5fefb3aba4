// The passes, one line each.
#include "jit/opt/pipeline.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
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

/// What passes work on.
struct Work {
  const Target& target;
  ir::Func& func;
  std::optional<Loops> found;  // by the first pass that asks for them; none adds blocks behind it

  const Loops& loops() { return found ? *found : found.emplace(func); }
};

struct Pass {
  const char* name;
  void (*run)(Work& work);
};
template <void (*kPass)(ir::Func&)>
void plain(Work& work) {
  kPass(work.func);
}
template <void (*kPass)(ir::Func&, const Loops&)>
void with_loops(Work& work) {
  kPass(work.func, work.loops());
}
void on_machine(Work& work) { hoist_invariants(work.target, work.func, work.loops()); }

constexpr Pass kPasses[] = {
    {"plant-fault", plain<plant_fault>},      {"thread-jumps", plain<thread_jumps>},
    {"mark-cold", plain<mark_cold>},          {"hoist-checks", plain<hoist_checks>},
    {"remove-dead", plain<remove_dead>},      {"elide-polls", with_loops<elide_polls>},
    {"share-polls", with_loops<share_polls>}, {"hoist-invariants", on_machine},
    {"find-ranges", with_loops<find_ranges>},
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
  Work work = {*context.target, func, {}};
  for (const Pass& pass : kPasses) {
    if (!may_run(pass.name)) continue;
    pass.run(work);
    check(context, func, pass.name);
  }
}

}  // namespace wasmrt::jit::opt
