// Equal bytes are compiled once per engine.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/code_table.h"
#include "libwasmrt/runtime/module_state.h"
#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

const rt::CodeSource* code_of(const Module& module) { return &detail::Access::get(module)->code(); }

std::string with_functions(int count, int last) {
  std::string text = "(module";
  for (int i = 0; i < count; ++i) {
    text += "(func (export \"f" + std::to_string(i) + "\") (result i32) (i32.const " +
            std::to_string(i + 1 == count ? last : i) + "))";
  }
  return text + ")";
}

}  // namespace

TEST_CASE("equal bytes share their code, others do not", "[engine][shared]") {
  const Engine engine = make_engine();
  ModuleConfig small;
  small.limits.memory_pages = 1;
  const Module a = compile(engine, with_functions(200, 7));
  const Module b = must(Module::compile(engine, with_functions(200, 7), small));
  const Module c = compile(engine, with_functions(200, 8));  // differs in the middle of the bytes
  CHECK(code_of(a) == code_of(b));
  CHECK(code_of(a) != code_of(c));
  CHECK(a != b);  // each has its own limits
  const Module elsewhere = compile(make_engine(), with_functions(200, 7));
  CHECK(code_of(a) != code_of(elsewhere));
  const Instance instance = must(Instance::create(Store(engine), c));
  CHECK(must(instance.get_func("f199")->call({}))[0].i32() == 8);
}

TEST_CASE("many threads that compile the same bytes get the same code", "[engine][shared]") {
  const Engine engine = make_engine();
  const std::string text = with_functions(3000, 5);
  std::vector<std::optional<Module>> modules(8);
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (auto& module : modules) {
    threads.emplace_back([&] {
      ready.fetch_add(1);
      while (ready.load() < 8) std::this_thread::yield();
      if (Result<Module> made = Module::compile(engine, text)) module = *made;
    });
  }
  for (std::thread& t : threads) t.join();
  for (const auto& module : modules) {
    REQUIRE(module.has_value());
    CHECK(code_of(*module) == code_of(*modules[0]));
  }
}

TEST_CASE("code goes with the last module that has it", "[engine][shared]") {
  const Engine engine = make_engine();
  const std::string text = with_functions(10, 1);
  std::weak_ptr<const DecodedModule> decoded;
  {
    const Module a = compile(engine, text);
    const Module b = compile(engine, text);
    decoded = detail::Access::get(a)->shared_decoded();
  }
  CHECK(decoded.expired());
  CHECK(compile(engine, text).exports().size() == 10);
}

TEST_CASE("invalid bytes fail each time, for every thread", "[engine][shared]") {
  const Engine engine = make_engine();
  const std::string text = "(module (func (result i32)))";
  std::vector<std::thread> threads;
  std::atomic<int> refused{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n) {
        const Result<Module> made = Module::compile(engine, text);
        if (!made && made.error().code == ErrorCode::Validation) refused.fetch_add(1);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(refused.load() == 80);
}
