// The public Engine: which parts a configuration asks for, and whether they are there.
#include <wasmrt/engine.hpp>

#include <string>
#include <utility>

#include "libwasmrt/engine/compiler.h"
#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/engine_state.h"
#include "sys/os/fault.h"

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
  const char* const no_compiler =
      wanted.engine == EngineKind::Interp ? nullptr : engine::no_compiler_because();
  if (wanted.engine == EngineKind::Jit && no_compiler != nullptr) {
    return invalid("engine jit: " + std::string(no_compiler) + "; use auto or interp");
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
  if (no_compiler != nullptr) config.engine = EngineKind::Interp;
  // Where faults cannot be caught (a policy of the process) accesses are checked.
  const bool guarded = config.reservation != MemoryReservation::None;
  config.signals =
      config.signals && guarded && os::install_fault_handlers() && os::prepare_thread_for_faults();
  const auto engine = rt::make_ref<rt::Engine>(config);
  engine->enable_guard(guarded);
  if (const std::string why = engine::choose_cpu(*engine); !why.empty()) {
    return invalid("cpu: " + why);
  }
  if (config.engine != EngineKind::Interp) {
    if (const std::string why = engine::set_up_compiler(*engine); !why.empty()) return invalid(why);
  }
  if (no_compiler != nullptr) engine::note_not_compiling(*engine, no_compiler);
  return detail::Access::make_engine(engine.get());
}

const EngineConfig& Engine::config() const noexcept { return detail::Access::get(*this)->config(); }

std::string_view Engine::not_compiling_because() const noexcept {
  const char* why = detail::Access::get(*this)->not_compiling_because();
  return why == nullptr ? std::string_view() : std::string_view(why);
}

}  // namespace wasmrt
