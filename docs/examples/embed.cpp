// Embedding wasmrt: a host function, a typed call, memory, a trap and a deadline.
//
//   clang++ -std=c++20 -I libwasmrt/include docs/examples/embed.cpp build/libwasmrt.so
//   -Wl,-rpath,build -o embed
#include <chrono>
#include <cstdint>
#include <cstdio>

#include <wasmrt/wasmrt.hpp>

using namespace wasmrt;

namespace {

constexpr const char* kGuest = R"((module $guest
  (import "host" "print" (func $print (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello from the guest")
  (func (export "greet") (call $print (i32.const 16) (i32.const 20)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $spin (export "spin") (loop $again (br $again)))))";

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

int run() {
  // Once per process: an engine. Once per program: a module, shared by threads and instances.
  Result<Engine> engine = Engine::create();
  if (!engine) return fail(engine.error());
  Result<Module> module = Module::compile(*engine, kGuest);
  if (!module) return fail(module.error());

  // A host function: its C++ signature is its Wasm type; Caller& is not part of it. A guest's
  // pointer is an offset into its memory, and the view is checked against the memory's bounds.
  Linker linker(*engine);
  Result<void> defined =
      linker.func("host", "print",
                  [](Caller& caller, std::uint32_t offset, std::uint32_t length) -> Result<void> {
                    const std::optional<Memory> memory = caller.memory();
                    if (!memory) return Trap::host("the guest exports no memory");
                    Result<std::string_view> text = memory->read_string_view(offset, length);
                    if (!text) return std::move(text).error();
                    std::printf("%.*s\n", static_cast<int>(text->size()), text->data());
                    return {};
                  });
  if (!defined) return fail(defined.error());

  Store store(*engine);
  Result<Instance> instance = linker.instantiate(store, *module);
  if (!instance) return fail(instance.error());

  // Typed calls: the type is checked when the function is looked up, and not again.
  auto greet = instance->get_typed<void()>("greet");
  if (!greet) return fail(greet.error());
  if (Result<void> done = (*greet)(); !done) return fail(done.error());

  auto add = instance->get_typed<std::int32_t(std::int32_t, std::int32_t)>("add");
  if (!add) return fail(add.error());
  Result<std::int32_t> sum = (*add)(40, 2);
  if (!sum) return fail(sum.error());
  std::printf("40 + 2 = %d\n", *sum);

  // A call that would never end, and its deadline.
  auto spin = instance->get_typed<void()>("spin");
  if (!spin) return fail(spin.error());
  CallOptions options;
  options.deadline = std::chrono::milliseconds(50);
  Result<void> spun = spin->call(options);
  if (spun.ok() || spun.error().trap() == nullptr) return 1;
  std::printf("%s\n", spun.error().trap()->to_string().c_str());
  return 0;
}

}  // namespace

int main() { return run(); }
