// See options.h. CLI11 reports bad usage by exceptions, which end here.
#include "tools/wasmrt_objdump/options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include <wasmrt/features.hpp>

namespace wasmrt::tools {

namespace {

constexpr const char* kFooter =
    "Stages: wasm (instructions), ir (SSA as built), opt (SSA after the passes), lower (machine "
    "ops),\n"
    "regalloc (machine ops with registers), asm (machine code). What stands in one row belongs\n"
    "together; the order is that of the machine code. Wasm positions are byte offsets in the "
    "module,\n"
    "those of machine code count from the function's start.\n\n"
    "An image (.cwasm) has wasm and asm; it is only looked at, so it need not be this "
    "machine's.\n\n"
    "Examples:\n"
    "  wasmrt-objdump -f sum sum.wat\n"
    "  wasmrt-objdump -f 12-20 --stages=opt,asm --arch=arm64 program.wasm\n"
    "  wasmrt-objdump --stages=all --layout=list -f _start --cpu=x86-64-v4 program.wasm\n"
    "  wasmrt-objdump -t program.cwasm";

int usage(const std::string& text) {
  std::fprintf(stderr, "wasmrt-objdump: %s\n", text.c_str());
  return 2;
}

bool number(std::string_view text, std::uint32_t& out) {
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && at == text.data() + text.size() && !text.empty();
}

}  // namespace

std::optional<int> parse_options(int argc, char** argv, DumpOptions& o) {
  std::string features;
  std::string signals = "on";
  std::string spectre_guards = "on";
  std::string layout = "columns";
  CLI::App app{"Prints what the compiler makes of WebAssembly functions, stage beside stage."};
  app.name("wasmrt-objdump");
  app.footer(kFooter);
  app.set_help_flag("-h,--help", "Print this help");
  app.add_option("-f,--function", o.functions, "Which: N, A-B or NAME; may be repeated")
      ->type_name("FUNC")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("-s,--stages", o.stages, "Which forms, or all (default: wasm,opt,regalloc,asm)")
      ->type_name("LIST");
  app.add_option("-m,--arch,--machine", o.arch, "Whose code (default: the image's, or this one's)")
      ->type_name("x64|arm64")
      ->check(CLI::IsMember({"x64", "arm64"}));
  app.add_option("--cpu", o.config.cpu, "As of wasmrt-run, also what this processor lacks")
      ->type_name("FEATURES");
  app.add_option("--features", features, "As of wasmrt-run")->type_name("LIST");
  for (const auto& [name, value] :
       {std::pair("--signals", &signals), std::pair("--spectre-guards", &spectre_guards)}) {
    app.add_option(name, *value, "As of wasmrt-run")
        ->type_name("on|off")
        ->check(CLI::IsMember({"on", "off"}));
  }
  app.add_flag("--deterministic", o.config.deterministic, "As of wasmrt-run");
  app.add_option("--layout", layout, "Stages beside each other, or one after the other")
      ->type_name("columns|list")
      ->check(CLI::IsMember({"columns", "list"}));
  app.add_flag("--show-raw-insn", o.raw_bytes, "Print the bytes of machine instructions, too");
  app.add_flag("--verify", o.verify, "Check the SSA form after each pass and register allocation");
  app.add_flag("-t,--syms", o.list, "Only a table of the functions and their sizes");
  app.add_flag("--recompile", o.recompile, "Compile the module in an image instead");
  app.add_option("file", o.file, "Module (binary or text) or image")->type_name("FILE")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& e) {
    return usage(e.what());
  }
  o.sections = layout == "list";
  o.config.engine = EngineKind::Interp;
  o.config.signals = signals == "on";
  o.config.spectre_guards = spectre_guards == "on";
  if (!o.config.signals) o.config.reservation = MemoryReservation::None;
  if (!features.empty()) {
    const Result<Features> parsed = Features::parse(features);
    if (!parsed) return usage("--features: " + parsed.error().message);
    o.config.features = *parsed;
  }
  std::array<bool, kForms> ignored{};
  if (const std::string bad = parse_stages(o.stages, ignored); !bad.empty()) return usage(bad);
  return std::nullopt;
}

std::string parse_stages(const std::string& text, std::array<bool, kForms>& chosen) {
  chosen.fill(text == "all");
  if (text == "all") return {};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view word = std::string_view(text).substr(at, comma - at);
    bool known = false;
    std::string names;
    for (std::size_t f = 0; f < kForms; ++f) {
      const std::string_view name = form_name(static_cast<Form>(f));
      names.append(" ").append(name);
      if (word == name) known = chosen[f] = true;
    }
    if (!known) return "--stages: '" + std::string(word) + "' is none of" + names + " all";
    at = comma + 1;
  }
  return {};
}

std::string select_functions(const DecodedModule& m, const std::vector<std::string>& words,
                             std::vector<FuncIdx>& out) {
  const auto count = static_cast<std::uint32_t>(m.funcs.size());
  const auto add = [&](std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t n = std::max(from, m.imported_funcs); n < to; ++n) {
      if (std::find(out.begin(), out.end(), FuncIdx{n}) == out.end()) out.push_back(FuncIdx{n});
    }
  };
  if (words.empty()) add(0, count);
  for (const std::string& word : words) {
    const std::size_t before = out.size();
    const std::size_t dash = word.find('-');
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool imported = false;
    if (number(std::string_view(word).substr(0, dash), first) &&
        (dash == word.npos || number(std::string_view(word).substr(dash + 1), last))) {
      if (dash == word.npos) last = first;
      if (first >= count || last < first) {
        return "there is no function " + word + "; the module has " + std::to_string(count);
      }
      imported = last < m.imported_funcs;
      add(first, std::min(last, count - 1) + 1);
    } else {
      const std::string_view name = word.starts_with('$') ? std::string_view(word).substr(1) : word;
      const auto named = [&](std::uint32_t n) {
        imported |= n < m.imported_funcs;
        add(n, n + 1);
      };
      for (const auto& [index, text] : m.names.funcs) {
        if (text == name && index < count) named(index);
      }
      for (const Export& e : m.exports) {
        if (e.kind == ExternKind::Func && e.name == name) named(e.index);
      }
      if (out.size() == before && !imported) {
        const bool again = std::any_of(words.begin(), words.end(), [&](const std::string& other) {
          return &other < &word && other == word;
        });
        if (!again) return "there is no function '" + word + "'";
      }
    }
    if (imported) return "function " + word + " is imported: there is no code of it in this module";
  }
  return {};
}

}  // namespace wasmrt::tools
