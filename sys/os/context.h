// Picks the saved-register layout of the machine the library is built for (internal to sys/os).
#pragma once

#if defined(__x86_64__)
#include "sys/os/context_x64.h"
#elif defined(__aarch64__)
#include "sys/os/context_arm64.h"
#else
#error "sys/os: no context_<machine>.h for this machine; README.md tells how to add one"
#endif
