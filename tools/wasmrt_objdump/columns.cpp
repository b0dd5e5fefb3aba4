// See columns.h. The pieces of code decide the order; the positions that they come from are the
// anchors to which the other forms' lines are tied.
#include "tools/wasmrt_objdump/columns.h"

#include <algorithm>
#include <map>
#include <set>

#include "libwasmrt/base/dump.h"

namespace wasmrt::tools {

namespace {

constexpr std::size_t kMaxWidth = 48;  // longer lines reach into the next column
constexpr auto kRegalloc = static_cast<std::size_t>(Form::Regalloc);
constexpr auto kAsm = static_cast<std::size_t>(Form::Asm);
constexpr std::uint32_t kEnd = ~0u;  // anchor of what comes behind all others

using Lines = std::vector<std::string>;

/// The lines of a form by anchor; headers go with the line behind them.
std::map<std::uint32_t, Lines> by_anchor(const FormText& form,
                                         const std::set<std::uint32_t>& anchors) {
  std::map<std::uint32_t, Lines> out;
  Lines waiting;
  for (std::size_t n = 0; n < form.lines.size(); ++n) {
    waiting.push_back(form.lines[n]);
    if (form.keys[n] == FormText::kHeader) continue;
    const auto at = anchors.lower_bound(form.keys[n]);
    Lines& lines = out[at == anchors.end() ? kEnd : *at];
    lines.insert(lines.end(), waiting.begin(), waiting.end());
    waiting.clear();
  }
  if (!waiting.empty()) {
    Lines& lines = out[kEnd];
    lines.insert(lines.end(), waiting.begin(), waiting.end());
  }
  return out;
}

void take(std::map<std::uint32_t, Lines>& from, std::uint32_t key, Lines& to) {
  const auto found = from.find(key);
  if (found == from.end()) return;
  to.insert(to.end(), found->second.begin(), found->second.end());
  from.erase(found);
}

/// Machine instructions by number, once each with what stands in front of them.
struct MachineLines {
  std::map<std::uint32_t, Lines> first;
  std::map<std::uint32_t, std::string> again;

  explicit MachineLines(const FormText& form) {
    std::uint32_t last = FormText::kHeader;
    Lines waiting;
    for (std::size_t n = 0; n < form.lines.size(); ++n) {
      const std::uint32_t key = form.keys[n];
      if (key == FormText::kHeader) {
        waiting.push_back(form.lines[n]);
        continue;
      }
      Lines& lines = first[key];
      lines.insert(lines.end(), waiting.begin(), waiting.end());
      lines.push_back(form.lines[n]);
      waiting.clear();
      if (key != last) again[key] = form.lines[n];
      last = key;
    }
  }

  Lines take(std::uint32_t inst) {
    Lines lines;
    if (const auto found = first.find(inst); found != first.end()) {
      lines = std::move(found->second);
      first.erase(found);
    } else if (const auto seen = again.find(inst); seen != again.end()) {
      lines.push_back(seen->second);  // a slow path of something above
    }
    return lines;
  }
};

std::size_t rows_of(const Group& group) {
  std::size_t rows = 0;
  for (const Lines& lines : group) rows = std::max(rows, lines.size());
  return rows;
}

}  // namespace

std::string_view form_name(Form form) {
  switch (form) {
    case Form::Wasm: return "wasm";
    case Form::Ir: return stage_name(Stage::Ir);
    case Form::Opt: return stage_name(Stage::Opt);
    case Form::Lower: return stage_name(Stage::Lower);
    case Form::Regalloc: return stage_name(Stage::Regalloc);
    case Form::Asm: return stage_name(Stage::Asm);
  }
  return {};
}

void FormText::append(std::string_view text, std::span<const std::uint32_t> line_keys) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
  keys.insert(keys.end(), line_keys.begin(), line_keys.end());
  keys.resize(lines.size(), kHeader);
}

std::vector<Group> align(const Forms& forms, const std::vector<Piece>& pieces,
                         const std::array<bool, kForms>& chosen) {
  std::set<std::uint32_t> anchors;
  for (const Piece& p : pieces) {
    if (p.wasm != 0) anchors.insert(p.wasm);
  }
  std::array<std::map<std::uint32_t, Lines>, kForms> tied;
  for (std::size_t f = 0; f < kRegalloc; ++f) {
    if (chosen[f]) tied[f] = by_anchor(forms[f], anchors);
  }
  MachineLines machine(chosen[kRegalloc] ? forms[kRegalloc] : FormText());
  const Lines none;

  std::vector<Group> groups;
  std::uint32_t position = kEnd;
  for (const Piece& p : pieces) {
    Lines ops = p.inst == kEnd ? Lines() : machine.take(p.inst);
    const Lines& code = chosen[kAsm] ? p.lines : none;
    if (ops.empty() && p.lines.empty()) continue;
    if (p.wasm != position || groups.empty()) {
      position = p.wasm;
      Group& next = groups.emplace_back();
      for (std::size_t f = 0; f < kRegalloc; ++f) take(tied[f], position, next[f]);
    }
    // The code of an instruction begins in its row.
    Group& group = groups.back();
    const std::size_t row = std::max(group[kRegalloc].size(), group[kAsm].size());
    group[kRegalloc].resize(row);
    group[kAsm].resize(row);
    group[kRegalloc].insert(group[kRegalloc].end(), ops.begin(), ops.end());
    group[kAsm].insert(group[kAsm].end(), code.begin(), code.end());
  }
  // What left no code: behind all that did, and blocks that only jump on.
  Group rest;
  for (std::size_t f = 0; f < kRegalloc; ++f) {
    for (auto& [anchor, lines] : tied[f]) {
      rest[f].insert(rest[f].end(), lines.begin(), lines.end());
    }
  }
  for (auto& [inst, lines] : machine.first) {
    rest[kRegalloc].insert(rest[kRegalloc].end(), lines.begin(), lines.end());
  }
  if (rows_of(rest) != 0) groups.push_back(std::move(rest));
  return groups;
}

std::string in_columns(const std::vector<Group>& groups, const std::array<bool, kForms>& chosen) {
  std::array<std::size_t, kForms> width{};
  for (std::size_t f = 0; f < kForms; ++f) {
    width[f] = form_name(static_cast<Form>(f)).size();
    for (const Group& group : groups) {
      for (const std::string& line : group[f]) width[f] = std::max(width[f], line.size());
    }
    width[f] = std::min(width[f], kMaxWidth);
  }
  std::string out;
  const auto end_row = [&out] {
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  const auto row = [&](auto&& cell) {
    std::size_t column = 0;
    std::size_t at = 0;
    for (std::size_t f = 0; f < kForms; ++f) {
      if (!chosen[f]) continue;
      if (at < column) out.append(column - at, ' '), at = column;
      const std::string_view text = cell(f);
      if (!text.empty() && at > column) out += ' ', ++at;
      out += text;
      at += text.size();
      column += width[f] + 3;
    }
    end_row();
  };
  row([](std::size_t f) { return form_name(static_cast<Form>(f)); });
  for (const Group& group : groups) {
    const std::size_t rows = rows_of(group);
    for (std::size_t r = 0; r < rows; ++r) {
      row([&](std::size_t f) {
        return r < group[f].size() ? std::string_view(group[f][r]) : std::string_view();
      });
    }
  }
  return out;
}

std::string in_sections(const Forms& forms, const std::vector<Piece>& pieces,
                        const std::array<bool, kForms>& chosen) {
  std::string out;
  for (std::size_t f = 0; f < kForms; ++f) {
    if (!chosen[f]) continue;
    out.append("-- ").append(form_name(static_cast<Form>(f))).append("\n");
    const auto put = [&out](const Lines& lines) {
      for (const std::string& line : lines) out.append(line).append("\n");
    };
    if (f != kAsm) put(forms[f].lines);
    if (f != kAsm) continue;
    for (const Piece& p : pieces) put(p.lines);
  }
  return out;
}

}  // namespace wasmrt::tools
