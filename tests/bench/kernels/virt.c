// Methods behind function pointers: a mixed list of shapes, area and moves through a method table.
#include "../bench.h"

enum { kN = 1024 };

struct shape;
struct methods {
  u32 (*area)(const struct shape*);
  void (*move)(struct shape*, i32, i32);
  u32 (*hit)(const struct shape*, i32, i32);
};
struct shape {
  const struct methods* methods;
  i32 x, y, w, h;
};

static void move_plain(struct shape* s, i32 dx, i32 dy) { s->x += dx, s->y += dy; }
static void move_wrapped(struct shape* s, i32 dx, i32 dy) {
  s->x = (s->x + dx) & 1023;
  s->y = (s->y + dy) & 1023;
}
static u32 area_box(const struct shape* s) { return (u32)(s->w * s->h); }
static u32 area_triangle(const struct shape* s) { return (u32)(s->w * s->h) / 2; }
static u32 area_diamond(const struct shape* s) { return (u32)(s->w * s->h) / 2 + (u32)s->w; }
static u32 area_ring(const struct shape* s) { return (u32)((s->w + s->h) * 2); }
static u32 hit_box(const struct shape* s, i32 x, i32 y) {
  return x >= s->x && x < s->x + s->w && y >= s->y && y < s->y + s->h;
}
static u32 hit_diamond(const struct shape* s, i32 x, i32 y) {
  const i32 dx = x > s->x ? x - s->x : s->x - x;
  const i32 dy = y > s->y ? y - s->y : s->y - y;
  return dx + dy <= s->w;
}

static const struct methods kinds[4] = {
    {area_box, move_plain, hit_box},
    {area_triangle, move_wrapped, hit_box},
    {area_diamond, move_wrapped, hit_diamond},
    {area_ring, move_plain, hit_diamond},
};
static struct shape shapes[kN];

const u32 kDefaultRounds = 1600;

static NOINLINE u64 step(i32 dx, i32 dy) {
  u64 sum = 0;
  for (u32 i = 0; i < kN; ++i) {
    struct shape* s = &shapes[i];
    s->methods->move(s, dx, dy);
    sum += s->methods->area(s);
    sum += s->methods->hit(s, 512, 300) * 1000;
  }
  return sum;
}

u64 run(u32 rounds) {
  u32 seed = 88;
  for (u32 i = 0; i < kN; ++i) {
    const u32 draw = next_random(&seed);
    shapes[i] = (struct shape){&kinds[draw & 3], (i32)(draw >> 2 & 1023), (i32)(draw >> 12 & 1023),
                               (i32)(draw >> 22 & 31), (i32)(draw >> 27)};
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) hash = mix(hash, step((i32)(r % 5) - 2, (i32)(r % 7) - 3));
  return hash;
}
