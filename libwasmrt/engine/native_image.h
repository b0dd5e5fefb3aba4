// Published machine code of a module, and how the process finds its way in it.
//
// In: a linked image. Out: executable memory, registered for faults and for walking frames.
// Guaranteed: an image stays registered as long as it exists; looking up a pc takes a shared lock
// in normal context and none in a signal handler.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libwasmrt/abi/code_blob.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/engine/cache_format.h"
#include "libwasmrt/engine/link.h"
#include "libwasmrt/wasm/types.h"
#include "sys/os/code_memory.h"
#include "sys/os/private_files.h"

namespace wasmrt::engine {

class NativeImage {
 public:
  /// Publishes code. Null when the system refuses executable memory.
  static std::unique_ptr<NativeImage> publish(jit::List<std::uint8_t> code,
                                              std::vector<NativeFunc> funcs,
                                              std::vector<CodePoint> points, bool faults);
  /// The same with an image that exists: code mapped from its file, or copied when the system does
  /// not map it executable; the tables stay where they are, kept by `owner`.
  static std::unique_ptr<NativeImage> publish(const ImageView& view, os::FileMapping code,
                                              std::shared_ptr<const void> owner, bool faults);
  ~NativeImage();
  NativeImage(const NativeImage&) = delete;
  NativeImage& operator=(const NativeImage&) = delete;

  [[nodiscard]] const std::uint8_t* base() const { return code_.data(); }
  [[nodiscard]] std::size_t size() const { return code_.size(); }
  [[nodiscard]] std::span<const std::uint8_t> code() const { return code_; }
  [[nodiscard]] std::span<const NativeFunc> funcs() const { return funcs_; }
  [[nodiscard]] std::span<const CodePoint> points() const { return points_; }
  /// The function that contains an offset, and the point exactly at it; null without one.
  [[nodiscard]] const NativeFunc* func_at(std::uint32_t offset) const;
  [[nodiscard]] const CodePoint* point_at(std::uint32_t offset) const;

 private:
  NativeImage() = default;
  bool enter_registry(bool faults);

  // Where the code lies: one of them.
  os::CodeMemory memory_;
  os::FileMapping mapping_;
  // What holds the tables.
  std::vector<NativeFunc> own_funcs_;
  std::vector<CodePoint> own_points_;
  std::shared_ptr<const void> owner_;

  std::span<const std::uint8_t> code_;
  std::span<const NativeFunc> funcs_;  // by begin
  std::span<const CodePoint> points_;  // by pc
  bool faults_ = false;
};

/// What stubs call when compiled code stops; the others of NativeHandlers are null.
NativeHandlers stop_handlers();

}  // namespace wasmrt::engine
