// Functions in order, thunks for callees without code behind them.
#include "libwasmrt/engine/link.h"

#include "jit/target.h"

namespace wasmrt::engine {

LinkedImage link(const jit::Target& target, const DecodedModule& module,
                 const std::vector<CompiledFunc>& all) {
  LinkedImage out;
  const std::uint32_t first = module.imported_funcs;
  const auto align = [&out] { out.code.resize((out.code.size() + 15) & ~std::size_t{15}, 0xCC); };
  std::size_t bytes = 0;
  std::size_t points = 0;
  for (const CompiledFunc& f : all) {
    bytes += f.blob.code.size() + 15;
    points += f.blob.points.size();
  }
  out.code.reserve(bytes + 1);
  out.points.reserve(points);
  out.entries.reserve(all.size());

  std::vector<std::uint32_t> inner(all.size(), kNoCode);  // entries for direct calls
  for (std::uint32_t n = 0; n < all.size(); ++n) {
    const CodeBlob& blob = all[n].blob;
    if (all[n].declined != nullptr) {
      out.entries.push_back(kNoCode);
      continue;
    }
    align();
    const auto begin = static_cast<std::uint32_t>(out.code.size());
    out.code.insert(out.code.end(), blob.code.begin(), blob.code.end());
    out.entries.push_back(begin);
    inner[n] = begin + blob.entry;
    out.funcs.push_back({begin, blob.frame_bytes, blob.vmctx_at, first + n, blob.code_bytes});
    for (CodePoint p : blob.points) {
      p.pc += begin;
      out.points.push_back(p);
    }
    for (FrameStep s : blob.frame_steps) {
      s.at += begin;
      out.frame_steps.push_back(s);
    }
  }
  for (std::uint32_t n = 0; n < all.size(); ++n) {
    if (all[n].declined != nullptr) continue;
    for (const CallSite& site : all[n].blob.calls) {
      std::uint32_t& callee = inner[site.callee - first];
      if (callee == kNoCode) {
        align();
        callee = static_cast<std::uint32_t>(out.code.size());
        const std::vector<std::uint8_t> thunk = target.make_thunk(site.callee);
        out.code.insert(out.code.end(), thunk.begin(), thunk.end());
      }
      target.patch_call(out.code.data(), out.entries[n] + site.offset, callee);
    }
  }
  // A return address may lie behind the last instruction: still inside the image.
  if (!out.code.empty()) out.code.push_back(0xCC);
  return out;
}

}  // namespace wasmrt::engine
