// Linked into C++ programs of tests/programs: Debian's C++ library for WASI has no exceptions, so a
// throw ends the program.
#include <cstdlib>

extern "C" {
void* __cxa_allocate_exception(size_t) { abort(); }
void __cxa_throw(void*, void*, void (*)(void*)) { abort(); }
}
