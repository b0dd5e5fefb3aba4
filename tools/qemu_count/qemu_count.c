// A plugin for qemu's user emulation that counts the instructions a guest process executes.
//
// In:  `qemu-aarch64 -plugin libqemu_count.so,out=FILE PROGRAM ...`; qemu of Debian 12 (7.2) or
// newer. Out: at the guest's exit, FILE holds the sum over its threads as a decimal number.
// Guaranteed: the same run of a program without threads gives the same number. A block that a fault
//      ends early counts whole.
// The declarations below are what is used of qemu's documented plugin interface (Debian has no
// header for it); the symbols are found in the emulator that loads this.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_info;
typedef uint64_t qemu_plugin_id_t;
typedef void (*tb_translated)(qemu_plugin_id_t id, struct qemu_plugin_tb* tb);
typedef void (*tb_executed)(unsigned cpu, void* data);
typedef void (*at_exit)(qemu_plugin_id_t id, void* data);
enum qemu_plugin_cb_flags { kNoRegisters = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_translated callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb* tb, tb_executed callback,
                                          enum qemu_plugin_cb_flags flags, void* data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, at_exit callback, void* data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* tb);

EXPORT extern const int qemu_plugin_version;
const int qemu_plugin_version = 1;

// One counter per thread, each on a cache line of its own, as an addition in memory that two
// threads make at a time can get lost. More threads than counters share them.
enum { kCounters = 256 };
static struct {
  uint64_t count;
  uint64_t padding[7];
} counters[kCounters];
static char out[4096];

static void executed(unsigned cpu, void* data) {
  counters[cpu % kCounters].count += (uintptr_t)data;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb* tb) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, kNoRegisters,
                                       (void*)(uintptr_t)qemu_plugin_tb_n_insns(tb));
}

static void report(qemu_plugin_id_t id, void* data) {
  (void)id;
  (void)data;
  uint64_t sum = 0;
  for (int n = 0; n < kCounters; ++n) sum += counters[n].count;
  FILE* file = fopen(out, "w");
  if (!file) return;
  fprintf(file, "%llu\n", (unsigned long long)sum);
  fclose(file);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info* info, int argc,
                               char** argv) {
  (void)info;
  for (int n = 0; n < argc; ++n) {
    if (strncmp(argv[n], "out=", 4) != 0 || strlen(argv[n]) - 4 >= sizeof out) return -1;
    strcpy(out, argv[n] + 4);
  }
  if (out[0] == '\0') {
    fputs("qemu_count: out=FILE is missing\n", stderr);
    return -1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, report, NULL);
  return 0;
}
