// Fuzz target: decoding and validation of arbitrary bytes, and walking with a sink that asks.
//
// The first byte chooses the features. Besides crashes and sanitizer reports it looks for a sink
// that hears something impossible: an operand of the bottom type, a height below the frame's.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "libwasmrt/frontend/body_walker.h"
#include "libwasmrt/frontend/decode.h"
#include "libwasmrt/frontend/source_lines.h"
#include "libwasmrt/frontend/validate_body.h"

namespace {

using namespace wasmrt;

struct Suspicious : SinkBase<Suspicious> {
  const BodyState* state = nullptr;
  std::uint32_t open = 1;

  void look() {
    if (!state->live() || state->height() < state->frame(0).height ||
        state->frame_count() != open) {
      std::abort();
    }
    if (state->height() != 0 && state->operand(0).is_bottom()) std::abort();
  }
  void begin(const BodyState& s) { state = &s, open = 1; }
  void on_block(const ControlFrame&) { ++open, look(); }
  void on_loop(const ControlFrame&) { ++open, look(); }
  void on_if(const ControlFrame&) { ++open, look(); }
  void on_try_table(const ControlFrame&, const Imm&) { ++open, look(); }
  void on_end(const ControlFrame& f) {
    if (state->frame_count() != open-- || (f.end_live && !f.announced)) std::abort();
  }
  void on_numeric(Op, const Imm&) { look(); }
  void on_load(Op, const Imm&) { look(); }
  void on_memory(Op, const Imm&) { look(); }
  void on_table(Op, const Imm&) { look(); }
  void on_gc(Op, const Imm&) { look(); }
  void on_atomic(Op, const Imm&) { look(); }
  void on_ref(Op, const Imm&, ValType) { look(); }
  void on_call(FuncIdx, const FuncType&) { look(); }
  void on_call_indirect(TypeIdx, TableIdx, const FuncType&) { look(); }
  void on_local_get(std::uint32_t, ValType t) {
    if (t.is_bottom()) std::abort();
    look();
  }
  void on_drop(ValType t) {
    if (t.is_bottom()) std::abort();
    look();
  }
  void on_select(ValType t) {
    if (t.is_bottom()) std::abort();
    look();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr int kAll = 3;
  const int preset = data[0] & 3;
  DecodeOptions options;
  options.features = preset == kAll ? Features::all() : Features::version(preset + 1);
  options.keep_custom_sections = (data[0] & 4) != 0;
  TypeInterner interner;
  options.interner = &interner;
  {
    auto module = decode_module(std::span(data + 1, size - 1), options);
    if (module.ok()) {
      const SourceLines lines(**module);
      if (const auto place = lines.find(data[size - 1])) {
        if (place->line == 0) std::abort();
      }
    }
    if (module.ok() && validate_module(**module).ok()) {
      Suspicious sink;
      BodyWalker<Suspicious> walker(**module, sink);
      for (std::size_t i = 0; i < (*module)->bodies.size(); ++i) {
        const FuncIdx f{(*module)->imported_funcs + static_cast<std::uint32_t>(i)};
        if (!walker.walk_quietly(f)) std::abort();  // it was valid a moment ago
      }
    }
  }
  if (interner.live_groups() != 0) std::abort();
  return 0;
}
