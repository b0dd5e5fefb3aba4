// Runs COMMAND... and writes what its process cost to FILE: processor time in nanoseconds, peak
// resident bytes, wait status. A program of its own because a process starts with the peak of the
// one that spawned it, which of this one is next to nothing.
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: process_cost FILE COMMAND...\n");
    return 2;
  }
  pid_t child = fork();
  if (child == 0) {
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    _exit(127);
  }
  int status = 0;
  struct rusage usage;
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    perror("process_cost");
    return 1;
  }
  FILE* file = fopen(argv[1], "w");
  if (!file) {
    perror(argv[1]);
    return 1;
  }
  long long microseconds = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL +
                           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
  fprintf(file, "%lld %lld %d\n", microseconds * 1000, usage.ru_maxrss * 1024LL, status);
  return fclose(file) != 0;
}
