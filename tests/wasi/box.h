// A guest without code: a byte array as its memory, and the calls made directly.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "sys/wasi/preview1.h"

namespace wasmrt::test {

using wasi::Errno;

/// The calls use fixed places in memory: results at kResult, paths and data at kText and kOther.
struct WasiBox {
  static constexpr uint32_t kResult = 64, kIovs = 128, kText = 1024, kOther = 8192, kBuffer = 16384,
                            kBufferSize = 32768, kSize = 65536;

  explicit WasiBox(WasiConfig config) : memory(kSize) {
    Result<std::shared_ptr<wasi::Preview1>> made = wasi::Preview1::create(std::move(config));
    if (!made) FAIL(made.error().message);
    calls = *made;
    guest.memory = wasi::GuestMemory(memory.data(), memory.size());
  }

  uint32_t put(uint32_t at, const std::string& text) {
    std::memcpy(memory.data() + at, text.data(), text.size());
    return static_cast<uint32_t>(text.size());
  }
  uint32_t u32(uint32_t at = kResult) const {
    uint32_t value = 0;
    guest.memory.load(at, value);
    return value;
  }
  uint64_t u64(uint32_t at = kResult) const {
    uint64_t value = 0;
    guest.memory.load(at, value);
    return value;
  }
  void iov(uint32_t index, uint32_t pointer, uint32_t length) {
    guest.memory.store<uint32_t>(kIovs + 8 * index, pointer);
    guest.memory.store<uint32_t>(kIovs + 8 * index + 4, length);
  }

  Errno open(uint32_t fd, const std::string& path, uint32_t oflags, wasi::Rights base,
             wasi::Rights inheriting = ~wasi::Rights{0}, uint32_t fdflags = 0,
             uint32_t lookup = 1) {
    const uint32_t length = put(kText, path);
    return calls->path_open(guest, fd, lookup, kText, length, oflags, base, inheriting, fdflags,
                            kResult);
  }
  /// Opens or fails the test; the new number.
  uint32_t must_open(uint32_t fd, const std::string& path, uint32_t oflags, wasi::Rights base,
                     wasi::Rights inheriting = ~wasi::Rights{0}, uint32_t fdflags = 0);

  Errno write(uint32_t fd, const std::string& text) {
    iov(0, kBuffer, put(kBuffer, text));
    return calls->fd_write(guest, fd, kIovs, 1, kResult);
  }
  Errno read(uint32_t fd, uint32_t length, std::string& text) {
    iov(0, kBuffer, length);
    const Errno error = calls->fd_read(guest, fd, kIovs, 1, kResult);
    text.assign(reinterpret_cast<const char*>(memory.data() + kBuffer),
                error == Errno::Success ? u32() : 0);
    return error;
  }
  /// A call with one path.
  template <typename Method>
  Errno on_path(Method method, uint32_t fd, const std::string& path) {
    const uint32_t length = put(kText, path);
    return (calls.get()->*method)(guest, fd, kText, length);
  }
  Errno rename(uint32_t from_fd, const std::string& from, uint32_t to_fd, const std::string& to) {
    const uint32_t from_length = put(kText, from);
    const uint32_t to_length = put(kOther, to);
    return calls->path_rename(guest, from_fd, kText, from_length, to_fd, kOther, to_length);
  }
  Errno link(uint32_t from_fd, const std::string& from, uint32_t to_fd, const std::string& to,
             uint32_t flags = 0) {
    const uint32_t from_length = put(kText, from);
    const uint32_t to_length = put(kOther, to);
    return calls->path_link(guest, from_fd, flags, kText, from_length, to_fd, kOther, to_length);
  }
  Errno symlink(const std::string& target, uint32_t fd, const std::string& path) {
    const uint32_t target_length = put(kText, target);
    const uint32_t length = put(kOther, path);
    return calls->path_symlink(guest, kText, target_length, fd, kOther, length);
  }
  Errno stat(uint32_t fd, const std::string& path, uint32_t flags = 0) {
    const uint32_t length = put(kText, path);
    return calls->path_filestat_get(guest, fd, flags, kText, length, kResult);
  }
  wasi::Rights base_rights(uint32_t fd) {
    return calls->fd_fdstat_get(guest, fd, kResult) == Errno::Success ? u64(kResult + 8) : 0;
  }

  std::vector<uint8_t> memory;
  std::shared_ptr<wasi::Preview1> calls;
  wasi::Guest guest;
};

inline uint32_t WasiBox::must_open(uint32_t fd, const std::string& path, uint32_t oflags,
                                   wasi::Rights base, wasi::Rights inheriting, uint32_t fdflags) {
  const Errno error = open(fd, path, oflags, base, inheriting, fdflags);
  INFO(path << ": " << wasi::errno_name(error));
  REQUIRE(error == Errno::Success);
  return u32();
}

/// One directory mounted as "/".
inline WasiConfig one_mount(const std::string& host_path, bool read_only = false) {
  WasiConfig config;
  config.mounts.push_back({host_path, "/", read_only});
  return config;
}

}  // namespace wasmrt::test

namespace Catch {
template <>
struct StringMaker<wasmrt::wasi::Errno> {
  static std::string convert(wasmrt::wasi::Errno error) { return wasmrt::wasi::errno_name(error); }
};
}  // namespace Catch
