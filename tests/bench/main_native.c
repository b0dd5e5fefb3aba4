// A kernel as a native program, with the arguments and the output of main_wasi.c: the reference for
// both the checksum and the time.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

static u64 now(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) exit(70);
  return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

int main(int argc, char** argv) {
  u32 rounds = argc > 1 ? (u32)strtoul(argv[1], NULL, 10) : 0;
  u32 repeats = argc > 2 ? (u32)strtoul(argv[2], NULL, 10) : 1;
  if (rounds == 0) rounds = kDefaultRounds;
  for (; repeats > 0; --repeats) {
    const u64 begin = now();
    const u64 checksum = run(rounds);
    printf("%llu %llu\n", checksum, now() - begin);
  }
  return 0;
}
