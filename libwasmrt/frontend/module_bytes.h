// The bytes of a module, whatever holds them: memory of ours, or a mapped file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace wasmrt {

/// Immutable.
class ModuleBytes {
 public:
  explicit ModuleBytes(std::vector<std::uint8_t> bytes) : own_(std::move(bytes)), view_(own_) {}
  /// Somebody else's, kept by `owner`.
  ModuleBytes(std::span<const std::uint8_t> view, std::shared_ptr<const void> owner)
      : owner_(std::move(owner)), view_(view) {}
  ModuleBytes(const ModuleBytes&) = delete;
  ModuleBytes& operator=(const ModuleBytes&) = delete;

  [[nodiscard]] const std::uint8_t* data() const { return view_.data(); }
  [[nodiscard]] std::size_t size() const { return view_.size(); }
  [[nodiscard]] std::span<const std::uint8_t> view() const { return view_; }

 private:
  std::vector<std::uint8_t> own_;
  std::shared_ptr<const void> owner_;
  std::span<const std::uint8_t> view_;
};

using SharedBytes = std::shared_ptr<const ModuleBytes>;

inline SharedBytes share_bytes(std::span<const std::uint8_t> bytes) {
  return std::make_shared<const ModuleBytes>(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
}

}  // namespace wasmrt
