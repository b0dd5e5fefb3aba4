// Err: errors.def as C++.
//
// In: errors.def. Out: `Err` and `ErrCategory` with their texts. A message is
// `prefix(category(e)) + ": " + wording(e) + detail`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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

namespace errors_detail {

inline constexpr std::string_view kPrefixes[] = {
#define ERR_CATEGORY(Name, prefix) prefix,
#define ERR(Name, Category, wording)
#include "libwasmrt/wasm/errors.def"
#undef ERR
#undef ERR_CATEGORY
};

struct Row {
  ErrCategory category;
  std::string_view wording;
};

inline constexpr Row kRows[] = {
#define ERR_CATEGORY(Name, prefix)
#define ERR(Name, Category, wording) {ErrCategory::Category, wording},
#include "libwasmrt/wasm/errors.def"
#undef ERR
#undef ERR_CATEGORY
};

}  // namespace errors_detail

/// How messages of a category begin, without the colon: "validation error".
constexpr std::string_view err_prefix(ErrCategory category) {
  return errors_detail::kPrefixes[static_cast<std::size_t>(category)];
}

/// The category of an error.
constexpr ErrCategory err_category(Err e) {
  return errors_detail::kRows[static_cast<std::size_t>(e)].category;
}

/// The wording of an error, as the specification's tests spell it.
constexpr std::string_view err_wording(Err e) {
  return errors_detail::kRows[static_cast<std::size_t>(e)].wording;
}

/// The whole message: category, wording and what follows it (": 5 wanted").
inline std::string err_text(Err e, std::string_view detail = {}) {
  std::string text(err_prefix(err_category(e)));
  text += ": ";
  text += err_wording(e);
  text += detail;
  return text;
}

}  // namespace wasmrt
