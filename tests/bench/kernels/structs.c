// Particles with fourteen fields moved in place: loads and stores at many offsets of one pointer.
#include "../bench.h"

enum { kN = 2048 };
struct particle {
  f64 x, y, z, vx, vy, vz, mass, charge;
  u32 age, kind;
  f64 energy, drag;
  u32 hits, alive;
};
static struct particle particles[kN];

const u32 kDefaultRounds = 1400;

static NOINLINE void step(struct particle* p, u32 n, f64 dt) {
  for (u32 i = 0; i < n; ++i, ++p) {
    if (!p->alive) {
      p->alive = ++p->age % 16 == 0;
      continue;
    }
    p->vx -= p->vx * p->drag * dt;
    p->vy -= (p->vy * p->drag + 9.81) * dt;
    p->vz -= p->vz * p->drag * dt;
    p->x += p->vx * dt;
    p->y += p->vy * dt;
    p->z += p->vz * dt;
    if (p->y < 0) {
      p->y = -p->y;
      p->vy = -p->vy * 0.75;
      ++p->hits;
    }
    p->energy = 0.5 * p->mass * (p->vx * p->vx + p->vy * p->vy + p->vz * p->vz) + p->charge * p->y;
    if (++p->age > 4000 + p->kind) p->alive = 0;
  }
}

u64 run(u32 rounds) {
  u32 seed = 14;
  for (u32 i = 0; i < kN; ++i) {
    struct particle* p = &particles[i];
    p->x = next_unit(&seed), p->y = next_unit(&seed) * 10, p->z = next_unit(&seed);
    p->vx = next_unit(&seed) - 0.5, p->vy = next_unit(&seed), p->vz = next_unit(&seed) - 0.5;
    p->mass = 1 + next_unit(&seed), p->charge = next_unit(&seed) - 0.5;
    p->energy = 0, p->drag = next_unit(&seed) * 0.01;
    p->age = next_random(&seed) % 4000, p->kind = next_random(&seed) & 7, p->hits = 0;
    p->alive = (next_random(&seed) & 7) != 0;
  }
  for (u32 r = 0; r < rounds; ++r) step(particles, kN, 0.001);
  u64 hash = 0;
  for (u32 i = 0; i < kN; ++i) {
    const struct particle* p = &particles[i];
    hash = mix(hash, bits_of_f64(p->energy) ^ bits_of_f64(p->x) ^ p->hits ^ (u64)p->age << 32);
  }
  return hash;
}
