// A regular-expression matcher: patterns compiled to a small program, run as a set of threads
// over the text (no backtracking).
#include "../bench.h"

enum { kTextSize = 1 << 12, kMaxProgram = 64 };
enum kind { kByte, kAny, kRange, kSplit, kJump, kMatch };
struct inst {
  u8 kind, low, high;
  u16 x, y;
};
static struct inst program[kMaxProgram];
static u32 size;
static u8 text[kTextSize];

const u32 kDefaultRounds = 73;

static struct inst* emit(enum kind kind) {
  program[size] = (struct inst){(u8)kind, 0, 0, 0, 0};
  return &program[size++];
}

// Grammar: atom = byte | '.' | '[' low '-' high ']', each followed by nothing, '*', '+' or '?';
// `a|b` at the top level only.
static const char* compile_piece(const char* p) {
  const u32 begin = size;
  const int starred = p[*p == '[' ? 5 : 1] == '*' || p[*p == '[' ? 5 : 1] == '?';
  if (starred) emit(kSplit);
  if (*p == '[') {
    struct inst* i = emit(kRange);
    i->low = (u8)p[1], i->high = (u8)p[3];
    p += 5;
  } else if (*p == '.') {
    emit(kAny);
    ++p;
  } else {
    emit(kByte)->low = (u8)*p++;
  }
  if (*p == '+') {
    struct inst* i = emit(kSplit);
    i->x = (u16)begin, i->y = (u16)size;
    ++p;
  } else if (*p == '*') {
    emit(kJump)->x = (u16)begin;
    program[begin].x = (u16)(begin + 1), program[begin].y = (u16)size;
    ++p;
  } else if (*p == '?') {
    program[begin].x = (u16)(begin + 1), program[begin].y = (u16)size;
    ++p;
  }
  return p;
}

static void compile(const char* p) {
  size = 0;
  for (;;) {
    int more = 0;
    for (const char* q = p; *q; ++q) more |= *q == '|';
    const u32 split = size;
    if (more) emit(kSplit);
    while (*p && *p != '|') p = compile_piece(p);
    emit(kMatch);
    if (!more) return;
    program[split].x = (u16)(split + 1), program[split].y = (u16)size;
    ++p;
  }
}

struct threads {
  u32 count;
  u16 list[kMaxProgram];
  u32 seen[kMaxProgram];
};

static void add_thread(struct threads* t, u32 pc, u32 mark) {
  while (t->seen[pc] != mark) {
    t->seen[pc] = mark;
    const struct inst* i = &program[pc];
    if (i->kind == kJump) {
      pc = i->x;
    } else if (i->kind == kSplit) {
      add_thread(t, i->x, mark);
      pc = i->y;
    } else {
      t->list[t->count++] = (u16)pc;
      return;
    }
  }
}

// Counts the positions at which a match of the program ends.
static NOINLINE u32 count_matches(const u8* p, u32 n) {
  static struct threads sets[2];
  for (u32 i = 0; i < kMaxProgram; ++i) sets[0].seen[i] = sets[1].seen[i] = 0;
  struct threads* now = &sets[0];
  struct threads* next = &sets[1];
  u32 found = 0;
  now->count = 0;
  for (u32 at = 0; at < n; ++at) {
    const u8 byte = p[at];
    add_thread(now, 0, at + 1);
    next->count = 0;
    u32 matched = 0;
    for (u32 k = 0; k < now->count; ++k) {
      const u32 pc = now->list[k];
      const struct inst* i = &program[pc];
      switch ((enum kind)i->kind) {
        case kByte:
          if (byte == i->low) add_thread(next, pc + 1, at + 2);
          break;
        case kAny:
          if (byte != '\n') add_thread(next, pc + 1, at + 2);
          break;
        case kRange:
          if (byte >= i->low && byte <= i->high) add_thread(next, pc + 1, at + 2);
          break;
        case kMatch: matched = 1; break;
        case kSplit:
        case kJump: break;
      }
    }
    found += matched;
    struct threads* t = now;
    now = next;
    next = t;
  }
  return found;
}

u64 run(u32 rounds) {
  static const char* const patterns[] = {"[a-f]+[0-9]*x", "the.*end|ab?c", "a.[k-z]+e",
                                         "[0-9]+.[0-9]+", "qu[a-e]?[a-z]*ing|x+y|zz"};
  u32 seed = 123;
  for (u32 i = 0; i < kTextSize; ++i) {
    const u32 draw = next_random(&seed);
    text[i] = (u8)((draw & 15) == 0     ? ' '
                   : (draw & 15) < 3    ? '0' + (draw >> 8) % 10
                   : (draw & 1023) == 4 ? '\n'
                                        : 'a' + (draw >> 8) % 26);
  }
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    for (u32 k = 0; k < COUNT(patterns); ++k) {
      compile(patterns[k]);
      hash = mix(hash, count_matches(text, kTextSize));
    }
    text[(r * 41) % kTextSize] = 'x';
  }
  return hash;
}
