// The format is that of the kernel's tools/perf/Documentation/jitdump-specification.txt, version 1.
// Its times are of the monotonic clock: `perf record -k mono`.
#include "libwasmrt/engine/jitdump.h"

#include <cstring>
#include <mutex>
#include <vector>

#include "jit/target.h"
#include "libwasmrt/base/log.h"
#include "libwasmrt/engine/code_names.h"
#include "sys/os/clock.h"
#include "sys/os/profiler.h"
#include "sys/os/thread.h"

namespace wasmrt::engine {

namespace {

constexpr std::uint32_t kMagic = 0x4A695444;  // "JiTD", in the byte order of this machine
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kLoad = 0;  // JIT_CODE_LOAD

struct FileHeader {
  std::uint32_t magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t total_size = sizeof(FileHeader);
  std::uint32_t elf_machine = 0;
  std::uint32_t pad = 0;
  std::uint32_t pid = 0;
  std::uint64_t timestamp = 0;
  std::uint64_t flags = 0;
};
static_assert(sizeof(FileHeader) == 40);

struct LoadRecord {
  std::uint32_t id = kLoad;
  std::uint32_t total_size = 0;  // with the name, its zero, and the code
  std::uint64_t timestamp = 0;
  std::uint32_t pid = 0;
  std::uint32_t tid = 0;
  std::uint64_t vma = 0;
  std::uint64_t code_address = 0;
  std::uint64_t code_size = 0;
  std::uint64_t code_index = 0;
};
static_assert(sizeof(LoadRecord) == 56);

template <class T>
void put(std::vector<std::uint8_t>& out, const T& record) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&record);
  out.insert(out.end(), bytes, bytes + sizeof record);
}

struct Dump {
  std::mutex mutex;
  os::ProfilerFile file;
  std::uint32_t pid = 0;
  std::uint64_t next_index = 0;
  bool said = false;

  bool open(const std::string& directory) {
    const std::uint32_t now = os::process_id();
    if (pid != now) {
      pid = now;
      next_index = 0;
      file = os::ProfilerFile();
      FileHeader header;
      header.elf_machine = jit::host_target()->elf_machine;
      header.pid = pid;
      header.timestamp = os::monotonic_ns();
      std::vector<std::uint8_t> bytes;
      put(bytes, header);
      const std::string path = directory + "/jit-" + std::to_string(pid) + ".dump";
      if (const int error = os::ProfilerFile::create(path, bytes, file); error != 0) {
        fail(path, error);
      }
    }
    return file.valid();
  }
  void fail(const std::string& what, int error) {
    if (!said) WASMRT_LOG(Warn, "no jitdump: " + what + ": " + std::strerror(error));
    said = true;
  }
};

Dump& dump() {
  static auto* d = new Dump;  // threads may compile while the process ends
  return *d;
}

}  // namespace

void write_jitdump(const std::string& directory, const NativeImage& image,
                   const DecodedModule& module) {
  Dump& d = dump();
  const std::lock_guard lock(d.mutex);
  if (!d.open(directory)) return;
  std::vector<std::uint8_t> bytes;
  const CodeNames names(module);
  for (const NativeFunc& func : image.funcs()) {
    const std::string name = names[func.index];
    LoadRecord record;
    record.timestamp = os::monotonic_ns();
    record.pid = d.pid;
    record.tid = os::thread_id();
    record.code_address = reinterpret_cast<std::uintptr_t>(image.base() + func.begin);
    record.vma = record.code_address;
    record.code_size = func.code_bytes;
    record.code_index = d.next_index++;
    record.total_size =
        static_cast<std::uint32_t>(sizeof record + name.size() + 1 + record.code_size);
    put(bytes, record);
    bytes.insert(bytes.end(), name.c_str(), name.c_str() + name.size() + 1);
    const std::span<const std::uint8_t> code = image.code().subspan(func.begin, func.code_bytes);
    bytes.insert(bytes.end(), code.begin(), code.end());
  }
  if (const int error = d.file.append(bytes); error != 0) d.fail("writing", error);
}

}  // namespace wasmrt::engine
