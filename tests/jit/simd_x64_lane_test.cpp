// Shuffles, vector loads and stores of lanes, vector tests as conditions, and vectors in spill
// slots, as x64 code.
#include <string>
#include <utility>
#include <vector>

#include "jit/x64/target.h"
#include "libwasmrt/wasm/semantics_simd.h"
#include "tests/jit/x64_code.h"
#include "tests/wasm/edge_values.h"

using namespace wasmrt;
using namespace wasmrt::test;
using jit::ir::IrOp;
using jit::ir::Type;

namespace {

V128 random_vector(Random& random) {
  V128 v;
  for (std::uint8_t& byte : v.bytes) byte = static_cast<std::uint8_t>(random.next());
  return v;
}

// ---- shuffles
// -------------------------------------------------------------------------------------------

enum class Sources { Two, Same, ZeroSecond, ZeroFirst };

void check_shuffle(CodePage& page, std::uint64_t cpu, const V128& lanes, Sources sources,
                   Random& random) {
  PointerFunction f;
  const auto zero = [&] { return f.constant(V128{}); };
  const auto a = sources == Sources::ZeroFirst ? zero() : f.load(0, Type::V128);
  const auto b = sources == Sources::ZeroSecond ? zero()
                 : sources == Sources::Same     ? a
                                                : f.load(1, Type::V128);
  f.func.v128s.push_back(lanes);
  f.store(3, f.simd(Op::I8x16Shuffle, Type::V128, {a, b}, 0, f.func.v128s.size() - 1));
  f.finish();
  page.compile(f.func, cpu);
  V128 x = random_vector(random);
  V128 y = random_vector(random);
  V128 out;
  page.run(&x, &y, nullptr, &out);
  if (sources == Sources::ZeroFirst) x = V128{};
  if (sources == Sources::ZeroSecond) y = V128{};
  if (sources == Sources::Same) y = x;
  V128 expected;
  for (unsigned i = 0; i < 16; ++i) {
    expected.bytes[i] =
        lanes.bytes[i] < 16 ? x.bytes[lanes.bytes[i]] : y.bytes[lanes.bytes[i] - 16];
  }
  if (out == expected) return;
  std::string text;
  for (const std::uint8_t lane : lanes.bytes) text += std::to_string(lane) + " ";
  INFO("cpu " << cpu << " sources " << static_cast<int>(sources));
  FAIL_CHECK(text);
}

/// Selectors made of whole groups of `size` bytes, of which `pick` says which.
template <class F>
V128 grouped(unsigned size, F pick) {
  V128 lanes;
  for (unsigned k = 0; k < 16 / size; ++k) {
    const unsigned from = pick(k) * size;
    for (unsigned n = 0; n < size; ++n)
      lanes.bytes[k * size + n] = static_cast<std::uint8_t>((from + n) & 31);
  }
  return lanes;
}

std::vector<V128> selectors() {
  std::vector<V128> list;
  Random random;
  for (unsigned by = 0; by < 32; ++by) {  // runs through both sources, and around one
    list.push_back(grouped(1, [=](unsigned k) { return (k + by) & 31; }));
    list.push_back(grouped(1, [=](unsigned k) { return ((k + by) & 15) | (by & 16); }));
  }
  for (const unsigned size : {1u, 2u, 4u, 8u}) {
    for (const unsigned first : {0u, 16u}) {
      for (const unsigned high : {0u, 8u}) {  // interleaved
        const unsigned from = (first + high) / size;
        list.push_back(
            grouped(size, [=](unsigned k) { return (from + k / 2) ^ (k % 2 * 16 / size); }));
      }
    }
    for (unsigned n = 0; n < 40; ++n) {
      const unsigned units = 16 / size;
      list.push_back(
          grouped(size, [&](unsigned) { return unsigned(random.next() % (2 * units)); }));
      list.push_back(grouped(size, [&](unsigned) { return unsigned(random.next() % units); }));
      list.push_back(
          grouped(size, [&](unsigned k) { return k + unsigned(random.next() % 2) * units; }));
      // One half at its place; halves from one source each.
      list.push_back(grouped(size, [&](unsigned k) {
        return k < units / 2 ? unsigned(random.next() % units) / 2 : k;
      }));
      list.push_back(grouped(size, [&](unsigned k) {
        return k < units / 2 ? k : units / 2 + unsigned(random.next() % units) / 2;
      }));
      list.push_back(grouped(size, [&](unsigned k) {
        return unsigned(random.next() % units) + (k < units / 2 ? 0 : units);
      }));
    }
    list.push_back(grouped(size, [](unsigned) { return 0u; }));
  }
  for (unsigned by = 0; by <= 16;
       ++by) {  // shifts of whole bytes, with any byte of the other source
    list.push_back(grouped(
        1, [&](unsigned k) { return k + by < 16 ? k + by : 16 + unsigned(random.next() % 16); }));
    list.push_back(grouped(
        1, [&](unsigned k) { return k >= by ? k - by : 16 + unsigned(random.next() % 16); }));
  }
  return list;
}

}  // namespace

TEST_CASE("x64: shuffles of every kind") {
  CodePage page;
  Random random;
  const std::vector<V128> list = selectors();
  for (const std::uint64_t cpu : cpu_levels()) {
    for (const V128& lanes : list) {
      for (const Sources s :
           {Sources::Two, Sources::Same, Sources::ZeroSecond, Sources::ZeroFirst}) {
        check_shuffle(page, cpu, lanes, s, random);
      }
    }
  }
}

// ---- loads and stores
// -----------------------------------------------------------------------------------

namespace {

V128 first_bytes(const std::uint8_t* at, std::size_t count) {
  V128 v;
  std::memcpy(v.bytes, at, count);
  return v;
}

template <class T>
T number(const std::uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

V128 expected_load(Op op, const std::uint8_t* at, const V128& vector, std::uint8_t lane) {
  switch (op) {
    case Op::V128Load8x8S: return sem::i16x8_extend_low_i8x16_s(first_bytes(at, 8));
    case Op::V128Load8x8U: return sem::i16x8_extend_low_i8x16_u(first_bytes(at, 8));
    case Op::V128Load16x4S: return sem::i32x4_extend_low_i16x8_s(first_bytes(at, 8));
    case Op::V128Load16x4U: return sem::i32x4_extend_low_i16x8_u(first_bytes(at, 8));
    case Op::V128Load32x2S: return sem::i64x2_extend_low_i32x4_s(first_bytes(at, 8));
    case Op::V128Load32x2U: return sem::i64x2_extend_low_i32x4_u(first_bytes(at, 8));
    case Op::V128Load8Splat: return sem::i8x16_splat(*at);
    case Op::V128Load16Splat: return sem::i16x8_splat(number<std::uint16_t>(at));
    case Op::V128Load32Splat: return sem::i32x4_splat(number<std::uint32_t>(at));
    case Op::V128Load64Splat: return sem::i64x2_splat(number<std::uint64_t>(at));
    case Op::V128Load32Zero: return first_bytes(at, 4);
    case Op::V128Load64Zero: return first_bytes(at, 8);
    case Op::V128Load8Lane: return sem::i8x16_replace_lane(vector, *at, lane);
    case Op::V128Load16Lane:
      return sem::i16x8_replace_lane(vector, number<std::uint16_t>(at), lane);
    case Op::V128Load32Lane:
      return sem::i32x4_replace_lane(vector, number<std::uint32_t>(at), lane);
    default: return sem::i64x2_replace_lane(vector, number<std::uint64_t>(at), lane);
  }
}

bool is_lane_op(Op op) {
  return (op >= Op::V128Load8Lane && op <= Op::V128Load64Lane) ||
         (op >= Op::V128Store8Lane && op <= Op::V128Store64Lane);
}

/// Two pages of which the second is inaccessible.
class PageEnd {
 public:
  PageEnd() {
    bytes_ = 2 * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    start_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(start_ != MAP_FAILED);
    REQUIRE(mprotect(end(), bytes_ / 2, PROT_NONE) == 0);
  }
  ~PageEnd() { munmap(start_, bytes_); }
  [[nodiscard]] std::uint8_t* end() const {
    return static_cast<std::uint8_t*>(start_) + bytes_ / 2;
  }

 private:
  void* start_;
  std::size_t bytes_;
};

constexpr std::uint64_t kOffset = 8;

/// Pointer 0: the address; as an index from the pinned base, or as a pointer. Pointer 1: a vector.
PointerFunction memory_function(Op op, std::uint8_t lane, bool pinned) {
  PointerFunction f;
  const bool store = op_info(op).kind == OpKind::SimdStore;
  const auto address = pinned ? f.add(IrOp::Wrap, Type::I32, {f.pointers[0]}) : f.pointers[0];
  const std::uint16_t mem = pinned ? 0 : jit::ir::kAbsolute;
  const auto aux = static_cast<std::uint16_t>(op);
  if (store) {
    const auto vector = f.load(1, Type::V128);
    f.add(IrOp::SimdStoreLane, Type::Void, {address, vector}, kOffset, aux, lane, mem);
  } else if (is_lane_op(op)) {
    const auto vector = f.load(1, Type::V128);
    f.store(3, f.add(IrOp::SimdLoadLane, Type::V128, {address, vector}, kOffset, aux, lane, mem));
  } else {
    f.store(3, f.add(IrOp::SimdLoad, Type::V128, {address}, kOffset, aux, 0, mem));
  }
  f.finish();
  return f;
}

void check_memory(CodePage& page, Op op, std::uint8_t lane, bool pinned, std::uint64_t cpu,
                  const PageEnd& area) {
  INFO(std::string(op_name(op)) << " lane " << int(lane) << " pinned " << pinned << " cpu " << cpu);
  PointerFunction f = memory_function(op, lane, pinned);
  page.compile(f.func, cpu);
  unsigned faults = 0;
  for (const CodePoint& p : page.blob.points)
    faults += p.kind == static_cast<std::uint8_t>(PointKind::Fault);
  CHECK(faults == 1);  // guest memory, in either form
  // The last bytes before an inaccessible page: not one more may be touched.
  const std::size_t bytes = std::size_t{1} << op_info(op).align;
  Random random;
  std::uint8_t* window = area.end() - 32;
  for (unsigned n = 0; n < 32; ++n) window[n] = static_cast<std::uint8_t>(random.next());
  std::uint8_t before[32];
  std::memcpy(before, window, 32);
  std::uint8_t* at = area.end() - bytes;
  const V128 vector = random_vector(random);
  V128 out;
  const std::uint8_t* base = window - 4096;
  const auto index = static_cast<std::uintptr_t>(at - base) - kOffset;
  page.run(pinned ? reinterpret_cast<const void*>(index) : at - kOffset, &vector, nullptr, &out,
           base);
  if (op_info(op).kind == OpKind::SimdStore) {
    CHECK(std::memcmp(at, vector.bytes + bytes * lane, bytes) == 0);
    CHECK(std::memcmp(window, before, 32 - bytes) == 0);
  } else {
    CHECK(out == expected_load(op, at, vector, lane));
  }
}

}  // namespace

TEST_CASE("x64: vector loads and stores of parts") {
  CodePage page;
  const PageEnd area;
  unsigned ops = 0;
  for (std::size_t n = 0; n < kOpCount; ++n) {
    const Op op = static_cast<Op>(n);
    const OpKind kind = op_info(op).kind;
    if ((kind != OpKind::SimdLoad && kind != OpKind::SimdStore) || op == Op::V128Load ||
        op == Op::V128Store) {
      continue;
    }
    ++ops;
    const unsigned lanes = is_lane_op(op) ? 16u >> op_info(op).align : 1;
    for (const std::uint64_t cpu : cpu_levels()) {
      for (unsigned lane = 0; lane < lanes; ++lane) {
        check_memory(page, op, static_cast<std::uint8_t>(lane), false, cpu, area);
        check_memory(page, op, static_cast<std::uint8_t>(lane), true, cpu, area);
      }
    }
  }
  CHECK(ops == 20);
}

TEST_CASE("x64: a folded vector load faults where the load was") {
  CodePage page;
  for (const std::uint64_t cpu : cpu_levels()) {
    PointerFunction f;
    const auto index = f.add(IrOp::Wrap, Type::I32, {f.pointers[0]});
    const auto a = f.load(1, Type::V128);
    const auto b = f.add(IrOp::Load, Type::V128, {index}, 3,
                         static_cast<std::uint16_t>(jit::ir::Access::V128));
    f.store(3, f.simd(Op::I32x4Sub, Type::V128, {a, b}));
    f.finish();
    page.compile(f.func, cpu);
    REQUIRE(page.blob.points.size() == 1);
    CHECK(page.blob.points[0].kind == static_cast<std::uint8_t>(PointKind::Fault));
    Random random;
    std::uint8_t memory[64];
    for (std::uint8_t& byte : memory) byte = static_cast<std::uint8_t>(random.next());
    const V128 x = random_vector(random);
    V128 out;
    page.run(reinterpret_cast<const void*>(std::uintptr_t{10}), &x, nullptr, &out, memory);
    CHECK(out == sem::i32x4_sub(x, first_bytes(memory + 13, 16)));
  }
}

// ---- conditions
// -----------------------------------------------------------------------------------------

TEST_CASE("x64: vector tests as conditions") {
  CodePage page;
  using Test = std::uint32_t (*)(V128);
  static constexpr std::pair<Op, Test> kTests[] = {{Op::V128AnyTrue, sem::v128_any_true},
                                                   {Op::I8x16AllTrue, sem::i8x16_all_true},
                                                   {Op::I16x8AllTrue, sem::i16x8_all_true},
                                                   {Op::I32x4AllTrue, sem::i32x4_all_true},
                                                   {Op::I64x2AllTrue, sem::i64x2_all_true}};
  std::vector<V128> values(3);
  values[1].bytes[15] = 0x80;
  for (std::uint8_t& byte : values[2].bytes) byte = 1;
  for (unsigned n = 0; n < 16; ++n) {
    values.push_back(values[2]);
    for (unsigned k = n & ~7u; k <= n; ++k) values.back().bytes[k] = 0;
  }
  for (const std::uint64_t cpu : cpu_levels()) {
    for (const auto& [op, test] : kTests) {
      for (const bool inverted : {false, true}) {
        PointerFunction f;
        auto condition = f.simd(op, Type::I32, {f.load(0, Type::V128)});
        if (inverted) {
          condition = f.add(IrOp::Icmp, Type::I32, {condition, f.constant(Type::I32, 0)}, 0,
                            static_cast<std::uint16_t>(jit::ir::Cond::Eq));
          f.func[condition].aux_type = Type::I32;
        }
        const auto number =
            f.add(IrOp::Select, Type::I64, {condition, f.load(1, Type::I64), f.load(2, Type::I64)});
        f.store(3, number);
        f.finish();
        page.compile(f.func, cpu);
        for (const V128& value : values) {
          INFO(std::string(op_name(op)) << " cpu " << cpu << " inverted " << inverted);
          const std::uint64_t one = 0x1111'2222'3333'4444;
          const std::uint64_t other = 5;
          std::uint64_t out = 0;
          page.run(&value, &one, &other, &out);
          CHECK(out == ((test(value) != 0) != inverted ? one : other));
        }
      }
    }
  }
}

// ---- spills
// ---------------------------------------------------------------------------------------------

TEST_CASE("x64: more vectors than registers") {
  CodePage page;
  Random random;
  constexpr unsigned kCount = 40;
  V128 values[kCount];
  for (V128& v : values) v = random_vector(random);
  for (const std::uint64_t cpu : cpu_levels()) {
    PointerFunction f;
    PointerFunction::V loaded[kCount];
    for (unsigned n = 0; n < kCount; ++n) loaded[n] = f.load(0, Type::V128, 16 * n);
    auto sum = f.constant(sem::i32x4_splat(7));
    auto top = f.constant(Type::I64, 1);
    for (unsigned round = 0; round < 3; ++round) {
      for (unsigned n = 0; n < kCount; ++n) {
        sum = f.simd(Op::I32x4Mul, Type::V128, {sum, loaded[(n * 7 + round) % kCount]});
        sum = f.simd(Op::I8x16Sub, Type::V128, {loaded[n], sum});
        const auto lane = f.simd(Op::I64x2ExtractLane, Type::I64, {loaded[n]}, 1);
        top = f.add(IrOp::Xor, Type::I64, {top, lane});
        sum = f.simd(Op::I64x2Mul, Type::V128, {sum, loaded[n]});
      }
    }
    f.store(3, sum);
    f.store(3, top, 16);
    f.finish();
    page.compile(f.func, cpu);
    V128 out[2];
    page.run(values, nullptr, nullptr, out);
    V128 expected = sem::i32x4_splat(7);
    std::uint64_t bits = 1;
    for (unsigned round = 0; round < 3; ++round) {
      for (unsigned n = 0; n < kCount; ++n) {
        expected = sem::i32x4_mul(expected, values[(n * 7 + round) % kCount]);
        expected = sem::i8x16_sub(values[n], expected);
        bits ^= sem::i64x2_extract_lane(values[n], 1);
        expected = sem::i64x2_mul(expected, values[n]);
      }
    }
    INFO("cpu " << cpu);
    CHECK(out[0] == expected);
    CHECK(std::memcmp(out[1].bytes, &bits, 8) == 0);
  }
}
