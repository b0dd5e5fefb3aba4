// Traps and errors: the wordings are the specification's, and none is spelled twice.
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <utility>

#include "libwasmrt/wasm/errors.h"
#include "libwasmrt/wasm/trap.h"

using namespace wasmrt;

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
