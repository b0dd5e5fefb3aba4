// When a module is compiled, and what happens where the system refuses executable memory.
#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "jit/restrict.h"
#include "jit/target.h"
#include "libwasmrt/base/bytes.h"
#include "libwasmrt/base/log.h"
#include "libwasmrt/engine/compiler.h"
#include "libwasmrt/engine/native_code.h"
#include "libwasmrt/engine/native_stubs.h"
#include "sys/os/cpu.h"

namespace wasmrt::engine {

namespace {

std::uint64_t body_bytes(const DecodedModule& module) {
  std::uint64_t bytes = 0;
  for (const FuncBody& body : module.bodies) bytes += body.size;
  return bytes;
}

/// Whether nobody minds waiting for all of it.
bool is_small(const DecodedModule& module, const EngineConfig& config) {
  constexpr std::uint64_t kMostThreads = 8;
  const std::uint64_t threads = config.threads != 0 ? config.threads : os::usable_cores();
  return body_bytes(module) <= config.compile_at_once * std::min(threads, kMostThreads);
}

/// Why everything is compiled and nothing of it kept: somebody looks at the compiler, or restricts
/// it. Null where nobody does.
const char* compiled_for(const EngineConfig& config) {
  if (config.gdb) return "with gdb everything is compiled";  // files do not describe frames
  if (jit::restricted()) return "with WASMRT_COMPILE everything is compiled";
  if (!os::environment("WASMRT_DUMP").empty()) return "with WASMRT_DUMP everything is compiled";
  return nullptr;
}

}  // namespace

const char* no_compiler_because() {
  if (jit::host_target() == nullptr) return "there is no compiler for this machine";
  if (native_stubs() == nullptr) return kNoExecutableMemory;
  return nullptr;
}

std::string set_up_compiler(rt::Engine& engine) {
  engine.set_native(native_stubs());
  const EngineConfig& config = engine.config();
  const std::string options =
      std::string("wasmrt code ") + kBuildId + ' ' + jit::host_target()->name + " cpu " +
      std::to_string(engine.cpu()) + " signals " + std::to_string(config.signals) + " guard " +
      std::to_string(engine.guard_bytes()) + " deterministic " +
      std::to_string(config.deterministic) + " spectre guards " +
      std::to_string(config.spectre_guards) + " features " + std::to_string(config.features.bits());
  CacheConfig cache = config.cache;
  const char* const wants_compiler = compiled_for(config);
  if (wants_compiler != nullptr) {
    if (cache.mode == CacheMode::MustHit) {
      return "cache: must-hit never compiles, and " + std::string(wants_compiler);
    }
    cache.mode = CacheMode::Off;
  }
  if (config.gdb) show_native_stubs();
  auto made = std::make_shared<CodeCache>(cache, sha256(bytes_of(options)));
  if (wants_compiler != nullptr) {
    made->refuse_images(wants_compiler);
  }
  engine.set_cache(std::move(made));
  return {};
}

void note_not_compiling(rt::Engine& engine, const char* why) {
  engine.set_not_compiling(why);
  static std::atomic_flag said = ATOMIC_FLAG_INIT;
  if (why == kNoExecutableMemory && !said.test_and_set()) {
    WASMRT_LOG(Warn, std::string(why) + ": everything runs in the interpreter");
  }
}

std::string choose_cpu(rt::Engine& engine) {
  const jit::Target* target = jit::host_target();
  if (target == nullptr) return {};
  std::uint64_t cpu = 0;
  std::string why = target->parse_cpu(engine.config().cpu, target->host_cpu(), cpu);
  engine.set_cpu(cpu);
  return why;
}

std::shared_ptr<rt::CodeSource> adopt_image(rt::Engine& engine,
                                            std::shared_ptr<const DecodedModule> module,
                                            const std::shared_ptr<const CachedImage>& image,
                                            const char*& refused) {
  // The interpreter only for what has no machine code: setting it up takes a millisecond for a
  // large module.
  auto interp =
      image->content.image.declined == 0 ? nullptr : std::make_unique<InterpCode>(engine, module);
  auto code = std::make_shared<NativeCode>(engine, std::move(module), std::move(interp), nullptr,
                                           image->content.key);
  refused = code->adopt(image);
  return refused == nullptr ? std::move(code) : nullptr;
}

std::optional<ImageView> image_of(rt::CodeSource& code) {
  return static_cast<NativeCode&>(code).image();
}

Result<std::shared_ptr<rt::CodeSource>> compile_native(rt::Engine& engine,
                                                       std::shared_ptr<const DecodedModule> module,
                                                       std::unique_ptr<InterpCode> interp,
                                                       bool eager, const CodeKey* key) {
  const bool may_interpret = engine.config().engine == EngineKind::Auto;
  const bool now = eager || !may_interpret || is_small(*module, engine.config());
  // Code that WASMRT_COMPILE restricts is not to be kept.
  auto* const cache =
      key == nullptr || jit::restricted() ? nullptr : static_cast<CodeCache*>(engine.cache());
  auto code = std::make_shared<NativeCode>(engine, std::move(module), std::move(interp), cache,
                                           key == nullptr ? CodeKey{} : *key);
  if (!now) {
    code->compile_meanwhile();
  } else if (!code->compile_now(may_interpret && !eager)) {
    if (!may_interpret) return Error(ErrorCode::Internal, kNoExecutableMemory);
    note_not_compiling(engine, kNoExecutableMemory);
  }
  return std::shared_ptr<rt::CodeSource>(std::move(code));
}

}  // namespace wasmrt::engine
