// Values of scripts as values of the API: arguments in, results compared.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <wasmrt/externref.hpp>
#include <wasmrt/store.hpp>
#include <wasmrt/value.hpp>

#include "libwasmrt/text/wast.h"

namespace wasmrt::spectest {

/// Host objects of a script: `(ref.extern 3)` is the same reference wherever it stands.
class HostRefs {
 public:
  explicit HostRefs(const Store& store) : store_(store) {}
  const ExternRef& get(std::uint64_t number);

 private:
  Store store_;
  std::map<std::uint64_t, ExternRef> refs_;
};

/// An argument; empty for what only a result can be.
std::optional<Value> to_value(const text::ScriptValue& arg, HostRefs& refs);

/// Whether a result is what was expected.
bool matches(const Value& found, const text::ScriptValue& expected, HostRefs& refs);

/// The expected value as text, for messages.
std::string to_string(const text::ScriptValue& expected);

}  // namespace wasmrt::spectest
