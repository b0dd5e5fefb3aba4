// Included before the C and C++ sources of tests/programs: declares what programs for POSIX call
// and WASI preview 1 has no notion of (modes, owners, child processes, alarms). Changes of mode and
// owner succeed and do nothing; the rest fails.
#pragma once

#include <stdio.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif
static inline int chmod(const char* path, mode_t mode) { return (void)path, (void)mode, 0; }
static inline int fchmod(int fd, mode_t mode) { return (void)fd, (void)mode, 0; }
static inline int chown(const char* path, uid_t user, gid_t group) {
  return (void)path, (void)user, (void)group, 0;
}
static inline int fchown(int fd, uid_t user, gid_t group) {
  return (void)fd, (void)user, (void)group, 0;
}
#ifdef __cplusplus
}
#endif
