// Creating the state of a guest; arguments, environment, exit.
#include <system_error>
#include <thread>
#include <utility>

#include "sys/os/clock.h"
#include "sys/os/directory.h"
#include "sys/wasi/preview1.h"
#include "sys/wasi/stdio.h"

namespace wasmrt::wasi {
namespace {

Error refuse(std::string text) {
  return Error(ErrorCode::InvalidArgument, "invalid WASI configuration: " + std::move(text));
}

bool has_zero_byte(const std::string& text) { return text.find('\0') != std::string::npos; }

Result<DescriptorRef> open_mount(const WasiMount& mount, bool allow_root) {
  auto record = std::make_shared<Mount>();
  record->host_path = mount.host_path;
  record->guest_path = mount.guest_path.empty() ? mount.host_path : mount.guest_path;
  record->read_only = mount.read_only;
  if (has_zero_byte(mount.host_path) || has_zero_byte(record->guest_path)) {
    return refuse("a mount's path contains a zero byte");
  }
  auto descriptor = std::make_shared<Descriptor>();
  const int error = os::open_base_directory(mount.host_path, descriptor->owned);
  if (error != 0) {
    return Error(ErrorCode::Io,
                 "cannot mount " + mount.host_path + ": " + std::generic_category().message(error));
  }
  os::FileStatus status;
  os::FileStatus root;
  os::OwnedDescriptor root_directory;
  if (const int failed = os::file_status(descriptor->owned.get(), status); failed != 0) {
    return Error(ErrorCode::Io, "cannot mount " + mount.host_path + ": " +
                                    std::generic_category().message(failed));
  }
  // By identity, so that "/..", links and bind mounts of the root count too.
  const bool root_known = os::open_base_directory("/", root_directory) == 0 &&
                          os::file_status(root_directory.get(), root) == 0;
  const bool is_root = !root_known || (root.device == status.device && root.inode == status.inode);
  if (is_root && !allow_root) {
    return refuse("mounting the host's root directory needs allow_root_mount (--allow-root-mount)");
  }
  record->device = status.device;
  record->inode = status.inode;
  descriptor->host = descriptor->owned.get();
  descriptor->kind = Descriptor::Kind::Directory;
  descriptor->host_type = os::FileType::Directory;
  descriptor->type = Filetype::Directory;
  descriptor->base = right::kDirectory;
  descriptor->inheriting = right::kDirectory | right::kFile;
  descriptor->mount = std::move(record);
  descriptor->preopened = true;
  return descriptor;
}

}  // namespace

Preview1::Preview1(WasiConfig config) : config_(std::move(config)) {
  for (const auto& [name, value] : config_.env) {
    std::string& text = env_.emplace_back(name);
    text += '=';
    text += value;
  }
  start_ns_ = os::monotonic_ns();
  // Each word is the seed stirred once more (SplitMix64), so that close seeds are far apart.
  uint64_t seed = config_.random.seed;
  for (uint64_t& word : random_state_) {
    seed += 0x9e3779b97f4a7c15u;
    uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    word = mixed ^ (mixed >> 31);
  }
}

Result<std::shared_ptr<Preview1>> Preview1::create(WasiConfig config) {
  for (const std::string& argument : config.args) {
    if (has_zero_byte(argument)) return refuse("an argument contains a zero byte");
  }
  for (const auto& [name, value] : config.env) {
    if (name.empty() || name.find('=') != std::string::npos || has_zero_byte(name) ||
        has_zero_byte(value)) {
      return refuse("an environment variable has a bad name or contains a zero byte");
    }
  }
  std::shared_ptr<Preview1> state(new Preview1(std::move(config)));
  const WasiConfig& granted = state->config_;
  Result<DescriptorRef> input = make_input(granted.stdin_from, 0);
  if (!input) return std::move(input).error();
  Result<DescriptorRef> output = make_output(granted.stdout_to, 1);
  if (!output) return std::move(output).error();
  Result<DescriptorRef> errors = make_output(granted.stderr_to, 2);
  if (!errors) return std::move(errors).error();
  state->table_.place(0, *input);
  state->table_.place(1, *output);
  state->table_.place(2, *errors);
  uint32_t number = 3;
  for (const WasiMount& mount : granted.mounts) {
    Result<DescriptorRef> opened = open_mount(mount, granted.allow_root_mount);
    if (!opened) return std::move(opened).error();
    state->table_.place(number++, *opened);
  }
  for (const int listener : granted.listeners) {
    auto descriptor = std::make_shared<Descriptor>();
    const Errno error = describe(listener, 0, *descriptor);
    if (error != Errno::Success || descriptor->kind != Descriptor::Kind::Connection) {
      return refuse("listener " + std::to_string(listener) + " is not a socket");
    }
    descriptor->kind = Descriptor::Kind::Listener;
    descriptor->base = right::kListener;
    descriptor->inheriting = right::kConnection;
    state->table_.place(number++, std::move(descriptor));
  }
  return state;
}

Errno Preview1::string_list_sizes(Guest& guest, const std::vector<std::string>& list, i32 count,
                                  i32 size) const {
  uint64_t bytes = 0;
  for (const std::string& text : list) bytes += text.size() + 1;
  if (list.size() > UINT32_MAX || bytes > UINT32_MAX) return Errno::Overflow;
  const bool stored = guest.memory.store<uint32_t>(count, static_cast<uint32_t>(list.size())) &&
                      guest.memory.store<uint32_t>(size, static_cast<uint32_t>(bytes));
  return stored ? Errno::Success : Errno::Fault;
}

Errno Preview1::string_list_get(Guest& guest, const std::vector<std::string>& list, i32 pointers,
                                i32 buffer) const {
  uint64_t pointer = pointers;
  uint64_t at = buffer;
  for (const std::string& text : list) {
    uint8_t* bytes = guest.memory.view(at, text.size() + 1);
    if (bytes == nullptr || !guest.memory.store<uint32_t>(pointer, static_cast<uint32_t>(at))) {
      return Errno::Fault;
    }
    std::memcpy(bytes, text.c_str(), text.size() + 1);
    pointer += 4;
    at += text.size() + 1;
  }
  return Errno::Success;
}

Errno Preview1::args_get(Guest& guest, i32 argv, i32 buffer) {
  return string_list_get(guest, config_.args, argv, buffer);
}

Errno Preview1::args_sizes_get(Guest& guest, i32 count, i32 size) {
  return string_list_sizes(guest, config_.args, count, size);
}

Errno Preview1::environ_get(Guest& guest, i32 environ, i32 buffer) {
  return string_list_get(guest, env_, environ, buffer);
}

Errno Preview1::environ_sizes_get(Guest& guest, i32 count, i32 size) {
  return string_list_sizes(guest, env_, count, size);
}

Errno Preview1::proc_exit(Guest& guest, i32 code) {
  guest.exited = true;
  guest.exit_code = code;
  return Errno::Success;
}

// A guest has no handlers, and must not send signals to its host.
Errno Preview1::proc_raise(Guest&, i32) { return Errno::NotSup; }

Errno Preview1::sched_yield(Guest&) {
  std::this_thread::yield();
  return Errno::Success;
}

}  // namespace wasmrt::wasi
