// One observer per engine writes down what happens; the lines are compared.
#include "tests/fuzz/modules/compare.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace wasmrt::fuzz {

namespace {

constexpr unsigned kRounds = 2;

void append_hex(std::string& out, std::uint64_t bits) {
  char text[20];
  std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(bits));
  out += text;
}

void append_value(std::string& out, const Value& value) {
  std::uint64_t slots[2] = {};
  value.to_slots(slots);
  out += ' ';
  switch (value.type().kind()) {
    case ValKind::F32:
      if (value.f32() != value.f32()) return void(out += "f32:nan");
      out += "f32:";
      break;
    case ValKind::F64:
      if (value.f64() != value.f64()) return void(out += "f64:nan");
      out += "f64:";
      break;
    case ValKind::Ref: return void(out += value.is_null() ? "null" : "ref");
    case ValKind::V128: append_hex(out, slots[1]), out += ':'; break;
    default: break;
  }
  append_hex(out, slots[0]);
}

// Memories are whole pages.
std::uint64_t hash_words(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0x9E3779B97F4A7C15;
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    hash = (hash ^ word) * 0xFF51AFD7ED558CCD;
    hash ^= hash >> 29;
  }
  return hash;
}

Value argument(ValType type, unsigned at) {
  static constexpr std::int64_t kIntegers[] = {0,    1,          -1,         7,         255,
                                               1000, 0x7FFFFFFF, 0x80000000, INT64_MIN, 40000};
  static constexpr double kFloats[] = {0, 1.5, -0.0, 3e9, -1e300, 0.1, 65536.5};
  const std::int64_t n = kIntegers[at % 10];
  switch (type.kind()) {
    case ValKind::I32: return Value(static_cast<std::int32_t>(n));
    case ValKind::I64: return Value(n);
    case ValKind::F32: return Value(static_cast<float>(kFloats[at % 7]));
    case ValKind::F64: return Value(kFloats[at % 7]);
    case ValKind::V128:
      return Value(V128::from_u64(static_cast<std::uint64_t>(n) * 0x0101010101010101, at));
    default: return Value::null(type);
  }
}

struct Observed {
  std::vector<std::string> lines;
  std::string failure;
  bool slow = false;
  std::uint64_t calls = 0, traps = 0, host_calls = 0, functions = 0, declined = 0;
};

class Observer {
 public:
  Observer(const Engine& engine, std::span<const std::uint8_t> wasm, Origin origin)
      : engine_(engine), linker_(engine) {
    seen_.failure = start(wasm, origin);
  }
  Observed take() { return std::move(seen_); }

 private:
  std::string start(std::span<const std::uint8_t> wasm, Origin origin) {
    Result<Module> module = Module::compile(engine_, wasm);
    if (!module) return module.error().message;
    seen_.declined = module->stats().declined;
    if (engine_.config().engine == EngineKind::Jit) seen_.functions = module->stats().functions;
    const auto note = linker_.func(
        "env", "note", [this](std::int32_t a, std::int64_t b, float c, double d) -> std::int64_t {
          std::string line = "  note";
          for (const Value& v : {Value(a), Value(b), Value(c), Value(d)}) append_value(line, v);
          seen_.lines.push_back(std::move(line));
          ++seen_.host_calls;
          return b ^ a;
        });
    if (!note) return note.error().message;
    exports_ = module->exports();
    return origin == Origin::Ours ? run_together(*module) : run_apart(*module);
  }

  std::string run_together(const Module& module) {
    Result<Instance> instance = linker_.instantiate(Store(engine_), module);
    if (!instance) return instance.error().message;
    for (unsigned round = 0; round < kRounds; ++round) {
      for (unsigned n = 0; n < exports_.size() && !seen_.slow; ++n) {
        const std::optional<Func> func = instance->get_func(exports_[n].name);
        if (!func) continue;
        (void)instance->get_global("g0")->set(Value(300));
        call(*func, n, round);
        look(*instance);
      }
    }
    return {};
  }

  std::string run_apart(const Module& module) {
    for (unsigned n = 0; n < exports_.size() && !seen_.slow; ++n) {
      Result<Instance> instance = linker_.instantiate(Store(engine_), module);
      if (!instance) {
        // All are made alike.
        seen_.lines.push_back(instance.error().message);
        return {};
      }
      const std::optional<Func> func = instance->get_func(exports_[n].name);
      for (unsigned round = 0; func && round < kRounds; ++round) call(*func, n, round);
      look(*instance);
    }
    return {};
  }

  void call(const Func& func, unsigned n, unsigned round) {
    std::vector<Value> args;
    unsigned at = n * 3 + round * 5;
    for (const ValType type : func.type().params) args.push_back(argument(type, at++));
    CallOptions options;
    options.deadline = Deadline(std::chrono::seconds(4));
    const Result<std::vector<Value>> results = func.call(args, options);
    ++seen_.calls;
    std::string line = "f" + std::to_string(n) + ":";
    if (results) {
      for (const Value& v : *results) append_value(line, v);
    } else if (const Trap* trap = results.error().trap(); trap != nullptr) {
      ++seen_.traps;
      seen_.slow = trap->kind() == TrapKind::DeadlineExceeded ||
                   trap->kind() == TrapKind::CallStackExhausted;
      line.append(" trap ").append(trap_kind_name(trap->kind()));
      for (const TrapFrame& frame : trap->frames()) {
        line.append(" ").append(std::to_string(frame.func_index)).append("@");
        append_hex(line, frame.offset);
      }
    } else {
      line += " error " + results.error().message;
    }
    seen_.lines.push_back(std::move(line));
  }

  void look(const Instance& instance) {
    std::string globals = "  globals", memories = "  memories", tables = "  tables";
    for (const ExportType& item : exports_) {
      if (const auto global = instance.get_global(item.name); global) {
        append_value(globals, global->get());
      } else if (const auto memory = instance.get_memory(item.name); memory) {
        const std::span<const std::uint8_t> data = memory->data();
        memories += ' ' + std::to_string(data.size()) + ':';
        append_hex(memories, hash_words(data));
      } else if (const auto table = instance.get_table(item.name); table) {
        append_table(tables, *table);
      }
    }
    for (std::string* line : {&globals, &memories, &tables}) {
      seen_.lines.push_back(std::move(*line));
    }
  }

  static void append_table(std::string& line, const Table& table) {
    line += ' ' + std::to_string(table.size()) + ':';
    for (std::uint64_t i = 0; i < table.size(); ++i) {
      const Result<Value> element = table.get(i);
      const std::optional<Func> func =
          element ? Func::from_value(table.owner(), *element) : std::optional<Func>();
      line += func ? to_string(func->type()) : "-";
    }
  }

  const Engine& engine_;
  Linker linker_;
  std::vector<ExportType> exports_;
  Observed seen_;
};

bool stores_are_torn = false;
std::string cache_directory;

using Participants = std::vector<Participant>;

Participant* add(Participants& all, std::string name, const EngineConfig& config) {
  Result<Engine> engine = Engine::create(config);
  if (!engine) return nullptr;
  all.push_back({std::move(name), *engine, std::nullopt, std::nullopt});
  return &all.back();
}

/// What changes where code comes from, or when it does.
void add_origins(Participants& all, EngineConfig config) {
  config.engine = EngineKind::Auto;
  config.signals = !stores_are_torn;  // its interpreter's stores would be
  config.compile_at_once = 0;
  for (const std::uint32_t call : {1U, 5U}) {
    config.wait_at_call = call;
    add(all, "auto, code in call " + std::to_string(call), config);
  }
  config.wait_at_call = 0;
  config.compile_after_us = 0;
  add(all, "auto, code at any time", config);
  config.signals = true;
  if (cache_directory.empty()) return;
  config.engine = EngineKind::Jit;
  config.cache.directory = cache_directory;
  config.cache.mode = CacheMode::ReadWrite;
  config.cache.least_bytes = 0;
  config.cache.max_bytes = std::uint64_t{1} << 20;
  const Result<Engine> filler = Engine::create(config);
  config.cache.mode = CacheMode::MustHit;
  if (Participant* p = filler ? add(all, "jit, from the cache", config) : nullptr; p != nullptr) {
    p->fills_cache = *filler;
  }
}

/// The reference, the compiler as it is used most, and two of the others, so that all have their
/// share and no module takes long.
std::vector<const Participant*> chosen_for(std::span<const std::uint8_t> wasm, Share share) {
  constexpr std::size_t kAlways = 2;
  const Participants& all = participants();
  std::vector<const Participant*> chosen;
  for (const Participant& p : all) {
    if (chosen.size() < kAlways || share == Share::All) chosen.push_back(&p);
  }
  if (chosen.size() == all.size()) return chosen;
  std::uint64_t hash = 0x9E3779B97F4A7C15;
  for (const std::uint8_t byte : wasm) hash = (hash ^ byte) * 0x100000001B3;
  const std::size_t others = all.size() - kAlways;
  const std::size_t one = (hash >> 32) % others;
  chosen.push_back(&all[kAlways + one]);
  if (others > 1) {
    const std::size_t further = 1 + (hash >> 48) % (others - 1);
    chosen.push_back(&all[kAlways + (one + further) % others]);
  }
  return chosen;
}

/// Empty when both saw the same, else the report.
std::string difference(const std::string& name, const Observed& first, const std::string& other,
                       const Observed& seen) {
  if (!seen.failure.empty()) return other + ": " + seen.failure;
  for (std::size_t n = 0; n < std::max(first.lines.size(), seen.lines.size()); ++n) {
    const std::string a = n < first.lines.size() ? first.lines[n] : "(nothing)";
    const std::string b = n < seen.lines.size() ? seen.lines[n] : "(nothing)";
    if (a == b) continue;
    return "line " + std::to_string(n) + "\n" + name + ": " + a + "\n" + other + ": " + b + "\n";
  }
  return {};
}

}  // namespace

void expect_torn_stores() { stores_are_torn = true; }

void use_cache(const std::string& directory) { cache_directory = directory; }

const std::vector<Participant>& participants() {
  static const std::vector<Participant> kAll = [] {
    std::vector<Participant> all;
    EngineConfig config;
    config.features = Features::all();
    config.threads = 1;
    config.limits.memory_pages = 256;  // all of them are read after every call
    config.limits.table_elements = 20000;
    const std::string probes = stores_are_torn ? ",+probe-stores" : "";
    config.engine = EngineKind::Interp;
    config.signals = !stores_are_torn;
    add(all, "interp", config);
    config.engine = EngineKind::Jit;
    config.signals = true;
    config.cpu = "native" + probes;
    add(all, "jit", config);
    add_origins(all, config);
    config.spectre_guards = false;
    add(all, "jit, no Spectre guards", config);
    config.spectre_guards = true;
    config.cpu = "min" + probes;
    add(all, "jit, least processor", config);
    config.cpu = "native" + probes;
    // The bits of NaNs count in what they are stored as: compared with the same of the interpreter.
    config.deterministic = true;
    if (Participant* p = add(all, "jit, deterministic", config); p != nullptr) {
      config.engine = EngineKind::Interp;
      config.signals = !stores_are_torn;
      if (Result<Engine> reference = Engine::create(config)) p->reference = *reference;
      config.engine = EngineKind::Jit;
    }
    config.deterministic = false;
    config.signals = false;
    config.cpu = "native";
    add(all, "jit, signals off", config);
    return all;
  }();
  return kAll;
}

Comparison compare_engines(std::span<const std::uint8_t> wasm, Origin origin, Share share) {
  Comparison result;
  Observed first;
  for (const Participant* p : chosen_for(wasm, share)) {
    if (p->fills_cache) (void)Module::compile(*p->fills_cache, wasm);
    Observed seen = Observer(p->engine, wasm, origin).take();
    result.declined += seen.declined;
    result.functions += seen.functions;
    if (p == &participants()[0]) {
      first = std::move(seen);
      result.calls = first.calls;
      result.traps = first.traps;
      result.host_calls = first.host_calls;
      if (!first.failure.empty()) return {Comparison::Invalid, first.failure};
      if (first.slow) return {Comparison::Slow, {}};
      continue;
    }
    if (seen.slow) return {Comparison::Slow, {}};
    if (p->reference) {
      const Observed reference = Observer(*p->reference, wasm, origin).take();
      if (reference.slow) return {Comparison::Slow, {}};
      result.report = difference("interp, deterministic", reference, p->name, seen);
    } else {
      result.report = difference(participants()[0].name, first, p->name, seen);
    }
    if (result.report.empty()) continue;
    result.verdict = Comparison::Different;
    return result;
  }
  return result;
}

}  // namespace wasmrt::fuzz
