// The public Engine: which parts a configuration asks for, and whether they are there.
#include <wasmrt/engine.hpp>

#include <string>
#include <utility>

#include "interp/interp.h"
#include "libwasmrt/engine/compiler.h"
#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/engine_state.h"

namespace wasmrt {

namespace {

// The interpreter's frames and the library's own need this much to get anywhere.
constexpr std::uint64_t kLeastStack = 64 * 1024;
constexpr std::uint64_t kMostStack = std::uint64_t{1} << 30;
constexpr std::uint64_t kLeastReserve = 16 * 1024;

Error invalid(std::string text) {
  return {ErrorCode::InvalidArgument, "invalid engine configuration: " + std::move(text)};
}

}  // namespace

Result<Engine> Engine::create(const EngineConfig& wanted) {
  if (wanted.engine == EngineKind::Jit) {
    if (const std::string why = engine::no_compiler_because(); !why.empty()) {
      return invalid("engine jit: " + why);
    }
  }
  if (wanted.stack_bytes < kLeastStack || wanted.stack_bytes > kMostStack) {
    return invalid("stack of " + std::to_string(wanted.stack_bytes) +
                   " bytes: " + std::to_string(kLeastStack) + " to " + std::to_string(kMostStack) +
                   " are possible");
  }
  if (wanted.host_reserve < kLeastReserve || wanted.host_reserve > kMostStack) {
    return invalid("host reserve of " + std::to_string(wanted.host_reserve) +
                   " bytes: " + std::to_string(kLeastReserve) + " to " +
                   std::to_string(kMostStack) + " are possible");
  }
  EngineConfig config = wanted;
  if (config.engine == EngineKind::Auto) config.engine = EngineKind::Interp;
  // Where faults cannot be caught (sanitizers, a policy of the process) accesses are checked.
  const bool guarded = config.reservation != MemoryReservation::None;
  config.signals = config.signals && guarded && interp::install_faults();
  const auto engine = rt::make_ref<rt::Engine>(config);
  engine->enable_guard(guarded);
  if (config.engine == EngineKind::Jit) {
    if (const std::string why = engine::set_up_compiler(*engine); !why.empty()) {
      return invalid("engine jit: " + why);
    }
  }
  return detail::Access::make_engine(engine.get());
}

const EngineConfig& Engine::config() const noexcept { return detail::Access::get(*this)->config(); }

}  // namespace wasmrt
