// Two rules on top of the order of the list: what leaves a loop with moves to make lies behind the
// loop, and a loop whose last block jumps to its head begins with that block.
#include "jit/lower/layout.h"

#include <algorithm>

namespace wasmrt::jit {

namespace {

constexpr std::uint32_t kNobody = ~0u;

/// The way out of a loop, where it has moves to make: it falls into the block it goes to.
void move_exits(const MFunc& func, const std::vector<std::uint32_t>& ends,
                std::vector<std::uint32_t>& before, std::vector<bool>& placed) {
  const auto count = static_cast<std::uint32_t>(func.blocks.size());
  for (std::uint32_t b = 1; b < count; ++b) {
    const MBlock& block = func.blocks[b];
    if (block.cold || block.succs.size() != 1 || block.preds.empty()) continue;
    if (ends[b] != b) continue;
    const std::uint32_t to = raw(block.succs[0].to);
    const std::uint32_t from = raw(block.preds[0]);
    if (to <= b || from + 1 > b) continue;
    // Several ways lead to it where turns are repeated.
    const auto falls = [&](MBlockId pred) { return func.blocks[raw(pred)].succs.size() < 2; };
    if (std::any_of(block.preds.begin(), block.preds.end(), falls)) continue;
    if (func.blocks[to].cold || func.blocks[to].loop_depth >= func.blocks[from].loop_depth)
      continue;
    if (ends[to] != to) continue;
    if (func.insts[block.insts.back()].op != kJump || before[to] != kNobody) continue;
    before[to] = b;
    placed[b] = true;
  }
}

/// A loop's last block that jumps to its head falls into it instead; entering the loop costs a
/// jump.
void rotate_loops(const MFunc& func, bool all, const std::vector<std::uint32_t>& ends,
                  std::vector<std::uint32_t>& last, std::vector<bool>& placed) {
  const auto count = static_cast<std::uint32_t>(func.blocks.size());
  const auto left_out = [&](std::uint32_t b) {
    return placed[b] || func.blocks[b].cold || ends[b] != b;
  };
  for (std::uint32_t head = 1; head < count; ++head) {
    if (!func.blocks[head].is_loop_header || left_out(head)) continue;
    std::uint32_t end = func.blocks[head].loop_end;
    while (end > head && left_out(end - 1)) --end;
    if (end < head + 2) continue;
    const std::uint32_t b = end - 1;
    const MBlock& block = func.blocks[b];
    if (block.is_loop_header || block.loop_depth != func.blocks[head].loop_depth) continue;
    if (func.insts[block.insts.back()].op != kJump) continue;
    if (ends[raw(block.succs[0].to)] != head) continue;
    // Where several ways meet, there is one that is not fallen into. With one way the jump into the
    // loop costs what is saved, if the turns are few.
    if (block.preds.size() < 2 && !all) continue;
    last[head] = b;
    placed[b] = true;
  }
}

/// The ends of chains of empty blocks. A circle of them ends at the one where it is entered first.
std::vector<std::uint32_t> jump_ends(const MFunc& func) {
  const auto count = static_cast<std::uint32_t>(func.blocks.size());
  std::vector<std::uint32_t> ends(count, kNobody);
  std::vector<std::uint32_t> chain;
  for (std::uint32_t b = 0; b < count; ++b) {
    chain.clear();
    std::uint32_t at = b;
    while (ends[at] == kNobody) {
      ends[at] = at;
      chain.push_back(at);
      const MBlock& block = func.blocks[at];
      if (block.insts.size() != 1 || func.insts[block.insts[0]].op != kJump) break;
      at = raw(block.succs[0].to);
    }
    for (const std::uint32_t c : chain) ends[c] = ends[at];
  }
  return ends;
}

/// Marks the first block of each loop that has no other inside.
void mark_starts(const MFunc& func, Layout& out) {
  const auto count = static_cast<std::uint32_t>(func.blocks.size());
  std::vector<bool> wanted(count, false);  // by head
  std::uint32_t last = kNobody;
  for (std::uint32_t b = 0; b < count; ++b) {
    if (!func.blocks[b].is_loop_header) continue;
    if (last != kNobody && b < func.blocks[last].loop_end) wanted[last] = false;
    wanted[b] = true;
    last = b;
  }
  out.starts_loop.assign(count, false);
  for (const std::uint32_t b : out.order) {
    const MBlockId head = func.blocks[b].loop_header;
    if (func.blocks[b].cold || head == MBlockId{~0u} || !wanted[raw(head)]) continue;
    wanted[raw(head)] = false;
    out.starts_loop[b] = true;
  }
}

}  // namespace

Layout lay_out(const MFunc& func, bool rotate_all) {
  const auto count = static_cast<std::uint32_t>(func.blocks.size());
  std::vector<std::uint32_t> exit(count, kNobody);  // by block: the exit that falls into it
  std::vector<std::uint32_t> last(count, kNobody);  // by head: the loop's last block
  std::vector<bool> placed(count, false);
  Layout out;
  out.ends = jump_ends(func);
  move_exits(func, out.ends, exit, placed);
  rotate_loops(func, rotate_all, out.ends, last, placed);
  out.order.reserve(count);
  const auto place = [&](std::uint32_t b) {
    if (exit[b] != kNobody) out.order.push_back(exit[b]);
    out.order.push_back(b);
  };
  for (const bool cold_part : {false, true}) {
    for (std::uint32_t b = 0; b < count; ++b) {
      if (b != 0 && (placed[b] || out.ends[b] != b)) continue;  // nobody jumps to an empty one
      if ((func.blocks[b].cold && b != 0) != cold_part) continue;
      if (last[b] != kNobody) place(last[b]);
      place(b);
    }
  }
  mark_starts(func, out);
  return out;
}

}  // namespace wasmrt::jit
