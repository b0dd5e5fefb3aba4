// Features: names, presets that grow with the standard, and the texts of --features.
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <wasmrt/features.hpp>

using namespace wasmrt;

namespace {

constexpr unsigned kCount = 0
#define FEATURE(Name, text, bit, since) +1
#include <wasmrt/features.def>
#undef FEATURE
    ;

Features parsed(std::string_view text) {
  Result<Features> r = Features::parse(text);
  REQUIRE(r.ok());
  return *r;
}

}  // namespace

TEST_CASE("every bit has one name, which parses back", "[wasm][features]") {
  std::set<std::string_view> names;
  for (unsigned bit = 0; bit < kCount; ++bit) {
    const auto f = static_cast<Feature>(bit);
    REQUIRE_FALSE(feature_name(f).empty());  // the bits have no gap
    CHECK(names.insert(feature_name(f)).second);
    if (f == Feature::Mvp) continue;
    CHECK(parsed("wasm1," + std::string(feature_name(f))).has(f));
    CHECK_FALSE(parsed("wasm3,-" + std::string(feature_name(f))).has(f));
  }
}

TEST_CASE("presets grow with the standard", "[wasm][features]") {
  const Features one = Features::wasm1(), two = Features::wasm2(), three = Features::wasm3();
  CHECK((one.bits() & ~two.bits()) == 0);
  CHECK((two.bits() & ~three.bits()) == 0);
  CHECK(one.has(Feature::MutableGlobal));
  CHECK_FALSE(one.has(Feature::SignExtension));
  CHECK(two.has(Feature::Simd));
  CHECK_FALSE(two.has(Feature::TailCall));
  CHECK(three.has(Feature::Memory64));
  CHECK_FALSE(three.has(Feature::Threads));
  CHECK_FALSE(three.has(Feature::WideArithmetic));
  CHECK_FALSE(three.has(Feature::CustomPageSizes));
  CHECK(Features() == three);
}

TEST_CASE("texts of feature sets", "[wasm][features]") {
  CHECK(parsed("") == Features::wasm3());
  CHECK(parsed("wasm2") == Features::wasm2());
  CHECK(parsed("all") == Features::all());
  const Features f = parsed("wasm2,+threads,tail-call,-simd");
  CHECK(f.has(Feature::Threads));
  CHECK(f.has(Feature::TailCall));
  CHECK_FALSE(f.has(Feature::Simd));
  CHECK(f.has(Feature::BulkMemory));
  CHECK(to_string(f) == "wasm2,-simd,+tail-call,+threads");
  CHECK(parsed(to_string(f)) == f);
  CHECK(to_string(Features::wasm3()) == "wasm3");
  CHECK(to_string(Features::wasm1()) == "wasm1");
  CHECK(parsed(to_string(Features::all())) == Features::all());
}

TEST_CASE("unknown words are named", "[wasm][features]") {
  for (const char* bad :
       {"simd2", "wasm4", "wasm3,,simd", "+", "-", "simd,wasm2", "-mvp", "+wasm2"}) {
    INFO(bad);
    Result<Features> r = Features::parse(bad);
    REQUIRE_FALSE(r.ok());
    CHECK(r.error().code == ErrorCode::InvalidArgument);
  }
  CHECK(Features::parse("+simd2").error().message.find("\"simd2\"") != std::string::npos);
}
