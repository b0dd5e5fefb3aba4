// What differs between sections of a function is made the same: everything in the frame has the
// size of the largest.
#include "jit/compile_sections.h"

#include <algorithm>
#include <utility>

#include "jit/memory_limit.h"
#include "jit/places.h"
#include "libwasmrt/base/assert.h"

namespace wasmrt::jit {

namespace {

// What a first run provides for; more than a usual function needs, little beside its size.
constexpr std::uint32_t kSpills = 192;
constexpr std::uint32_t kOperandWords = 64;
// In front of the slots that allocation numbers: by which label a section was entered.
constexpr std::uint32_t kFirstSlot = 1;
constexpr std::uint32_t kNoPlace = ~0u;

}  // namespace

SectionedCode::SectionedCode(const CompileContext& context, FuncIdx func, CodeBlob& out)
    : context_(context),
      func_(func),
      out_(out),
      body_bytes_(context.module->bodies[raw(func) - context.module->imported_funcs].size),
      spills_(kSpills),
      homes_(kOperandWords) {}

void SectionedCode::begin() {
  if (too_small_) {
    spills_ = std::max(spills_, most_spills_);
    homes_ = std::max(homes_, most_homes_);
  }
  too_small_ = false;
  out_.clear();
  label_at_.clear();
  insts_ = 0;
}

void SectionedCode::before_allocation(MFunc& section) {
  section.first_slot = kFirstSlot;
  if (std::exchange(knows_areas_, true)) return;
  for (const CanonType* type : context_.module->types) {
    if (type->composite.kind != CompositeKind::Func) continue;
    area_bytes_ = std::max(area_bytes_, area_bytes(*context_.target, type->composite.func));
  }
  in_area_bytes_ = area_bytes(*context_.target, context_.module->func_type(func_));
}

bool SectionedCode::after_allocation(MFunc& m) {
  most_spills_ = std::max(most_spills_, m.spill_slots - std::min(m.spill_slots, kFirstSlot));
  for (const MInst& i : m.insts) {
    if ((i.op == kLoadHome || i.op == kStoreHome) && i.imm >= 0) {
      most_homes_ = std::max(most_homes_, static_cast<std::uint32_t>(i.imm) + 2);
    }
  }
  too_small_ |= most_spills_ > spills_ || most_homes_ > homes_;
  if (too_small_) return false;
  m.homes_at = kFirstSlot + spills_;
  m.spill_slots = m.homes_at + homes_;
  m.out_arg_bytes = area_bytes_;
  m.in_area_bytes = in_area_bytes_;
  m.tail_growth = kTailAreas[tail_area(area_bytes_)] + kTailAreaWords;
  m.has_calls = m.calls_out = true;
  for (const unsigned cls : {0u, 1u}) {
    m.used_callee_saved[cls] =
        context_.target->allocatable[cls] & ~context_.target->call_clobbers[cls];
  }
  return true;
}

/// Room for a section's code behind the others'. False: it would take too much.
bool SectionedCode::make_room(const CodeBlob& part) {
  const std::size_t align = context_.target->function_align;
  const std::size_t code = out_.code.size() + align + part.code.size();
  const std::size_t points = out_.points.size() + part.points.size();
  const std::uint64_t once = code + points * sizeof(CodePoint) +
                             out_.leaves.size() * sizeof(SectionJump) +
                             label_at_.size() * sizeof(std::uint32_t);
  // Growing makes a copy with a quarter to spare; linking makes one of the whole.
  if (once * 9 / 4 > most_memory(body_bytes_) - kSectionMemory) return false;
  if (code > out_.code.capacity()) out_.code.reserve(code + code / 4);
  if (points > out_.points.capacity()) out_.points.reserve(points + points / 4);
  return true;
}

const char* SectionedCode::append(const CodeBlob& part, const MFunc& machine) {
  if (!make_room(part)) return "its code would take too much memory";
  const std::size_t align = context_.target->function_align;
  out_.code.resize((out_.code.size() + align - 1) & ~(align - 1), 0xCC);
  const auto base = static_cast<std::uint32_t>(out_.code.size());
  if (base == 0) {
    out_.entry = part.entry;
    out_.frame_bytes = part.frame_bytes;
    out_.vmctx_at = part.vmctx_at;
  }
  WASMRT_ASSERT(out_.frame_bytes == part.frame_bytes && out_.vmctx_at == part.vmctx_at,
                "sections share a frame");
  out_.code.insert(out_.code.end(), part.code.begin(), part.code.end());
  out_.code_bytes = base + part.code_bytes;
  out_.listing += part.listing;
  append_moved(out_.calls, part.calls, &CallSite::offset, base);
  append_moved(out_.tables, part.tables, &TableSite::offset, base);
  append_moved(out_.leaves, part.leaves, &SectionJump::offset, base);
  append_moved(out_.points, part.points, &CodePoint::pc, base);
  for (CodePlace place : part.places) {
    place.offset += base;
    if (place.inst < CodePlace::kData) place.inst += insts_;
    out_.places.push_back(place);
  }
  if (!out_.frame_steps.empty() && out_.frame_steps.back().kind == FrameStep::Kind::Left) {
    out_.frame_steps.push_back({base, FrameStep::Kind::Back, 0, 0});
  }
  append_moved(out_.frame_steps, part.frame_steps, &FrameStep::at, base);
  insts_ += static_cast<std::uint32_t>(machine.insts.size());
  for (std::size_t n = 0; n < part.labels.size(); ++n) {
    if (part.labels[n] >= label_at_.size()) label_at_.resize(part.labels[n] + 1, kNoPlace);
    label_at_[part.labels[n]] = base + part.labels_at[n];
  }
  return nullptr;
}

const char* SectionedCode::finish() {
  for (const SectionJump& jump : out_.leaves) {
    WASMRT_ASSERT(jump.label < label_at_.size() && label_at_[jump.label] != kNoPlace,
                  "a section begins where another one jumps to");
    if (!context_.target->patch_call(out_.code.data(), jump.offset, label_at_[jump.label])) {
      return "a function of more code than a jump reaches across";
    }
  }
  out_.leaves.clear();
  return nullptr;
}

}  // namespace wasmrt::jit
