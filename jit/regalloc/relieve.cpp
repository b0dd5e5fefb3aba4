// The scan meets a crowd only where it is: it would drive values out in the middle of a loop, at
// whose head they took registers that nobody used until then. What rests in the whole loop is
// therefore put away before.
#include "jit/regalloc/relieve.h"

#include <algorithm>
#include <array>
#include <bit>

namespace wasmrt::jit {

namespace {

using PerClass = std::array<std::uint32_t, 2>;

unsigned class_of(const MFunc& func, std::uint32_t vreg) {
  return static_cast<unsigned>(func.vregs[vreg].cls);
}

/// By block: how many values of each class live at its fullest place.
std::vector<PerClass> crowds(const MFunc& func, const Intervals& in) {
  const std::size_t count = in.block_at.size();
  std::array<std::vector<std::int32_t>, 2> change;
  for (auto& list : change) list.assign(count + 1, 0);
  for (std::uint32_t v = 0; v < func.vregs.size(); ++v) {
    std::vector<std::int32_t>& list = change[class_of(func, v)];
    for (std::uint32_t r = in.pieces[v].first_range; r != kNone; r = in.ranges[r].next) {
      // Counted where uses are read, 4k+1.
      ++list[(in.ranges[r].from + 2) / 4];
      --list[std::min<std::size_t>((in.ranges[r].to + 2) / 4, count)];
    }
  }
  std::vector<PerClass> most(func.blocks.size(), PerClass{});
  std::array<std::int32_t, 2> live = {0, 0};
  for (std::size_t k = 0; k < count; ++k) {
    for (const unsigned cls : {0u, 1u}) {
      live[cls] += change[cls][k];
      std::uint32_t& top = most[in.block_at[k]][cls];
      top = std::max(top, static_cast<std::uint32_t>(live[cls]));
    }
  }
  return most;
}

struct Loop {
  std::uint32_t header, end;  // blocks
  PerClass crowd{};
  PerClass resting{};  // values put away in it, those of loops around it included
  std::vector<std::pair<std::uint32_t, std::uint32_t>> idle;  // next touch behind it, value
};

}  // namespace

std::uint64_t relieve_loops(const Target& target, const MFunc& func, Intervals& in) {
  std::vector<std::uint32_t> loop_of(func.blocks.size(), kNone);  // by header
  std::vector<Loop> loops;
  for (std::uint32_t b = 0; b < func.blocks.size(); ++b) {
    if (!func.blocks[b].is_loop_header) continue;
    loop_of[b] = static_cast<std::uint32_t>(loops.size());
    loops.push_back({b, func.blocks[b].loop_end, {}, {}, {}});
  }
  if (loops.empty()) return 0;
  const std::vector<PerClass> most = crowds(func, in);
  for (std::uint32_t b = 0; b < func.blocks.size(); ++b) {
    const MBlock& block = func.blocks[b];
    const std::uint32_t header = block.is_loop_header ? b : raw(block.loop_header);
    if (header == kNone) continue;
    for (const unsigned cls : {0u, 1u}) {
      std::uint32_t& crowd = loops[loop_of[header]].crowd[cls];
      crowd = std::max(crowd, most[b][cls]);
    }
  }
  PerClass room{};
  for (const unsigned cls : {0u, 1u}) {
    room[cls] = static_cast<std::uint32_t>(std::popcount(target.allocatable[cls]));
  }
  bool crowded = false;
  for (std::size_t n = loops.size(); n-- > 0;) {
    const std::uint32_t outer = in.loop_parent[loops[n].header];
    for (const unsigned cls : {0u, 1u}) {
      crowded |= loops[n].crowd[cls] > room[cls];
      if (outer == kNone) continue;
      std::uint32_t& crowd = loops[loop_of[outer]].crowd[cls];
      crowd = std::max(crowd, loops[n].crowd[cls]);
    }
  }
  if (!crowded) return 0;

  // Where each value is touched next, seen from the heads of the crowded loops.
  std::vector<std::uint32_t> next_touch(func.vregs.size(), kNone);
  for (std::uint32_t b = static_cast<std::uint32_t>(func.blocks.size()); b-- > 0;) {
    const MBlock& block = func.blocks[b];
    for (const MEdge& edge : block.succs) {
      for (const VReg v : edge.args) next_touch[raw(v)] = b;
    }
    for (const std::uint32_t i : block.insts) {
      for (const MOperand& op : func.operands(func.insts[i])) next_touch[raw(op.vreg)] = b;
    }
    if (loop_of[b] == kNone) continue;
    Loop& loop = loops[loop_of[b]];
    if (loop.crowd[0] <= room[0] && loop.crowd[1] <= room[1]) continue;
    in.work += in.live_into(b).size();
    for (const std::uint32_t v : in.live_into(b)) {
      if (next_touch[v] >= loop.end) loop.idle.emplace_back(next_touch[v], v);
    }
  }

  // Outer loops first; what is touched last goes first.
  std::uint64_t cuts = 0;
  std::vector<std::uint32_t> away_until(func.vregs.size(), 0);  // block
  std::vector<std::uint32_t> tail(func.vregs.size(), kNone);    // last piece
  for (Loop& loop : loops) {
    const std::uint32_t outer = in.loop_parent[loop.header];
    if (outer != kNone) loop.resting = loops[loop_of[outer]].resting;
    std::sort(loop.idle.begin(), loop.idle.end(), std::greater<>());
    const std::uint32_t from = gap_of(in.block_index[loop.header]);
    const std::uint32_t to = gap_of(in.block_index[loop.end]);
    for (const auto& [touch, v] : loop.idle) {
      const unsigned cls = class_of(func, v);
      if (loop.crowd[cls] <= room[cls] + loop.resting[cls] || away_until[v] > loop.header) continue;
      std::uint32_t piece = tail[v] == kNone ? v : tail[v];
      if (in.pieces[piece].from < from) {
        piece = in.split(piece, from);
        ++cuts;
      }
      if (in.pieces[piece].to > to) {
        piece = in.split(piece, to);
        ++cuts;
      }
      tail[v] = piece;
      away_until[v] = loop.end;
      ++loop.resting[cls];
    }
  }
  return cuts;
}

}  // namespace wasmrt::jit
