// Particles that a centre attracts and walls reflect, four at a time: square roots, divisions,
// smallest and largest, selection by comparison.
#include "../simd.h"

enum { kParticles = 512 };

const u32 kDefaultRounds = 8000;

static f32 px[kParticles], py[kParticles], vx[kParticles], vy[kParticles];

static inline f32x4 chosen(i32x4 mask, f32x4 yes, f32x4 no) {
  return (f32x4)(((i32x4)yes & mask) | ((i32x4)no & ~mask));
}

static inline void bounce(f32x4* position, f32x4* velocity) {
  const i32x4 outside = (*position < -1.0f) | (*position > 1.0f);
  *velocity = chosen(outside, -*velocity, *velocity);
  *position = chosen(*position < -1.0f, (f32x4){-1, -1, -1, -1}, *position);
  *position = chosen(*position > 1.0f, (f32x4){1, 1, 1, 1}, *position);
}

static NOINLINE void step(f32 time) {
  for (u32 i = 0; i < kParticles; i += 4) {
    f32x4 x = LOAD(f32x4, px + i);
    f32x4 y = LOAD(f32x4, py + i);
    f32x4 u = LOAD(f32x4, vx + i);
    f32x4 v = LOAD(f32x4, vy + i);
    const f32x4 distance = square_root(x * x + y * y + 0.015625f);
    const f32x4 pull = time / (distance * distance * distance);
    u -= pull * x;
    v -= pull * y;
    x += u * time;
    y += v * time;
    bounce(&x, &u);
    bounce(&y, &v);
    STORE(f32x4, px + i, x);
    STORE(f32x4, py + i, y);
    STORE(f32x4, vx + i, u);
    STORE(f32x4, vy + i, v);
  }
}

u64 run(u32 rounds) {
  u32 state = 37;
  for (u32 i = 0; i < kParticles; ++i) {
    px[i] = (f32)next_unit(&state) * 2 - 1;
    py[i] = (f32)next_unit(&state) * 2 - 1;
    vx[i] = vy[i] = 0;
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    step(0.0078125f);
    barrier();
    hash = mix(hash, bits_of_f64((f64)px[r % kParticles]));
    hash = mix(hash, bits_of_f64((f64)vy[r * 5 % kParticles]));
  }
  return hash;
}
