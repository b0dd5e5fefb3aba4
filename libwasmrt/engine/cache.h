// The code cache of an engine on disk (docs/CACHE.md): DIR/key, and in DIR/<version>-<build> what
// cache_folder.h names.
//
// In: keys, and images to keep. Out: images that are authentic. Guaranteed: an entry is complete or
// not there; whatever is wrong with the directory or a file is a miss, said once in the log;
// nothing is opened before the first module asks.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <wasmrt/cache.hpp>

#include "libwasmrt/engine/cache_format.h"
#include "libwasmrt/frontend/module_bytes.h"
#include "sys/os/private_files.h"

namespace wasmrt::engine {

/// An entry in use: its file, mapped.
struct CachedImage {
  os::OwnedDescriptor file;
  os::FileMapping map;
  SharedBytes memory;  // instead of file and map, of an image that came as bytes
  bool is_entry = false;
  ImageFile content;
};

/// Who waits longer for another process compiles, too: it may have been stopped, or have left the
/// lock to a child that does not know it.
inline constexpr std::chrono::seconds kMostLockWait{60};

/// The right to compile an entry, for one process and thread. Its file goes with it, but not with
/// the copy of a child that was forked.
class EntryLock {
 public:
  EntryLock() = default;
  EntryLock(int folder, std::string name, os::OwnedDescriptor file);
  ~EntryLock() { release(); }
  EntryLock(EntryLock&& other) noexcept = default;
  EntryLock& operator=(EntryLock&& other) noexcept;
  [[nodiscard]] bool valid() const { return file_.valid(); }
  void release();

 private:
  int folder_ = -1;
  std::string name_;
  os::OwnedDescriptor file_;
  std::uint64_t generation_ = 0;  // fork_generation()
};

class CodeCache {
 public:
  /// `options`: everything besides the module that changes code.
  CodeCache(const CacheConfig& config, const Sha256Digest& options);

  [[nodiscard]] const CacheConfig& config() const { return config_; }
  /// Whether binaries of that size are looked up.
  [[nodiscard]] bool wants(std::size_t bytes) const {
    return config_.mode == CacheMode::MustHit ||
           (config_.mode != CacheMode::Off && bytes >= config_.least_bytes);
  }
  [[nodiscard]] CodeKey key_of(const Sha256Digest& module) const;
  /// Null on a miss.
  std::shared_ptr<const CachedImage> find(const CodeKey& key, os::WorkerPool& workers);
  /// Images that were written for their users, to be compared with what the engine wants. From a
  /// file they are mapped, as entries are.
  /// `file` is taken only when there is no fault.
  ImageFault open_image(os::OwnedDescriptor& file, std::uint64_t bytes, os::WorkerPool& workers,
                        std::shared_ptr<const CachedImage>& out);
  ImageFault open_image(SharedBytes bytes, os::WorkerPool& workers,
                        std::shared_ptr<const CachedImage>& out);
  /// Why no code of images is used whatever they hold; null where it may be.
  void refuse_images(const char* why) { images_refused_ = why; }
  [[nodiscard]] const char* images_refused() const { return images_refused_; }
  /// Removes an entry that was found, because what it holds makes no sense.
  void discard(const CodeKey& key);
  /// For one compiler per entry in all processes: waits for another one at work, unless `stop` is
  /// set, and for kMostLockWait at most. After that the entry may be there. Not valid when there is
  /// nothing to wait with, or the other one takes too long; go on then. It may not outlive the
  /// cache.
  EntryLock lock(const CodeKey& key, const std::atomic<bool>& stop);
  /// The same without waiting: false, and nothing in `out`, while another one is at work.
  bool try_lock(const CodeKey& key, EntryLock& out);
  /// Puts an image in, and what was used least recently out.
  bool store(const CodeKey& key, const ImageView& image);
  /// The key that authenticates images; empty without one.
  HostKey host_key();

  /// The hash of a file that did not change since `remember`.
  std::optional<Sha256Digest> remembered(const os::FileIdentity& file);
  void remember(const os::FileIdentity& file, const Sha256Digest& module);

  /// Removes the folders of other versions that nobody uses, and from this one's what is of no use
  /// any more, whatever the mode. How many folders.
  std::size_t prune();

 private:
  bool open();
  bool open_locked();
  int load_key(bool& made);
  ImageFault map_image(os::OwnedDescriptor file, std::uint64_t bytes, os::WorkerPool& workers,
                       CachedImage& out) const;
  std::size_t remove_other_versions();
  [[nodiscard]] bool writes() const { return config_.mode == CacheMode::ReadWrite; }

  const CacheConfig config_;
  const Sha256Digest options_;
  const char* images_refused_ = nullptr;
  std::mutex mutex_;
  enum class State : std::uint8_t { Unopened, Open, Unusable } state_ = State::Unopened;
  os::OwnedDescriptor directory_;
  os::OwnedDescriptor folder_;  // of this version; not valid when there is none and none is made
  os::OwnedDescriptor in_use_;
  std::vector<std::uint8_t> key_;
};

/// The folder of this version and build of the library.
const std::string& version_folder();
/// $XDG_CACHE_HOME/wasmrt/code or ~/.cache/wasmrt/code; empty when neither is known.
std::string default_cache_directory();
/// The digest of the sources that decide which code is made.
extern const char* const kBuildId;

}  // namespace wasmrt::engine
