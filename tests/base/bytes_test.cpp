// ByteBuffer: LEB128 forms checked against the examples of the DWARF standard and the Wasm limits.
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "libwasmrt/base/bytes.h"

using namespace wasmrt;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes unsigned_leb(std::uint64_t v) {
  ByteBuffer b;
  b.leb_u64(v);
  return b.take();
}

Bytes signed_leb(std::int64_t v) {
  ByteBuffer b;
  b.leb_s64(v);
  return b.take();
}

}  // namespace

TEST_CASE("unsigned LEB128", "[base][bytes]") {
  CHECK(unsigned_leb(0) == Bytes{0});
  CHECK(unsigned_leb(127) == Bytes{0x7F});
  CHECK(unsigned_leb(128) == Bytes{0x80, 0x01});
  CHECK(unsigned_leb(12857) == Bytes{0xB9, 0x64});
  CHECK(unsigned_leb(0xFFFF'FFFF) == Bytes{0xFF, 0xFF, 0xFF, 0xFF, 0x0F});
  CHECK(unsigned_leb(UINT64_MAX).size() == 10);
}

TEST_CASE("signed LEB128", "[base][bytes]") {
  CHECK(signed_leb(2) == Bytes{0x02});
  CHECK(signed_leb(-2) == Bytes{0x7E});
  CHECK(signed_leb(63) == Bytes{0x3F});
  CHECK(signed_leb(64) == Bytes{0xC0, 0x00});
  CHECK(signed_leb(-64) == Bytes{0x40});
  CHECK(signed_leb(-65) == Bytes{0xBF, 0x7F});
  CHECK(signed_leb(-129) == Bytes{0xFF, 0x7E});
  CHECK(signed_leb(INT32_MIN) == Bytes{0x80, 0x80, 0x80, 0x80, 0x78});
  CHECK(signed_leb(INT64_MIN).size() == 10);
}

TEST_CASE("a reserved LEB128 is patched in place", "[base][bytes]") {
  ByteBuffer b;
  b.u8(1);
  const std::size_t at = b.reserve_leb_u32();
  b.append("xy");
  b.patch_leb_u32(at, 300);
  CHECK(b.take() == Bytes{1, 0xAC, 0x82, 0x80, 0x80, 0x00, 'x', 'y'});
  CHECK(b.empty());
}

TEST_CASE("fixed widths are little-endian and need no alignment", "[base][bytes]") {
  ByteBuffer b;
  b.u8(0);
  b.u32(0x1234'5678);
  b.u64(0x0102'0304'0506'0708);
  b.u16(0xABCD);
  CHECK(load_le<std::uint32_t>(b.data() + 1) == 0x1234'5678);
  CHECK(b.data()[1] == 0x78);
  CHECK(load_le<std::uint64_t>(b.data() + 5) == 0x0102'0304'0506'0708);
  CHECK(b.data()[13] == 0xCD);
  CHECK(bytes_detail::swap_bytes(std::uint32_t{0x1234'5678}) == 0x7856'3412);
  b.truncate(1);
  CHECK(b.size() == 1);
}
