// Compiles a module with jit/, links its functions and publishes them.
#include <atomic>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "jit/compile_function.h"
#include "jit/target.h"
#include "libwasmrt/engine/compiler.h"
#include "libwasmrt/engine/native_image.h"
#include "sys/os/clock.h"

namespace wasmrt::engine {

namespace {

struct Compiled {
  CodeBlob blob;
  const char* declined = nullptr;
};

std::vector<jit::ir::MemoryInfo> memory_infos(const rt::Engine& engine, const DecodedModule& m) {
  std::vector<jit::ir::MemoryInfo> infos;
  for (const MemoryType& type : m.memories) {
    jit::ir::MemoryInfo info;
    info.is_64 = type.address == AddressType::I64;
    info.page_size_log2 = type.page_size_log2;
    const bool guarded = engine.config().signals && !info.is_64 && type.page_size_log2 == 16;
    info.guarded_bytes = guarded ? engine.guard_bytes() : 0;
    info.may_move = !guarded;
    infos.push_back(info);
  }
  return infos;
}

/// The compiled functions of a module, with the interpreter for the rest.
class NativeCode final : public rt::CodeSource {
 public:
  NativeCode(const rt::Engine& engine, std::shared_ptr<const DecodedModule> module,
             std::unique_ptr<InterpCode> interp, std::unique_ptr<NativeImage> image,
             std::vector<std::uint32_t> entries)
      : engine_(engine),
        module_(std::move(module)),
        interp_(std::move(interp)),
        image_(std::move(image)),
        entries_(std::move(entries)) {}

  void init_function(VmFuncRef& ref, FuncIdx func) override {
    interp_->init_function(ref, func);  // the slot counts, and what runs when it was declined
    const FuncType& type = module_->func_type(func);
    const std::uint32_t at = entries_[raw(func) - module_->imported_funcs];
    if (at == kDeclined) {
      ref.native = engine_.native().adapter(type);
      return;
    }
    ref.native = image_->base() + at;
    ref.code = native_entry_code(type);
    ref.entry = &native_entry;
    ref.engine = static_cast<std::uint32_t>(VmEngine::Native);
  }
  [[nodiscard]] void* module_code() override { return interp_->module_code(); }
  void add_stats(ModuleStats& stats) const override {
    interp_->add_stats(stats);
    if (image_ != nullptr) stats.code_bytes += image_->size();
  }

  static constexpr std::uint32_t kDeclined = ~0u;

 private:
  const rt::Engine& engine_;
  std::shared_ptr<const DecodedModule> module_;
  std::unique_ptr<InterpCode> interp_;
  std::unique_ptr<NativeImage> image_;
  std::vector<std::uint32_t> entries_;  // by defined function; kDeclined without code
};

/// Functions in order, thunks for declined callees behind them.
struct Linked {
  std::vector<std::uint8_t> code;
  std::vector<NativeFunc> funcs;
  std::vector<CodePoint> points;
  std::vector<std::uint32_t> entries;
};

Linked link(const jit::Target& target, const DecodedModule& m, const std::vector<Compiled>& all) {
  Linked out;
  const std::uint32_t first = m.imported_funcs;
  const auto align = [&out] { out.code.resize((out.code.size() + 15) & ~std::size_t{15}, 0xCC); };
  std::vector<std::uint32_t> inner(all.size(), NativeCode::kDeclined);  // entries for direct calls
  for (std::uint32_t n = 0; n < all.size(); ++n) {
    const CodeBlob& blob = all[n].blob;
    if (all[n].declined != nullptr) {
      out.entries.push_back(NativeCode::kDeclined);
      continue;
    }
    align();
    const auto begin = static_cast<std::uint32_t>(out.code.size());
    out.code.insert(out.code.end(), blob.code.begin(), blob.code.end());
    out.entries.push_back(begin);
    inner[n] = begin + blob.entry;
    out.funcs.push_back({begin, blob.frame_bytes, blob.vmctx_at, first + n});
    for (CodePoint p : blob.points) {
      p.pc += begin;
      out.points.push_back(p);
    }
  }
  for (std::uint32_t n = 0; n < all.size(); ++n) {
    if (all[n].declined != nullptr) continue;
    for (const CallSite& site : all[n].blob.calls) {
      std::uint32_t& callee = inner[site.callee - first];
      if (callee == NativeCode::kDeclined) {
        align();
        callee = static_cast<std::uint32_t>(out.code.size());
        const std::vector<std::uint8_t> thunk = target.make_thunk(site.callee);
        out.code.insert(out.code.end(), thunk.begin(), thunk.end());
      }
      target.patch_call(out.code.data(), out.entries[n] + site.offset, callee);
    }
  }
  // A return address may lie behind the last instruction: still inside the image.
  if (!out.code.empty()) out.code.push_back(0xCC);
  return out;
}

}  // namespace

std::string no_compiler_because() {
  if (jit::host_target() == nullptr)
    return "there is no compiler for this machine; use auto or interp";
  if (native_stubs() == nullptr) return "the system refuses executable memory; use auto or interp";
  return {};
}

std::string set_up_compiler(rt::Engine& engine) {
  std::string why = no_compiler_because();
  if (why.empty()) engine.set_native({native_stubs(), &native_adapter});
  return why;
}

Result<std::unique_ptr<rt::CodeSource>> compile_native(rt::Engine& engine,
                                                       std::shared_ptr<const DecodedModule> module,
                                                       std::unique_ptr<InterpCode> interp,
                                                       ModuleStats& stats) {
  const std::uint64_t start = os::monotonic_ns();
  const jit::Target& target = *jit::host_target();
  const std::vector<jit::ir::MemoryInfo> memories = memory_infos(engine, *module);
  jit::CompileContext context;
  context.module = module.get();
  context.target = &target;
  context.options.cpu = target.host_cpu();
  context.options.signals = engine.config().signals;
  context.options.deterministic = engine.config().deterministic;
#ifdef WASMRT_DEBUG_CHECKS
  context.options.verify = true;
#endif
  context.memories = memories;

  std::vector<Compiled> all(module->bodies.size());
  const auto compile_range = [&](std::size_t begin, std::size_t end) {
    jit::CompileState worker;
    for (std::size_t n = begin; n < end; ++n) {
      const FuncIdx index{static_cast<std::uint32_t>(module->imported_funcs + n)};
      all[n].declined = jit::compile_function(context, index, worker, all[n].blob);
    }
  };
  // Threads are worth their start only for more than a handful of functions.
  constexpr std::size_t kParallelFrom = 64;
  if (all.size() < kParallelFrom) {
    compile_range(0, all.size());
  } else {
    engine.workers().parallel_for(all.size(), 32, compile_range);
  }
  Linked linked = link(target, *module, all);
  std::unique_ptr<NativeImage> image;
  if (!linked.code.empty()) {
    image = NativeImage::publish(linked.code, std::move(linked.funcs), std::move(linked.points),
                                 engine.config().signals);
    if (image == nullptr) {
      return Error(ErrorCode::Internal, "the system refuses executable memory");
    }
  }
  for (const Compiled& c : all) {
    if (c.declined != nullptr) ++stats.declined;
  }
  stats.translate_ns += os::monotonic_ns() - start;
  return std::unique_ptr<rt::CodeSource>(std::make_unique<NativeCode>(
      engine, std::move(module), std::move(interp), std::move(image), std::move(linked.entries)));
}

}  // namespace wasmrt::engine
