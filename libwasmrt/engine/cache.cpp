// Directory, entries, locks, the index of known files.
#include "libwasmrt/engine/cache.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <thread>
#include <utility>

#include <wasmrt/version.hpp>

#include "libwasmrt/base/bytes.h"
#include "libwasmrt/base/log.h"
#include "libwasmrt/base/mac.h"
#include "sys/os/random.h"

namespace wasmrt::engine {

namespace {

constexpr std::size_t kKeyBytes = 32;
// Waiting for a compiler in another process, which takes from milliseconds to seconds.
constexpr std::chrono::milliseconds kLockPoll{2};
constexpr const char* kKeyFile = "key";
constexpr const char* kInUse = "in-use";
constexpr std::int64_t kSecond = 1'000'000'000;
// A file that changed this recently may change again within the resolution of its times.
constexpr std::int64_t kSettled = 2 * kSecond;
// Marking an entry as used more often than this would only cost writes.
constexpr std::int64_t kTouchEvery = 600 * kSecond;
// Temporary files older than this were left by a process that died.
constexpr std::int64_t kAbandoned = 3600 * kSecond;

std::string entry_name(const CodeKey& key) { return to_hex(key.entry) + ".code"; }

/// A file whose hash is known, as it lies in the index.
struct Remembered {
  os::FileIdentity file;
  Sha256Digest module;
  Sha256Digest mac;
};

Sha256Digest mac_of(HostKey key, const Remembered& r) {
  const std::span<const std::uint8_t> parts[] = {
      bytes_of("wasmrt index"),
      {reinterpret_cast<const std::uint8_t*>(&r), offsetof(Remembered, mac)}};
  return hmac_sha256(key, parts);
}

std::string index_name(const os::FileIdentity& file) {
  return std::to_string(file.device) + "-" + std::to_string(file.inode) + ".known";
}

}  // namespace

std::string version_folder() { return std::string(version()) + "-" + kBuildId; }

std::string default_cache_directory() {
  if (const std::string base = os::environment("XDG_CACHE_HOME"); base.starts_with('/')) {
    return base + "/wasmrt/code";
  }
  const std::string home = os::environment("HOME");
  return home.starts_with('/') ? home + "/.cache/wasmrt/code" : std::string();
}

CodeCache::CodeCache(const CacheConfig& config, const Sha256Digest& options)
    : config_([&] {
        CacheConfig c = config;
        if (c.directory.empty()) c.directory = default_cache_directory();
        return c;
      }()),
      options_(options) {}

CodeKey CodeCache::key_of(const Sha256Digest& module) const {
  Sha256 hash;
  hash.update(options_);
  hash.update(module);
  return {module, hash.finish()};
}

bool CodeCache::open() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::Unopened) state_ = open_locked() ? State::Open : State::Unusable;
  return state_ == State::Open;
}

bool CodeCache::open_locked() {
  int error = config_.directory.empty()
                  ? ENOENT
                  : os::open_private_directory(config_.directory, writes(), directory_);
  if (error == 0) error = load_key();
  bool fresh = false;
  if (error == 0) {
    error = os::open_private_directory_at(directory_.get(), version_folder(), false, folder_);
    if (error == ENOENT) {
      fresh = writes();
      error = writes()
                  ? os::open_private_directory_at(directory_.get(), version_folder(), true, folder_)
                  : 0;
    }
  }
  if (error != 0) {
    if (writes() || error != ENOENT) {
      WASMRT_LOG(Warn, "the code cache in '" + config_.directory +
                           "' is not used: " + std::strerror(error));
    }
    return false;
  }
  if (writes() && folder_.valid()) {
    os::lock_private_file(folder_.get(), kInUse, os::FileLock::Shared, false, in_use_);
  }
  if (fresh) prune_versions();
  return true;
}

int CodeCache::load_key() {
  int error = os::read_private_file(directory_.get(), kKeyFile, kKeyBytes, key_);
  if (error == ENOENT && writes()) {
    std::vector<std::uint8_t> fresh(kKeyBytes);
    error = os::fill_random(fresh);
    if (error != 0) return error;
    const std::span<const std::uint8_t> part = fresh;
    error = os::write_private_file(directory_.get(), kKeyFile, {&part, 1}, false);
    if (error != 0 && error != EEXIST) return error;  // EEXIST: another process was faster
    error = os::read_private_file(directory_.get(), kKeyFile, kKeyBytes, key_);
  }
  if (error == 0 && key_.size() != kKeyBytes) error = EINVAL;
  if (error != 0) key_.clear();
  return error;
}

HostKey CodeCache::host_key() { return open() ? HostKey(key_) : HostKey(); }

std::shared_ptr<const CachedImage> CodeCache::find(const CodeKey& key, os::WorkerPool& workers) {
  if (!open() || !folder_.valid()) return nullptr;
  auto found = std::make_shared<CachedImage>();
  std::uint64_t size = 0;
  if (os::open_private_file(folder_.get(), entry_name(key), found->file, size) != 0) return nullptr;
  const bool full = config_.verify == CacheVerify::Full;
  if (os::FileMapping::map(found->file.get(), 0, static_cast<std::size_t>(size), false, full,
                           found->map) != 0 ||
      !read_image(found->map.bytes(), key_, full ? ImageCheck::Full : ImageCheck::Header, workers,
                  found->content) ||
      found->content.key.entry != key.entry) {
    WASMRT_LOG(Warn, "a damaged entry of the code cache is compiled again: " + entry_name(key));
    if (writes()) os::remove_private_file(folder_.get(), entry_name(key));
    return nullptr;
  }
  os::FileIdentity identity;
  if (writes() && os::identify(found->file.get(), identity) == 0 &&
      os::file_time_now() - identity.modified_ns > kTouchEvery) {
    os::touch_private_file(found->file.get());
  }
  return found;
}

os::OwnedDescriptor CodeCache::lock(const CodeKey& key, const std::atomic<bool>& stop) {
  os::OwnedDescriptor held;
  if (!writes() || !open()) return held;
  const std::string name = to_hex(key.entry) + ".lock";
  while (os::lock_private_file(folder_.get(), name, os::FileLock::Exclusive, false, held) ==
             EAGAIN &&
         !stop.load(std::memory_order_relaxed)) {
    std::this_thread::sleep_for(kLockPoll);
  }
  return held;
}

bool CodeCache::store(const CodeKey& key, const ImageView& image) {
  if (!writes() || !open()) return false;
  std::uint8_t salt[32];
  if (os::fill_random(salt) != 0) return false;
  const ImageWriter writer(key_, key, salt, image);
  if (const int error =
          os::write_private_file(folder_.get(), entry_name(key), writer.parts(), true);
      error != 0) {
    WASMRT_LOG(Warn, std::string("an entry of the code cache could not be written: ") +
                         std::strerror(error));
    return false;
  }
  evict();
  return true;
}

void CodeCache::evict() {
  std::vector<os::PrivateEntry> entries;
  if (os::list_private_directory(folder_.get(), entries) != 0) return;
  const std::int64_t now = os::file_time_now();
  std::uint64_t total = 0;
  std::erase_if(entries, [&](const os::PrivateEntry& e) {
    if (e.name.starts_with("tmp.") && now - e.modified_ns > kAbandoned) {
      os::remove_private_file(folder_.get(), e.name);
    }
    return !e.name.ends_with(".code");
  });
  for (const os::PrivateEntry& e : entries) total += e.size;
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.modified_ns < b.modified_ns; });
  // The newest stays even when it is too large alone: somebody just paid for it.
  for (std::size_t i = 0; i + 1 < entries.size() && total > config_.max_bytes; ++i) {
    if (os::remove_private_file(folder_.get(), entries[i].name) == 0) total -= entries[i].size;
  }
}

std::optional<Sha256Digest> CodeCache::remembered(const os::FileIdentity& file) {
  if (!open() || !folder_.valid()) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  if (os::read_private_file(folder_.get(), index_name(file), sizeof(Remembered), bytes) != 0 ||
      bytes.size() != sizeof(Remembered)) {
    return std::nullopt;
  }
  Remembered r;
  std::memcpy(&r, bytes.data(), sizeof r);
  if (std::memcmp(&r.file, &file, sizeof file) != 0 || !equal_digests(mac_of(key_, r), r.mac)) {
    return std::nullopt;
  }
  return r.module;
}

void CodeCache::remember(const os::FileIdentity& file, const Sha256Digest& module) {
  if (!writes() || !open()) return;
  if (os::file_time_now() - std::max(file.modified_ns, file.changed_ns) < kSettled) return;
  Remembered r{file, module, {}};
  r.mac = mac_of(key_, r);
  const std::span<const std::uint8_t> part(reinterpret_cast<const std::uint8_t*>(&r), sizeof r);
  os::write_private_file(folder_.get(), index_name(file), {&part, 1}, true);
}

std::size_t CodeCache::prune_versions() {
  std::vector<os::PrivateEntry> entries;
  if (os::list_private_directory(directory_.get(), entries) != 0) return 0;
  std::size_t removed = 0;
  for (const os::PrivateEntry& e : entries) {
    if (!e.directory || e.name == version_folder()) continue;
    os::OwnedDescriptor folder;
    os::OwnedDescriptor alone;
    if (os::open_private_directory_at(directory_.get(), e.name, false, folder) != 0) continue;
    // Who uses it holds this.
    if (os::lock_private_file(folder.get(), kInUse, os::FileLock::Exclusive, false, alone) != 0) {
      continue;
    }
    if (os::remove_private_directory(directory_.get(), e.name) == 0) ++removed;
  }
  return removed;
}

}  // namespace wasmrt::engine
