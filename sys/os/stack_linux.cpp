// stack.h on Linux.
//
// The main thread grows on demand up to RLIMIT_STACK below the end of its mapping; the kernel puts
// the program's file name at that very end, so two cheap look-ups give the bounds without reading
// the process's map (which glibc does). Everything else, and every surprise, asks glibc.
#include "sys/os/stack.h"

#include <elf.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "sys/os/vm.h"

namespace wasmrt::os {
namespace {

// Linux keeps this distance to the mapping below a growing stack; touching it faults.
constexpr uintptr_t kMainThreadMargin = 64 * 1024;

StackBounds main_thread_bounds() {
  const unsigned long file_name = getauxval(AT_EXECFN);
  rlimit limit{};
  if (file_name == 0 || getrlimit(RLIMIT_STACK, &limit) != 0) return {};
  if (limit.rlim_cur == RLIM_INFINITY) return {};
  const uintptr_t end =
      static_cast<uintptr_t>(file_name) + std::strlen(reinterpret_cast<const char*>(file_name)) + 1;
  const uintptr_t high = (end + page_size() - 1) & ~(static_cast<uintptr_t>(page_size()) - 1);
  if (limit.rlim_cur <= kMainThreadMargin || limit.rlim_cur >= high) return {};
  return {high - static_cast<uintptr_t>(limit.rlim_cur) + kMainThreadMargin, high};
}

StackBounds glibc_bounds() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return {};
  void* low = nullptr;
  size_t size = 0;
  size_t guard = 0;
  const bool found = pthread_attr_getstack(&attributes, &low, &size) == 0 &&
                     pthread_attr_getguardsize(&attributes, &guard) == 0;
  pthread_attr_destroy(&attributes);
  if (!found) return {};
  // glibc counts the guard as part of neither or of the stack, depending on who allocated it; a
  // stack that is a guard smaller than promised costs nothing.
  const uintptr_t begin = reinterpret_cast<uintptr_t>(low);
  return {begin + (guard < size ? guard : 0), begin + size};
}

StackBounds find_bounds(uintptr_t here) {
  if (syscall(SYS_gettid) == getpid()) {
    const StackBounds bounds = main_thread_bounds();
    if (bounds.contains(here)) return bounds;
  }
  const StackBounds bounds = glibc_bounds();
  return bounds.contains(here) ? bounds : StackBounds{};
}

}  // namespace

uintptr_t approximate_stack_pointer() {
  return reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
}

StackBounds current_stack_bounds() {
  thread_local StackBounds cached;
  const uintptr_t here = approximate_stack_pointer();
  if (cached.contains(here)) return cached;
  const StackBounds found = find_bounds(here);
  if (found.known()) cached = found;
  return found;
}

}  // namespace wasmrt::os
