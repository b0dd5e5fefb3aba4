// Lets Debian's libasmjit.a be linked into a shared library.
//
// asmjit refers to `stderr` once, as code for an executable would, which a shared library cannot
// contain. The library is linked with --wrap=stderr: every use of `stderr` in it becomes a use of
// the hidden variable defined here, which is near. It is filled in before any other constructor of
// the library runs.
#include <cstdio>

extern "C" {
extern FILE* __real_stderr;
__attribute__((visibility("hidden"))) FILE* __wrap_stderr = nullptr;
}

namespace {

__attribute__((constructor(101))) void fill_in_stderr() { __wrap_stderr = __real_stderr; }

}  // namespace
