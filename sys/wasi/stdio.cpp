// Standard streams and WasiBuffer.
#include "sys/wasi/stdio.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace wasmrt {

struct WasiBuffer::State {
  mutable std::mutex mutex;
  std::string bytes;
  uint64_t cap = 0;
  uint64_t accepted = 0;
  uint64_t refused_bytes = 0;
  uint64_t refused_writes = 0;
};

WasiBuffer::WasiBuffer(std::uint64_t cap) : state_(std::make_unique<State>()) { state_->cap = cap; }

WasiBuffer::~WasiBuffer() = default;

std::shared_ptr<WasiBuffer> WasiBuffer::create(std::uint64_t cap) {
  return std::shared_ptr<WasiBuffer>(new WasiBuffer(cap));
}

std::uint64_t WasiBuffer::append(std::span<const std::uint8_t> bytes) {
  const std::lock_guard lock(state_->mutex);
  const uint64_t room = state_->cap - state_->accepted;
  const size_t taken = static_cast<size_t>(std::min<uint64_t>(room, bytes.size()));
  state_->bytes.append(reinterpret_cast<const char*>(bytes.data()), taken);
  state_->accepted += taken;
  state_->refused_bytes += bytes.size() - taken;
  if (taken == 0 && !bytes.empty()) ++state_->refused_writes;
  return taken;
}

std::string WasiBuffer::text() const {
  const std::lock_guard lock(state_->mutex);
  return state_->bytes;
}

std::string WasiBuffer::take() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->bytes, {});
}

bool WasiBuffer::cap_exceeded() const {
  const std::lock_guard lock(state_->mutex);
  return state_->refused_bytes > 0;
}

std::uint64_t WasiBuffer::refused_bytes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->refused_bytes;
}

std::uint64_t WasiBuffer::refused_writes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->refused_writes;
}

namespace wasi {
namespace {

Result<DescriptorRef> from_host_descriptor(int host, Rights wanted, std::string_view what) {
  auto descriptor = std::make_shared<Descriptor>();
  const Errno error = describe(host, wanted, *descriptor);
  if (error != Errno::Success) {
    return Error(ErrorCode::Io, std::string(what) + ": descriptor " + std::to_string(host) + ": " +
                                    errno_name(error));
  }
  return descriptor;
}

}  // namespace

Errno VirtualStream::read(std::span<const os::IoSlice> slices, size_t& done) {
  const std::lock_guard lock(mutex_);
  done = 0;
  for (const os::IoSlice& slice : slices) {
    if (slice.size == 0) continue;
    size_t count = 0;
    if (input_.kind == WasiInput::Kind::Text) {
      count = std::min(slice.size, input_.text.size() - position_);
      std::memcpy(slice.data, input_.text.data() + position_, count);
      position_ += count;
    } else if (input_.kind == WasiInput::Kind::Callback && input_.read) {
      count = std::min(input_.read({slice.data, slice.size}), slice.size);
    }
    done += count;
    if (count < slice.size) break;
    // A callback may wait for more: what there is goes to the guest now.
    if (input_.kind == WasiInput::Kind::Callback) break;
  }
  return Errno::Success;
}

Errno VirtualStream::write(std::span<const os::IoSlice> slices, size_t& done) {
  const std::lock_guard lock(mutex_);
  done = 0;
  for (const os::IoSlice& slice : slices) {
    if (slice.size == 0) continue;
    size_t count = slice.size;
    if (output_.kind == WasiOutput::Kind::Buffer && output_.buffer != nullptr) {
      count = static_cast<size_t>(output_.buffer->append({slice.data, slice.size}));
      if (count == 0 && done == 0) return Errno::Fbig;
    } else if (output_.kind == WasiOutput::Kind::Callback && output_.write) {
      if (!output_.write({slice.data, slice.size})) {
        return done == 0 ? Errno::Io : Errno::Success;
      }
    }
    done += count;
    if (count < slice.size) break;
  }
  return Errno::Success;
}

uint64_t VirtualStream::readable(bool& at_end) const {
  const std::lock_guard lock(mutex_);
  at_end = input_.kind == WasiInput::Kind::Empty ||
           (input_.kind == WasiInput::Kind::Text && position_ == input_.text.size());
  if (input_.kind == WasiInput::Kind::Callback) return 1;
  return input_.kind == WasiInput::Kind::Text ? input_.text.size() - position_ : 0;
}

Result<DescriptorRef> make_input(const WasiInput& input, int inherited) {
  const Rights wanted = (right::kFile | right::kConnection) &
                        ~(right::kFdWrite | right::kFdAllocate | right::kFdFilestatSetSize |
                          right::kSockShutdown | right::kFdFilestatSetTimes);
  if (input.kind == WasiInput::Kind::Fd) return from_host_descriptor(input.fd, wanted, "stdin");
  if (input.kind == WasiInput::Kind::Inherit) {
    Result<DescriptorRef> own = from_host_descriptor(inherited, wanted, "stdin");
    // A process that was started with its stdin closed has nothing to hand on.
    if (own) return own;
  }
  auto descriptor = std::make_shared<Descriptor>();
  WasiInput source = input;
  if (source.kind == WasiInput::Kind::Inherit) source = WasiInput::empty();
  descriptor->stream = std::make_shared<VirtualStream>(std::move(source));
  descriptor->base = wanted & right::kStream;
  return descriptor;
}

Result<DescriptorRef> make_output(const WasiOutput& output, int inherited) {
  const Rights wanted = (right::kFile | right::kConnection) &
                        ~(right::kFdRead | right::kFdAllocate | right::kFdFilestatSetSize |
                          right::kSockShutdown | right::kFdFilestatSetTimes);
  DescriptorRef descriptor;
  if (output.kind == WasiOutput::Kind::Fd) {
    Result<DescriptorRef> made = from_host_descriptor(output.fd, wanted, "output");
    if (!made) return made;
    descriptor = *made;
  } else if (output.kind == WasiOutput::Kind::Inherit) {
    Result<DescriptorRef> own = from_host_descriptor(inherited, wanted, "output");
    if (own) descriptor = *own;
  }
  if (descriptor == nullptr) {
    descriptor = std::make_shared<Descriptor>();
    WasiOutput target = output;
    if (target.kind == WasiOutput::Kind::Inherit) target = WasiOutput::discard();
    descriptor->stream = std::make_shared<VirtualStream>(std::move(target));
    descriptor->base = wanted & right::kStream;
  }
  if (output.kind != WasiOutput::Kind::Buffer &&
      (output.cap != ~std::uint64_t{0} || output.counts != nullptr)) {
    descriptor->cap = std::make_shared<OutputCap>(output.cap, output.counts);
  }
  return descriptor;
}

uint64_t take_from_cap(OutputCap& cap, uint64_t wanted) {
  uint64_t left = cap.left.load();
  uint64_t taken;
  do {
    taken = std::min(left, wanted);
  } while (!cap.left.compare_exchange_weak(left, left - taken));
  return taken;
}

}  // namespace wasi
}  // namespace wasmrt
