// The report of a broken assert: one fprintf, so that it also works with a damaged heap.
#include "libwasmrt/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace wasmrt {

constinit thread_local const AssertScope* AssertScope::current_ = nullptr;

void assert_failed(const char* condition, const char* message, const char* file,
                   int line) noexcept {
  std::fprintf(stderr, "wasmrt: internal error: %s (%s) at %s:%d\n", message, condition, file,
               line);
  for (const AssertScope* s = AssertScope::current_; s != nullptr; s = s->outer_) {
    if (s->function_ == AssertScope::kNoFunction) {
      std::fprintf(stderr, "  in stage %s\n", s->stage_);
    } else {
      std::fprintf(stderr, "  in stage %s, function %u\n", s->stage_, s->function_);
    }
  }
  std::abort();
}

}  // namespace wasmrt
