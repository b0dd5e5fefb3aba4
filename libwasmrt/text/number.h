// Numeric literals to bits. The literals have the form that the lexer accepts (underscores between
// digits, optional sign, hexadecimal with 0x); floats are rounded once, to nearest, ties to even.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wasmrt::text {

/// Kinds of literal a run of identifier characters can be.
bool is_nat(std::string_view s);
bool is_int(std::string_view s);  // a sign followed by a nat
bool is_float(std::string_view s);

/// The value of a nat (or of an int without its sign); empty when it needs more than 64 bits.
std::optional<std::uint64_t> parse_nat(std::string_view s);

/// An integer literal, signed or unsigned, as the low `bits` bits; empty when out of range.
std::optional<std::uint64_t> parse_int(std::string_view s, unsigned bits);

/// Any numeric literal (nat, int or float) as a float; empty when out of range.
std::optional<std::uint32_t> parse_f32(std::string_view s);
std::optional<std::uint64_t> parse_f64(std::string_view s);

}  // namespace wasmrt::text
