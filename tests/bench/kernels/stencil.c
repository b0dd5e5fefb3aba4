// Five-point stencil on a 256 x 256 f64 grid, two grids in turn: several loads at constant offsets
// from one running address.
#include "../bench.h"

enum { kN = 256 };
static f64 grid[2][kN][kN];

const u32 kDefaultRounds = 140;

static NOINLINE void relax(f64 (*restrict to)[kN], f64 (*restrict from)[kN]) {
  for (u32 y = 1; y + 1 < kN; ++y) {
    for (u32 x = 1; x + 1 < kN; ++x) {
      to[y][x] = 0.5 * from[y][x] +
                 0.125 * (from[y - 1][x] + from[y + 1][x] + from[y][x - 1] + from[y][x + 1]);
    }
  }
}

u64 run(u32 rounds) {
  u32 seed = 777;
  for (u32 y = 0; y < kN; ++y) {
    for (u32 x = 0; x < kN; ++x) grid[0][y][x] = grid[1][y][x] = next_unit(&seed) * 100.0;
  }
  for (u32 r = 0; r < rounds; ++r) relax(grid[(r + 1) & 1], grid[r & 1]);
  u64 hash = 0;
  for (u32 i = 0; i < kN; ++i) hash = mix(hash, bits_of_f64(grid[rounds & 1][i][(i * 7) % kN]));
  return hash;
}
