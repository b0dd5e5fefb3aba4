// What --stats prints.
#include "tools/wasmrt_run/stats.h"

#include <cstdio>
#include <vector>

#include "sys/os/vm.h"
#include "tools/wasmrt_run/units.h"

namespace wasmrt::tools {

namespace {

enum class Unit { Nanoseconds, Bytes, Count };

struct Figure {
  const char* key;
  const char* label;
  Unit unit;
  std::uint64_t value;
};

std::vector<Figure> figures(const RunStats& s) {
  return {
      {"read_ns", "read file", Unit::Nanoseconds, s.read_ns},
      {"text_ns", "parse text", Unit::Nanoseconds, s.module.text_ns},
      {"decode_ns", "decode", Unit::Nanoseconds, s.module.decode_ns},
      {"validate_ns", "validate", Unit::Nanoseconds, s.module.validate_ns},
      {"translate_ns", "translate", Unit::Nanoseconds, s.module.translate_ns},
      {"compile_ns", "compile in all", Unit::Nanoseconds, s.compile_ns},
      {"instantiate_ns", "instantiate", Unit::Nanoseconds, s.instantiate_ns},
      {"run_ns", "run", Unit::Nanoseconds, s.run_ns},
      {"bytes", "module", Unit::Bytes, s.module.bytes},
      {"code_bytes", "code", Unit::Bytes, s.module.code_bytes},
      {"functions", "functions", Unit::Count, s.module.functions},
      {"native_functions", "compiled", Unit::Count, s.module.native_functions},
      {"declined", "declined", Unit::Count, s.module.declined},
      {"light", "simply allocated", Unit::Count, s.module.light},
      {"sectioned", "in sections", Unit::Count, s.module.sectioned},
      {"instances", "instances", Unit::Count, s.store.instances},
      {"memories", "memories", Unit::Count, s.store.memories},
      {"memory_bytes", "guest memory", Unit::Bytes, s.store.memory_bytes},
      {"table_elements", "table elements", Unit::Count, s.store.table_elements},
      {"stdout_bytes", "stdout", Unit::Bytes, s.stdout_bytes},
      {"stdout_refused_writes", "refused writes", Unit::Count, s.stdout_refused_writes},
      {"stdout_refused_bytes", "refused bytes", Unit::Bytes, s.stdout_refused_bytes},
      {"peak_rss_bytes", "peak resident", Unit::Bytes, os::peak_resident_bytes()},
  };
}

const char* cache_text(CacheResult result) {
  switch (result) {
    case CacheResult::None: return "none";
    case CacheResult::Miss: return "miss";
    case CacheResult::Hit: return "hit";
    case CacheResult::Stored: break;
  }
  return "stored";
}

std::string format_value(const Figure& f) {
  switch (f.unit) {
    case Unit::Nanoseconds: return format_duration(f.value);
    case Unit::Bytes: return format_size(f.value);
    case Unit::Count: break;
  }
  return std::to_string(f.value);
}

/// Why functions were declined.
std::string format_reasons(const ModuleStats& stats, StatsFormat format) {
  std::string out;
  for (const DeclinedFunctions& d : stats.declined_by_reason) {
    const std::string count = std::to_string(d.count);
    if (format == StatsFormat::Json) {
      out += (out.empty() ? "\"" : ",\"") + d.reason + "\":" + count;
    } else {
      out += "declined " + count + ": " + d.reason + "\n";
    }
  }
  return out;
}

}  // namespace

std::string format_stats(const RunStats& stats, StatsFormat format) {
  std::string out;
  const char* const refused = stats.module.image_refused;
  if (format == StatsFormat::Json) {
    for (const Figure& f : figures(stats)) {
      out += out.empty() ? "{\"" : ",\"";
      out += f.key;
      out += "\":" + std::to_string(f.value);
    }
    out += ",\"declined_by_reason\":{" + format_reasons(stats.module, format) + "}";
    return out + ",\"engine\":\"" + stats.engine + "\",\"cache\":\"" +
           cache_text(stats.module.cache) + "\"" +
           (refused == nullptr ? "" : ",\"image_refused\":\"" + std::string(refused) + "\"") +
           "}\n";
  }
  out = "engine           " + stats.engine + "\ncode cache       " +
        cache_text(stats.module.cache) + "\n";
  if (refused != nullptr) out += "image            not used: " + std::string(refused) + "\n";
  for (const Figure& f : figures(stats)) {
    char line[80];
    std::snprintf(line, sizeof line, "%-16s %12s\n", f.label, format_value(f).c_str());
    out += line;
  }
  return out + format_reasons(stats.module, format);
}

}  // namespace wasmrt::tools
