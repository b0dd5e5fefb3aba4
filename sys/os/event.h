// An event: something that can be waited for beside file descriptors, and set from signal handlers.
//
// Out: a descriptor that is readable while the event is set. Guaranteed: `set` is async-signal-safe
//      and takes no lock; setting a set event changes nothing.
#pragma once

namespace wasmrt::os {

class Event {
 public:
  Event() = default;
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Makes the descriptor; false when the process has none left. To be called once, before the
  /// event is shared.
  bool open();
  /// The descriptor, -1 before `open`.
  [[nodiscard]] int fd() const { return fd_; }
  void set() const noexcept;
  /// Back to not set.
  void clear() const noexcept;
  /// Waits until it is set, and clears it.
  void wait() const noexcept;

 private:
  int fd_ = -1;
};

}  // namespace wasmrt::os
