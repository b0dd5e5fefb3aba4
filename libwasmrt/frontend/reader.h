// Reader: takes bytes, LEB128 integers and names from a part of a module.
//
// In: a range of the module's bytes. Out: values; each read returns false when it cannot and leaves
// the reason in failure(). Never reads outside the range. The one-byte LEB128 is inline, because it
// is nearly always the case; everything else is out of line.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <wasmrt/features.hpp>

#include "libwasmrt/wasm/errors.h"

namespace wasmrt {

/// Why reading or checking stopped, before it becomes an Error (report.h).
struct Failure {
  Err err = Err::UnexpectedEnd;
  bool needs_feature = false;  ///< Not wrong in itself: `feature` is not enabled.
  Feature feature = Feature::Mvp;
  std::uint64_t offset = 0;  ///< In the module.
  std::string detail;        ///< Follows the wording.
};

class Reader {
 public:
  Reader() = default;
  /// Reads module[begin, end). `at_end` is the reason given when the range ends too early.
  Reader(std::span<const std::uint8_t> module, std::size_t begin, std::size_t end,
         Err at_end = Err::UnexpectedEndOfSection)
      : base_(module.data()),
        p_(base_ + begin),
        end_(base_ + end),
        module_end_(base_ + module.size()),
        at_end_(at_end) {}

  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(p_ - base_); }
  [[nodiscard]] std::size_t end_offset() const { return static_cast<std::size_t>(end_ - base_); }
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - p_); }
  [[nodiscard]] bool at_end() const { return p_ == end_; }
  [[nodiscard]] const std::uint8_t* position() const { return p_; }
  [[nodiscard]] const std::uint8_t* end() const { return end_; }
  /// Continues at `p`, which lies in the range.
  void seek(const std::uint8_t* p) { p_ = p; }

  bool u8(std::uint8_t& out) {
    if (p_ == end_) [[unlikely]]
      return fail(at_end_);
    out = *p_++;
    return true;
  }
  /// The next byte without taking it; false at the end, which is no failure.
  [[nodiscard]] bool peek(std::uint8_t& out) const {
    if (p_ == end_) return false;
    out = *p_;
    return true;
  }
  bool u32(std::uint32_t& out) {
    if (p_ != end_ && *p_ < 0x80) [[likely]] {
      out = *p_++;
      return true;
    }
    return u32_slow(out);
  }
  bool u64(std::uint64_t& out) {
    if (p_ != end_ && *p_ < 0x80) [[likely]] {
      out = *p_++;
      return true;
    }
    return u64_slow(out);
  }
  bool s32(std::int32_t& out) {
    if (p_ != end_ && *p_ < 0x80) [[likely]] {
      out = static_cast<std::int32_t>(std::uint32_t{*p_++} << 25) >> 25;
      return true;
    }
    return s32_slow(out);
  }
  bool s64(std::int64_t& out) {
    if (p_ != end_ && *p_ < 0x80) [[likely]] {
      out = static_cast<std::int64_t>(std::uint64_t{*p_++} << 57) >> 57;
      return true;
    }
    return s64_slow(out);
  }
  bool s33(std::int64_t& out);
  /// Little-endian words (f32 and f64 constants as their bits).
  bool fixed32(std::uint32_t& out) { return fixed(&out, sizeof out); }
  bool fixed64(std::uint64_t& out) { return fixed(&out, sizeof out); }
  bool bytes(std::size_t count, std::span<const std::uint8_t>& out);
  /// A length and that many bytes of UTF-8.
  bool name(std::string_view& out);
  /// How much of a vector of `count` elements, `min_bytes` or more each, can be reserved without
  /// trusting the count.
  [[nodiscard]] std::size_t plausible(std::uint32_t count, std::size_t min_bytes = 1) const {
    const std::size_t most = left() / min_bytes;
    return count < most ? count : most;
  }
  /// The byte behind the range, where the module has one.
  [[nodiscard]] std::optional<std::uint8_t> byte_behind() const {
    if (end_ == module_end_) return std::nullopt;
    return *end_;
  }

  /// Records a failure at the current position, or at a given offset; returns false.
  [[gnu::cold]] bool fail(Err err, std::string detail = {}) {
    return fail_at(offset(), err, std::move(detail));
  }
  [[gnu::cold]] bool fail_at(std::size_t offset, Err err, std::string detail = {});
  /// Records that `what` needs a feature which is not enabled; returns false.
  [[gnu::cold]] bool fail_feature(Feature feature, std::string what, std::size_t offset);
  [[nodiscard]] const Failure& failure() const { return failure_; }

 private:
  bool u32_slow(std::uint32_t& out);
  bool u64_slow(std::uint64_t& out);
  bool s32_slow(std::int32_t& out);
  bool s64_slow(std::int64_t& out);
  template <class Word, unsigned kBits, bool kSigned>
  bool leb(Word& out);
  bool fixed(void* out, std::size_t size) {
    if (left() < size) [[unlikely]]
      return fail(at_end_);
    std::memcpy(out, p_, size);  // every supported machine is little-endian
    p_ += size;
    return true;
  }

  const std::uint8_t* base_ = nullptr;
  const std::uint8_t* p_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  const std::uint8_t* module_end_ = nullptr;
  Err at_end_ = Err::UnexpectedEnd;
  Failure failure_;
};

/// Whether a text is well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::span<const std::uint8_t> text);

}  // namespace wasmrt
