// Images, and what happens when compiled code stops.
#include "libwasmrt/engine/native_image.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "jit/target.h"
#include "libwasmrt/abi/activation.h"
#include "libwasmrt/abi/builtins.h"
#include "libwasmrt/engine/native_stubs.h"
#include "libwasmrt/frontend/reader.h"
#include "libwasmrt/runtime/instance_state.h"
#include "libwasmrt/wasm/opcode.h"
#include "libwasmrt/wasm/trap.h"
#include "sys/os/fault.h"

namespace wasmrt::engine {

namespace {

// ---- the images of the process
// ------------------------------------------------------------------------

struct Registry {
  std::shared_mutex mutex;
  std::map<std::uintptr_t, const NativeImage*> by_end;
};

Registry& registry() {
  static auto* r = new Registry;  // outlives every image
  return *r;
}

const NativeImage* image_at(std::uintptr_t pc) {
  Registry& r = registry();
  const std::shared_lock lock(r.mutex);
  const auto at = r.by_end.upper_bound(pc);
  if (at == r.by_end.end()) return nullptr;
  const NativeImage* image = at->second;
  return pc >= reinterpret_cast<std::uintptr_t>(image->base()) ? image : nullptr;
}

std::uint32_t offset_in(const NativeImage& image, std::uintptr_t pc) {
  return static_cast<std::uint32_t>(pc - reinterpret_cast<std::uintptr_t>(image.base()));
}

/// Which of two accesses of an instruction faulted: 0, or 1 where the first is inside the memory.
/// That one is done then: a store of it is made up for. Says where it faulted.
unsigned faulted(const CodePoint& first, const Vmctx& ctx, os::FaultContext& context,
                 std::uintptr_t& address) {
  const CodePair pair = unpack(first.pair);
  const VmMemory& memory = *ctx.memories[0];
  const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(memory.base) + memory.bytes;
  const std::uintptr_t at = context.general(pair.base) + pair.distance;
  const std::uintptr_t next = at + pair.bytes;
  const bool inside = next <= end;
  address = std::max(inside ? next : at, end);
  const std::uint16_t stored = (&first + 1)->pair;
  if (inside && stored != 0) {
    const std::uint64_t value = stored == 32 ? 0 : context.general(stored - 1u);
    std::memcpy(reinterpret_cast<void*>(at), &value, pair.bytes);
  }
  return inside ? 1 : 0;
}

/// In the signal handler: only faults at points, by guest accesses.
bool on_fault(void* user, const os::Fault& fault, os::FaultContext& context) {
  const auto& image = *static_cast<const NativeImage*>(user);
  if (!fault.in_data_range || fault.data.tag != os::kFaultTagGuarded) return false;
  const CodePoint* point = image.point_at(offset_in(image, fault.pc));
  if (point == nullptr || point->kind != static_cast<std::uint8_t>(PointKind::Fault)) return false;
  const jit::Target::Frames& frames = jit::host_target()->frames;
  auto* ctx = reinterpret_cast<Vmctx*>(context.general(frames.instance));
  std::uintptr_t address = fault.address;
  std::uintptr_t pc = fault.pc;
  if (point->pair != 0) pc += faulted(*point, *ctx, context, address);
  ctx->activation->fault_address = address;
  context.set_general(frames.fault_pc, pc);
  context.set_pc(reinterpret_cast<std::uintptr_t>(native_stubs()->fault));
  return true;
}

// ---- what the stubs call
// ----------------------------------------------------------------------------------

/// The areas of tail calls that a function returns through: `pc` is where it returns to, `sp` the
/// stack pointer there.
void leave_tail_areas(Vmctx*& ctx, std::uintptr_t& pc, std::uintptr_t& sp) {
  const NativeStubs& stubs = *native_stubs();
  const auto* const begin = stubs.tail_return;
  for (;;) {
    const auto* const found =
        std::find(begin, begin + kTailAreaCount, reinterpret_cast<const void*>(pc));
    if (found == begin + kTailAreaCount) return;
    const std::uintptr_t words = sp + kTailAreas[found - begin];
    ctx = *reinterpret_cast<Vmctx* const*>(words + 8);
    pc = *reinterpret_cast<const std::uintptr_t*>(words + 16);
    sp = words + kTailAreaWords;
  }
}

/// Adds the frame that stands at `sp` with its pc at a point, and all around it.
void add_frames(TrapReport& report, Vmctx* ctx, const NativeImage* image, const CodePoint& at,
                std::uintptr_t sp) {
  const NativeFunc* func = image->func_at(at.pc == 0 ? 0 : at.pc - 1);
  report.add_frame(ctx, func->index, at.wasm);
  const bool no_frame = at.kind == static_cast<std::uint8_t>(PointKind::Prologue);
  const auto above = [](std::uintptr_t from, std::int32_t bytes) {
    return from + static_cast<std::uintptr_t>(std::intptr_t{bytes});
  };
  std::uintptr_t slot =
      above(sp, no_frame ? jit::host_target()->frames.return_slot : func->frame_bytes);
  while (report.total_frames < TrapReport::kMaxCounted) {
    std::uintptr_t pc = *reinterpret_cast<const std::uintptr_t*>(slot);
    sp = slot + sizeof(void*);
    leave_tail_areas(ctx, pc, sp);
    image = image_at(pc);
    if (image == nullptr) return;
    const CodePoint* point = image->point_at(offset_in(*image, pc));
    if (point == nullptr) return;
    func = image->func_at(point->pc - 1);
    if (point->kind == static_cast<std::uint8_t>(PointKind::CallOut)) {
      ctx = *reinterpret_cast<Vmctx* const*>(sp + func->vmctx_at);
    }
    report.add_frame(ctx, func->index, point->wasm);
    slot = above(sp, func->frame_bytes);
  }
}

const CodePoint* point_of(const void* pc, const NativeImage*& image) {
  const auto address = reinterpret_cast<std::uintptr_t>(pc);
  image = image_at(address);
  return image == nullptr ? nullptr : image->point_at(offset_in(*image, address));
}

/// `wasm`: the offset of what has stopped, if that is not the point's own.
std::uint32_t finish(Vmctx* ctx, const void* pc, void* sp, TrapWord word,
                     const std::uint32_t* wasm = nullptr) {
  TrapReport& report = ctx->activation->report;
  report.word = word;
  auto address = reinterpret_cast<std::uintptr_t>(pc);
  auto at = reinterpret_cast<std::uintptr_t>(sp);
  leave_tail_areas(ctx, address, at);
  const NativeImage* image = nullptr;
  const CodePoint* point = point_of(reinterpret_cast<const void*>(address), image);
  if (point == nullptr) return word;
  CodePoint known = *point;
  if (wasm != nullptr) known.wasm = *wasm;
  add_frames(report, ctx, image, known, at);
  return word;
}

/// Reads again what the instruction at an offset of the module says.
Reader instruction_at(const DecodedModule& module, std::uint32_t offset) {
  const std::span<const std::uint8_t> bytes = module.bytes->view();
  return {bytes, offset, bytes.size()};
}

/// The type that an indirect call names.
std::uint32_t type_of_call_indirect(const DecodedModule& module, std::uint32_t offset,
                                    std::uint32_t* table = nullptr) {
  Reader reader = instruction_at(module, offset + 1);
  std::uint32_t type = 0;
  reader.u32(type);
  if (table != nullptr) reader.u32(*table);
  return type;
}

/// A table of code has nothing for an index: what a call through the table itself would have found.
/// Makes `info` what goes with it.
TrapKind no_callee(const Vmctx* ctx, std::uint32_t offset, std::uint64_t& info) {
  const auto& instance = *static_cast<const rt::Instance*>(ctx->instance);
  std::uint32_t number = 0;
  type_of_call_indirect(instance.module().decoded(), offset, &number);
  const VmTable& table = *ctx->tables[number];
  if (info >= table.size) return TrapKind::UndefinedElement;
  const auto* const ref = reinterpret_cast<const VmFuncRef*>(table.elements[info]);
  if (ref == nullptr) return TrapKind::UninitializedElement;
  info = ref->type_id;
  return TrapKind::IndirectCallTypeMismatch;
}

/// What a load or store says of its access.
struct AccessSite {
  std::uint32_t memory = 0;
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
};

AccessSite access_at(const DecodedModule& module, std::uint32_t at) {
  constexpr std::uint32_t kHasMemory = 0x40;
  AccessSite site;
  Reader reader = instruction_at(module, at);
  std::uint8_t byte = 0;
  std::uint32_t sub = 0;
  std::uint32_t flags = 0;
  reader.u8(byte);
  const bool prefixed = is_op_prefix(byte);
  if (prefixed) reader.u32(sub);
  reader.u32(flags);
  if ((flags & kHasMemory) != 0) reader.u32(site.memory);
  reader.u64(site.offset);
  site.bytes = 1u << op_info(prefixed ? lookup_op(byte, sub) : lookup_op(byte)).align;
  return site;
}

/// A checked access failed; `index` is its address operand.
void report_access(TrapReport& report, const Vmctx* ctx, std::uint32_t at, std::uint64_t index) {
  const auto& instance = *static_cast<const rt::Instance*>(ctx->instance);
  const AccessSite site = access_at(instance.module().decoded(), at);
  report.has_address = true;
  report.address = index + site.offset;
  report.access_bytes = site.bytes;
  report.memory_bytes = ctx->memories[site.memory]->bytes;
}

/// Which of the accesses that one check was for would have trapped.
std::uint32_t first_outside(const Vmctx* ctx, const NativeImage& image, const CodePoint& point,
                            std::uint64_t index) {
  const auto& instance = *static_cast<const rt::Instance*>(ctx->instance);
  std::uint32_t at = point.wasm;
  for (std::uint32_t n = 0; n < point.pair; ++n) {
    const AccessSite site = access_at(instance.module().decoded(), at);
    const std::uint64_t bytes = ctx->memories[site.memory]->bytes;
    const std::uint64_t end = site.offset + site.bytes;
    if (bytes < end || index > bytes - end) break;
    at = image.point_at(point.pc - n - 1)->wasm;
  }
  return at;
}

void fill_report(TrapReport& report, Vmctx* ctx, const CodePoint& point, std::uint64_t info) {
  switch (static_cast<TrapKind>(point.trap)) {
    case TrapKind::OutOfBoundsMemoryAccess:
      if (point.kind != static_cast<std::uint8_t>(PointKind::Fault)) {
        report_access(report, ctx, point.wasm, info);
        return;
      }
      for (const VmMemory* memory : static_cast<const rt::Instance*>(ctx->instance)->memory_words) {
        const std::uintptr_t at =
            ctx->activation->fault_address - reinterpret_cast<std::uintptr_t>(memory->base);
        if (at >= memory->reserved) continue;
        report.has_address = true;
        report.address = at;
        report.access_bytes = 0;
        report.memory_bytes = memory->bytes;
        return;
      }
      return;
    case TrapKind::UndefinedElement:
    case TrapKind::UninitializedElement:
    case TrapKind::OutOfBoundsTableAccess: report.index = info; return;
    case TrapKind::IndirectCallTypeMismatch: {
      const auto& instance = *static_cast<const rt::Instance*>(ctx->instance);
      const DecodedModule& module = instance.module().decoded();
      report.expected_type = ctx->type_ids[type_of_call_indirect(module, point.wasm)];
      report.actual_type = info;
      return;
    }
    default: return;
  }
}

std::uint32_t on_trap(Vmctx* ctx, const void* pc, void* sp, std::uint32_t word,
                      std::uint64_t info) {
  const NativeImage* image = nullptr;
  const CodePoint* point = point_of(pc, image);
  if (point != nullptr && point->trap != 0) {
    CodePoint known = *point;
    if (known.trap == kNoCallee) {
      known.trap = static_cast<std::uint8_t>(no_callee(ctx, known.wasm, info));
    }
    if (known.pair != 0) known.wasm = first_outside(ctx, *image, known, info);
    word = known.trap;
    fill_report(ctx->activation->report, ctx, known, info);
    return finish(ctx, pc, sp, word, &known.wasm);
  }
  return finish(ctx, pc, sp, word);
}

std::uint32_t on_poll(Vmctx* ctx, const void* pc, void* sp) {
  const TrapWord word = ctx->builtins->poll(ctx);
  return word == 0 ? 0 : finish(ctx, pc, sp, word);
}

/// The limit is also raised to make itself heard: then there is room, and it is a poll.
std::uint32_t on_stack_limit(Vmctx* ctx, const void* pc, void* sp) {
  const NativeImage* image = nullptr;
  const CodePoint* point = point_of(pc, image);
  const std::int32_t bytes = point == nullptr ? 0 : image->func_at(point->pc - 1)->frame_bytes;
  const auto frame = static_cast<std::uintptr_t>(std::max(bytes, 0));
  const auto here = reinterpret_cast<std::uintptr_t>(sp);
  if (here < frame || here - frame < ctx->activation->native_limit) {
    return finish(ctx, pc, sp, static_cast<TrapWord>(TrapKind::CallStackExhausted));
  }
  return on_poll(ctx, pc, sp);
}

}  // namespace

NativeHandlers stop_handlers() {
  NativeHandlers handlers;
  handlers.trap = on_trap;
  handlers.poll = on_poll;
  handlers.stack_limit = on_stack_limit;
  return handlers;
}

// ---- NativeImage
// --------------------------------------------------------------------------------------------

std::unique_ptr<NativeImage> NativeImage::publish(jit::List<std::uint8_t> code,
                                                  std::vector<NativeFunc> funcs,
                                                  std::vector<CodePoint> points, bool faults) {
  std::unique_ptr<NativeImage> image(new NativeImage);
  image->memory_ = code.is_paged() ? os::CodeMemory::take(code) : os::CodeMemory::publish(code);
  if (!image->memory_.valid()) return nullptr;
  image->code_ = {image->memory_.base(), code.size()};
  image->own_funcs_ = std::move(funcs);
  image->own_points_ = std::move(points);
  image->funcs_ = image->own_funcs_;
  image->points_ = image->own_points_;
  return image->enter_registry(faults) ? std::move(image) : nullptr;
}

std::unique_ptr<NativeImage> NativeImage::publish(const ImageView& view, os::FileMapping code,
                                                  std::shared_ptr<const void> owner, bool faults) {
  std::unique_ptr<NativeImage> image(new NativeImage);
  image->mapping_ = std::move(code);
  image->code_ = image->mapping_.bytes();
  if (image->code_.empty()) {
    image->memory_ = os::CodeMemory::publish(view.code);
    if (!image->memory_.valid()) return nullptr;
    image->code_ = {image->memory_.base(), view.code.size()};
  }
  image->funcs_ = view.funcs;
  image->points_ = view.points;
  image->owner_ = std::move(owner);
  return image->enter_registry(faults) ? std::move(image) : nullptr;
}

bool NativeImage::enter_registry(bool faults) {
  const auto begin = reinterpret_cast<std::uintptr_t>(base());
  {
    Registry& r = registry();
    const std::unique_lock lock(r.mutex);
    r.by_end.emplace(begin + size(), this);
  }
  if (faults) {
    faults_ = os::add_code_range({begin, begin + size(), 0, &on_fault, this,
                                  os::fault_kind_bit(os::FaultKind::BadAccess), false});
  }
  return faults_ || !faults;
}

NativeImage::~NativeImage() {
  if (code_.empty()) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(base());
  if (faults_) os::remove_code_range(begin);
  Registry& r = registry();
  const std::unique_lock lock(r.mutex);
  r.by_end.erase(begin + size());
}

const NativeFunc* NativeImage::func_at(std::uint32_t offset) const {
  const auto after =
      std::upper_bound(funcs_.begin(), funcs_.end(), offset,
                       [](std::uint32_t o, const NativeFunc& f) { return o < f.begin; });
  return after == funcs_.begin() ? nullptr : &*(after - 1);
}

const CodePoint* NativeImage::point_at(std::uint32_t offset) const {
  const auto at = std::lower_bound(points_.begin(), points_.end(), offset,
                                   [](const CodePoint& p, std::uint32_t o) { return p.pc < o; });
  return at != points_.end() && at->pc == offset ? &*at : nullptr;
}

}  // namespace wasmrt::engine
