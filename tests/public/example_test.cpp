// The example of docs/EMBEDDING.md runs, and host signatures that cannot be do not compile.
#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

/// Output of a command, both streams.
std::string output_of(const std::string& command, int& status) {
  std::string text;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
  status = pclose(pipe);
  return text;
}

/// What the compiler says about a host function of that text.
std::string compile_host_function(const char* function, int& status) {
  char name[] = "/tmp/wasmrt-signature-XXXXXX";
  const int descriptor = mkstemp(name);
  REQUIRE(descriptor >= 0);
  FILE* file = fdopen(descriptor, "w");
  std::fprintf(file,
               "#include <wasmrt/wasmrt.hpp>\n"
               "void define(wasmrt::Linker linker) { (void)linker.func(\"env\", \"f\", %s); }\n",
               function);
  std::fclose(file);
  const std::string text = output_of(
      std::string(WASMRT_CXX) + " -std=c++20 -fsyntax-only -I" WASMRT_INCLUDE " -x c++ " + name,
      status);
  std::remove(name);
  return text;
}

}  // namespace

TEST_CASE("the embedding example runs", "[public][example][no-emulation]") {
  int status = -1;
  const std::string text = output_of(WASMRT_EMBED, status);
  INFO(text);
  CHECK(status == 0);
  CHECK(text.find("hello from the guest\n40 + 2 = 42\ndeadline exceeded\n  0: guest!spin @ 0x") ==
        0);
}

TEST_CASE("host signatures with pointers do not compile", "[public][example][no-emulation]") {
  int status = -1;
  const std::string good =
      compile_host_function("[](wasmrt::Caller&, int a) { return a; }", status);
  INFO(good);
  REQUIRE(status == 0);
  for (const char* bad : {"[](const char* text) { (void)text; }", "[](int& a) { (void)a; }",
                          "[]() -> const char* { return nullptr; }",
                          "[](wasmrt::Caller&, const std::string& s) { (void)s; }"}) {
    const std::string text = compile_host_function(bad, status);
    INFO(bad << "\n" << text);
    CHECK(status != 0);
    CHECK(text.find("offset into its linear memory") != std::string::npos);
    CHECK(text.find("caller.memory()->view(offset, length)") != std::string::npos);
  }
  const std::string other = compile_host_function("[](char c) { (void)c; }", status);
  INFO(other);
  CHECK(status != 0);
  CHECK(other.find("not a Wasm value type") != std::string::npos);
}
