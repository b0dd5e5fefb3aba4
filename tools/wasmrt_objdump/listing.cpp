// See listing.h. Points of the code (faults, calls, polls, traps) are remarks behind its lines.
#include "tools/wasmrt_objdump/listing.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "jit/compile_function.h"
#include "jit/ir/print.h"
#include "jit/lower/mir_print.h"
#include "libwasmrt/engine/link.h"
#include "libwasmrt/frontend/reader.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::tools {

namespace {

FormText& form(Forms& forms, Form which) { return forms[static_cast<std::size_t>(which)]; }

std::string hex(std::uint32_t n) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%x", n);
  return text;
}

/// The remark on a point: what can happen there.
std::string remark(const CodePoint& point) {
  constexpr const char* kNames[] = {"may fault", "call", "call", "poll", "trap", "stack check"};
  std::string text = point.kind < std::size(kNames) ? kNames[point.kind] : "?";
  if (point.kind == static_cast<std::uint8_t>(PointKind::Trap) && point.trap != 0) {
    const bool known = point.trap != kNoCallee;
    text += ": ";
    text += known ? trap_wording(static_cast<TrapKind>(point.trap)) : "no function of this type";
  }
  return text;
}

/// The function's instructions by line end or, for faults, line start.
void add_remarks(const std::vector<CodePoint>& points, const std::vector<CodeLine>& lines,
                 std::vector<std::string>& texts) {
  for (std::size_t n = 0; n < lines.size(); ++n) {
    for (const bool fault : {true, false}) {
      const std::uint32_t pc = lines[n].offset + (fault ? 0 : lines[n].bytes);
      const auto at =
          std::lower_bound(points.begin(), points.end(), pc,
                           [](const CodePoint& p, std::uint32_t o) { return p.pc < o; });
      if (at == points.end() || at->pc != pc) continue;
      if ((at->kind == static_cast<std::uint8_t>(PointKind::Fault)) != fault) continue;
      texts[n].append("  ; ").append(remark(*at)).append(" @").append(hex(at->wasm));
    }
  }
}

/// The sites, which are sorted, in the bytes of a line.
template <class Site, class Each>
void for_each_inside(const std::vector<Site>& sites, const CodeLine& line, Each&& each) {
  auto at = std::lower_bound(sites.begin(), sites.end(), line.offset,
                             [](const Site& s, std::uint32_t offset) { return s.offset < offset; });
  for (; at != sites.end() && at->offset < line.offset + line.bytes; ++at) each(*at);
}

/// Where a direct call goes, counted like its own place.
std::optional<std::uint32_t> call_target(std::string_view text) {
  for (const std::string_view call : {"call 0x", "bl #0x"}) {
    if (text.substr(0, call.size()) != call) continue;
    const std::string digits(text.substr(call.size()));
    // One that goes back beyond the function's start has 64 bits: the lower ones are it.
    return static_cast<std::uint32_t>(std::strtoull(digits.c_str(), nullptr, 16));
  }
  return std::nullopt;
}

/// Moves and the like, which have no position, belong to what they are made for: the next one.
std::vector<std::uint32_t> positions_of(const jit::MFunc& func) {
  std::vector<std::uint32_t> out(func.insts.size(), 0);
  for (const jit::MBlock& block : func.blocks) {
    std::uint32_t next = 0;
    for (const std::uint32_t i : block.insts)
      next = func.insts[i].pos != 0 ? func.insts[i].pos : next;
    for (std::size_t n = block.insts.size(); n-- > 0;) {
      const std::uint32_t i = block.insts[n];
      if (func.insts[i].pos != 0) next = func.insts[i].pos;
      out[i] = next;
    }
  }
  return out;
}

}  // namespace

void Lister::wasm_form(FuncIdx func, FormText& out) const {
  if (!has(Form::Wasm)) return;
  const FuncBody& body = module_.bodies[raw(func) - module_.imported_funcs];
  Reader reader(module_.bytes->view(), body.offset, std::size_t{body.offset} + body.size);
  std::string locals;
  text::print_locals(module_, reader, "\n", locals);
  std::string text;
  std::vector<std::uint32_t> keys;
  text::print_instructions(module_, names_, reader, 1, body.offset, nullptr, text, &keys);
  FormText code;
  code.append(std::string_view(text).substr(text.empty() ? 0 : 1), keys);
  out.append(std::string_view(locals).substr(locals.empty() ? 0 : 1), {});
  for (std::string& line : out.lines) line.insert(0, 7, ' ');
  for (std::size_t n = 0; n < code.lines.size(); ++n) {
    char position[16];
    std::snprintf(position, sizeof position, "%5x", code.keys[n]);
    out.lines.push_back(position + code.lines[n]);
    out.keys.push_back(code.keys[n]);
  }
}

std::string Lister::code_text(std::span<const std::uint8_t> code, const CodeLine& line) const {
  char number[16];
  std::snprintf(number, sizeof number, "%5x: ", line.offset);
  std::string text = number;
  if (raw_bytes_) {
    std::string bytes;
    for (std::uint32_t n = 0; n < line.bytes; ++n) {
      std::snprintf(number, sizeof number, "%02x ", code[line.offset + n]);
      bytes += number;
    }
    if (bytes.size() < 30) bytes.resize(30, ' ');
    text += bytes;
  }
  return text + line.text;
}

Listing Lister::compile(const jit::CompileContext& context, FuncIdx func) const {
  Listing out;
  wasm_form(func, form(out.forms, Form::Wasm));
  jit::CompileContext with_places = context;
  with_places.options.places = true;
  jit::CompileState state(with_places);
  // By machine instruction; those of a large function's sections are numbered on.
  std::vector<std::uint32_t> positions;
  state.watch = [&](Stage stage) {
    std::vector<std::uint32_t> keys;
    if (stage == Stage::Ir && !state.func.follows) {
      positions.clear();  // of a first run, where there was one
      for (const Form f : {Form::Ir, Form::Opt, Form::Lower, Form::Regalloc}) {
        form(out.forms, f) = {};
      }
    }
    if (stage == Stage::Ir || stage == Stage::Opt) {
      const Form which = stage == Stage::Ir ? Form::Ir : Form::Opt;
      if (!has(which)) return;
      const std::string text = jit::ir::print(state.func, false, &keys);
      form(out.forms, which).append(text, keys);
    } else if (stage == Stage::Lower && has(Form::Lower)) {
      const std::string text = jit::print(*context.target, state.machine, &keys);
      const std::vector<std::uint32_t> here = positions_of(state.machine);
      for (std::uint32_t& key : keys) key = key == ~0u ? key : here[key];
      form(out.forms, Form::Lower).append(text, keys);
    } else if (stage == Stage::Regalloc) {
      if (has(Form::Regalloc)) {
        const std::string text = jit::print(*context.target, state.machine, &keys);
        const auto before = static_cast<std::uint32_t>(positions.size());
        for (std::uint32_t& key : keys) key = key == ~0u ? key : key + before;
        form(out.forms, Form::Regalloc).append(text, keys);
      }
      const std::vector<std::uint32_t> here = positions_of(state.machine);
      positions.insert(positions.end(), here.begin(), here.end());
    }
  };
  CodeBlob blob;
  if (const char* why = jit::compile_function(func, state, blob); why != nullptr) {
    out.declined = why;
    blob.clear();
  }
  out.code_bytes = blob.code_bytes;
  out.data_bytes = static_cast<std::uint32_t>(blob.code.size()) - blob.code_bytes;
  out.frame_bytes = blob.frame_bytes;
  if (!has_any()) return out;

  for (std::size_t n = 0; n < blob.places.size(); ++n) {
    const CodePlace& place = blob.places[n];
    const std::uint32_t end = n + 1 < blob.places.size()
                                  ? blob.places[n + 1].offset
                                  : static_cast<std::uint32_t>(blob.code.size());
    std::vector<CodeLine> lines;
    Piece piece;
    if (place.inst == CodePlace::kData) {
      Disassembler::data(blob.code, place.offset, end, lines);
    } else {
      disassembler_.instructions(blob.code, place.offset, end, lines);
      piece.inst = place.inst;
      piece.wasm = place.inst < positions.size() ? positions[place.inst] : place.wasm;
    }
    for (const CodeLine& line : lines) piece.lines.push_back(code_text(blob.code, line));
    add_remarks(blob.points, lines, piece.lines);
    for (std::size_t l = 0; l < lines.size(); ++l) {
      for_each_inside(blob.calls, lines[l], [&](const CallSite& call) {
        piece.lines[l].append("  ; -> func ").append(names_.funcs[call.callee]);
      });
      for_each_inside(blob.tables, lines[l], [&](const TableSite& site) {
        piece.lines[l].append("  ; table of code ").append(std::to_string(site.table));
      });
    }
    out.pieces.push_back(std::move(piece));
  }
  return out;
}

Listing Lister::from_image(const engine::ImageView& image, FuncIdx func) const {
  Listing out;
  wasm_form(func, form(out.forms, Form::Wasm));
  const std::size_t defined = raw(func) - module_.imported_funcs;
  const std::uint32_t begin =
      defined < image.entries.size() ? image.entries[defined] : engine::kNoCode;
  const auto found =
      std::lower_bound(image.funcs.begin(), image.funcs.end(), begin,
                       [](const engine::NativeFunc& f, std::uint32_t at) { return f.begin < at; });
  if (begin >= image.code.size() || found == image.funcs.end() || found->begin != begin) {
    out.declined = "there is no machine code of it in the image";
    return out;
  }
  auto end = static_cast<std::uint32_t>(image.code.size());
  if (found + 1 != image.funcs.end()) end = std::clamp((found + 1)->begin, begin, end);
  out.code_bytes = std::min(found->code_bytes, end - begin);
  // What the linker puts between functions.
  for (int n = 0; n < 63 && end > begin + out.code_bytes && image.code[end - 1] == 0xCC; ++n) --end;
  out.data_bytes = end - begin - out.code_bytes;
  out.frame_bytes = found->frame_bytes;
  if (!has_any()) return out;

  const std::span<const std::uint8_t> code = image.code.subspan(begin, end - begin);
  std::vector<CodeLine> lines;
  disassembler_.instructions(code, 0, out.code_bytes, lines);
  std::vector<CodePoint> points;
  for (auto p = std::lower_bound(image.points.begin(), image.points.end(), begin,
                                 [](const CodePoint&at, std::uint32_t pc) { return at.pc < pc; });
       p != image.points.end() && p->pc <= begin + out.code_bytes; ++p) {
    points.push_back(*p);
    points.back().pc -= begin;
  }
  std::vector<std::string> texts;
  texts.reserve(lines.size());
  for (const CodeLine& line : lines) texts.push_back(code_text(code, line));
  add_remarks(points, lines, texts);
  for (std::size_t n = 0; n < lines.size(); ++n) {
    const std::optional<std::uint32_t> target = call_target(lines[n].text);
    if (!target) continue;
    const auto callee = std::upper_bound(
        image.funcs.begin(), image.funcs.end(), begin + *target,
        [](std::uint32_t at, const engine::NativeFunc& f) { return at < f.begin; });
    if (callee == image.funcs.begin()) continue;
    const engine::NativeFunc& to = *(callee - 1);
    if (begin + *target >= to.begin + to.code_bytes || to.index >= names_.funcs.size()) continue;
    texts[n].append("  ; -> func ").append(names_.funcs[to.index]);
  }

  // An image knows positions only at points: what leads to one stands with it.
  auto next = points.begin();
  for (std::size_t n = 0; n < lines.size(); ++n) {
    while (next != points.end() && next->pc < lines[n].offset) ++next;
    if (next != points.end() && next->pc == lines[n].offset &&
        next->kind != static_cast<std::uint8_t>(PointKind::Fault)) {
      ++next;
    }
    const std::uint32_t wasm = next == points.end() ? 0 : next->wasm;
    if (out.pieces.empty() || out.pieces.back().wasm != wasm) out.pieces.push_back({wasm, ~0u, {}});
    out.pieces.back().lines.push_back(texts[n]);
  }
  lines.clear();
  Disassembler::data(code, out.code_bytes, end - begin, lines);
  Piece& data = out.pieces.emplace_back();
  for (const CodeLine& line : lines) data.lines.push_back(code_text(code, line));
  return out;
}

}  // namespace wasmrt::tools
