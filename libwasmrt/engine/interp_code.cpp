// The interpreter's code of a module: which options, and its statistics.
#include "libwasmrt/engine/interp_code.h"

#include <utility>

namespace wasmrt::engine {

InterpCode::InterpCode(const rt::Engine& engine, std::shared_ptr<const DecodedModule> module) {
  interp::CodeOptions options;
  // Guard pages are of use only where faults are caught, and where the interpreter was built so
  // that its handlers can recover from them.
  if (engine.config().signals && interp::install_faults()) {
    options.guarded_bytes = engine.guard_bytes();
  }
  options.deterministic = engine.config().deterministic;
  code_ = interp::ModuleCode::create(std::move(module), options);
}

void InterpCode::add_stats(ModuleStats& stats) const {
  const interp::CodeStats code = code_->stats();
  stats.translate_ns += code.nanoseconds;
  stats.code_bytes += code.bytecode_bytes;
}

}  // namespace wasmrt::engine
