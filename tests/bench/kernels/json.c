// A JSON tokenizer driven by a switch on bytes: strings with escapes, numbers, literals, nesting.
#include "../bench.h"

enum { kN = 1 << 15 };
static char text[kN + 64];
static u32 length;

const u32 kDefaultRounds = 460;

struct counts {
  u32 strings, numbers, literals, depth, errors;
  u64 sum;
};

static NOINLINE struct counts tokenize(const char* p, const char* end) {
  struct counts c = {0, 0, 0, 0, 0, 0};
  u32 depth = 0;
  while (p < end) {
    switch (*p) {
      case ' ':
      case '\n':
      case '\t':
      case '\r':
      case ',':
      case ':': ++p; break;
      case '{':
      case '[':
        if (++depth > c.depth) c.depth = depth;
        ++p;
        break;
      case '}':
      case ']':
        --depth;
        ++p;
        break;
      case '"': {
        u32 h = 2166136261u;
        for (++p; p < end && *p != '"'; ++p) {
          if (*p == '\\') ++p;
          h = (h ^ (u8)*p) * 16777619u;
        }
        ++p;
        ++c.strings;
        c.sum += h;
        break;
      }
      case '-':
      case '0':
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
      case '7':
      case '8':
      case '9': {
        const int negative = *p == '-';
        i64 value = 0;
        p += negative;
        while (p < end && *p >= '0' && *p <= '9') value = value * 10 + (*p++ - '0');
        if (p < end && *p == '.') {
          ++p;
          while (p < end && *p >= '0' && *p <= '9') value = value * 10 + (*p++ - '0');
        }
        c.sum += (u64)(negative ? -value : value);
        ++c.numbers;
        break;
      }
      case 't':
      case 'n':
        p += 4;
        ++c.literals;
        break;
      case 'f':
        p += 5;
        ++c.literals;
        break;
      default: ++c.errors; ++p;
    }
  }
  return c;
}

static void put(const char* s) {
  while (*s) text[length++] = *s++;
}

static void put_number(u32 n) {
  char digits[12];
  u32 count = 0;
  do digits[count++] = (char)('0' + n % 10);
  while ((n /= 10) != 0);
  while (count > 0) text[length++] = digits[--count];
}

static void generate(void) {
  u32 seed = 404;
  length = 0;
  put("[");
  while (length < kN - 200) {
    put("\n  {\"id\": ");
    put_number(next_random(&seed) % 1000000);
    put(", \"name\": \"");
    for (u32 n = 4 + next_random(&seed) % 20; n > 0; --n) {
      const u32 draw = next_random(&seed) % 30;
      if (draw < 26)
        text[length++] = (char)('a' + draw);
      else if (draw == 26)
        put("\\\"");
      else
        text[length++] = ' ';
    }
    put("\", \"position\": [-");
    put_number(next_random(&seed) % 90);
    put(".");
    put_number(next_random(&seed) % 10000);
    put(", ");
    put_number(next_random(&seed) % 180);
    put("], \"active\": ");
    put(next_random(&seed) & 1 ? "true" : "false");
    put(", \"parent\": null},");
  }
  put("{}]");
}

u64 run(u32 rounds) {
  generate();
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    text[(r * 101) % length] ^= (char)(r & 1);
    const struct counts c = tokenize(text, text + length);
    hash = mix(hash, c.sum + c.strings + 3 * (u64)c.numbers + 5 * (u64)c.literals + c.depth +
                         7 * (u64)c.errors);
  }
  return hash;
}
