// Names are matched whole: a file that only resembles one of ours is somebody else's.
#include "libwasmrt/engine/cache_folder.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "libwasmrt/base/bytes.h"

namespace wasmrt::engine {

namespace {

constexpr const char* kMarker = "in-use";
constexpr std::string_view kMarkerText = "A folder of wasmrt's code cache.\n";
// Digits of the module's hash and of the key's in names. What counts is in the entry's header.
constexpr std::size_t kModuleDigits = 16;
constexpr std::size_t kKeyDigits = 32;
constexpr std::size_t kBuildDigits = 16;
// A build that writes the same module again and again makes a record of a new file each time.
constexpr std::size_t kRecordsOfModule = 16;
// Temporary files older than this were left by a process that died.
constexpr std::int64_t kAbandoned = 3600 * std::int64_t{1'000'000'000};

bool all_of(std::string_view text, const char* allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}
bool decimal(std::string_view text) { return all_of(text, "0123456789"); }
bool hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && all_of(text, "0123456789abcdef");
}

/// Whether `text` is two parts with `between` in the middle; each part may be checked.
bool split(std::string_view text, char between, std::string_view& first, std::string_view& second) {
  const std::size_t at = text.find(between);
  if (at == std::string_view::npos) return false;
  first = text.substr(0, at);
  second = text.substr(at + 1);
  return true;
}

bool is_marked(int folder) {
  std::vector<std::uint8_t> text;
  return os::read_private_file(folder, kMarker, kMarkerText.size(), text) == 0 &&
         std::ranges::equal(text, bytes_of(kMarkerText));
}

std::string module_digits(const Sha256Digest& module) {
  return to_hex(module).substr(0, kModuleDigits);
}

/// Of which module a record says something; empty for one that makes no sense.
std::string module_of_record(int folder, const std::string& name) {
  std::vector<std::uint8_t> bytes;
  if (os::read_private_file(folder, name, sizeof(CacheRecord), bytes) != 0 ||
      bytes.size() != sizeof(CacheRecord)) {
    return {};
  }
  CacheRecord record;
  std::memcpy(&record, bytes.data(), sizeof record);
  return module_digits(record.module);
}

struct Record {
  os::PrivateEntry file;
  std::string module;
};

/// Reads the records and removes those without an entry and, of a module that has many, the oldest.
/// How many bytes went; what stays is in `records`.
std::uint64_t thin_records(int folder, const std::vector<os::PrivateEntry>& entries,
                           std::vector<Record>& records) {
  std::map<std::string, std::size_t> kept;
  for (const os::PrivateEntry& e : entries) kept.emplace(e.name.substr(0, kModuleDigits), 0);
  std::ranges::sort(records, std::greater<>(), [](const Record& r) { return r.file.modified_ns; });
  std::uint64_t gone = 0;
  std::erase_if(records, [&](Record& r) {
    r.module = module_of_record(folder, r.file.name);
    const auto of = kept.find(r.module);
    if (of != kept.end() && ++of->second <= kRecordsOfModule) return false;
    if (os::remove_private_file(folder, r.file.name) == 0) gone += r.file.size;
    return true;
  });
  return gone;
}

}  // namespace

CacheFile cache_file_kind(std::string_view name) {
  if (name == kMarker) return CacheFile::Marker;
  std::string_view first;
  std::string_view second;
  if (name.starts_with("tmp.")) {
    const bool ours =
        split(name.substr(4), '.', first, second) && decimal(first) && decimal(second);
    return ours ? CacheFile::Temporary : CacheFile::Foreign;
  }
  std::string_view stem;
  std::string_view kind;
  if (!split(name, '.', stem, kind) || !split(stem, '-', first, second)) return CacheFile::Foreign;
  if (kind == "known" && decimal(first) && decimal(second)) return CacheFile::Record;
  if (!hex(first, kModuleDigits) || !hex(second, kKeyDigits)) return CacheFile::Foreign;
  if (kind == "code") return CacheFile::Entry;
  return kind == "lock" ? CacheFile::Lock : CacheFile::Foreign;
}

bool names_version_folder(std::string_view name) {
  std::string_view version;
  std::string_view build;
  if (!split(name, '-', version, build) || !hex(build, kBuildDigits)) return false;
  std::string_view major;
  std::string_view rest;
  return split(version, '.', major, rest) && decimal(major) && all_of(rest, "0123456789.");
}

std::string entry_name(const CodeKey& key) {
  return module_digits(key.module) + "-" + to_hex(key.entry).substr(0, kKeyDigits);
}

std::string record_name(const os::FileIdentity& file) {
  return std::to_string(file.device) + "-" + std::to_string(file.inode) + ".known";
}

int use_folder(int folder, bool make, os::OwnedDescriptor& out) {
  int error = os::lock_private_file(folder, kMarker, os::FileLock::Shared, false, out);
  if (error != ENOENT || !make) return error;
  const std::span<const std::uint8_t> text = bytes_of(kMarkerText);
  error = os::write_private_file(folder, kMarker, {&text, 1}, false);
  if (error != 0 && error != EEXIST) return error;  // EEXIST: another process was faster
  return os::lock_private_file(folder, kMarker, os::FileLock::Shared, false, out);
}

void sweep_folder(int folder, std::uint64_t max_bytes, bool thorough) {
  std::vector<os::PrivateEntry> all;
  if (os::list_private_directory(folder, all) != 0) return;
  const std::int64_t now = os::file_time_now();
  std::vector<os::PrivateEntry> entries;
  std::vector<Record> records;
  std::vector<std::string> locks;
  std::uint64_t total = 0;
  for (os::PrivateEntry& e : all) {
    const CacheFile kind = cache_file_kind(e.name);
    if (kind == CacheFile::Foreign || kind == CacheFile::Marker || e.directory) continue;
    if (kind == CacheFile::Temporary && now - e.modified_ns > kAbandoned) {
      os::remove_private_file(folder, e.name);
      continue;
    }
    total += e.size;
    switch (kind) {
      case CacheFile::Record: records.push_back({std::move(e), {}}); break;
      case CacheFile::Lock: locks.push_back(e.name); break;
      case CacheFile::Entry: entries.push_back(std::move(e)); break;
      default: break;
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.modified_ns < b.modified_ns; });
  // Before entries go for their sake.
  const bool read = thorough || records.size() > entries.size() || total > max_bytes;
  if (read) total -= thin_records(folder, entries, records);
  // The newest stays even when it is too large alone: somebody just paid for it.
  std::set<std::string> modules;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const os::PrivateEntry& e = entries[i];
    if (i + 1 < entries.size() && total > max_bytes &&
        os::remove_private_file(folder, e.name) == 0) {
      total -= e.size;
    } else {
      modules.insert(e.name.substr(0, kModuleDigits));
    }
  }
  for (const Record& r : records) {
    if (read && !modules.contains(r.module)) os::remove_private_file(folder, r.file.name);
  }
  // Who holds a lock removes it at the end; these are of processes that died, or at work.
  for (const std::string& name : locks) {
    os::OwnedDescriptor held;
    if (os::lock_private_file(folder, name, os::FileLock::Exclusive, false, held) == 0) {
      os::remove_private_file(folder, name);
    }
  }
}

bool remove_version_folder(int directory, const std::string& name) {
  if (!names_version_folder(name)) return false;
  os::OwnedDescriptor folder;
  os::OwnedDescriptor alone;
  std::vector<os::PrivateEntry> all;
  // Who uses it holds the marker.
  if (os::open_private_directory_at(directory, name, false, folder) != 0 ||
      !is_marked(folder.get()) ||
      os::lock_private_file(folder.get(), kMarker, os::FileLock::Exclusive, false, alone) != 0 ||
      os::list_private_directory(folder.get(), all) != 0) {
    return false;
  }
  bool others = false;
  for (const os::PrivateEntry& e : all) {
    const CacheFile kind = cache_file_kind(e.name);
    if (kind == CacheFile::Marker) continue;
    if (kind == CacheFile::Foreign || e.directory ||
        os::remove_private_file(folder.get(), e.name) != 0) {
      others = true;
    }
  }
  // The marker last: a folder that is half gone is still known as ours.
  if (others || os::remove_private_file(folder.get(), kMarker) != 0) return false;
  return os::remove_empty_directory(directory, name) == 0;
}

}  // namespace wasmrt::engine
