// What differs between sections of a function is made the same: everything in the frame has the
// size of the largest.
#include "jit/compile_sections.h"

#include <algorithm>
#include <utility>

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
    : context_(context), func_(func), out_(out), spills_(kSpills), homes_(kOperandWords) {}

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

void SectionedCode::append(const CodeBlob& part, const MFunc& machine) {
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
  for (CallSite site : part.calls) {
    site.offset += base;
    out_.calls.push_back(site);
  }
  for (TableSite site : part.tables) {
    site.offset += base;
    out_.tables.push_back(site);
  }
  for (SectionJump jump : part.leaves) {
    jump.offset += base;
    out_.leaves.push_back(jump);
  }
  for (CodePoint point : part.points) {
    point.pc += base;
    out_.points.push_back(point);
  }
  for (CodePlace place : part.places) {
    place.offset += base;
    if (place.inst < CodePlace::kData) place.inst += insts_;
    out_.places.push_back(place);
  }
  if (!out_.frame_steps.empty() && out_.frame_steps.back().kind == FrameStep::Kind::Left) {
    out_.frame_steps.push_back({base, FrameStep::Kind::Back, 0, 0});
  }
  for (FrameStep step : part.frame_steps) {
    step.at += base;
    out_.frame_steps.push_back(step);
  }
  insts_ += static_cast<std::uint32_t>(machine.insts.size());
  for (std::size_t n = 0; n < part.labels.size(); ++n) {
    if (part.labels[n] >= label_at_.size()) label_at_.resize(part.labels[n] + 1, kNoPlace);
    label_at_[part.labels[n]] = base + part.labels_at[n];
  }
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
