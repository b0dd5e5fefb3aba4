// Feature rows: distinct bits, names that read back, and presets that grow with the standard.
#include <catch2/catch.hpp>
#include <set>

#include "libwasmrt/wasm/errors.h"
#include "libwasmrt/wasm/feature.h"
#include "libwasmrt/wasm/limits.h"
#include "libwasmrt/wasm/trap.h"

using namespace wasmrt;

TEST_CASE("feature names read back", "[wasm][features]") {
  std::set<std::string_view> names;
  for (unsigned bit = 0; bit < kFeatureCount; ++bit) {
    const auto f = static_cast<Feature>(bit);
    REQUIRE_FALSE(feature_name(f).empty());  // the bits have no gap
    CHECK(names.insert(feature_name(f)).second);
    Feature back = Feature::Mvp;
    REQUIRE(feature_from_name(feature_name(f), back));
    CHECK(back == f);
  }
  Feature out = Feature::Simd;
  CHECK_FALSE(feature_from_name("simd2", out));
  CHECK_FALSE(feature_from_name("", out));
  CHECK(out == Feature::Simd);
}

TEST_CASE("presets grow with the standard", "[wasm][features]") {
  const auto has = [](unsigned version, Feature f) {
    return (preset_bits(version) & feature_bit(f)) != 0;
  };
  CHECK((preset_bits(1) & ~preset_bits(2)) == 0);
  CHECK((preset_bits(2) & ~preset_bits(3)) == 0);
  CHECK(has(1, Feature::MutableGlobal));
  CHECK_FALSE(has(1, Feature::SignExtension));
  CHECK(has(2, Feature::Simd));
  CHECK_FALSE(has(2, Feature::TailCall));
  CHECK(has(3, Feature::Memory64));
  CHECK_FALSE(has(3, Feature::Threads));
  CHECK_FALSE(has(3, Feature::WideArithmetic));
  CHECK_FALSE(has(3, Feature::CustomPageSizes));
}

TEST_CASE("trap and error wordings are the specification's", "[wasm][errors]") {
  CHECK(trap_wording(TrapKind::IntegerDivideByZero) == "integer divide by zero");
  CHECK(trap_wording(TrapKind::OutOfBoundsMemoryAccess) == "out of bounds memory access");
  CHECK(trap_wording(TrapKind::IndirectCallTypeMismatch) == "indirect call type mismatch");
  CHECK(static_cast<int>(TrapKind::None) == 0);
  for (std::size_t i = 0; i < kTrapKindCount; ++i) {
    CHECK_FALSE(trap_wording(static_cast<TrapKind>(i)).empty());
  }
  CHECK(err_wording(Err::AlignmentTooLarge) == "alignment must not be larger than natural");
  CHECK(err_category(Err::AlignmentTooLarge) == ErrCategory::Validation);
  CHECK(err_prefix(err_category(Err::UnexpectedEnd)) == "invalid Wasm binary");
  std::set<std::pair<ErrCategory, std::string_view>> seen;
  for (std::size_t i = 0; i < kErrCount; ++i) {
    const auto e = static_cast<Err>(i);
    CHECK_FALSE(err_wording(e).empty());
    CHECK(seen.insert({err_category(e), err_wording(e)}).second);
  }
}
