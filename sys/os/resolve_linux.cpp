// Resolving paths beneath a directory: openat2, or a walk over the components.
//
// The walk keeps the descriptors of all directories it went through, so that ".." means going back
// to the one it came from and never asks the system for a parent: a directory that is moved away
// meanwhile cannot become a way out. Each component is opened with O_PATH | O_NOFOLLOW; a link is
// read through the descriptor that was just opened, so what is followed is what was looked at.
#include "sys/os/resolve.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <vector>

#include "sys/os/directory.h"

namespace wasmrt::os {
namespace {

// As many links as Linux itself follows in one path.
constexpr int kMaxLinks = 40;
// openat2 gives up with EAGAIN when something was renamed while it went through "..".
constexpr int kMaxRenameRetries = 1000;

enum : int { kUnknown = -1 };
std::atomic<int> g_walk{kUnknown};

int openat2_beneath(int directory, const char* path, int flags, unsigned mode) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0;; ++attempt) {
    const long result = syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (result >= 0) return static_cast<int>(result);
    if (errno == EINTR) continue;
    if (errno == EAGAIN && attempt < kMaxRenameRetries) continue;
    if (errno == EXDEV) errno = EPERM;
    return -1;
  }
}

// Takes the first component off `path`; what remains begins with a slash or is empty.
std::string take_component(std::string& path) {
  size_t begin = 0;
  while (begin < path.size() && path[begin] == '/') ++begin;
  size_t end = begin;
  while (end < path.size() && path[end] != '/') ++end;
  std::string component = path.substr(begin, end - begin);
  path.erase(0, end);
  return component;
}

bool only_slashes(const std::string& path) { return path.find_first_not_of('/') == path.npos; }

class Walk {
 public:
  explicit Walk(int base) : base_(base) {}

  int open(std::string path, int flags, unsigned mode) {
    if (path.empty()) return fail(ENOENT);
    if (path.size() >= PATH_MAX) return fail(ENAMETOOLONG);
    if (path[0] == '/') return fail(EPERM);
    for (;;) {
      const std::string component = take_component(path);
      const bool last = only_slashes(path);
      if (component.size() > NAME_MAX) return fail(ENAMETOOLONG);
      if (component.empty() || component == "." || component == "..") {
        if (component == ".." && !go_up()) return fail(EPERM);
        if (last) return open_current(flags);
        continue;
      }
      const bool slash_after = !path.empty();
      if (!last) {
        const int result = enter(component, path);
        if (result < 0) return -1;
        continue;
      }
      bool expanded = false;
      const int result = open_last(component, slash_after, flags, mode, path, expanded);
      if (!expanded) return result;
    }
  }

 private:
  static int fail(int error) {
    errno = error;
    return -1;
  }

  int current() const { return stack_.empty() ? base_ : stack_.back().get(); }

  bool go_up() {
    if (stack_.empty()) return false;
    stack_.pop_back();
    return true;
  }

  int open_current(int flags) {
    // A directory by the name of itself: creating or writing fails as the system says.
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return fail(EEXIST);
    if ((flags & O_CREAT) != 0) return fail(EISDIR);
    return openat(current(), ".", flags | O_CLOEXEC | O_NOFOLLOW);
  }

  // Puts the text of a link in front of what remains of the path.
  int expand(int parent, const char* name, std::string& rest) {
    if (++links_ > kMaxLinks) return fail(ELOOP);
    char text[PATH_MAX];
    const ssize_t length = readlinkat(parent, name, text, sizeof text);
    if (length < 0) return -1;
    if (length == 0) return fail(ENOENT);
    if (text[0] == '/') return fail(EPERM);
    if (static_cast<size_t>(length) + rest.size() >= PATH_MAX) return fail(ENAMETOOLONG);
    rest.insert(0, text, static_cast<size_t>(length));
    return 0;
  }

  // Goes into a component in the middle of the path.
  int enter(const std::string& component, std::string& rest) {
    OwnedDescriptor next(openat(current(), component.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next.valid()) return -1;
    struct stat status {};
    if (fstat(next.get(), &status) != 0) return -1;
    if (S_ISLNK(status.st_mode)) return expand(next.get(), "", rest);
    if (!S_ISDIR(status.st_mode)) return fail(ENOTDIR);
    stack_.push_back(std::move(next));
    return 0;
  }

  int open_last(const std::string& component, bool slash_after, int flags, unsigned mode,
                std::string& rest, bool& expanded) {
    const bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
    const bool follow = ((flags & O_NOFOLLOW) == 0 || slash_after) && !exclusive;
    if (slash_after && (flags & O_CREAT) != 0) return fail(EISDIR);
    const int wanted = flags | O_NOFOLLOW | O_CLOEXEC | (slash_after ? O_DIRECTORY : 0);
    // Opening a link that is not to be followed is what O_PATH alone asks for.
    if (follow) {
      for (;;) {
        OwnedDescriptor seen(openat(current(), component.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (!seen.valid()) {
          if (errno != ENOENT || (flags & O_CREAT) == 0) return -1;
          break;
        }
        struct stat status {};
        if (fstat(seen.get(), &status) != 0) return -1;
        if (!S_ISLNK(status.st_mode)) break;
        rest = slash_after ? "/" : "";
        if (expand(seen.get(), "", rest) != 0) return -1;
        expanded = true;
        return 0;
      }
    }
    const int result = openat(current(), component.c_str(), wanted, mode);
    // A link appeared after we looked: refused, as if it had been there and led out.
    return result;
  }

  int base_;
  int links_ = 0;
  std::vector<OwnedDescriptor> stack_;
};

}  // namespace

PathWalk path_walk() {
  const int known = g_walk.load(std::memory_order_relaxed);
  if (known != kUnknown) return static_cast<PathWalk>(known);
  // Old kernels say ENOSYS, some system call filters EPERM: both mean the walk.
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long result = syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how);
  if (result >= 0) close(static_cast<int>(result));
  const PathWalk walk = result < 0 && (errno == ENOSYS || errno == EPERM || errno == E2BIG)
                            ? PathWalk::Components
                            : PathWalk::Kernel;
  g_walk.store(static_cast<int>(walk), std::memory_order_relaxed);
  return walk;
}

void set_path_walk(PathWalk walk) { g_walk.store(static_cast<int>(walk)); }

int open_by_components(int directory, const std::string& path, int flags, unsigned mode) {
  return Walk(directory).open(path, flags, mode);
}

int open_resolved(int directory, const std::string& path, int flags, unsigned mode) {
  if (path_walk() == PathWalk::Components) return open_by_components(directory, path, flags, mode);
  return openat2_beneath(directory, path.c_str(), flags | O_CLOEXEC, mode);
}

}  // namespace wasmrt::os
