// Counts executed instructions and pairs of them, for choosing superinstructions.
//
// Only in builds with -DWASMRT_INTERP_PROFILE (which also needs -DWASMRT_INTERP_LOOP): the dispatch
// loop tells every instruction. When a call from outside ends, the commonest ones since the last
// such end, and the hot code in the order of its addresses, go to standard error.
#ifdef WASMRT_INTERP_PROFILE

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <unordered_map>
#include <vector>

#include "interp/print.h"

namespace wasmrt::interp {

void profile(const Ins* pc);
void print_profile();

namespace {

struct Profile {
  std::unordered_map<const void*, std::uint32_t> numbers;
  std::vector<std::uint64_t> counts = std::vector<std::uint64_t>(kHandlerCount);
  std::unordered_map<std::uint64_t, std::uint64_t> tuples;
  std::map<const Ins*, std::pair<std::string, std::uint64_t>> places;
  std::uint64_t before = 0;
  std::uint64_t total = 0;

  void print_list(const char* what, std::vector<std::pair<std::uint64_t, std::uint64_t>> list,
                  int n) const {
    std::sort(list.begin(), list.end(), [](auto& a, auto& b) { return a.second > b.second; });
    std::fprintf(stderr, "--- %s (%llu instructions)\n", what,
                 static_cast<unsigned long long>(total));
    for (const auto& [key, count] : list) {
      if (n-- == 0) break;
      std::string names;
      for (int shift = 32; shift >= 0; shift -= 16) {
        const auto id = static_cast<HandlerId>(key >> shift);
        if (id != 0 || shift == 0) names += handler_name(id) + "  ";
      }
      std::fprintf(stderr, "%5.2f%%  %s\n",
                   100.0 * static_cast<double>(count) / static_cast<double>(total), names.c_str());
    }
  }
  void print() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> singles;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] != 0) singles.emplace_back(i, counts[i]);
    }
    print_list("instructions", singles, 40);
    std::unordered_map<std::uint64_t, std::uint64_t> pairs;
    for (const auto& [k, n] : tuples) pairs[k & 0xFFFFFFFF] += n;
    print_list("pairs", {pairs.begin(), pairs.end()}, 50);
    print_list("triples", {tuples.begin(), tuples.end()}, 40);
    std::fprintf(stderr, "--- hot code\n");
    const Ins* last = nullptr;
    for (const auto& [at, place] : places) {
      const double percent = 100.0 * static_cast<double>(place.second) / static_cast<double>(total);
      if (percent < 0.5) continue;
      if (reinterpret_cast<std::uintptr_t>(at) > reinterpret_cast<std::uintptr_t>(last) + 48) {
        std::fprintf(stderr, "\n");
      }
      last = at;
      std::fprintf(stderr, "%5.2f%%  %s\n", percent, place.first.c_str());
    }
  }
};

Profile p;

}  // namespace

void print_profile() {
  p.print();
  p = {};
}

void profile(const Ins* pc) {
  const HandlerId id = handler_number(pc->handler);
  if (id == kNoHandler) return;
  auto& place = p.places[pc];
  if (place.second++ == 0) {
    std::uint32_t length = 0;
    place.first =
        print_ins(*pc, static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(pc)), length);
  }
  ++p.total;
  ++p.counts[id];
  p.before = (p.before << 16 | id) & 0xFFFFFFFFFFFF;
  ++p.tuples[p.before];
}

}  // namespace wasmrt::interp

#endif
