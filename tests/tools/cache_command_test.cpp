// The code cache as its users meet it: wasmrt-run and wasmrt-compile as processes.
#include <catch2/catch_test_macros.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/support/shell.h"
#include "tests/support/temporary_directory.h"

using wasmrt::test::Ran, wasmrt::test::shell, wasmrt::test::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

struct Desk {
  TemporaryDirectory folder;

  Desk() {
    folder.write("m.wat", R"((module (func (export "f") (result i32) (i32.const 7))))");
    // Large enough to be looked up.
    folder.write("large.wat",
                 "(module (memory 1) (func (export \"f\") (result i32) (i32.const 8)) (data \"" +
                     std::string(5000, 'x') + "\"))");
  }

  Ran run(const std::string& words, const char* program = WASMRT_RUN,
          const std::string& environment = "HOME=$PWD") const {
    return shell("env -u XDG_CACHE_HOME -u HOME " + environment + " '" + program + "' " + words,
                 folder.path());
  }
  Ran compile(const std::string& words, const std::string& environment = "HOME=$PWD") const {
    return run(words, WASMRT_COMPILE_EXE, environment);
  }
};

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a cache in the working directory keeps to its own", "[tools][cache][no-emulation]") {
  const Desk desk;
  desk.folder.make_directory(".ssh");
  desk.folder.write(".ssh/id_rsa", "mine");
  desk.folder.make_directory("docs");
  desk.folder.write("docs/a.txt", "mine");
  CHECK(desk.run("--cache=. --engine=jit --invoke=f large.wat").out == "8\n");
  CHECK(fs::exists(desk.folder / "key"));
  CHECK(desk.compile("--cache=. --prune").code == 0);
  CHECK(desk.folder.read(".ssh/id_rsa") == "mine");
  CHECK(desk.folder.read("docs/a.txt") == "mine");
}

TEST_CASE("--prune makes nothing", "[tools][cache][no-emulation]") {
  const Desk desk;
  const Ran ran = desk.compile("--prune --cache=notthere");
  CHECK(ran.code == 1);
  CHECK(ran.out == "wasmrt-compile: there is no cache in 'notthere'\n");
  CHECK_FALSE(fs::exists(desk.folder / "notthere"));
}

TEST_CASE("without a home there is no cache and no word of it", "[tools][cache][no-emulation]") {
  const Desk desk;
  const Ran ran = desk.run("--engine=jit --invoke=f large.wat", WASMRT_RUN, "A=");
  CHECK(ran.code == 0);
  CHECK(ran.out == "8\n");
  const Ran compiled = desk.compile("large.wat", "A=");
  CHECK(compiled.code == 1);
  CHECK(has(compiled.out, "large.wat: the code could not be put into the cache: set HOME"));
}

TEST_CASE("a directory that others may write is said to be that", "[tools][cache][no-emulation]") {
  const Desk desk;
  desk.folder.make_directory("open");
  chmod((desk.folder / "open").c_str(), 0777);
  const Ran ran = desk.run("--cache=open --engine=jit --invoke=f large.wat");
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "'open' is not used: others may write to it"));
  CHECK(has(ran.out, "chmod go-w"));
}

TEST_CASE("a file that is not there is named once", "[tools][cache][no-emulation]") {
  const Desk desk;
  CHECK(desk.compile("nosuch.wasm").out ==
        "wasmrt-compile: nosuch.wasm: No such file or directory\n");
  CHECK(desk.run("nosuch.wasm").out == "wasmrt-run: nosuch.wasm: No such file or directory\n");
}

TEST_CASE("must-hit with what wants the compiler to run is bad usage",
          "[tools][cache][no-emulation]") {
  const Desk desk;
  CHECK(desk.compile("--cache=c large.wat").code == 0);
  const std::string words = "--cache=c --cache-mode=must-hit --invoke=f ";
  CHECK(desk.run(words + "large.wat").out == "8\n");
  for (const char* more : {"--gdb", "--trace=ir", "--engine=compare"}) {
    const Ran ran = desk.run(words + more + " large.wat");
    CHECK(ran.code == 2);
    CHECK(has(ran.out, "must-hit never compiles"));
    CHECK_FALSE(has(ran.out, "8\n"));
  }
  for (const char* variable : {"WASMRT_DUMP=ir", "WASMRT_COMPILE=func=0"}) {
    const Ran ran = desk.run(words + "--engine=jit large.wat", WASMRT_RUN, variable);
    CHECK(ran.code == 2);
    CHECK(has(ran.out, "must-hit never compiles"));
    CHECK(desk.run("--cache=c --engine=jit --invoke=f large.wat", WASMRT_RUN, variable).code == 0);
  }
}

TEST_CASE("--cache-size bounds the cache", "[tools][cache][no-emulation]") {
  const Desk desk;
  const auto count = [&] {
    int n = 0;
    for (const auto& e : fs::recursive_directory_iterator(desk.folder / "c")) {
      n += e.path().extension() == ".code" ? 1 : 0;
    }
    return n;
  };
  CHECK(desk.compile("--cache=c m.wat large.wat").code == 0);
  CHECK(count() == 2);
  CHECK(desk.compile("--cache=c --cache-size=1K --features=wasm2 m.wat").code == 0);
  CHECK(count() == 1);
  CHECK(desk.run("--cache=c --cache-size=1K --engine=jit --invoke=f large.wat").code == 0);
  CHECK(count() == 1);
  CHECK(desk.run("--cache-size=lots m.wat").code == 2);
  CHECK(desk.compile("--cache-size=lots m.wat").code == 2);
}

TEST_CASE("an image says why its code is not used", "[tools][cache][no-emulation]") {
  const Desk desk;
  REQUIRE(desk.compile("--cache=c -o large.cwasm large.wat").code == 0);
  const std::string words = " --engine=jit --invoke=f --stats=json large.cwasm";
  for (const char* cache : {"--cache=c", "--cache=c --no-cache"}) {
    const Ran ran = desk.run(cache + words);
    CHECK(ran.code == 0);
    CHECK(has(ran.out, "\"cache\":\"hit\""));
    CHECK_FALSE(has(ran.out, "image_refused"));
  }
  const Ran other = desk.run("--cache=c --cpu=min" + words);
  CHECK(other.code == 0);
  CHECK(has(other.out, "large.cwasm: the code in the image is not used: it was made for other"));
  CHECK(has(other.out, "\"image_refused\":\"it was made for other processor features\""));
  CHECK(has(desk.run("--cache=c --cpu=min --engine=jit --stats --invoke=f large.cwasm").out,
            "image            not used: it was made for other processor features"));
  CHECK(has(desk.run("--cache=d" + words).out, "another host key"));
  CHECK(has(desk.run("--cache=c --cache-mode=must-hit" + words, WASMRT_RUN).out, "8\n"));
  const Ran miss = desk.run("--cache=c --deterministic --cache-mode=must-hit" + words);
  CHECK(miss.code != 0);
  CHECK(has(miss.out, "nothing may be compiled; the code in the image is not used: "));
}
