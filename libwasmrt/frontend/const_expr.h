// Constant expressions: checked while sections are decoded, evaluated when a module is
// instantiated.
//
// In: bytes. Out: a ConstExpr whose commonest forms are resolved, and its value. The GC
// instructions are valid in constant expressions, but no engine executes them yet: decoding notes
// the first one in DecodedModule::not_executable, and evaluating one is not possible.
#pragma once

#include <functional>
#include <memory>

#include <wasmrt/value.hpp>

#include "libwasmrt/frontend/module.h"
#include "libwasmrt/frontend/reader.h"

namespace wasmrt {

/// Checks constant expressions of one module; keep it for all of them.
class ConstExprDecoder {
 public:
  explicit ConstExprDecoder(DecodedModule& module);
  ~ConstExprDecoder();
  ConstExprDecoder(const ConstExprDecoder&) = delete;
  ConstExprDecoder& operator=(const ConstExprDecoder&) = delete;

  /// Takes an expression with its `end`. The value must match `expected`. Globals known so far may
  /// be read; functions named become declared. On failure the reason is in `r`.
  bool decode(Reader& r, ValType expected, ConstExpr& out);

 private:
  class Checker;
  std::unique_ptr<Checker> checker_;
};

/// What evaluation needs from an instance. Both are called with valid indices.
struct ConstEnv {
  std::function<Value(GlobalIdx)> global;
  std::function<RawRef(FuncIdx)> func;
};

/// The value of a checked expression of a module whose not_executable is empty.
Value eval_const(const DecodedModule& module, const ConstExpr& expr, const ConstEnv& env);

}  // namespace wasmrt
