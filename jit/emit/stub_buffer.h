// Where the stubs of either machine are assembled: the assembler, the offset and steps of frames
// that debuggers are told of, and the order in which a family of stubs lies.
//
// In: instructions through `a`. Out: bytes for code memory. Guaranteed: no machine is named here.
#pragma once

#include <asmjit/core.h>

#include <cstdint>
#include <vector>

#include "jit/target.h"

namespace wasmrt::jit {

template <class Assembler, asmjit::Arch kArch>
struct StubBuffer {
  asmjit::CodeHolder holder;
  Assembler a;
  std::vector<FrameStep> steps;

  StubBuffer() {
    holder.init(asmjit::Environment(kArch));
    holder.attach(&a);
  }
  std::vector<std::uint8_t> bytes() {
    if (holder.hasUnresolvedLinks()) holder.resolveUnresolvedLinks();
    const asmjit::CodeBuffer& b = holder.sectionById(0)->buffer();
    return {b.data(), b.data() + b.size()};
  }
  [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(a.offset()); }
  std::uint32_t next_stub(std::uint32_t alignment = 16) {
    a.align(asmjit::AlignMode::kCode, alignment);
    return here();
  }
  void step(FrameStep::Kind kind, std::uint32_t reg = 0, std::int64_t frame = 0) {
    steps.push_back(
        {here(), kind, static_cast<std::uint8_t>(reg), static_cast<std::uint32_t>(frame)});
  }
};

/// The three kinds of stubs behind each other, each made from `in` by a function that appends it.
template <class Code, class In>
Target::CallCode append_call_stubs(Code& code, const In& in, void (*entry)(Code&, const In&),
                                   void (*tail)(Code&, const In&),
                                   void (*adapter)(Code&, const In&)) {
  Target::CallCode made;
  made.entry = code.next_stub();
  entry(code, in);
  made.tail = code.next_stub();
  tail(code, in);
  made.adapter = code.next_stub();
  adapter(code, in);
  return made;
}

/// And the two that only signatures which travel in words have.
template <class Code>
void append_word_stubs(Code& code, const FuncType& type, const NativeHandlers& handlers,
                       Target::CallCode& made) {
  constexpr std::uint32_t kLine = 64;  // fewer are fetched
  made.words = code.next_stub(kLine);
  words_entry(code, type, handlers);
  made.host = code.next_stub(kLine);
  host_adapter(code, type, handlers);
}

}  // namespace wasmrt::jit
