// Finds the loops, then makes the list of blocks anew with the copies in it.
#include "jit/lower/unroll.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace wasmrt::jit {

namespace {

constexpr std::uint32_t kTurns = 4;
// The smallest ones, where the poll still counts.
constexpr std::uint32_t kTurnsOfSmallest = 8;
constexpr std::uint32_t kSmallest = 10;
// Beyond this a poll and a taken branch no longer count (docs/JIT.md).
constexpr std::uint32_t kMostInsts = 24;
constexpr std::uint32_t kMostBlocks = 20;

struct TinyLoop {
  std::uint32_t head, end;  // blocks
  std::uint32_t turns;
  std::vector<std::uint32_t> body;  // those from which the next turn can be reached, in order
};

bool polls_once(const MFunc& func, const MBlock& block) {
  return std::count_if(block.insts.begin(), block.insts.end(),
                       [&](std::uint32_t i) { return func.insts[i].op == kPoll; }) == 1;
}

/// Whether a loop that has no other inside is worth it, and what of it goes round.
bool is_tiny(const MFunc& func, TinyLoop& loop) {
  const std::uint32_t blocks = loop.end - loop.head;
  if (blocks > kMostBlocks || !polls_once(func, func.blocks[loop.head])) return false;
  std::uint32_t insts = 0;
  std::vector<bool> around(blocks, false);
  for (std::uint32_t b = loop.end; b-- > loop.head;) {
    const MBlock& block = func.blocks[b];
    bool goes_on = b == loop.head;
    for (const MEdge& edge : block.succs) {
      const std::uint32_t to = raw(edge.to);
      goes_on |= to == loop.head || (to > b && to < loop.end && around[to - loop.head]);
    }
    if (!goes_on) continue;
    around[b - loop.head] = true;
    if (block.succs.size() > 2) return false;
    for (const std::uint32_t i : block.insts) {
      if (func.insts[i].is_call) return false;
      if (func.insts[i].op != kJump && func.insts[i].op != kPoll) ++insts;
    }
    if (insts > kMostInsts) return false;
  }
  loop.turns = insts <= kSmallest ? kTurnsOfSmallest : kTurns;
  for (std::uint32_t n = 0; n < blocks; ++n) {
    if (around[n]) loop.body.push_back(loop.head + n);
  }
  return true;
}

std::vector<TinyLoop> find(const MFunc& func) {
  std::vector<TinyLoop> found;
  std::uint32_t head = ~0u;  // the latest: it has no loop inside unless another head comes in time
  const auto close = [&] {
    if (head == ~0u) return;
    TinyLoop loop{head, func.blocks[head].loop_end, kTurns, {}};
    if (is_tiny(func, loop)) found.push_back(std::move(loop));
    head = ~0u;
  };
  for (std::uint32_t b = 0; b < func.blocks.size(); ++b) {
    if (head != ~0u && func.blocks[head].loop_end <= b) close();
    if (func.blocks[b].is_loop_header) head = b;
  }
  close();
  return found;
}

std::span<std::uint32_t> without_poll(const MFunc& func, std::span<const std::uint32_t> insts) {
  const std::span<std::uint32_t> rest = func.lists->make<std::uint32_t>(insts.size() - 1);
  std::copy_if(insts.begin(), insts.end(), rest.begin(),
               [&](std::uint32_t i) { return func.insts[i].op != kPoll; });
  return rest;
}

/// The predecessors, from the successors.
void link_back(MFunc& func) {
  std::vector<std::uint32_t> ways(func.blocks.size(), 0);
  for (const MBlock& block : func.blocks) {
    for (const MEdge& edge : block.succs) ++ways[raw(edge.to)];
  }
  for (std::uint32_t b = 0; b < func.blocks.size(); ++b) {
    func.blocks[b].preds = func.lists->make<MBlockId>(ways[b]);
  }
  for (std::uint32_t b = 0; b < func.blocks.size(); ++b) {
    for (const MEdge& edge : func.blocks[b].succs) {
      std::span<MBlockId> preds = func.blocks[raw(edge.to)].preds;
      preds[preds.size() - ways[raw(edge.to)]--] = static_cast<MBlockId>(b);
    }
  }
}

}  // namespace

void unroll_loops(MFunc& func) {
  const std::vector<TinyLoop> loops = find(func);
  if (loops.empty()) return;
  const auto count = static_cast<std::uint32_t>(func.blocks.size());
  // By block, its new number. Of a loop first what goes round, then the other turns, then its ways
  // out, so that what leads forwards still does.
  std::vector<std::uint32_t> now(count + 1);
  std::uint32_t next = 0;
  std::uint32_t b = 0;
  for (const TinyLoop& loop : loops) {
    while (b < loop.head) now[b++] = next++;
    const auto size = static_cast<std::uint32_t>(loop.body.size());
    std::uint32_t out = next + loop.turns * size;
    for (; b < loop.end; ++b) {
      const bool around = std::binary_search(loop.body.begin(), loop.body.end(), b);
      now[b] = around ? next++ : out++;
    }
    next = out;
  }
  while (b <= count) now[b++] = next++;
  List<MBlock> old = std::exchange(func.blocks, {});
  func.blocks.resize(now[count]);
  for (const TinyLoop& loop : loops) {
    const auto size = static_cast<std::uint32_t>(loop.body.size());
    // Where a block of the turn `n` stands; the turn after the last is the first.
    const auto place = [&](std::uint32_t n, std::uint32_t k) {
      return now[loop.head] + n % loop.turns * size + k;
    };
    for (std::uint32_t n = 0; n < loop.turns; ++n) {
      for (std::uint32_t k = 0; k < size; ++k) {
        MBlock copy = old[loop.body[k]];
        copy.succs = func.lists->copy(std::span<const MEdge>(copy.succs));
        for (MEdge& edge : copy.succs) {
          std::uint32_t to = 0;
          while (to < size && raw(edge.to) != loop.body[to]) ++to;
          edge.to = static_cast<MBlockId>(to == size ? now[raw(edge.to)]
                                                     : place(n + (to == 0 ? 1 : 0), to));
        }
        if (k == 0 && n != 0) {
          copy.is_loop_header = false;
          copy.insts = without_poll(func, copy.insts);
        }
        func.blocks[place(n, k)] = copy;
      }
    }
    for (const std::uint32_t at : loop.body) old[at].insts = {};  // is there already
  }
  for (b = 0; b < count; ++b) {
    if (old[b].insts.empty()) continue;
    for (MEdge& edge : old[b].succs) edge.to = static_cast<MBlockId>(now[raw(edge.to)]);
    func.blocks[now[b]] = old[b];
  }
  for (MBlock& block : func.blocks) {
    if (block.loop_header != MBlockId{~0u}) {
      block.loop_header = static_cast<MBlockId>(now[raw(block.loop_header)]);
    }
    if (block.is_loop_header) block.loop_end = now[block.loop_end];
  }
  link_back(func);
}

}  // namespace wasmrt::jit
