// What tests of the public API share: engines, modules and instances in one line each.
#pragma once

#include <string_view>
#include <utility>

#include <catch2/catch_test_macros.hpp>

#include <wasmrt/wasmrt.hpp>

#include "sys/os/fault.h"

namespace wasmrt::test {

/// The value, or a failed test with the error's text.
template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}
inline void must(Result<void> result) {
  if (!result) FAIL(result.error().message);
}
/// The error, or a failed test.
template <class T>
Error must_fail(Result<T> result) {
  if (result.ok()) FAIL("succeeded unexpectedly");
  return result.error();
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The test framework puts its fault handlers on top of ours for each test case: ours go back on
/// top.
inline void own_faults() {
  if (os::fault_handlers_intact()) return;
  os::remove_fault_handlers();
  os::install_fault_handlers();
}

inline Engine make_engine(const EngineConfig& config = {}) {
  Engine engine = must(Engine::create(config));
  if (engine.config().signals) own_faults();
  return engine;
}
inline Module compile(const Engine& engine, std::string_view text) {
  return must(Module::compile(engine, text));
}
/// An instance without imports, and everything around it.
inline Instance instantiate(std::string_view text, const EngineConfig& config = {}) {
  const Engine engine = make_engine(config);
  return must(Instance::create(Store(engine), compile(engine, text)));
}

/// The trap of a failed call, or a failed test.
template <class T>
Trap must_trap(Result<T> result) {
  const Error error = must_fail(std::move(result));
  if (error.trap() == nullptr) FAIL("no trap but: " + error.message);
  return *error.trap();
}

}  // namespace wasmrt::test
