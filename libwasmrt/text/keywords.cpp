// Keyword lookup: an open hash table over opcodes.def, computed at compile time.
#include "libwasmrt/text/keywords.h"

#include <algorithm>
#include <array>

namespace wasmrt::text {
namespace {

constexpr std::size_t kSlots = 2048;
static_assert(kOpCount * 2 < kSlots, "the table must stay sparse");

constexpr std::size_t hash(std::string_view s) {
  std::uint32_t h = 2166136261u;
  for (char c : s) h = (h ^ static_cast<std::uint8_t>(c)) * 16777619u;
  return (h ^ h >> 15) % kSlots;
}

constexpr std::array<Op, kSlots> make_table() {
  std::array<Op, kSlots> table{};
  for (Op& slot : table) slot = kNoOp;
  for (std::size_t i = 0; i < kOpCount; ++i) {
    const Op op = static_cast<Op>(i);
    std::size_t slot = hash(op_name(op));
    while (table[slot] != kNoOp && op_name(table[slot]) != op_name(op)) slot = (slot + 1) % kSlots;
    if (table[slot] == kNoOp) table[slot] = op;
  }
  return table;
}

constexpr std::array<Op, kSlots> kTable = make_table();

constexpr std::string_view kSyntax[] = {
    // module fields and types
    "module", "type", "rec", "sub", "final", "func", "struct", "array", "field", "mut", "param",
    "result", "local", "import", "export", "table", "memory", "global", "tag", "start", "elem",
    "data", "declare", "item", "offset", "shared", "pagesize", "then", "catch", "catch_ref",
    "catch_all", "catch_all_ref", "i32", "i64", "f32", "f64", "v128", "i8", "i16", "ref", "null",
    "any", "eq", "i31", "none", "nofunc", "extern", "noextern", "exn", "noexn", "anyref", "eqref",
    "i31ref", "structref", "arrayref", "nullref", "funcref", "nullfuncref", "externref",
    "nullexternref", "exnref", "nullexnref", "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2",
    // scripts
    "definition", "instance", "binary", "quote", "register", "invoke", "get", "either",
    "assert_return", "assert_trap", "assert_exhaustion", "assert_exception", "assert_malformed",
    "assert_invalid", "assert_unlinkable", "assert_malformed_custom", "assert_invalid_custom",
    "thread", "wait", "nan:canonical", "nan:arithmetic", "ref.extern", "ref.host", "ref.any",
    "ref.eq", "ref.struct", "ref.array", "ref.exn"};

}  // namespace

Op find_op(std::string_view keyword) {
  std::size_t slot = hash(keyword);
  while (kTable[slot] != kNoOp && op_name(kTable[slot]) != keyword) slot = (slot + 1) % kSlots;
  return kTable[slot];
}

bool is_known_keyword(std::string_view keyword) {
  if (find_op(keyword) != kNoOp) return true;
  // offset=N and align=N are one keyword each; what stands behind the sign is their parser's
  // matter.
  const std::string_view rest = keyword.substr(std::min(keyword.find('=') + 1, keyword.size()));
  if (keyword.substr(0, 7) == "offset=" || keyword.substr(0, 6) == "align=") return !rest.empty();
  return std::find(std::begin(kSyntax), std::end(kSyntax), keyword) != std::end(kSyntax);
}

}  // namespace wasmrt::text
