// Names of WASI errors, and the guest's view of the host's errors.
#include <cerrno>

#include "sys/wasi/types.h"

namespace wasmrt::wasi {
namespace {

constexpr int kHostNone = -1;  // no error of a host
// Not in the standard's list of errors, and absent on some hosts.
#if defined(EDQUOT)
constexpr int kHostDquot = EDQUOT;
#else
constexpr int kHostDquot = -2;
#endif
#if defined(EMULTIHOP)
constexpr int kHostMultiHop = EMULTIHOP;
#else
constexpr int kHostMultiHop = -3;
#endif
#if defined(ESTALE)
constexpr int kHostStale = ESTALE;
#else
constexpr int kHostStale = -4;
#endif

}  // namespace

const char* errno_name(Errno error) {
  switch (error) {
#define ERRNO(name, number, text, host) \
  case Errno::name:                     \
    return text;
#include "sys/wasi/errno.def"
#undef ERRNO
  }
  return "unknown";
}

Errno from_host(int host_error) {
  switch (host_error) {
#define ERRNO(name, number, text, host) \
  case host:                            \
    return Errno::name;
#include "sys/wasi/errno.def"
#undef ERRNO
    default: break;
  }
  // Two names for one meaning, with different numbers on some hosts.
  if (host_error == EWOULDBLOCK) return Errno::Again;
  if (host_error == ENOTSUP) return Errno::NotSup;
  return Errno::Io;
}

}  // namespace wasmrt::wasi
