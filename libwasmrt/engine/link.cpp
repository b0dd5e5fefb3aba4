// Functions in order. Behind each stretch of them that calls can span lie the thunks that its calls
// need: of functions without code, and of those too far away.
#include "libwasmrt/engine/link.h"

#include <map>

#include "jit/target.h"
#include "libwasmrt/base/assert.h"

namespace wasmrt::engine {

namespace {

constexpr std::size_t kThunkAlign = 16;

/// Functions that reach each other and their thunks.
struct Stretch {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::map<std::uint32_t, std::uint32_t> thunks;  // by callee: offset
};

/// Cuts the functions into stretches of half a call's reach; the other half is for the thunks.
std::vector<Stretch> stretches(const jit::Target& target, const std::vector<CompiledFunc>& all) {
  std::vector<Stretch> out(1);
  std::size_t bytes = 0;
  for (std::uint32_t n = 0; n < all.size(); ++n) {
    const std::size_t size = all[n].blob.code.size() + target.function_align;
    if (bytes != 0 && bytes + size > target.call_reach / 2) {
      out.push_back({n, n, {}});
      bytes = 0;
    }
    bytes += size;
    out.back().to = n + 1;
  }
  return out;
}

}  // namespace

LinkedImage link(const jit::Target& target, const DecodedModule& module,
                 const std::vector<CompiledFunc>& all) {
  LinkedImage out;
  const std::uint32_t first = module.imported_funcs;
  const auto align = [&out](std::size_t to) {
    out.code.resize((out.code.size() + to - 1) & ~(to - 1), 0xCC);
  };
  std::size_t bytes = 0;
  std::size_t points = 0;
  for (const CompiledFunc& f : all) {
    bytes += f.blob.code.size() + target.function_align;
    points += f.blob.points.size();
  }
  out.code.reserve(bytes + 1);
  out.points.reserve(points);
  out.entries.assign(all.size(), kNoCode);

  std::vector<std::uint32_t> inner(all.size(), kNoCode);  // entries for direct calls
  std::vector<Stretch> parts = stretches(target, all);
  for (Stretch& part : parts) {
    for (std::uint32_t n = part.from; n < part.to; ++n) {
      const CodeBlob& blob = all[n].blob;
      if (all[n].declined != nullptr) continue;
      align(target.function_align);
      const auto begin = static_cast<std::uint32_t>(out.code.size());
      out.code.insert(out.code.end(), blob.code.begin(), blob.code.end());
      out.entries[n] = begin;
      inner[n] = begin + blob.entry;
      out.funcs.push_back({begin, blob.frame_bytes, blob.vmctx_at, first + n, blob.code_bytes});
      for (CodePoint p : blob.points) {
        p.pc += begin;
        out.points.push_back(p);
      }
      for (FrameStep step : blob.frame_steps) {
        step.at += begin;
        out.frame_steps.push_back(step);
      }
    }
    for (std::uint32_t n = part.from; n < part.to; ++n) {
      if (all[n].declined != nullptr) continue;
      for (const CallSite& site : all[n].blob.calls) {
        const std::uint32_t callee = site.callee - first;
        const bool near = callee >= part.from && callee < part.to;
        if ((near && all[callee].declined == nullptr) || part.thunks.contains(callee)) continue;
        align(kThunkAlign);
        part.thunks[callee] = static_cast<std::uint32_t>(out.code.size());
        const std::vector<std::uint8_t> thunk = target.make_thunk(site.callee);
        out.code.insert(out.code.end(), thunk.begin(), thunk.end());
      }
    }
  }
  for (const Stretch& part : parts) {
    for (std::uint32_t n = part.from; n < part.to; ++n) {
      if (all[n].declined != nullptr) continue;
      for (const CallSite& site : all[n].blob.calls) {
        const std::uint32_t callee = site.callee - first;
        const std::uint32_t at = out.entries[n] + site.offset;
        if (inner[callee] != kNoCode && target.patch_call(out.code.data(), at, inner[callee])) {
          continue;
        }
        const auto thunk = part.thunks.find(callee);
        const bool reached =
            thunk != part.thunks.end() && target.patch_call(out.code.data(), at, thunk->second);
        WASMRT_ASSERT(reached, "a function's calls reach the thunks behind its stretch");
      }
    }
  }
  // A return address may lie behind the last instruction: still inside the image.
  if (!out.code.empty()) out.code.push_back(0xCC);
  return out;
}

}  // namespace wasmrt::engine
