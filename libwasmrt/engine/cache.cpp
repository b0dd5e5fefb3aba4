// Directory, key, entries, locks, records of known files.
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
#include "libwasmrt/engine/cache_folder.h"
#include "sys/os/random.h"
#include "sys/os/thread.h"

namespace wasmrt::engine {

namespace {

constexpr std::size_t kKeyBytes = 32;
// Waiting for a compiler in another process, which takes from milliseconds to seconds.
constexpr std::chrono::milliseconds kLockPoll{2};
constexpr const char* kKeyFile = "key";
constexpr std::int64_t kSecond = 1'000'000'000;
// A file that changed this recently may change again within the resolution of its times.
constexpr std::int64_t kSettled = 2 * kSecond;
// Marking an entry as used more often than this would only cost writes.
constexpr std::int64_t kTouchEvery = 600 * kSecond;

std::string entry_file(const CodeKey& key) { return entry_name(key) + ".code"; }

Sha256Digest mac_of(HostKey key, const CacheRecord& r) {
  const std::span<const std::uint8_t> parts[] = {
      bytes_of("wasmrt index"),
      {reinterpret_cast<const std::uint8_t*>(&r), offsetof(CacheRecord, mac)}};
  return hmac_sha256(key, parts);
}

/// Why a directory cannot be used, and what to do.
std::string directory_problem(int error) {
  if (error == os::kOpenToOthers) {
    return "others may write to it; take that from them (chmod go-w) or name another directory";
  }
  if (error == EPERM) return "it, or the key in it, is not this user's alone";
  return std::strerror(error);
}

}  // namespace

const std::string& version_folder() {
  // Modules that end behind main's statics write entries.
  static const auto& kName = *new std::string(std::string(version()) + "-" + kBuildId);
  return kName;
}

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
  if (config_.directory.empty()) {
    // Services often run without a home. That is no fault of the cache.
    WASMRT_LOG(Info, "there is no code cache: set HOME or XDG_CACHE_HOME, or name a directory");
    return false;
  }
  int error = os::open_private_directory(config_.directory, writes(), directory_);
  bool new_key = false;
  if (error == 0) error = load_key(new_key);
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
                           "' is not used: " + directory_problem(error));
    }
    return false;
  }
  if (folder_.valid()) use_folder(folder_.get(), writes(), in_use_);
  // Where there was no key there is nothing of ours.
  if (fresh && !new_key) remove_other_versions();
  return true;
}

int CodeCache::load_key(bool& made) {
  int error = os::read_private_file(directory_.get(), kKeyFile, kKeyBytes, key_);
  if (error == ENOENT && writes()) {
    std::vector<std::uint8_t> fresh(kKeyBytes);
    error = os::fill_random(fresh);
    if (error != 0) return error;
    const std::span<const std::uint8_t> part = fresh;
    error = os::write_private_file(directory_.get(), kKeyFile, {&part, 1}, false);
    if (error != 0 && error != EEXIST) return error;  // EEXIST: another process was faster
    made = true;
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
  os::OwnedDescriptor file;
  std::uint64_t size = 0;
  if (os::open_private_file(folder_.get(), entry_file(key), file, size) != 0) return nullptr;
  if (map_image(std::move(file), size, workers, *found) != ImageFault::None ||
      found->content.key.entry != key.entry) {
    discard(key);
    return nullptr;
  }
  found->is_entry = true;
  os::FileIdentity identity;
  if (writes() && os::identify(found->file.get(), identity) == 0 &&
      os::file_time_now() - identity.modified_ns > kTouchEvery) {
    os::touch_private_file(found->file.get());
  }
  return found;
}

ImageFault CodeCache::map_image(os::OwnedDescriptor file, std::uint64_t bytes,
                                os::WorkerPool& workers, CachedImage& out) const {
  const bool full = config_.verify == CacheVerify::Full;
  out.file = std::move(file);
  if (os::FileMapping::map(out.file.get(), 0, static_cast<std::size_t>(bytes), false, full,
                           out.map) != 0) {
    return ImageFault::Damaged;
  }
  return read_image(out.map.bytes(), key_, full ? ImageCheck::Full : ImageCheck::Header, workers,
                    out.content);
}

ImageFault CodeCache::open_image(os::OwnedDescriptor& file, std::uint64_t bytes,
                                 os::WorkerPool& workers, std::shared_ptr<const CachedImage>& out) {
  if (!open()) return ImageFault::HostKey;
  auto image = std::make_shared<CachedImage>();
  const ImageFault fault = map_image(std::move(file), bytes, workers, *image);
  if (fault == ImageFault::None) {
    out = std::move(image);
  } else {
    file = std::move(image->file);
  }
  return fault;
}

ImageFault CodeCache::open_image(SharedBytes bytes, os::WorkerPool& workers,
                                 std::shared_ptr<const CachedImage>& out) {
  auto image = std::make_shared<CachedImage>();
  image->memory = std::move(bytes);
  const ImageFault fault =
      read_image(image->memory->view(), host_key(), ImageCheck::Full, workers, image->content);
  if (fault == ImageFault::None) out = std::move(image);
  return fault;
}

void CodeCache::discard(const CodeKey& key) {
  WASMRT_LOG(Warn, "a damaged entry of the code cache is compiled again: " + entry_file(key));
  if (writes()) os::remove_private_file(folder_.get(), entry_file(key));
}

EntryLock::EntryLock(int folder, std::string name, os::OwnedDescriptor file)
    : folder_(folder),
      name_(std::move(name)),
      file_(std::move(file)),
      generation_(os::fork_generation()) {}

EntryLock& EntryLock::operator=(EntryLock&& other) noexcept {
  release();
  folder_ = other.folder_;
  name_ = std::move(other.name_);
  file_ = std::move(other.file_);
  generation_ = other.generation_;
  return *this;
}

void EntryLock::release() {
  // Removed while it is held: who waits for it sees that, and nobody else can hold this name.
  if (valid() && generation_ == os::fork_generation()) os::remove_private_file(folder_, name_);
  file_.reset();
}

bool CodeCache::try_lock(const CodeKey& key, EntryLock& out) {
  if (!writes() || !open()) return true;
  const std::string name = entry_name(key) + ".lock";
  os::OwnedDescriptor held;
  if (os::lock_private_file(folder_.get(), name, os::FileLock::Exclusive, true, held) == EAGAIN) {
    return false;
  }
  if (held.valid()) out = {folder_.get(), name, std::move(held)};
  return true;
}

EntryLock CodeCache::lock(const CodeKey& key, const std::atomic<bool>& stop) {
  EntryLock held;
  const auto end = std::chrono::steady_clock::now() + kMostLockWait;
  while (!try_lock(key, held) && !stop.load(std::memory_order_relaxed) &&
         std::chrono::steady_clock::now() < end) {
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
          os::write_private_file(folder_.get(), entry_file(key), writer.parts(), true);
      error != 0) {
    WASMRT_LOG(Warn, std::string("an entry of the code cache could not be written: ") +
                         std::strerror(error));
    return false;
  }
  sweep_folder(folder_.get(), config_.max_bytes, false);
  return true;
}

std::optional<Sha256Digest> CodeCache::remembered(const os::FileIdentity& file) {
  if (!open() || !folder_.valid()) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  if (os::read_private_file(folder_.get(), record_name(file), sizeof(CacheRecord), bytes) != 0 ||
      bytes.size() != sizeof(CacheRecord)) {
    return std::nullopt;
  }
  CacheRecord r;
  std::memcpy(&r, bytes.data(), sizeof r);
  if (std::memcmp(&r.file, &file, sizeof file) != 0 || !equal_digests(mac_of(key_, r), r.mac)) {
    return std::nullopt;
  }
  return r.module;
}

void CodeCache::remember(const os::FileIdentity& file, const Sha256Digest& module) {
  if (!writes() || !open()) return;
  if (os::file_time_now() - std::max(file.modified_ns, file.changed_ns) < kSettled) return;
  CacheRecord r{file, module, {}};
  r.mac = mac_of(key_, r);
  const std::span<const std::uint8_t> part(reinterpret_cast<const std::uint8_t*>(&r), sizeof r);
  os::write_private_file(folder_.get(), record_name(file), {&part, 1}, true);
}

std::size_t CodeCache::prune() {
  if (!open()) return 0;
  if (folder_.valid()) sweep_folder(folder_.get(), config_.max_bytes, true);
  return remove_other_versions();
}

std::size_t CodeCache::remove_other_versions() {
  std::vector<os::PrivateEntry> entries;
  if (os::list_private_directory(directory_.get(), entries) != 0) return 0;
  return static_cast<std::size_t>(std::ranges::count_if(entries, [&](const os::PrivateEntry& e) {
    return e.directory && e.name != version_folder() &&
           remove_version_folder(directory_.get(), e.name);
  }));
}

}  // namespace wasmrt::engine
