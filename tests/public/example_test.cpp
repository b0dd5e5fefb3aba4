// The example of docs/EMBEDDING.md runs, and host signatures that cannot be do not compile.
#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/support/shell.h"

using wasmrt::test::Ran, wasmrt::test::shell;

namespace {

/// What the compiler says about a host function of that text.
Ran compile_host_function(const char* function) {
  char name[] = "/tmp/wasmrt-signature-XXXXXX";
  const int descriptor = mkstemp(name);
  REQUIRE(descriptor >= 0);
  FILE* file = fdopen(descriptor, "w");
  std::fprintf(file,
               "#include <wasmrt/wasmrt.hpp>\n"
               "void define(wasmrt::Linker linker) { (void)linker.func(\"env\", \"f\", %s); }\n",
               function);
  std::fclose(file);
  Ran ran = shell(WASMRT_CXX " -std=c++20 -fsyntax-only -I" WASMRT_INCLUDE " -x c++ " +
                  std::string(name));
  std::remove(name);
  return ran;
}

}  // namespace

TEST_CASE("the embedding example runs", "[public][example][no-emulation]") {
  const Ran ran = shell(WASMRT_EMBED);
  INFO(ran.out);
  CHECK(ran.code == 0);
  CHECK(ran.out.find(
            "hello from the guest\n40 + 2 = 42\ndeadline exceeded\n  0: guest!spin @ 0x") == 0);
}

TEST_CASE("host signatures with pointers do not compile", "[public][example][no-emulation]") {
  const Ran good = compile_host_function("[](wasmrt::Caller&, int a) { return a; }");
  INFO(good.out);
  REQUIRE(good.code == 0);
  for (const char* bad : {"[](const char* text) { (void)text; }", "[](int& a) { (void)a; }",
                          "[]() -> const char* { return nullptr; }",
                          "[](wasmrt::Caller&, const std::string& s) { (void)s; }"}) {
    const Ran ran = compile_host_function(bad);
    INFO(bad << "\n" << ran.out);
    CHECK(ran.code != 0);
    CHECK(ran.out.find("offset into its linear memory") != std::string::npos);
    CHECK(ran.out.find("caller.memory()->view(offset, length)") != std::string::npos);
  }
  const Ran other = compile_host_function("[](char c) { (void)c; }");
  INFO(other.out);
  CHECK(other.code != 0);
  CHECK(other.out.find("not a Wasm value type") != std::string::npos);
}
