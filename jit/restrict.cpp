// The parser and its result, made at the first question.
#include "jit/restrict.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "jit/opt/pipeline.h"

namespace wasmrt::jit {

namespace {

struct Restriction {
  bool any = false;
  std::uint32_t first = 0;
  std::uint32_t last = UINT32_MAX;
  std::uint32_t planted = UINT32_MAX;
  std::uint32_t sections = 0;
  std::optional<StubRestriction> stubs;
  std::vector<std::string> without;
};

bool number(std::string_view text, std::uint32_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool range(std::string_view text, std::uint32_t& first, std::uint32_t& last) {
  const std::size_t dash = text.find('-');
  if (!number(text.substr(0, dash), first)) return false;
  last = first;
  return dash == text.npos || number(text.substr(dash + 1), last);
}

/// All that can be left out: the passes over the SSA form, those after allocation, and polls, so
/// that their cost can be measured.
std::vector<const char*> pass_names() {
  const std::span<const char* const> first = opt::pass_names();
  std::vector<const char*> names(first.begin(), first.end());
  names.push_back("unroll-loops");
  names.push_back("polls");
  return names;
}

bool known_pass(std::string_view name) {
  for (const char* pass : pass_names()) {
    if (name == pass) return true;
  }
  return false;
}

bool item(std::string_view text, Restriction& r) {
  if (text.starts_with("stubs=")) {
    r.stubs.emplace();
    return range(text.substr(6), r.stubs->after, r.stubs->most);
  }
  r.any = true;
  if (text.starts_with("func=")) return range(text.substr(5), r.first, r.last);
  if (text.starts_with("sections=")) return number(text.substr(9), r.sections);
  if (text.starts_with("plant=")) return number(text.substr(6), r.planted);
  if (!text.starts_with('-') || !known_pass(text.substr(1))) return false;
  r.without.emplace_back(text.substr(1));
  return true;
}

Restriction parse(const char* variable) {
  Restriction r;
  std::string_view text = variable == nullptr ? "" : variable;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
    if (item(word, r)) continue;
    std::string passes;
    for (const char* pass : pass_names()) passes.append(" -").append(pass);
    std::fprintf(stderr,
                 "WASMRT_COMPILE: \"%.*s\" is none of func=A-B stubs=A-B sections=N plant=N%s\n",
                 static_cast<int>(word.size()), word.data(), passes.c_str());
    std::_Exit(2);
  }
  return r;
}

const Restriction& restriction() {
  // Threads of engines that nobody ends compile until the process is gone.
  static const auto& kRestriction = *new Restriction(parse(std::getenv("WASMRT_COMPILE")));
  return kRestriction;
}

}  // namespace

bool restricted() { return restriction().any; }

bool may_compile(std::uint32_t func) {
  return func >= restriction().first && func <= restriction().last;
}

bool may_run(std::string_view pass) {
  for (const std::string& name : restriction().without) {
    if (name == pass) return false;
  }
  return true;
}

std::optional<StubRestriction> stub_restriction() { return restriction().stubs; }

std::uint32_t section_bytes() { return restriction().sections; }

bool has_planted_fault(std::uint32_t func) { return func == restriction().planted; }

}  // namespace wasmrt::jit
