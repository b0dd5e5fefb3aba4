// The parts of Reader that are not on the fast path: long LEB128s, names, failures.
#include "libwasmrt/frontend/reader.h"

namespace wasmrt {

template <class Word, unsigned kBits, bool kSigned>
bool Reader::leb(Word& out) {
  using U = std::make_unsigned_t<Word>;
  constexpr unsigned kMaxBytes = (kBits + 6) / 7;
  constexpr unsigned kLastBits = kBits - 7 * (kMaxBytes - 1);  // that the last byte contributes
  const std::uint8_t* p = p_;
  U value = 0;
  unsigned shift = 0;
  for (unsigned i = 0; i < kMaxBytes; ++i) {
    // An integer that is cut off by the end of its range is judged by what follows, as far as the
    // module goes: that it is too long or too large is the better news.
    if (p == module_end_) return fail_at(static_cast<std::size_t>(p - base_), at_end_);
    const std::uint8_t byte = *p++;
    value |= static_cast<U>(static_cast<U>(byte & 0x7F) << shift);
    shift += 7;
    if (i == kMaxBytes - 1) {
      if (byte >= 0x80) return fail(Err::IntegerRepresentationTooLong);
      // The bits beyond the width must be zero, or copies of the sign.
      const auto rest =
          static_cast<std::uint8_t>(byte & 0x7F) >> (kSigned ? kLastBits - 1 : kLastBits);
      const unsigned ones = 0x7Fu >> (kSigned ? kLastBits - 1 : kLastBits);
      const bool fits = rest == 0 || (kSigned && static_cast<unsigned>(rest) == ones);
      if (!fits) return fail(Err::IntegerTooLarge);
    }
    if (byte < 0x80) {
      if (p > end_) return fail_at(end_offset(), at_end_);
      if constexpr (kSigned) {
        if (shift < sizeof(Word) * 8 && (byte & 0x40) != 0) value |= ~U{0} << shift;
      }
      out = static_cast<Word>(value);
      p_ = p;
      return true;
    }
  }
  return fail(Err::IntegerRepresentationTooLong);
}

bool Reader::u32_slow(std::uint32_t& out) { return leb<std::uint32_t, 32, false>(out); }
bool Reader::u64_slow(std::uint64_t& out) { return leb<std::uint64_t, 64, false>(out); }
bool Reader::s32_slow(std::int32_t& out) { return leb<std::int32_t, 32, true>(out); }
bool Reader::s64_slow(std::int64_t& out) { return leb<std::int64_t, 64, true>(out); }
bool Reader::s33(std::int64_t& out) { return leb<std::int64_t, 33, true>(out); }

bool Reader::bytes(std::size_t count, std::span<const std::uint8_t>& out) {
  if (left() < count) return fail(at_end_);
  out = {p_, count};
  p_ += count;
  return true;
}

bool Reader::name(std::string_view& out) {
  std::uint32_t size = 0;
  if (at_end()) return fail(Err::LengthOutOfBounds, ": unexpected end of section or function");
  if (!u32(size)) return false;
  if (size > left()) return fail(Err::LengthOutOfBounds, ": unexpected end of section or function");
  std::span<const std::uint8_t> text;
  if (!bytes(size, text)) return false;
  if (!is_utf8(text)) {
    return fail_at(static_cast<std::size_t>(text.data() - base_), Err::MalformedUtf8);
  }
  out = {reinterpret_cast<const char*>(text.data()), text.size()};
  return true;
}

bool Reader::fail_at(std::size_t offset, Err err, std::string detail) {
  failure_ = {err, false, Feature::Mvp, offset, std::move(detail)};
  return false;
}

bool Reader::fail_feature(Feature feature, std::string what, std::size_t offset) {
  failure_ = {Err::IllegalOpcode, true, feature, offset, std::move(what)};
  return false;
}

bool is_utf8(std::span<const std::uint8_t> text) {
  const std::uint8_t* p = text.data();
  const std::uint8_t* const end = p + text.size();
  while (p != end) {
    const std::uint8_t c = *p++;
    if (c < 0x80) continue;
    unsigned more = 0;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
    if (c >= 0xC2 && c <= 0xDF) {
      more = 1;
    } else if (c >= 0xE0 && c <= 0xEF) {
      more = 2;
      if (c == 0xE0) low = 0xA0;   // overlong
      if (c == 0xED) high = 0x9F;  // surrogates
    } else if (c >= 0xF0 && c <= 0xF4) {
      more = 3;
      if (c == 0xF0) low = 0x90;   // overlong
      if (c == 0xF4) high = 0x8F;  // beyond U+10FFFF
    } else {
      return false;
    }
    for (; more != 0; --more) {
      if (p == end || *p < low || *p > high) return false;
      ++p;
      low = 0x80;
      high = 0xBF;
    }
  }
  return true;
}

}  // namespace wasmrt
