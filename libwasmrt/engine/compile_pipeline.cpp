// Every stage from source to code, in order, with time taken and dumps in between.
//
//   text ─ text::wat_to_wasm ─▶ bytes ─ decode_module ─▶ DecodedModule ─ validate_module (parallel)
//        ─▶ refused if no engine executes it ─ InterpCode ─ compile_native (JIT) ─▶ rt::Module
//
// Bytes that the engine knows already skip all of it but the text.
#include "libwasmrt/engine/compile_pipeline.h"

#include <string>
#include <string_view>
#include <utility>

#include "libwasmrt/base/dump.h"
#include "libwasmrt/engine/compiler.h"
#include "libwasmrt/engine/interp_code.h"
#include "libwasmrt/frontend/decode.h"
#include "libwasmrt/frontend/report.h"
#include "libwasmrt/frontend/validate_body.h"
#include "libwasmrt/text/print_wat.h"
#include "libwasmrt/text/wat.h"
#include "sys/os/clock.h"

namespace wasmrt::engine {

namespace {

/// Adds the time since it was made to a counter.
class Stopwatch {
 public:
  explicit Stopwatch(std::uint64_t& counter) : counter_(counter), since_(os::monotonic_ns()) {}
  ~Stopwatch() { counter_ += os::monotonic_ns() - since_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  std::uint64_t& counter_;
  std::uint64_t since_;
};

void dump_sections(const DecodedModule& m) {
  const auto count = [](const char* what, std::size_t n) {
    return n == 0 ? std::string() : "  " + std::string(what) + ": " + std::to_string(n) + "\n";
  };
  dump_write(Stage::Decode,
             "module " + std::string(m.names.module) + ": " + std::to_string(m.bytes->size()) +
                 " bytes\n" + count("types", m.types.size()) + count("imports", m.imports.size()) +
                 count("functions", m.bodies.size()) + count("tables", m.tables.size()) +
                 count("memories", m.memories.size()) + count("globals", m.globals.size()) +
                 count("tags", m.tags.size()) + count("exports", m.exports.size()) +
                 count("element segments", m.elems.size()) +
                 count("data segments", m.datas.size()));
}

void dump_text(const DecodedModule& m) { dump_write(Stage::Text, text::print_wat(m)); }

void dump_functions(const DecodedModule& m) {
  std::string text;
  for (std::uint32_t i = m.imported_funcs; i < m.funcs.size(); ++i) {
    if (!dump_enabled(Stage::Validate, i)) continue;
    text += function_text(m, FuncIdx{i}) + ": " + to_string(m.func_type(FuncIdx{i})) + '\n';
  }
  dump_write(Stage::Validate, text);
}

void dump_bytecode(const DecodedModule& m, InterpCode& code) {
  if (!dump_enabled(Stage::Bytecode)) return;
  for (std::uint32_t i = m.imported_funcs; i < m.funcs.size(); ++i) {
    if (dump_enabled(Stage::Bytecode, i)) {
      dump_write(Stage::Bytecode, code.code().print(FuncIdx{i}));
    }
  }
}

}  // namespace

Result<std::shared_ptr<const DecodedModule>> decode_and_validate(rt::Engine& engine,
                                                                 rt::CodeTable::Bytes bytes,
                                                                 ModuleStats& stats) {
  stats.bytes = bytes->size();
  DecodeOptions options;
  options.features = engine.config().features;
  options.interner = &engine.types();
  options.keep_custom_sections = engine.config().keep_custom_sections;

  std::shared_ptr<DecodedModule> module;
  {
    const Stopwatch time(stats.decode_ns);
    Result<std::shared_ptr<DecodedModule>> decoded = decode_module(std::move(bytes), options);
    if (!decoded) return std::move(decoded).error();
    module = std::move(*decoded);
  }
  stats.functions = module->bodies.size();
  if (dump_enabled(Stage::Decode)) dump_sections(*module);

  const Stopwatch time(stats.validate_ns);
  const ParallelFor parallel = [&engine](std::size_t tasks,
                                         const std::function<void(std::size_t)>& run) {
    engine.workers().parallel_for(tasks, 1, [&run](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) run(i);
    });
  };
  if (Result<void> valid = validate_module(*module, &parallel); !valid) {
    return std::move(valid).error();
  }
  if (dump_enabled(Stage::Validate)) dump_functions(*module);
  return std::shared_ptr<const DecodedModule>(std::move(module));
}

namespace {

/// Everything behind the bytes.
Result<std::shared_ptr<const rt::CompiledCode>> make_code(rt::Engine& engine,
                                                          rt::CodeTable::Bytes bytes, bool eager) {
  ModuleStats stats;
  Result<std::shared_ptr<const DecodedModule>> decoded =
      decode_and_validate(engine, std::move(bytes), stats);
  if (!decoded) return std::move(decoded).error();
  const DecodedModule& module = **decoded;
  if (!module.not_executable.empty()) {
    return Error(ErrorCode::NotExecutable, "not executable yet: " + module.not_executable);
  }

  auto interp = std::make_unique<InterpCode>(engine, *decoded);
  dump_bytecode(module, *interp);
  std::shared_ptr<rt::CodeSource> code;
  if (engine.config().engine == EngineKind::Interp) {
    code = std::move(interp);
  } else {
    Result<std::shared_ptr<rt::CodeSource>> native =
        compile_native(engine, *decoded, std::move(interp), eager);
    if (!native) return std::move(native).error();
    code = std::move(*native);
  }
  return std::shared_ptr<const rt::CompiledCode>(std::make_shared<rt::CompiledCode>(
      rt::CompiledCode{std::move(*decoded), std::move(code), stats}));
}

}  // namespace

Result<rt::Ref<rt::Module>> compile(rt::Engine& engine, std::span<const std::uint8_t> source,
                                    const ModuleConfig& config) {
  std::uint64_t text_ns = 0;
  rt::CodeTable::Bytes bytes;
  if (!looks_like_wasm(source)) {
    const Stopwatch time(text_ns);
    Result<std::vector<std::uint8_t>> parsed =
        text::wat_to_wasm({reinterpret_cast<const char*>(source.data()), source.size()});
    if (!parsed) return std::move(parsed).error();
    bytes = std::make_shared<const std::vector<std::uint8_t>>(std::move(*parsed));
    source = *bytes;
  }
  rt::CodeTable::Ticket ticket;
  std::shared_ptr<const rt::CompiledCode> code =
      engine.code_table().find_or_begin(source, bytes, ticket);
  if (code == nullptr) {
    Result<std::shared_ptr<const rt::CompiledCode>> made =
        make_code(engine, std::move(bytes), config.eager);
    if (!made) return std::move(made).error();
    code = std::move(*made);
    ticket.done(code);
  }
  if (text_ns != 0 && dump_enabled(Stage::Text)) dump_text(*code->decoded);
  if (config.eager) code->code->finish();
  return rt::make_ref<rt::Module>(rt::Ref<rt::Engine>(&engine), std::move(code), config, text_ns);
}

}  // namespace wasmrt::engine
