// Integers are read digit by digit; decimal floats go through std::from_chars, which is correctly
// rounded and knows no locale; hexadecimal floats are rounded here, because that is exact and
// short.
#include "libwasmrt/text/number.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string>
#include <system_error>

namespace wasmrt::text {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

bool is_hex(std::string_view s) { return s.size() > 1 && s[0] == '0' && s[1] == 'x'; }

bool take_sign(std::string_view& s) {
  const bool negative = !s.empty() && s[0] == '-';
  if (!s.empty() && (s[0] == '-' || s[0] == '+')) s.remove_prefix(1);
  return negative;
}

// digit ('_'? digit)*
bool take_digits(std::string_view& s, int base) {
  std::size_t i = 0;
  while (i < s.size() && digit_value(s[i]) < base) {
    ++i;
    if (i + 1 < s.size() && s[i] == '_' && digit_value(s[i + 1]) < base) ++i;
  }
  s.remove_prefix(i);
  return i > 0;
}

// The parameters of a binary interchange format.
struct Format {
  int mantissa_bits;  // stored ones
  int exponent_bits;
};
constexpr Format kF32{23, 8};
constexpr Format kF64{52, 11};

std::uint64_t infinity_bits(Format f) {
  return ((std::uint64_t{1} << f.exponent_bits) - 1) << f.mantissa_bits;
}

// mantissa * 2^exponent, plus something smaller than one unit of the mantissa if `sticky`.
std::optional<std::uint64_t> round_binary(std::uint64_t mantissa, std::int64_t exponent,
                                          bool sticky, Format f) {
  if (mantissa == 0) return 0;
  const int bias = (1 << (f.exponent_bits - 1)) - 1;
  const std::int64_t top = exponent + 63 - std::countl_zero(mantissa);  // of the leading one
  if (top > bias) return std::nullopt;
  // Weight of the last kept bit: relative for normal numbers, fixed for subnormal ones.
  const std::int64_t unit = std::max<std::int64_t>(top, 1 - bias) - f.mantissa_bits;
  const std::int64_t drop = unit - exponent;
  std::uint64_t kept = 0;
  if (drop <= 0) {
    kept = mantissa << -drop;
  } else if (drop <= 64) {
    const std::uint64_t half = std::uint64_t{1} << (drop - 1);
    const std::uint64_t low = drop == 64 ? mantissa : mantissa & ((half << 1) - 1);
    kept = drop == 64 ? 0 : mantissa >> drop;
    if (low > half || (low == half && (sticky || (kept & 1) != 0))) ++kept;
  }
  // A carry out of the mantissa lands in the exponent field, which is what it should do.
  const std::int64_t field = std::max<std::int64_t>(top + bias, 1) - 1;
  const std::uint64_t bits =
      top + bias < 1 ? kept : (static_cast<std::uint64_t>(field) << f.mantissa_bits) + kept;
  if (bits >= infinity_bits(f)) return std::nullopt;
  return bits;
}

std::int64_t parse_exponent(std::string_view s) {
  const bool negative = take_sign(s);
  std::int64_t value = 0;
  for (char c : s) {
    // Far beyond any format, and far from overflow.
    if (c != '_')
      value = std::min<std::int64_t>(value * 10 + digit_value(c), std::int64_t{1} << 40);
  }
  return negative ? -value : value;
}

std::optional<std::uint64_t> parse_hex_float(std::string_view s, Format f) {
  std::uint64_t mantissa = 0;
  std::int64_t exponent = 0;
  bool sticky = false;
  bool fraction = false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    if (c == '_') continue;
    if (c == '.') {
      fraction = true;
    } else if (c == 'p' || c == 'P') {
      exponent += parse_exponent(s.substr(i + 1));
      break;
    } else {
      const auto digit = static_cast<unsigned>(digit_value(c));
      if (mantissa >> 60 == 0) {
        mantissa = mantissa << 4 | digit;
        if (fraction) exponent -= 4;
      } else {
        sticky |= digit != 0;
        if (!fraction) exponent += 4;
      }
    }
  }
  return round_binary(mantissa, exponent, sticky, f);
}

// from_chars says only "out of range": tell the huge from the tiny by the decimal exponent.
bool is_tiny(std::string_view s) {
  std::int64_t point = 0;  // decimal exponent of the leading digit
  bool leading = true;
  bool fraction = false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    if (c == 'e' || c == 'E') {
      point += parse_exponent(s.substr(i + 1));
      break;
    }
    if (c == '.') {
      fraction = true;
      continue;
    }
    leading = leading && c == '0';
    if (fraction && leading) --point;
    if (!fraction && !leading) ++point;
  }
  return point < 0;
}

template <class Float, class Bits>
std::optional<std::uint64_t> parse_decimal_float(std::string_view s) {
  std::string digits;
  digits.reserve(s.size());
  std::copy_if(s.begin(), s.end(), std::back_inserter(digits), [](char c) { return c != '_'; });
  Float value = 0;
  const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (r.ec == std::errc::result_out_of_range) {
    if (is_tiny(digits)) return 0;
    return std::nullopt;
  }
  return std::bit_cast<Bits>(value);
}

template <class Float, class Bits>
std::optional<Bits> parse_float(std::string_view s, Format f) {
  const bool negative = take_sign(s);
  std::optional<std::uint64_t> bits;
  if (s == "inf") {
    bits = infinity_bits(f);
  } else if (s == "nan") {
    bits = infinity_bits(f) | std::uint64_t{1} << (f.mantissa_bits - 1);
  } else if (s.substr(0, 4) == "nan:") {
    const auto payload = parse_nat(s.substr(4));
    if (payload && *payload != 0 && *payload >> f.mantissa_bits == 0) {
      bits = infinity_bits(f) | *payload;
    }
  } else if (is_hex(s)) {
    bits = parse_hex_float(s.substr(2), f);
  } else {
    bits = parse_decimal_float<Float, Bits>(s);
  }
  if (!bits) return std::nullopt;
  const std::uint64_t sign = negative ? std::uint64_t{1} : 0;
  return static_cast<Bits>(*bits | sign << (f.mantissa_bits + f.exponent_bits));
}

}  // namespace

bool is_nat(std::string_view s) {
  const bool hex = is_hex(s);
  if (hex) s.remove_prefix(2);
  return take_digits(s, hex ? 16 : 10) && s.empty();
}

bool is_int(std::string_view s) {
  return !s.empty() && (s[0] == '-' || s[0] == '+') && is_nat(s.substr(1));
}

bool is_float(std::string_view s) {
  take_sign(s);
  if (s == "inf" || s == "nan") return true;
  if (s.substr(0, 6) == "nan:0x") return is_nat(s.substr(4));
  const int base = is_hex(s) ? 16 : 10;
  if (base == 16) s.remove_prefix(2);
  if (!take_digits(s, base)) return false;
  if (!s.empty() && s[0] == '.') {
    s.remove_prefix(1);
    take_digits(s, base);
  }
  if (s.empty()) return true;
  const char mark = base == 16 ? 'p' : 'e';
  if ((s[0] | 0x20) != mark) return false;
  s.remove_prefix(1);
  take_sign(s);
  return take_digits(s, 10) && s.empty();
}

std::optional<std::uint64_t> parse_nat(std::string_view s) {
  const unsigned base = is_hex(s) ? 16 : 10;
  if (base == 16) s.remove_prefix(2);
  std::uint64_t value = 0;
  for (char c : s) {
    if (c == '_') continue;
    const auto digit = static_cast<unsigned>(digit_value(c));
    if (value > (~std::uint64_t{0} - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

std::optional<std::uint64_t> parse_int(std::string_view s, unsigned bits) {
  const bool negative = take_sign(s);
  const auto magnitude = parse_nat(s);
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - bits);
  if (!magnitude) return std::nullopt;
  if (!negative) {
    if (*magnitude > mask) return std::nullopt;
    return *magnitude;
  }
  if (*magnitude > std::uint64_t{1} << (bits - 1)) return std::nullopt;
  return (std::uint64_t{0} - *magnitude) & mask;
}

std::optional<std::uint32_t> parse_f32(std::string_view s) {
  return parse_float<float, std::uint32_t>(s, kF32);
}

std::optional<std::uint64_t> parse_f64(std::string_view s) {
  return parse_float<double, std::uint64_t>(s, kF64);
}

}  // namespace wasmrt::text
