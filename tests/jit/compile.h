// A function of a module in text form, taken through the stages of the compiler.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "jit/build/builder.h"
#include "jit/compile_function.h"
#include "jit/ir/ir.h"
#include "jit/ir/print.h"
#include "jit/ir/verify.h"
#include "jit/target.h"
#include "tests/frontend/support.h"

namespace wasmrt::test {

/// How often `what` stands in a text, such as the listing of a stage.
inline std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

/// Both machines: code for either is made on any.
inline std::array<const jit::Target*, 2> all_targets() {
  return {&jit::x64_target(), &jit::arm64_target()};
}

/// A checked module and what compiling its functions needs to know. Memories are guarded.
struct Compiled {
  explicit Compiled(const Bytes& bytes, const jit::Target& target = jit::x64_target())
      : checked(bytes) {
    if (!checked.ok) return;
    for (std::size_t n = 0; n < checked.module->memories.size(); ++n) {
      jit::ir::MemoryInfo info;
      const MemoryType& type = checked.module->memories[n];
      info.is_64 = type.address == AddressType::I64;
      info.least_bytes = type.limits.min << type.page_size_log2;
      info.guarded_bytes = info.is_64 ? 0 : std::uint64_t{6} << 30;
      memories.push_back(info);
    }
    context.module = checked.module.get();
    context.target = &target;
    context.memories = memories;
    call_tables = jit::CallTables(*checked.module);
    context.call_tables = &call_tables;
    context.options.verify = true;
  }
  Compiled(const Compiled&) = delete;

  /// Builds a function. nullptr, or why it is declined.
  const char* build(std::uint32_t index = 0) {
    return jit::FunctionBuilder(context, func).build(static_cast<FuncIdx>(index));
  }
  /// Builds and optimises it; all the rest to machine code. nullptr, or why it is declined.
  const char* compile(std::uint32_t index = 0) {
    return jit::compile_function(static_cast<FuncIdx>(index), state, blob);
  }

  Checked checked;
  std::vector<jit::ir::MemoryInfo> memories;
  jit::CallTables call_tables;
  jit::CompileContext context;
  jit::CompileState state{context};
  jit::ir::Func& func = state.func;
  jit::MFunc& machine = state.machine;
  CodeBlob blob;
};

}  // namespace wasmrt::test
