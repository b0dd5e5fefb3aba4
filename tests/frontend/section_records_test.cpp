// Records of the code and data sections: what they say, and what is taken from a file.
#include <functional>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "tests/frontend/support.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

constexpr const char* kGuest = R"((module
  (memory 1) (memory 1)
  (func (result i32) (i32.const 7)) (func)
  (data (i32.const 8) "abc")
  (data (memory 1) (i32.const 4294967295) "de")
  (data "passive")))";

struct Decoded {
  TypeInterner interner;
  SharedBytes bytes;

  explicit Decoded(std::string_view source) : bytes(share_bytes(wat(source))) {}

  Result<std::shared_ptr<DecodedModule>> decode(const SectionRecords& known) {
    DecodeOptions options;
    options.features = Features::all();
    options.interner = &interner;
    options.known = known;
    return decode_module(bytes, options);
  }
};

std::string text_of(const DecodedModule& m, const DataSegment& segment) {
  const auto bytes = m.data(segment);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("a data segment is a place in the module and one in memory", "[decode]") {
  Decoded d(R"((module
    (memory 1) (memory i64 1)
    (global $at i32 (i32.const 64))
    (data (i32.const -1) "abc")
    (data (memory 1) (i64.const 0xffffffff) "near")
    (data (memory 1) (i64.const 0x100000000) "far")
    (data (global.get $at) "")
    (data "passive")))");
  const auto decoded = d.decode({});
  REQUIRE(decoded.ok());
  const DecodedModule& m = **decoded;
  using Kind = DataSegment::Kind;
  REQUIRE(m.datas.size() == 5);
  CHECK(m.datas[0].kind == Kind::Placed);
  CHECK(m.datas[0].offset == 0xFFFFFFFF);
  CHECK(m.datas[1].kind == Kind::Placed);
  CHECK(m.datas[1].memory == 1);
  CHECK(m.datas[1].offset == 0xFFFFFFFF);
  // What 32 bits do not hold, and what is no constant.
  REQUIRE(m.datas[2].kind == Kind::Computed);
  CHECK(m.data_offsets[m.datas[2].offset].value == 0x100000000);
  REQUIRE(m.datas[3].kind == Kind::Computed);
  CHECK(m.data_offsets[m.datas[3].offset].form == ConstExpr::Form::GlobalGet);
  CHECK(m.datas[4].kind == Kind::Passive);
  CHECK(text_of(m, m.datas[2]) == "far");
  CHECK(text_of(m, m.datas[3]).empty());
  CHECK(text_of(m, m.datas[4]) == "passive");
}

TEST_CASE("records that are known are used where they lie", "[decode]") {
  Decoded d(kGuest);
  const auto first = d.decode({});
  REQUIRE(first.ok());
  const std::vector<FuncBody> bodies((*first)->bodies.begin(), (*first)->bodies.end());
  const std::vector<DataSegment> datas((*first)->datas.begin(), (*first)->datas.end());
  const auto again = d.decode({bodies, datas});
  REQUIRE(again.ok());
  CHECK((*again)->bodies.all().data() == bodies.data());
  CHECK((*again)->bodies.size() == 2);
  CHECK((*again)->datas.all().data() == datas.data());
  CHECK(text_of(**again, (*again)->datas[1]) == "de");
  CHECK(validate_module(**again).ok());
  // Of which there are none, those are read.
  const auto half = d.decode({bodies, {}});
  REQUIRE(half.ok());
  CHECK((*half)->datas.size() == 3);
}

TEST_CASE("records that lead out of their section are refused", "[decode]") {
  Decoded d(kGuest);
  const auto first = d.decode({});
  REQUIRE(first.ok());
  const auto accepts = [&](const std::function<void(FuncBody&, DataSegment&)>& change) {
    std::vector<FuncBody> bodies((*first)->bodies.begin(), (*first)->bodies.end());
    std::vector<DataSegment> datas((*first)->datas.begin(), (*first)->datas.end());
    change(bodies[1], datas[1]);
    return d.decode({bodies, datas}).ok();
  };
  CHECK(accepts([](FuncBody&, DataSegment&) {}));
  const auto total = static_cast<std::uint32_t>(d.bytes->size());
  for (const std::uint32_t wrong : {0u, 8u, total, total + 1, 0x80000000u, 0xFFFFFFFFu}) {
    CHECK_FALSE(accepts([&](FuncBody& body, DataSegment&) { body.offset = wrong; }));
    CHECK_FALSE(accepts([&](FuncBody&, DataSegment& data) { data.begin = wrong; }));
  }
  for (const std::uint32_t wrong : {total, 0x80000000u, 0xFFFFFFFFu}) {
    CHECK_FALSE(accepts([&](FuncBody& body, DataSegment&) { body.size = wrong; }));
    CHECK_FALSE(accepts([&](FuncBody&, DataSegment& data) { data.size = wrong; }));
  }
  CHECK_FALSE(accepts([](FuncBody&, DataSegment& data) { data.memory = 2; }));
  // Computed offsets are not kept, and there are no further kinds.
  CHECK_FALSE(
      accepts([](FuncBody&, DataSegment& data) { data.kind = DataSegment::Kind::Computed; }));
  CHECK_FALSE(accepts([](FuncBody&, DataSegment& data) { data.kind = DataSegment::Kind{0xFFFF}; }));

  const auto fewer = (*first)->bodies.all().first(1);
  CHECK_FALSE(d.decode({fewer, {}}).ok());
  CHECK_FALSE(d.decode({{}, (*first)->datas.all().first(2)}).ok());
}
