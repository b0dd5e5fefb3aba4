// The stages in their order. What a stage does is told by its own header.
#include "jit/compile_function.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "jit/build/builder.h"
#include "jit/compile_sections.h"
#include "jit/ir/print.h"
#include "jit/lower/mir_print.h"
#include "jit/lower/unroll.h"
#include "jit/memory_limit.h"
#include "jit/opt/pipeline.h"
#include "jit/restrict.h"

namespace wasmrt::jit {

namespace {

constexpr std::size_t kLargeFunction = 20'000;  // instructions

/// Prints a stage's result where that is asked for; `print` makes the text only then.
template <class Print>
void dump(const CompileState& s, Stage stage, FuncIdx index, Print&& print) {
  if (s.watch) s.watch(stage);
  if (!dump_enabled(stage, raw(index))) return;
  dump_write(stage, "function " + std::to_string(raw(index)) + ", " +
                        std::string(stage_name(stage)) + ":\n" + print());
}

/// For measuring what polls cost.
void leave_out_polls(MFunc& func) {
  for (MBlock& block : func.blocks) {
    const auto kept = std::remove_if(block.insts.begin(), block.insts.end(),
                                     [&](std::uint32_t i) { return func.insts[i].op == kPoll; });
    block.insts = block.insts.first(static_cast<std::size_t>(kept - block.insts.begin()));
  }
}

/// From the SSA form in the state to code. A section of a function has its frame from `sections`.
const char* run_stages(FuncIdx index, CompileState& s, SectionedCode* sections, CodeBlob& blob) {
  const CompileContext& context = s.context;
  const Target& target = *context.target;
  dump(s, Stage::Ir, index, [&] { return ir::print(s.func); });
  opt::optimise(context, s.func);
  dump(s, Stage::Opt, index, [&] { return ir::print(s.func); });
  s.func.is_used_up = !s.watch;
  if (const char* why = target.select(context, s.func, s.machine); why != nullptr) return why;
  dump(s, Stage::Lower, index, [&] { return print(target, s.machine); });
  if (sections != nullptr) sections->before_allocation(s.machine);
  // The largest functions decide how much memory is needed: nothing reads this form any more.
  if (s.func.insts.size() > kLargeFunction && !s.watch) s.func = {};
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
  if (sections != nullptr && !sections->after_allocation(s.machine)) return nullptr;
  if (may_run("unroll-loops")) unroll_loops(s.machine);
  if (!may_run("polls")) leave_out_polls(s.machine);
  dump(s, Stage::Regalloc, index, [&] { return print(target, s.machine); });
  const char* why = target.emit(context, s.machine, blob);
  if (why == nullptr) dump(s, Stage::Asm, index, [&] { return blob.listing; });
  return why;
}

const char* build(FuncIdx index, CompileState& s, const Sections* sections) {
  if (s.builder == nullptr) s.builder = std::make_unique<FunctionBuilder>(s.context, s.func);
  return s.builder->build(index, sections);
}

/// In sections of so many bytes; a second time where the first has found their frame too small.
const char* run_in_sections(FuncIdx index, CompileState& s, std::uint32_t bytes, CodeBlob& blob) {
  s.in_sections = true;
  SectionedCode code(s.context, index, blob);
  CodeBlob part;
  const auto take = [&]() -> const char* {
    part.clear();
    const char* const why = run_stages(index, s, &code, part);
    if (why != nullptr || code.is_to_run_again()) return why;
    return code.append(part, s.machine);
  };
  do {
    code.begin();
    const Sections sections = {bytes, take};
    const char* const why = build(index, s, &sections);
    if (why != nullptr) return why;
  } while (code.is_to_run_again());
  return code.finish();
}

/// As a whole; or in sections that are small enough.
const char* run(FuncIdx index, CompileState& s, CodeBlob& blob) {
  s.in_sections = false;
  if (!may_compile(raw(index))) return "left out by WASMRT_COMPILE";
  if (const std::uint32_t bytes = s.context.options.section_bytes; bytes != 0) {
    return run_in_sections(index, s, bytes, blob);
  }
  const char* why = build(index, s, nullptr);
  if (s.func.insts.size() > kLargeFunction) s.builder = nullptr;
  if (why == nullptr) why = run_stages(index, s, nullptr, blob);
  for (const std::uint32_t bytes : kSectionBytes) {
    if (why != kTooLarge) break;
    s.builder = nullptr;
    s.func = {};
    s.machine = {};
    why = run_in_sections(index, s, bytes, blob);
  }
  return why;
}

}  // namespace

CompileState::CompileState(const CompileContext& context) : context(context) {}
CompileState::~CompileState() = default;

const char* compile_function(FuncIdx index, CompileState& s, CodeBlob& blob) {
  const char* why = run(index, s, blob);
  if (why != nullptr)
    dump(s, Stage::Asm, index, [&] { return "declined: " + std::string(why) + "\n"; });
  return why;
}

}  // namespace wasmrt::jit
