// Times whole processes: `spawn_time COUNT PROGRAM [ARGUMENT...]` starts PROGRAM that often, one after the other, with its
// output discarded, and prints the minimum and the median of the wall time from spawn to end, in nanoseconds.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char** environ;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int compare(const void* a, const void* b) {
  const long long x = *(const long long*)a;
  const long long y = *(const long long*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  const int count = argc > 2 ? atoi(argv[1]) : 0;
  if (count <= 0) {
    fputs("usage: spawn_time COUNT PROGRAM [ARGUMENT...]\n", stderr);
    return 2;
  }
  long long* times = calloc((size_t)count, sizeof *times);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  for (int i = 0; i < count; ++i) {
    pid_t pid;
    int status;
    const long long begin = now();
    if (posix_spawn(&pid, argv[2], &actions, NULL, argv + 2, environ) != 0 || waitpid(pid, &status, 0) != pid || status != 0) {
      fprintf(stderr, "spawn_time: %s failed\n", argv[2]);
      return 1;
    }
    times[i] = now() - begin;
  }
  qsort(times, (size_t)count, sizeof *times, compare);
  printf("%lld %lld\n", times[0], times[count / 2]);
  return 0;
}
