// The code cache: compiled modules on disk, so that a program that ran before starts at once.
#pragma once

#include <cstdint>
#include <string>

namespace wasmrt {

/// What an Engine does with the cache.
enum class CacheMode : std::uint8_t {
  Off,        ///< Nothing.
  ReadWrite,  ///< Uses it and fills it.
  ReadOnly,   ///< Uses it, and changes nothing in its directory.
  MustHit,    ///< As ReadOnly, and Module::compile fails with CacheMiss instead of compiling.
              ///< Engine::create refuses options that want the compiler to run.
};

/// How much of an entry is checked before it is used.
enum class CacheVerify : std::uint8_t {
  Full,    ///< Every byte, against the key in the cache's directory.
  Header,  ///< The header; for the rest owner and permissions are trusted.
};

/// The cache of an Engine. An entry is used only by the version and build of the library, processor
/// features and options that it was made for; any doubt about one makes it be compiled again.
struct CacheConfig {
  CacheMode mode = CacheMode::Off;
  /// Where it lies; made with mode 0700 if it is not there. It also holds the key that
  /// authenticates entries and images (Module::write_image). Empty: default_cache_directory().
  std::string directory = {};
  CacheVerify verify = CacheVerify::Full;
  /// Entries used least recently go when all of them are larger than this.
  std::uint64_t max_bytes = std::uint64_t{1} << 30;
  /// Binaries smaller than this are compiled faster than looked up. Ignored with MustHit.
  std::uint64_t least_bytes = 2048;
};

}  // namespace wasmrt
