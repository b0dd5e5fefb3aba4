// libwasmrt.so loads at run time, also with asmjit in it, and shows only the public API.
#include <catch2/catch_test_macros.hpp>

#include <dlfcn.h>

#include <string_view>

TEST_CASE("the shared library can be opened and called", "[public]") {
  void* library = dlopen(WASMRT_SHARED_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) FAIL(dlerror());
  // std::string_view wasmrt::version() noexcept
  using Version = std::string_view (*)();
  const auto version = reinterpret_cast<Version>(dlsym(library, "_ZN6wasmrt7versionEv"));
  REQUIRE(version != nullptr);
  CHECK(version().find('.') != std::string_view::npos);
  // Internals and what is linked in stay hidden.
  CHECK(dlsym(library, "_ZN6wasmrt3jit13host_featuresEv") == nullptr);
  CHECK(dlsym(library, "__wrap_stderr") == nullptr);
  CHECK(dlclose(library) == 0);
}

TEST_CASE("the shared library is never unloaded: its signal handlers stay installed", "[public]") {
  void* library = dlopen(WASMRT_SHARED_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) FAIL(dlerror());
  REQUIRE(dlclose(library) == 0);
  void* again = dlopen(WASMRT_SHARED_LIBRARY, RTLD_NOW | RTLD_NOLOAD);
  CHECK(again != nullptr);
  if (again != nullptr) dlclose(again);
}
