// wasmrt-objdump: what the compiler makes of functions, for either machine, on any host.
//
// In: a module, as text or binary, or an image. Out: on standard output, per function its forms
// beside each other. Exit codes: 0, 1 when the file cannot be used, 2 bad usage. A function that
// the compiler declines is printed as far as it came, with the reason.
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include <wasmrt/engine.hpp>

#include "jit/target.h"
#include "libwasmrt/engine/cache_format.h"
#include "libwasmrt/engine/compile_module.h"
#include "libwasmrt/engine/compile_pipeline.h"
#include "libwasmrt/runtime/access.h"
#include "libwasmrt/text/wat.h"
#include "sys/os/file.h"
#include "tools/wasmrt_objdump/listing.h"
#include "tools/wasmrt_objdump/options.h"

namespace wasmrt::tools {

namespace {

constexpr std::uint64_t kMaxFile = std::uint64_t{2} << 30;

int fail(const std::string& text, int code) {
  std::fprintf(stderr, "wasmrt-objdump: %s\n", text.c_str());
  return code;
}

void put(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

const jit::Target* target_of(std::string_view name) {
  if (name == "x64") return &jit::x64_target();
  if (name == "arm64") return &jit::arm64_target();
  return name.empty() ? jit::host_target() : nullptr;
}

/// The features of --cpu. Code that is only printed may use what this processor lacks; a list that
/// begins with a difference differs from this processor, or from the least of another machine.
std::string choose_cpu(const jit::Target& target, const std::string& text, std::uint64_t& out) {
  const bool host = &target == jit::host_target();
  if (target.parse_cpu(text, host ? target.host_cpu() : 0, out).empty()) return {};
  return target.parse_cpu(text, ~std::uint64_t{0}, out);
}

struct Dump {
  const DumpOptions& options;
  const DecodedModule& module;
  const jit::Target& target;
  const engine::ImageView* image = nullptr;
  jit::CompileContext context;

  void run(const std::vector<FuncIdx>& functions);
};

void Dump::run(const std::vector<FuncIdx>& functions) {
  const text::PrintNames names = text::name_functions(module);
  std::array<bool, kForms> chosen{};
  std::string stages = options.stages;
  if (stages.empty()) stages = image != nullptr ? "wasm,asm" : "wasm,opt,regalloc,asm";
  parse_stages(stages, chosen);
  if (options.list) chosen = {};
  const Lister lister(module, names, target.name, options.raw_bytes, chosen);
  if (options.list)
    std::printf("%7s %9s %9s %9s %9s  %s\n", "index", "wasm", "code", "data", "frame", "name");
  for (const FuncIdx func : functions) {
    const Listing listing =
        image != nullptr ? lister.from_image(*image, func) : lister.compile(context, func);
    const std::string& name = names.funcs[raw(func)];
    const std::uint32_t body = module.bodies[raw(func) - module.imported_funcs].size;
    const bool declined = !listing.declined.empty();
    if (options.list) {
      std::printf("%7u %9u %9u %9u %9d  %s%s%s\n", raw(func), body, listing.code_bytes,
                  listing.data_bytes, listing.frame_bytes, name[0] == '$' ? name.c_str() : "",
                  declined ? "  declined: " : "", listing.declined.c_str());
      continue;
    }
    std::string head = "func " + std::to_string(raw(func));
    if (name[0] == '$') head += " " + name;
    head += ": " + std::to_string(body) + " bytes of wasm";
    if (!declined) {
      head += ", " + std::to_string(listing.code_bytes) + " of " + target.name + " code, " +
              std::to_string(listing.data_bytes) + " of data";
    }
    put(head + "\n");
    put(options.sections ? in_sections(listing.forms, listing.pieces, chosen)
                         : in_columns(align(listing.forms, listing.pieces, chosen), chosen));
    if (declined) put("declined: " + listing.declined + "\n");
    put("\n");
  }
}

int run(const DumpOptions& o) {
  std::vector<std::uint8_t> file;
  if (const int error = os::read_file(o.file, os::Links::Follow, kMaxFile, file); error != 0) {
    return fail(o.file + ": " + std::strerror(error), 1);
  }
  engine::ImageView image;
  bool is_image = engine::looks_like_image(file);
  std::vector<std::uint8_t> binary;
  if (is_image) {
    if (!engine::view_image(file, image)) return fail(o.file + ": a damaged image", 1);
    binary.assign(image.module.begin(), image.module.end());
    is_image = !o.recompile;
  } else if (file.size() >= 4 && file[0] == 0 && file[1] == 'a' && file[2] == 's' &&
             file[3] == 'm') {
    binary = std::move(file);
  } else {
    Result<std::vector<std::uint8_t>> parsed =
        text::wat_to_wasm({reinterpret_cast<const char*>(file.data()), file.size()});
    if (!parsed) return fail(o.file + ": " + parsed.error().message, 1);
    binary = std::move(*parsed);
  }
  if (is_image && !o.arch.empty() && o.arch != image.machine) {
    return fail("the image has code of " + std::string(image.machine) +
                    "; --recompile makes that of " + o.arch,
                2);
  }
  const jit::Target* target = target_of(is_image ? image.machine : std::string_view(o.arch));
  if (target == nullptr) return fail("there is no compiler for this machine; --arch says which", 2);

  EngineConfig config = o.config;
  config.cpu.clear();  // of the engine here, which compiles nothing
  const Result<Engine> engine = Engine::create(config);
  if (!engine) return fail(engine.error().message, 2);
  rt::Engine& rt_engine = *detail::Access::get(*engine);
  ModuleStats stats;
  const Result<std::shared_ptr<const DecodedModule>> decoded = engine::decode_and_validate(
      rt_engine, std::make_shared<const ModuleBytes>(std::move(binary)), stats);
  if (!decoded) return fail(o.file + ": " + decoded.error().message, 1);

  std::vector<FuncIdx> functions;
  if (const std::string bad = select_functions(**decoded, o.functions, functions); !bad.empty()) {
    return fail(bad, 1);
  }
  const std::vector<jit::ir::MemoryInfo> memories = engine::memory_infos(rt_engine, **decoded);
  Dump dump{o, **decoded, *target, is_image ? &image : nullptr, {}};
  dump.context.module = decoded->get();
  dump.context.target = target;
  dump.context.options.signals = o.config.signals;
  dump.context.options.deterministic = o.config.deterministic;
  dump.context.options.spectre_guards = o.config.spectre_guards;
  dump.context.options.verify = o.verify;
  dump.context.memories = memories;
  const jit::CallTables call_tables(**decoded);
  dump.context.call_tables = &call_tables;
  const std::string bad = choose_cpu(*target, o.config.cpu, dump.context.options.cpu);
  if (!bad.empty()) return fail("--cpu: " + bad, 2);
  dump.run(functions);
  return 0;
}

}  // namespace

}  // namespace wasmrt::tools

int main(int argc, char** argv) {
  try {
    wasmrt::tools::DumpOptions options;
    if (const auto code = wasmrt::tools::parse_options(argc, argv, options); code) return *code;
    return wasmrt::tools::run(options);
  } catch (const std::bad_alloc&) {
    return wasmrt::tools::fail("out of memory: choose functions (-f) or forms (--stages)", 1);
  } catch (const std::exception& e) {
    return wasmrt::tools::fail(e.what(), 1);
  }
}
