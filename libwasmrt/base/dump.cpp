// The switchboard's state and the parser of its spec. Constant-initialised: a process that dumps
// nothing pays one getenv when the first stage asks.
#include "libwasmrt/base/dump.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

namespace wasmrt {

namespace dump_detail {
constinit std::atomic<std::uint64_t> stages{kUnread};
}

namespace {

struct Spec {
  std::uint64_t stages = 0;
  std::uint32_t first = 0;
  std::uint32_t last = UINT32_MAX;
};

constinit std::mutex mutex;
constinit std::atomic<std::uint32_t> first_function{0};
constinit std::atomic<std::uint32_t> last_function{UINT32_MAX};
DumpSink sink = nullptr;
void* sink_user = nullptr;

Error bad(std::string_view what, std::string_view part) {
  std::string text = "invalid dump specification: ";
  text.append(what).append(" \"").append(part).append("\"");
  return {ErrorCode::InvalidArgument, std::move(text)};
}

bool parse_number(std::string_view text, std::uint32_t& out) {
  const char* end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, out);
  return code == std::errc() && at == end && !text.empty();
}

bool parse_filter(std::string_view text, Spec& spec) {
  constexpr std::string_view kKey = "func=";
  if (!text.starts_with(kKey)) return false;
  text.remove_prefix(kKey.size());
  const std::size_t dash = text.find('-');
  if (!parse_number(text.substr(0, dash), spec.first)) return false;
  spec.last = spec.first;
  return dash == std::string_view::npos || parse_number(text.substr(dash + 1), spec.last);
}

bool parse_stage(std::string_view text, Spec& spec) {
  if (text == "all") {
    spec.stages = (std::uint64_t{1} << kStageCount) - 1;
    return true;
  }
  for (std::size_t i = 0; i < kStageCount; ++i) {
    if (stage_name(static_cast<Stage>(i)) == text) {
      spec.stages |= std::uint64_t{1} << i;
      return true;
    }
  }
  return false;
}

Result<Spec> parse(std::string_view text) {
  Spec spec;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    if (const std::size_t colon = item.find(':'); colon != std::string_view::npos) {
      if (!parse_filter(item.substr(colon + 1), spec)) return bad("filter", item.substr(colon + 1));
      item = item.substr(0, colon);
    }
    if (!parse_stage(item, spec)) return bad("unknown stage", item);
  }
  return spec;
}

void apply(const Spec& spec) {
  first_function.store(spec.first, std::memory_order_relaxed);
  last_function.store(spec.last, std::memory_order_relaxed);
  dump_detail::stages.store(spec.stages, std::memory_order_relaxed);
}

}  // namespace

std::string_view stage_name(Stage stage) {
  switch (stage) {
#define STAGE(Name, text, description) \
  case Stage::Name:                    \
    return text;
#include "libwasmrt/base/stages.def"
#undef STAGE
  }
  return {};
}

std::string_view stage_description(Stage stage) {
  switch (stage) {
#define STAGE(Name, text, description) \
  case Stage::Name:                    \
    return description;
#include "libwasmrt/base/stages.def"
#undef STAGE
  }
  return {};
}

Result<void> dump_configure(std::string_view text) {
  Result<Spec> spec = parse(text);
  if (!spec.ok()) return std::move(spec).error();
  const std::lock_guard lock(mutex);
  apply(*spec);
  return {};
}

void dump_set_sink(DumpSink new_sink, void* user) {
  const std::lock_guard lock(mutex);
  sink = new_sink;
  sink_user = user;
}

void dump_write(Stage stage, std::string_view text) {
  const std::lock_guard lock(mutex);
  if (sink != nullptr) return sink(sink_user, stage, text);
  std::fwrite(text.data(), 1, text.size(), stderr);
  if (!text.ends_with('\n')) std::fputc('\n', stderr);
}

namespace dump_detail {

bool enabled_slow(Stage stage) {
  std::uint64_t bits = stages.load(std::memory_order_relaxed);
  if (bits == kUnread) {
    const std::lock_guard lock(mutex);
    if (stages.load(std::memory_order_relaxed) == kUnread) {
      const char* text = std::getenv("WASMRT_DUMP");
      Result<Spec> spec = parse(text == nullptr ? "" : text);
      if (!spec.ok()) std::fprintf(stderr, "WASMRT_DUMP: %s\n", spec.error().message.c_str());
      apply(spec.ok() ? *spec : Spec());
    }
    bits = stages.load(std::memory_order_relaxed);
  }
  return (bits >> static_cast<unsigned>(stage) & 1) != 0;
}

bool function_selected(std::uint32_t function) {
  return function >= first_function.load(std::memory_order_relaxed) &&
         function <= last_function.load(std::memory_order_relaxed);
}

}  // namespace dump_detail

}  // namespace wasmrt
