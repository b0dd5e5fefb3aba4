// A kernel as a WASI command: `KERNEL.wasm [ROUNDS [REPEATS]]`, where 0 rounds means the default.
// Prints one line `CHECKSUM NANOSECONDS` per repeat. The time is taken by the guest itself around
// `run`, so that neither process start nor compilation counts. Calls the system interface directly
// and needs no libc, so that the module holds little besides the kernel.
#include "bench.h"

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

struct iovec {
  const char* data;
  u32 size;
};

WASI(args_sizes_get) u32 wasi_args_sizes_get(u32* count, u32* bytes);
WASI(args_get) u32 wasi_args_get(char** argv, char* bytes);
WASI(clock_time_get) u32 wasi_clock_time_get(u32 clock, u64 precision, u64* nanoseconds);
WASI(fd_write) u32 wasi_fd_write(u32 fd, const struct iovec* iovecs, u32 count, u32* written);
WASI(proc_exit) _Noreturn void wasi_proc_exit(u32 code);

enum { kMonotonic = 1, kMaxArguments = 8, kMaxArgumentBytes = 1024 };

static u32 parse_number(const char* text) {
  u32 value = 0;
  for (; *text >= '0' && *text <= '9'; ++text) value = value * 10 + (u32)(*text - '0');
  return value;
}

static char* write_decimal(char* end, u64 value) {
  do {
    *--end = (char)('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return end;
}

static u64 now(void) {
  u64 nanoseconds = 0;
  if (wasi_clock_time_get(kMonotonic, 1, &nanoseconds) != 0) wasi_proc_exit(70);
  return nanoseconds;
}

static void print_line(u64 checksum, u64 nanoseconds) {
  char line[48];
  char* const end = line + sizeof line;
  char* at = end;
  *--at = '\n';
  at = write_decimal(at, nanoseconds);
  *--at = ' ';
  at = write_decimal(at, checksum);
  const struct iovec iov = {at, (u32)(end - at)};
  u32 written = 0;
  if (wasi_fd_write(1, &iov, 1, &written) != 0 || written != iov.size) wasi_proc_exit(74);
}

__attribute__((export_name("_start"))) void _start(void) {
  char* argv[kMaxArguments];
  char bytes[kMaxArgumentBytes];
  u32 count = 0;
  u32 size = 0;
  if (wasi_args_sizes_get(&count, &size) != 0 || count > kMaxArguments || size > sizeof bytes ||
      wasi_args_get(argv, bytes) != 0) {
    wasi_proc_exit(64);
  }
  u32 rounds = count > 1 ? parse_number(argv[1]) : 0;
  u32 repeats = count > 2 ? parse_number(argv[2]) : 1;
  if (rounds == 0) rounds = kDefaultRounds;
  for (; repeats > 0; --repeats) {
    const u64 begin = now();
    const u64 checksum = run(rounds);
    print_line(checksum, now() - begin);
  }
}
