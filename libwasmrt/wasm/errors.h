// Err: errors.def as C++.
//
// In: errors.def. Out: `Err` and `ErrCategory` with their texts. A message is
// `prefix(category(e)) + ": " + wording(e) + detail`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wasmrt {

/// Which stage refuses, hence how the message begins.
enum class ErrCategory : std::uint8_t {
#define ERR_CATEGORY(Name, prefix) Name,
#define ERR(Name, Category, wording)
#include "libwasmrt/wasm/errors.def"
#undef ERR
#undef ERR_CATEGORY
};

/// One reason for refusing a module.
enum class Err : std::uint16_t {
#define ERR_CATEGORY(Name, prefix)
#define ERR(Name, Category, wording) Name,
#include "libwasmrt/wasm/errors.def"
#undef ERR
#undef ERR_CATEGORY
};

inline constexpr std::size_t kErrCount = 0
#define ERR_CATEGORY(Name, prefix)
#define ERR(Name, Category, wording) +1
#include "libwasmrt/wasm/errors.def"
#undef ERR
#undef ERR_CATEGORY
    ;

/// How messages of a category begin, without the colon: "validation error".
constexpr std::string_view err_prefix(ErrCategory category) {
  switch (category) {
#define ERR(Name, Category, wording)
#define ERR_CATEGORY(Name, prefix) \
  case ErrCategory::Name:          \
    return prefix;
#include "libwasmrt/wasm/errors.def"
#undef ERR
#undef ERR_CATEGORY
  }
  return {};
}

/// The category of an error.
constexpr ErrCategory err_category(Err e) {
  switch (e) {
#define ERR_CATEGORY(Name, prefix)
#define ERR(Name, Category, wording) \
  case Err::Name:                    \
    return ErrCategory::Category;
#include "libwasmrt/wasm/errors.def"
#undef ERR
#undef ERR_CATEGORY
  }
  return ErrCategory::Binary;
}

/// The wording of an error, as the specification's tests spell it.
constexpr std::string_view err_wording(Err e) {
  switch (e) {
#define ERR_CATEGORY(Name, prefix)
#define ERR(Name, Category, wording) \
  case Err::Name:                    \
    return wording;
#include "libwasmrt/wasm/errors.def"
#undef ERR
#undef ERR_CATEGORY
  }
  return {};
}

}  // namespace wasmrt
