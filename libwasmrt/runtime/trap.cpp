// Traps: from what an engine reports to what the API shows, and as text.
#include <wasmrt/trap.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "libwasmrt/base/printable.h"
#include "libwasmrt/runtime/call.h"
#include "libwasmrt/wasm/trap.h"

namespace wasmrt::rt {

namespace {

TrapFrame public_frame(const RawFrame& raw) {
  const Instance& instance = *static_cast<const Instance*>(raw.ctx->instance);
  const DecodedModule& module = instance.module().decoded();
  TrapFrame frame;
  frame.instance = instance.name();
  frame.module = std::string(module.names.module);
  frame.function = std::string(instance.module().function_names()[raw.func_idx]);
  frame.func_index = raw.func_idx;
  frame.offset = raw.offset;
  if (instance.module().engine().config().source_lines) {
    if (auto line = instance.module().source_lines().find(raw.offset)) {
      frame.file = std::move(line->file);
      frame.line = line->line;
      frame.column = line->column;
    }
  }
  return frame;
}

/// The text of a function type by canonical id, looked up where the trap happened.
std::string type_text(const TrapReport& report, std::uint64_t id) {
  if (id == 0 || report.frames.empty()) return {};
  const Instance& instance = *static_cast<const Instance*>(report.frames.front().ctx->instance);
  const DecodedModule& module = instance.module().decoded();
  if (const auto it = module.type_index.find(id); it != module.type_index.end()) {
    return to_string(module.types[it->second]->composite.func);
  }
  // A function of another module: it is at that index of one of the instance's tables.
  for (const Ref<Table>& table : instance.tables) {
    const VmTable& words = table->vm();
    if (report.index >= words.size || type_top(table->type().element) != HeapKind::Func) continue;
    const auto* ref = reinterpret_cast<const VmFuncRef*>(words.elements[report.index]);
    if (ref != nullptr && ref->type_id == id) return to_string(func_type(*ref).composite.func);
  }
  return "(type " + std::to_string(id) + ")";
}

}  // namespace

Error take_error(CallFrame& frame, TrapWord word) {
  TrapReport& report = frame.report;
  std::unique_ptr<Error> pending = std::move(frame.pending);
  const auto kind = static_cast<TrapKind>(word);
  if (pending != nullptr && pending->code == ErrorCode::Exit) return std::move(*pending);

  std::vector<TrapFrame> frames;
  std::uint64_t omitted = 0;
  const Trap* inner = pending != nullptr ? pending->trap() : nullptr;
  if (inner != nullptr) {
    frames.assign(inner->frames().begin(), inner->frames().end());
    omitted = inner->frames_omitted();
  }
  for (const RawFrame& raw : report.frames) {
    if (frames.size() >= Trap::kMaxFrames) {
      ++omitted;
    } else {
      frames.push_back(public_frame(raw));
    }
  }
  omitted += report.total_frames - report.frames.size();

  Trap trap = inner != nullptr ? *inner : Trap(kind, std::string(trap_wording(kind)));
  if (inner == nullptr) {
    TrapDetail detail;
    if (report.has_address) {
      detail.address = report.address;
      detail.access_bytes = report.access_bytes;
      detail.size = report.memory_bytes;
    }
    if (kind == TrapKind::IndirectCallTypeMismatch) {
      detail.expected_type = type_text(report, report.expected_type);
      detail.actual_type = type_text(report, report.actual_type);
    }
    if (kind == TrapKind::UninitializedElement) {
      trap = Trap(kind, trap.message() + " " + std::to_string(report.index));
    }
    trap.set_detail(std::move(detail));
  }
  trap.set_frames(std::move(frames), omitted);
  report = TrapReport{};
  Error error = std::move(trap);
  return error;
}

}  // namespace wasmrt::rt

namespace wasmrt {

namespace {

std::string hex(std::uint64_t v) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(v));
  return text;
}

// Frames that to_string shows at most; all are in Trap::frames.
constexpr std::size_t kMostLines = 32;

std::string frame_text(const TrapFrame& frame) {
  std::string text;
  const std::string& owner = frame.instance.empty() ? frame.module : frame.instance;
  if (!owner.empty()) {
    append_printable(text, owner);
    text += '!';
  }
  if (frame.function.empty()) {
    text += "func[" + std::to_string(frame.func_index) + "]";
  } else {
    append_printable(text, frame.function);
  }
  text += " @ " + hex(frame.offset);
  if (frame.line != 0) {
    text += " (";
    append_printable(text, frame.file);
    text += ":" + std::to_string(frame.line);
    if (frame.column != 0) text += ":" + std::to_string(frame.column);
    text += ')';
  }
  return text;
}

/// One past the last of the frames from `at` on that are of the same place.
std::size_t end_of_run(const std::vector<TrapFrame>& frames, std::size_t at) {
  const TrapFrame& first = frames[at];
  std::size_t end = at + 1;
  while (end < frames.size() && frames[end].offset == first.offset &&
         frames[end].func_index == first.func_index && frames[end].instance == first.instance &&
         frames[end].module == first.module) {
    ++end;
  }
  return end;
}

}  // namespace

Trap& Trap::set_detail(TrapDetail detail) {
  detail_ = std::move(detail);
  return *this;
}

Trap& Trap::set_frames(std::vector<TrapFrame> frames, std::uint64_t omitted) {
  frames_ = std::move(frames);
  omitted_ = omitted;
  return *this;
}

Trap& Trap::set_host_exception(std::exception_ptr exception) {
  exception_ = std::move(exception);
  return *this;
}

Trap::operator Error() const& { return Error(Trap(*this)); }

Trap::operator Error() && {
  Error error(ErrorCode::Trap, message_);
  error.trap_info = std::make_shared<const Trap>(std::move(*this));
  return error;
}

std::string Trap::to_string() const {
  std::string text = message_;
  if (detail_.address && detail_.size) {
    text += ": at " + hex(*detail_.address);
    if (detail_.access_bytes != 0) text += ", " + std::to_string(detail_.access_bytes) + " wide";
    text += ", size " + std::to_string(*detail_.size);
  }
  if (!detail_.expected_type.empty()) {
    text += ": expected " + detail_.expected_type + ", found " + detail_.actual_type;
  }
  std::size_t lines = 0;
  std::size_t at = 0;
  while (at < frames_.size() && lines < kMostLines) {
    const std::size_t next = end_of_run(frames_, at);
    text += "\n  " + std::to_string(at) + ": " + frame_text(frames_[at]);
    // Recursion is told once.
    if (next - at > 2) {
      text += "\n  ... the same " + std::to_string(next - at - 1) + " times more";
      at = next;
    } else {
      ++at;
    }
    ++lines;
  }
  const std::uint64_t rest = frames_.size() - at + omitted_;
  if (rest > 0) text += "\n  ... " + std::to_string(rest) + " more";
  return text;
}

std::string_view trap_kind_name(TrapKind kind) noexcept {
  // The enumerators' words, separated by hyphens; made once.
  static const std::vector<std::string>* const names = [] {
    auto* all = new std::vector<std::string>;
#define TRAP(Name, wording) all->push_back(#Name);
#include <wasmrt/traps.def>
#undef TRAP
    for (std::string& name : *all) {
      std::string out;
      for (const char c : name) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && !out.empty() && (out.back() < '0' || out.back() > '9')) out += '-';
        out += upper ? static_cast<char>(c - 'A' + 'a') : c;
      }
      name = out;
    }
    return all;
  }();
  const auto index = static_cast<std::size_t>(kind);
  return index < names->size() ? std::string_view((*names)[index]) : std::string_view("unknown");
}

}  // namespace wasmrt
