// One module on the interpreter and on the compiler: results and traps must be the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/api.h"

namespace wasmrt::test {

/// Values in bits, as text.
inline std::string bits_of(const std::vector<Value>& values) {
  std::string text;
  for (const Value& v : values) {
    switch (v.type().kind()) {
      case ValKind::I32: text += std::to_string(static_cast<std::uint32_t>(v.i32())); break;
      case ValKind::I64: text += std::to_string(static_cast<std::uint64_t>(v.i64())); break;
      case ValKind::F32: text += std::to_string(__builtin_bit_cast(std::uint32_t, v.f32())); break;
      case ValKind::F64: text += std::to_string(__builtin_bit_cast(std::uint64_t, v.f64())); break;
      default: text += "?";
    }
    text += ' ';
  }
  return text;
}

/// What a call did, as text: its results in bits, or its trap.
inline std::string outcome(const Instance& instance, std::string_view name,
                           const std::vector<Value>& args) {
  const auto func = instance.get_func(name);
  if (!func) return "no such function";
  const Result<std::vector<Value>> r = func->call(args);
  return r ? bits_of(*r) : r.error().message;
}

/// Instances of one module on every engine there is, the interpreter's first.
inline std::vector<Instance> on_all_engines(std::string_view text) {
  std::vector<Instance> all;
  for (const EngineKind kind : {EngineKind::Interp, EngineKind::Jit}) {
    for (const bool signals : {true, false}) {
      EngineConfig config;
      config.engine = kind;
      config.signals = signals;
      if (!signals) config.reservation = MemoryReservation::None;
      if (!Engine::create(config).ok()) continue;
      all.push_back(instantiate(text, config));
    }
  }
  return all;
}

/// The same call on each; the outcome.
inline std::string same_outcome(const std::vector<Instance>& all, std::string_view name,
                                const std::vector<Value>& args) {
  const std::string expected = outcome(all[0], name, args);
  for (std::size_t n = 1; n < all.size(); ++n) {
    INFO("function " << name);
    CHECK(outcome(all[n], name, args) == expected);
  }
  return expected;
}

}  // namespace wasmrt::test
