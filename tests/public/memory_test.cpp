// Memory: sizes, bounds, views that stay, growth within limits.
#include <wasmrt/memory.hpp>

#include <array>

#include "tests/support/api.h"

using namespace wasmrt;
using namespace wasmrt::test;

TEST_CASE("a memory made by the host", "[public][memory]") {
  for (const MemoryReservation reservation :
       {MemoryReservation::Guarded8GiB, MemoryReservation::Guarded4GiB, MemoryReservation::None}) {
    EngineConfig config;
    config.reservation = reservation;
    const Store store(make_engine(config));
    MemoryType type;
    type.limits = {1, 3};
    const Memory memory = must(Memory::create(store, type));
    CHECK(memory.size_pages() == 1);
    CHECK(memory.size_bytes() == 65536);
    CHECK(memory.is_fixed());
    const std::span<std::uint8_t> before = memory.data();
    REQUIRE(before.size() == 65536);
    before[65535] = 9;
    CHECK(must(memory.grow(2)) == 1);
    CHECK(memory.data().data() == before.data());
    CHECK(memory.data()[65535] == 9);
    CHECK(memory.data()[3 * 65536 - 1] == 0);
    CHECK(memory.peak_pages() == 3);
    CHECK(must_fail(memory.grow(1)).code == ErrorCode::Limit);
    CHECK(memory.size_pages() == 3);
    CHECK(memory.type().limits == Limits{3, 3});
  }
}

TEST_CASE("host accesses are checked", "[public][memory]") {
  MemoryType type;
  type.limits = {1, 1};
  const Memory memory = must(Memory::create(Store(make_engine()), type));
  must(memory.store<std::uint32_t>(65532, 0x04030201));
  CHECK(memory.data()[65532] == 1);
  CHECK(must(memory.load<std::uint16_t>(65533)) == 0x0302);
  must(memory.store(1, 0.5));
  CHECK(must(memory.load<double>(1)) == 0.5);
  const Error error = must_fail(memory.load<std::uint32_t>(65533));
  CHECK(error.code == ErrorCode::OutOfBounds);
  CHECK(error.message == "out of bounds memory access: offset 65533, length 4, size 65536");
  CHECK_FALSE(memory.view(~std::uint64_t{0}, 2).ok());
  CHECK_FALSE(memory.view(1, ~std::uint64_t{0}).ok());
  CHECK(must(memory.view(65536, 0)).empty());
  const std::array<std::uint8_t, 5> hello = {'h', 'e', 'l', 'l', 'o'};
  must(memory.write(10, hello));
  CHECK(must(memory.read_string_view(10, 5)) == "hello");
  CHECK_FALSE(memory.write(65533, hello).ok());
  CHECK(memory.data()[65533] == 2);  // as it was
}

TEST_CASE("types of memories that cannot be", "[public][memory]") {
  const Store store(make_engine());
  MemoryType type;
  type.limits = {2, 1};
  CHECK(must_fail(Memory::create(store, type)).code == ErrorCode::InvalidArgument);
  type.limits = {1, std::nullopt};
  type.shared = true;
  CHECK(must_fail(Memory::create(store, type)).message == "shared memory must have maximum");
}

TEST_CASE("memories with small pages and 64-bit addresses", "[public][memory]") {
  const Store store(make_engine());
  MemoryType small;
  small.limits = {5, 100};
  small.page_size_log2 = 0;
  const Memory bytes = must(Memory::create(store, small));
  CHECK(bytes.size_bytes() == 5);
  CHECK(must(bytes.grow(95)) == 5);
  CHECK(bytes.size_bytes() == 100);
  CHECK_FALSE(bytes.grow(1).ok());

  MemoryType wide;
  wide.address = AddressType::I64;
  wide.limits = {1, std::nullopt};
  const Memory memory = must(Memory::create(store, wide));
  must(memory.store<std::uint64_t>(8, 77));
  CHECK(must(memory.grow(10)) == 1);
  CHECK(must(memory.load<std::uint64_t>(8)) == 77);
}

TEST_CASE("a memory committed up to its maximum", "[public][memory]") {
  EngineConfig config;
  config.commit = CommitMode::UpToMax;
  const Store store(make_engine(config));
  MemoryType type;
  type.limits = {1, 4};
  const Memory memory = must(Memory::create(store, type));
  CHECK(memory.size_pages() == 1);
  CHECK(must(memory.grow(3)) == 1);
  type.limits = {1, std::nullopt};
  CHECK(must_fail(Memory::create(store, type)).code == ErrorCode::Limit);
}

TEST_CASE("a slot that is used again is zero", "[public][memory]") {
  EngineConfig config;
  config.idle_reservations = 1;
  const Engine engine = make_engine(config);
  MemoryType type;
  type.limits = {1, 2};
  for (int round = 0; round < 3; ++round) {
    const Memory memory = must(Memory::create(Store(engine), type));
    for (const std::size_t at : {std::size_t{0}, std::size_t{40000}}) {
      CHECK(memory.data()[at] == 0);
      memory.data()[at] = 1;
    }
  }
}

TEST_CASE("guest and host see one memory", "[public][memory]") {
  const Instance instance = instantiate(R"((module (memory (export "m") 1 3)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))))");
  const Memory memory = *instance.get_memory("m");
  must(memory.store<std::int32_t>(20, 99));
  CHECK(must(instance.get_func("load")->call({Value(20)}))[0].i32() == 99);
  CHECK(must(instance.get_func("grow")->call({Value(1)}))[0].i32() == 1);
  CHECK(memory.size_pages() == 2);
  CHECK(must(memory.grow(1)) == 2);
  must(memory.store<std::int32_t>(3 * 65536 - 4, 5));
  CHECK(must(instance.get_func("load")->call({Value(3 * 65536 - 4)}))[0].i32() == 5);
  CHECK(must(instance.get_func("grow")->call({Value(1)}))[0].i32() == -1);
  const Trap trap = must_trap(instance.get_func("load")->call({Value(3 * 65536 + 5)}));
  CHECK(trap.kind() == TrapKind::OutOfBoundsMemoryAccess);
  CHECK(trap.detail().address == 3 * 65536 + 5);
  CHECK(trap.detail().size == 3 * 65536);
}
