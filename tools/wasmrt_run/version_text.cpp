// What --version prints.
#include "tools/wasmrt_run/version_text.h"

#include <wasmrt/engine.hpp>
#include <wasmrt/version.hpp>

#if WASMRT_HAS_JIT
#include "jit/features.h"
#endif

namespace wasmrt::tools {

std::string version_text() {
  std::string text = "wasmrt-run ";
  text += version();
  text += "\nengines: interp";
  EngineConfig config;
  config.engine = EngineKind::Jit;
  if (Engine::create(config)) text += " jit";
  const Result<Engine> chosen = Engine::create();
  if (chosen)
    text += chosen->config().engine != EngineKind::Interp ? " (auto: jit)" : " (auto: interp)";
  text += '\n';
#if WASMRT_HAS_JIT
  text += "machine: ";
  text += jit::host_features();
  text += '\n';
#endif
  return text;
}

}  // namespace wasmrt::tools
