// What lies in a folder of the code cache: which names are ours, and what goes when.
//
// In: open directories. Out: the folder, swept or gone. Guaranteed: nothing is removed but files
// whose names the cache makes, and those only in a folder that the cache has marked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libwasmrt/engine/cache_format.h"
#include "sys/os/private_files.h"

namespace wasmrt::engine {

/// Files of the cache, by their names.
enum class CacheFile : std::uint8_t {
  Foreign,    ///< Somebody else's.
  Entry,      ///< MODULE-KEY.code
  Lock,       ///< MODULE-KEY.lock
  Record,     ///< DEVICE-INODE.known
  Temporary,  ///< tmp.PROCESS.NUMBER
  Marker,     ///< in-use
};
CacheFile cache_file_kind(std::string_view name);
/// Whether a folder of some version and build may be called so.
bool names_version_folder(std::string_view name);

/// The names of an entry and its lock without what follows the dot. They begin with the module's.
std::string entry_name(const CodeKey& key);
std::string record_name(const os::FileIdentity& file);

/// A file whose hash is known, as it lies in a record.
struct CacheRecord {
  os::FileIdentity file;
  Sha256Digest module;
  Sha256Digest mac;
};

/// Marks a folder as the cache's, which it is told by later, and as in use for as long as `out` is
/// open. Without `make` only one that is marked already; ENOENT for others.
int use_folder(int folder, bool make, os::OwnedDescriptor& out);

/// Removes entries above `max_bytes`, least recently used first but never the newest, and what is
/// left of entries and processes that are gone; of the records of a module the newest stay. They
/// are all read when it is `thorough`, when entries are to go, or when there are more records than
/// entries.
void sweep_folder(int folder, std::uint64_t max_bytes, bool thorough);

/// Removes what the cache has put into a folder of another version, and the folder if that was all.
/// False when it stays: in use, not ours, or somebody put a file of his own there.
bool remove_version_folder(int directory, const std::string& name);

}  // namespace wasmrt::engine
