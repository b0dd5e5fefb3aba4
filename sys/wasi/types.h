// Numbers and records of WASI preview 1, as they cross the guest's boundary.
//
// Guaranteed: values and layouts are those of the interface's definition; nothing here depends on
// the host.
#pragma once

#include <cstdint>

namespace wasmrt::wasi {

/// Result of every call; errno.def.
enum class Errno : uint16_t {
#define ERRNO(name, number, text, host) name = number,
#include "sys/wasi/errno.def"
#undef ERRNO
};

/// The lower-case name, e.g. "notcapable".
const char* errno_name(Errno error);
/// What the guest is told about an error of the host.
Errno from_host(int host_error);

/// Rights of a descriptor: a set of bits.
using Rights = uint64_t;
namespace right {
inline constexpr Rights kFdDatasync = Rights{1} << 0;
inline constexpr Rights kFdRead = Rights{1} << 1;
inline constexpr Rights kFdSeek = Rights{1} << 2;
inline constexpr Rights kFdFdstatSetFlags = Rights{1} << 3;
inline constexpr Rights kFdSync = Rights{1} << 4;
inline constexpr Rights kFdTell = Rights{1} << 5;
inline constexpr Rights kFdWrite = Rights{1} << 6;
inline constexpr Rights kFdAdvise = Rights{1} << 7;
inline constexpr Rights kFdAllocate = Rights{1} << 8;
inline constexpr Rights kPathCreateDirectory = Rights{1} << 9;
inline constexpr Rights kPathCreateFile = Rights{1} << 10;
inline constexpr Rights kPathLinkSource = Rights{1} << 11;
inline constexpr Rights kPathLinkTarget = Rights{1} << 12;
inline constexpr Rights kPathOpen = Rights{1} << 13;
inline constexpr Rights kFdReaddir = Rights{1} << 14;
inline constexpr Rights kPathReadlink = Rights{1} << 15;
inline constexpr Rights kPathRenameSource = Rights{1} << 16;
inline constexpr Rights kPathRenameTarget = Rights{1} << 17;
inline constexpr Rights kPathFilestatGet = Rights{1} << 18;
inline constexpr Rights kPathFilestatSetSize = Rights{1} << 19;
inline constexpr Rights kPathFilestatSetTimes = Rights{1} << 20;
inline constexpr Rights kFdFilestatGet = Rights{1} << 21;
inline constexpr Rights kFdFilestatSetSize = Rights{1} << 22;
inline constexpr Rights kFdFilestatSetTimes = Rights{1} << 23;
inline constexpr Rights kPathSymlink = Rights{1} << 24;
inline constexpr Rights kPathRemoveDirectory = Rights{1} << 25;
inline constexpr Rights kPathUnlinkFile = Rights{1} << 26;
inline constexpr Rights kPollFdReadwrite = Rights{1} << 27;
inline constexpr Rights kSockShutdown = Rights{1} << 28;
inline constexpr Rights kSockAccept = Rights{1} << 29;

/// What makes sense on a directory.
inline constexpr Rights kDirectory =
    kFdFdstatSetFlags | kFdSync | kFdDatasync | kFdAdvise | kPathCreateDirectory | kPathCreateFile |
    kPathLinkSource | kPathLinkTarget | kPathOpen | kFdReaddir | kPathReadlink | kPathRenameSource |
    kPathRenameTarget | kPathFilestatGet | kPathFilestatSetSize | kPathFilestatSetTimes |
    kFdFilestatGet | kFdFilestatSetTimes | kPathSymlink | kPathRemoveDirectory | kPathUnlinkFile |
    kPollFdReadwrite;
/// What makes sense on a file.
inline constexpr Rights kFile = kFdDatasync | kFdRead | kFdSeek | kFdFdstatSetFlags | kFdSync |
                                kFdTell | kFdWrite | kFdAdvise | kFdAllocate | kFdFilestatGet |
                                kFdFilestatSetSize | kFdFilestatSetTimes | kPollFdReadwrite;
/// What makes sense on a pipe or terminal.
inline constexpr Rights kStream = kFdRead | kFdWrite | kFdFdstatSetFlags | kFdSync | kFdDatasync |
                                  kFdFilestatGet | kPollFdReadwrite;
/// What makes sense on a connection.
inline constexpr Rights kConnection =
    kFdRead | kFdWrite | kFdFdstatSetFlags | kFdFilestatGet | kPollFdReadwrite | kSockShutdown;
/// What makes sense on a listening socket.
inline constexpr Rights kListener =
    kFdFdstatSetFlags | kFdFilestatGet | kPollFdReadwrite | kSockAccept | kSockShutdown;
/// Reading or writing is asked for by any of these; opening needs the host's access for them.
inline constexpr Rights kNeedsRead = kFdRead | kFdReaddir;
inline constexpr Rights kNeedsWrite = kFdWrite | kFdAllocate | kFdFilestatSetSize;
}  // namespace right

/// File types.
enum class Filetype : uint8_t {
  Unknown = 0,
  BlockDevice = 1,
  CharacterDevice = 2,
  Directory = 3,
  RegularFile = 4,
  SocketDgram = 5,
  SocketStream = 6,
  SymbolicLink = 7,
};

/// Flags of a descriptor.
namespace fdflag {
inline constexpr uint32_t kAppend = 1, kDsync = 2, kNonblock = 4, kRsync = 8, kSync = 16;
inline constexpr uint32_t kAll = 31;
}  // namespace fdflag

/// Flags of path_open.
namespace oflag {
inline constexpr uint32_t kCreat = 1, kDirectory = 2, kExcl = 4, kTrunc = 8;
inline constexpr uint32_t kAll = 15;
}  // namespace oflag

/// Flags of lookups.
inline constexpr uint32_t kLookupSymlinkFollow = 1;

/// Flags of the set_times calls.
namespace fstflag {
inline constexpr uint32_t kAtim = 1, kAtimNow = 2, kMtim = 4, kMtimNow = 8;
inline constexpr uint32_t kAll = 15;
}  // namespace fstflag

/// Clocks.
enum class ClockId : uint32_t { Realtime = 0, Monotonic = 1, ProcessCpu = 2, ThreadCpu = 3 };
inline constexpr uint32_t kClockCount = 4;

/// Records in guest memory: sizes and the offsets of their fields.
namespace layout {
inline constexpr uint32_t kIovecSize = 8;
inline constexpr uint32_t kFdstatSize = 24, kFdstatFlags = 2, kFdstatBase = 8,
                          kFdstatInheriting = 16;
inline constexpr uint32_t kFilestatSize = 64, kFilestatIno = 8, kFilestatType = 16,
                          kFilestatLinks = 24, kFilestatBytes = 32, kFilestatAtim = 40,
                          kFilestatMtim = 48, kFilestatCtim = 56;
inline constexpr uint32_t kDirentSize = 24, kDirentIno = 8, kDirentNameLength = 16,
                          kDirentType = 20;
inline constexpr uint32_t kPrestatSize = 8, kPrestatNameLength = 4;
inline constexpr uint32_t kSubscriptionSize = 48, kSubscriptionTag = 8, kSubscriptionClockId = 16,
                          kSubscriptionTimeout = 24, kSubscriptionClockFlags = 40,
                          kSubscriptionFd = 16;
inline constexpr uint32_t kEventSize = 32, kEventError = 8, kEventType = 10, kEventBytes = 16,
                          kEventFlags = 24;
}  // namespace layout

}  // namespace wasmrt::wasi
