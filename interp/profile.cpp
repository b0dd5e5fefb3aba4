// Counts executed instructions and pairs of them, for choosing superinstructions.
//
// Only in builds with -DWASMRT_INTERP_PROFILE (which also needs -DWASMRT_INTERP_LOOP): the dispatch
// loop tells every instruction. At exit the commonest ones go to standard error.
#ifdef WASMRT_INTERP_PROFILE

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>
#include <vector>

#include "interp/print.h"

namespace wasmrt::interp {

void profile(Handler handler);

namespace {

struct Profile {
  std::unordered_map<const void*, std::uint32_t> numbers;
  std::vector<std::uint64_t> counts = std::vector<std::uint64_t>(kHandlerCount);
  std::unordered_map<std::uint64_t, std::uint64_t> tuples;
  std::uint64_t before = 0;
  std::uint64_t total = 0;

  void print(const char* what, std::vector<std::pair<std::uint64_t, std::uint64_t>> list,
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
  ~Profile() {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> singles;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] != 0) singles.emplace_back(i, counts[i]);
    }
    print("instructions", singles, 40);
    std::unordered_map<std::uint64_t, std::uint64_t> pairs;
    for (const auto& [k, n] : tuples) pairs[k & 0xFFFFFFFF] += n;
    print("pairs", {pairs.begin(), pairs.end()}, 50);
    print("triples", {tuples.begin(), tuples.end()}, 40);
  }
};

}  // namespace

void profile(Handler handler) {
  static Profile p;
  static HandlerId last_id = 0;
  static Handler last = nullptr;
  if (handler != last) {
    last_id = handler_number(handler);
    last = handler;
  }
  if (last_id == kNoHandler) return;
  ++p.total;
  ++p.counts[last_id];
  p.before = (p.before << 16 | last_id) & 0xFFFFFFFFFFFF;
  ++p.tuples[p.before];
}

}  // namespace wasmrt::interp

#endif
