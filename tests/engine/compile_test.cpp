// The compiler's output does not depend on how many threads made it.
#include <atomic>
#include <string>

#include "libwasmrt/engine/compile_module.h"
#include "libwasmrt/engine/compile_pipeline.h"
#include "libwasmrt/runtime/access.h"
#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

/// Functions of very different sizes that call each other.
std::string many_functions() {
  std::string text = "(module (import \"e\" \"f\" (func)) (memory 1)";
  for (int i = 0; i < 700; ++i) {
    text += "(func $f" + std::to_string(i) + " (param i32 f64) (result f64)";
    text += "(call 0) (local.get 1) (f64.const " + std::to_string(i) + ") f64.mul ";
    for (int n = 0; n < i % 37; ++n) {
      text += "(f64.load offset=" + std::to_string(8 * n) + " (local.get 0)) f64.add ";
    }
    if (i > 0) {
      text += "(call $f" + std::to_string(i * 7 % i) + " (local.get 0) (f64.const 1)) f64.sub ";
    }
    text += ")";
  }
  return text + ")";
}

}  // namespace

TEST_CASE("the image is the same whatever the number of threads", "[engine][compile]") {
  EngineConfig config;
  config.engine = EngineKind::Interp;
  const Module module = compile(make_engine(config), many_functions());
  const DecodedModule& decoded = detail::Access::get(module)->decoded();
  const std::atomic<bool> stop{false};
  engine::LinkedImage first;
  for (const std::uint32_t threads : {1u, 2u, 4u, 7u}) {
    config.threads = threads;
    const Engine engine = make_engine(config);
    engine::LinkedImage image;
    engine::CompileNotes notes;
    rt::Engine& inside = *detail::Access::get(engine);
    REQUIRE(engine::compile_module(inside, inside.workers(), decoded, stop, image, notes));
    CHECK(notes.declined_count() == 0);
    CHECK(detail::Access::get(engine)->workers().started() == threads - 1);
    if (threads == 1) {
      first = std::move(image);
      CHECK(first.funcs.size() == 700);
      continue;
    }
    CHECK(image.code == first.code);
    CHECK(image.entries == first.entries);
    REQUIRE(image.points.size() == first.points.size());
    for (std::size_t i = 0; i < image.points.size(); ++i) {
      const CodePoint& a = image.points[i];
      const CodePoint& b = first.points[i];
      REQUIRE((a.pc == b.pc && a.wasm == b.wasm && a.kind == b.kind && a.trap == b.trap));
    }
  }
}

TEST_CASE("compiling stops when asked to", "[engine][compile]") {
  EngineConfig config;
  config.engine = EngineKind::Interp;
  const Engine engine = make_engine(config);
  const Module module = compile(engine, many_functions());
  const std::atomic<bool> stop{true};
  engine::LinkedImage image;
  engine::CompileNotes notes;
  rt::Engine& inside = *detail::Access::get(engine);
  CHECK_FALSE(engine::compile_module(inside, inside.workers(),
                                     detail::Access::get(module)->decoded(), stop, image, notes));
}
