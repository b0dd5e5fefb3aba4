// A byte-code interpreter: a switch in a loop over a 16-op stack machine that counts primes.
#include "../bench.h"

enum op {
  kPush,
  kAdd,
  kSub,
  kMul,
  kMod,
  kLess,
  kEqual,
  kJump,
  kJumpIfZero,
  kLoad,
  kStore,
  kDup,
  kDrop,
  kIncrement,
  kXor,
  kHalt
};
enum local { kCandidate, kDivisor, kFound, kLimit, kXorOfPrimes, kLocals };

static u8 code[128];
static u32 size;

const u32 kDefaultRounds = 58;

static u32 emit(enum op op) { return code[size++] = (u8)op, size; }

// Emits an op with an operand and returns where the operand lies, so that a jump can be patched.
static u32 emit_with(enum op op, u32 operand) {
  emit(op);
  code[size] = (u8)operand;
  return size++;
}

static void patch(u32 at) { code[at] = (u8)size; }

static void assemble(void) {
  size = 0;
  emit_with(kPush, 2);
  emit_with(kStore, kCandidate);
  const u32 next_candidate = size;  // while (candidate < limit)
  emit_with(kLoad, kCandidate);
  emit_with(kLoad, kLimit);
  emit(kLess);
  const u32 finished = emit_with(kJumpIfZero, 0);
  emit_with(kPush, 2);
  emit_with(kStore, kDivisor);
  const u32 next_divisor = size;  // while (divisor * divisor < candidate + 1)
  emit_with(kLoad, kDivisor);
  emit(kDup);
  emit(kMul);
  emit_with(kLoad, kCandidate);
  emit_with(kPush, 1);
  emit(kAdd);
  emit(kLess);
  const u32 prime = emit_with(kJumpIfZero, 0);
  emit_with(kLoad, kCandidate);  // if (candidate % divisor == 0) the candidate is done
  emit_with(kLoad, kDivisor);
  emit(kMod);
  emit_with(kPush, 0);
  emit(kEqual);
  const u32 no_divisor = emit_with(kJumpIfZero, 0);
  const u32 composite = emit_with(kJump, 0);
  patch(no_divisor);
  emit_with(kIncrement, kDivisor);
  emit_with(kJump, next_divisor);
  patch(prime);
  emit_with(kIncrement, kFound);
  emit_with(kLoad, kCandidate);
  emit_with(kLoad, kXorOfPrimes);
  emit(kXor);
  emit(kDup);
  emit_with(kPush, 1);
  emit(kSub);
  emit(kDrop);
  emit_with(kStore, kXorOfPrimes);
  patch(composite);
  emit_with(kIncrement, kCandidate);
  emit_with(kJump, next_candidate);
  patch(finished);
  emit(kHalt);
}

static NOINLINE u32 interpret(const u8* program, u32 limit) {
  u32 stack[16];
  u32 local[kLocals] = {0};
  u32* sp = stack;
  const u8* pc = program;
  local[kLimit] = limit;
  for (;;) {
    switch ((enum op) * pc++) {
      case kPush: *sp++ = *pc++; break;
      case kAdd:
        --sp;
        sp[-1] += *sp;
        break;
      case kSub:
        --sp;
        sp[-1] -= *sp;
        break;
      case kMul:
        --sp;
        sp[-1] *= *sp;
        break;
      case kMod:
        --sp;
        sp[-1] %= *sp;
        break;
      case kLess:
        --sp;
        sp[-1] = sp[-1] < *sp;
        break;
      case kEqual:
        --sp;
        sp[-1] = sp[-1] == *sp;
        break;
      case kJump: pc = program + *pc; break;
      case kJumpIfZero: pc = *--sp == 0 ? program + *pc : pc + 1; break;
      case kLoad: *sp++ = local[*pc++]; break;
      case kStore: local[*pc++] = *--sp; break;
      case kDup:
        *sp = sp[-1];
        ++sp;
        break;
      case kDrop: --sp; break;
      case kIncrement: ++local[*pc++]; break;
      case kXor:
        --sp;
        sp[-1] ^= *sp;
        break;
      case kHalt: return local[kFound] * 65536 + local[kXorOfPrimes];
    }
  }
}

u64 run(u32 rounds) {
  assemble();
  u64 hash = 0;
  for (u32 r = 0; r < rounds; ++r) {
    barrier();
    hash = mix(hash, interpret(code, 1500 + r % 16));
  }
  return hash;
}
