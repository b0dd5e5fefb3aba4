// Which sanitizers watch this build.
#pragma once

namespace wasmrt::os {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // gcc
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kAddressSanitizer = true, kThreadSanitizer = false;
#else
inline constexpr bool kAddressSanitizer = false, kThreadSanitizer = true;
#endif
#elif defined(__has_feature)  // clang
inline constexpr bool kAddressSanitizer = __has_feature(address_sanitizer);
inline constexpr bool kThreadSanitizer = __has_feature(thread_sanitizer);
#else
inline constexpr bool kAddressSanitizer = false, kThreadSanitizer = false;
#endif

}  // namespace wasmrt::os
