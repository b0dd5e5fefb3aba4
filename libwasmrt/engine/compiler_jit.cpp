// When a module is compiled, and what happens where the system refuses executable memory.
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

namespace wasmrt::engine {

namespace {

std::uint64_t body_bytes(const DecodedModule& module) {
  std::uint64_t bytes = 0;
  for (const FuncBody& body : module.bodies) bytes += body.size;
  return bytes;
}

}  // namespace

const char* no_compiler_because() {
  if (jit::host_target() == nullptr) return "there is no compiler for this machine";
  if (native_stubs() == nullptr) return kNoExecutableMemory;
  return nullptr;
}

void set_up_compiler(rt::Engine& engine) {
  engine.set_native(native_stubs());
  const EngineConfig& config = engine.config();
  const std::string options =
      std::string("wasmrt code ") + kBuildId + ' ' + jit::host_target()->name + " cpu " +
      std::to_string(engine.cpu()) + " signals " + std::to_string(config.signals) + " guard " +
      std::to_string(engine.guard_bytes()) + " deterministic " +
      std::to_string(config.deterministic) + " spectre guards " +
      std::to_string(config.spectre_guards) + " features " + std::to_string(config.features.bits());
  CacheConfig cache = config.cache;
  // Whoever looks at the compiler, or restricts it, wants it to run and keeps nothing of it.
  if (jit::restricted() || !os::environment("WASMRT_DUMP").empty()) cache.mode = CacheMode::Off;
  if (config.gdb) {  // frames are not described in files
    cache.mode = CacheMode::Off;
    show_native_stubs();
  }
  engine.set_cache(std::make_shared<CodeCache>(cache, sha256(bytes_of(options))));
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
                                            const std::shared_ptr<const CachedImage>& image) {
  // The interpreter only for what has no machine code: setting it up takes a millisecond for a
  // large module.
  auto interp =
      image->content.image.declined == 0 ? nullptr : std::make_unique<InterpCode>(engine, module);
  auto code = std::make_shared<NativeCode>(engine, std::move(module), std::move(interp), nullptr,
                                           image->content.key);
  return code->adopt(image) ? std::move(code) : nullptr;
}

std::optional<ImageView> image_of(rt::CodeSource& code) {
  return static_cast<NativeCode&>(code).image();
}

Result<std::shared_ptr<rt::CodeSource>> compile_native(rt::Engine& engine,
                                                       std::shared_ptr<const DecodedModule> module,
                                                       std::unique_ptr<InterpCode> interp,
                                                       bool eager, const CodeKey* key) {
  const bool may_interpret = engine.config().engine == EngineKind::Auto;
  const bool now =
      eager || !may_interpret || body_bytes(*module) <= engine.config().compile_at_once;
  // Code that WASMRT_COMPILE restricts is not to be kept.
  auto* const cache =
      key == nullptr || jit::restricted() ? nullptr : static_cast<CodeCache*>(engine.cache());
  auto code = std::make_shared<NativeCode>(engine, std::move(module), std::move(interp), cache,
                                           key == nullptr ? CodeKey{} : *key);
  if (!now) {
    code->compile_when_busy();
  } else if (!code->compile_now()) {
    if (!may_interpret) return Error(ErrorCode::Internal, kNoExecutableMemory);
    note_not_compiling(engine, kNoExecutableMemory);
  }
  return std::shared_ptr<rt::CodeSource>(std::move(code));
}

}  // namespace wasmrt::engine
