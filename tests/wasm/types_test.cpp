// The interner and matching (libwasmrt/wasm/types.h).
#include "libwasmrt/wasm/types.h"

#include <catch2/catch_test_macros.hpp>
#include <thread>

namespace wasmrt {
namespace {

SubType func(std::vector<ValType> params, std::vector<ValType> results) {
  SubType t;
  t.composite.func = {std::move(params), std::move(results)};
  return t;
}

SubType structure(std::vector<FieldType> fields, std::uint64_t super = 0, bool is_final = true) {
  SubType t;
  t.is_final = is_final;
  t.super = super;
  t.composite.kind = CompositeKind::Struct;
  t.composite.fields = std::move(fields);
  return t;
}

ValType rec_ref(std::uint64_t position) {
  return ValType::ref({HeapKind::ConcreteStruct, SubType::kRecBit | position}, true);
}

FieldType field(ValType t, bool is_mutable = false) {
  return {{t, StorageType::Packed::No}, is_mutable};
}

// Knows the types it was given.
struct Source final : TypeSource {
  std::vector<const CanonType*> types;
  const CanonType& type_by_id(std::uint64_t id) const override {
    for (const CanonType* t : types) {
      if (t->id == id) return *t;
    }
    std::abort();
  }
};

TEST_CASE("equal function types are one canonical type", "[types]") {
  TypeInterner interner;
  const RecGroupRef a = interner.intern(FuncType{{kI32}, {kI64}});
  const SubType same = func({kI32}, {kI64});
  const RecGroupRef b = interner.intern({&same, 1});
  const RecGroupRef other = interner.intern(FuncType{{kI32}, {kI32}});
  CHECK(a.types()[0] == b.types()[0]);
  CHECK(a.types()[0]->id != other.types()[0]->id);
  CHECK(interner.live_groups() == 2);
  // (sub (func ...)), which is not final, is another type.
  SubType open = same;
  open.is_final = false;
  CHECK(interner.intern({&open, 1}).types()[0]->id != a.types()[0]->id);
}

TEST_CASE("rec groups are equal when their structure is", "[types]") {
  TypeInterner interner;
  // (rec (type $a (struct (field (ref null $b)))) (type $b (struct (field (ref null $a)))))
  const std::vector<SubType> pair = {structure({field(rec_ref(1))}),
                                     structure({field(rec_ref(0))})};
  // (rec (type $a (struct (field (ref null $a)))))
  const std::vector<SubType> single = {structure({field(rec_ref(0))})};
  const RecGroupRef first = interner.intern(pair);
  const RecGroupRef second = interner.intern(pair);
  const RecGroupRef third = interner.intern(single);
  CHECK(first.types()[0] == second.types()[0]);
  CHECK(first.types()[1] == second.types()[1]);
  // Iso-recursive: unrolling the single one gives the pair, yet they differ.
  CHECK(first.types()[0]->id != third.types()[0]->id);
  CHECK(first.types()[0]->id != first.types()[1]->id);
  // References inside the group became canonical.
  CHECK(first.types()[0]->composite.fields[0].storage.type.heap().id == first.types()[1]->id);
}

TEST_CASE("groups are freed with what they refer to, and ids are not reused", "[types]") {
  TypeInterner interner;
  std::uint64_t old_id = 0;
  {
    const RecGroupRef inner = interner.intern(FuncType{{kF32}, {}});
    old_id = inner.types()[0]->id;
    RecGroupRef outer;
    {
      const SubType user = func({ValType::ref({HeapKind::ConcreteFunc, old_id}, true)}, {});
      outer = interner.intern({&user, 1});
    }
    CHECK(interner.live_groups() == 2);
  }
  CHECK(interner.live_groups() == 0);
  CHECK(interner.intern(FuncType{{kF32}, {}}).types()[0]->id > old_id);
}

TEST_CASE("a referred group lives as long as its user", "[types]") {
  TypeInterner interner;
  RecGroupRef inner = interner.intern(FuncType{{kF32}, {}});
  const std::uint64_t id = inner.types()[0]->id;
  const SubType user = func({ValType::ref({HeapKind::ConcreteFunc, id}, true)}, {});
  const RecGroupRef outer = interner.intern({&user, 1});
  inner = RecGroupRef();
  CHECK(interner.live_groups() == 2);
  CHECK(interner.intern(FuncType{{kF32}, {}}).types()[0]->id == id);
}

TEST_CASE("a long chain of groups is freed without recursion", "[types]") {
  TypeInterner interner;
  RecGroupRef last = interner.intern(FuncType{});
  for (int i = 0; i < 200'000; ++i) {
    const SubType next =
        func({ValType::ref({HeapKind::ConcreteFunc, last.types()[0]->id}, true)}, {});
    last = interner.intern({&next, 1});
  }
  CHECK(interner.live_groups() == 200'001);
  last = RecGroupRef();
  CHECK(interner.live_groups() == 0);
}

TEST_CASE("groups may outlive their interner", "[types]") {
  RecGroupRef kept;
  {
    TypeInterner interner;
    kept = interner.intern(FuncType{{kI32}, {}});
  }
  CHECK(kept.types()[0]->composite.func.params.size() == 1);
}

TEST_CASE("the interner is used by several threads", "[types]") {
  TypeInterner interner;
  const auto work = [&interner] {
    for (unsigned round = 0; round < 2000; ++round) {
      const RecGroupRef a = interner.intern(FuncType{std::vector<ValType>(round % 7u, kI32), {}});
      const RecGroupRef b = interner.intern(FuncType{std::vector<ValType>(round % 7u, kI32), {}});
      if (a.types()[0] != b.types()[0]) std::abort();
    }
  };
  std::thread other(work);
  work();
  other.join();
  CHECK(interner.live_groups() == 0);
}

TEST_CASE("matching of abstract heap types", "[types]") {
  const Source none;
  const auto le = [&](HeapKind sub, HeapKind super) {
    return heap_matches(none, {sub, 0}, {super, 0});
  };
  CHECK(le(HeapKind::I31, HeapKind::Eq));
  CHECK(le(HeapKind::Struct, HeapKind::Any));
  CHECK(le(HeapKind::None, HeapKind::Array));
  CHECK(le(HeapKind::NoFunc, HeapKind::Func));
  CHECK(le(HeapKind::NoExtern, HeapKind::Extern));
  CHECK(le(HeapKind::NoExn, HeapKind::Exn));
  CHECK_FALSE(le(HeapKind::Any, HeapKind::Eq));
  CHECK_FALSE(le(HeapKind::Struct, HeapKind::Array));
  CHECK_FALSE(le(HeapKind::Func, HeapKind::Any));
  CHECK_FALSE(le(HeapKind::Extern, HeapKind::Any));
  CHECK_FALSE(le(HeapKind::None, HeapKind::Func));
  CHECK_FALSE(le(HeapKind::Eq, HeapKind::None));
}

TEST_CASE("matching of defined types and nullability", "[types]") {
  TypeInterner interner;
  const SubType base = structure({field(kI32)}, 0, false);
  const RecGroupRef a = interner.intern({&base, 1});
  const SubType derived = structure({field(kI32), field(kI64)}, a.types()[0]->id);
  const RecGroupRef b = interner.intern({&derived, 1});
  const RecGroupRef f = interner.intern(FuncType{});
  Source types;
  types.types = {a.types()[0], b.types()[0], f.types()[0]};
  const ValType ra = ValType::ref({HeapKind::ConcreteStruct, a.types()[0]->id}, true);
  const ValType rb = ValType::ref({HeapKind::ConcreteStruct, b.types()[0]->id}, true);
  const ValType rf = ValType::ref({HeapKind::ConcreteFunc, f.types()[0]->id}, false);
  CHECK(matches(types, rb, ra));
  CHECK_FALSE(matches(types, ra, rb));
  CHECK(matches(types, ra, ValType::ref(HeapKind::Struct, true)));
  CHECK(matches(types, ValType::ref(HeapKind::None, true), rb));
  CHECK(matches(types, rf, kFuncref));
  CHECK_FALSE(matches(types, kFuncref, rf));
  CHECK(matches(types, rb.as_nullable(false), ra));
  CHECK_FALSE(matches(types, ra, ra.as_nullable(false)));
  CHECK(matches(types, kBottom, kI32));
  CHECK_FALSE(matches(types, kI32, kI64));
}

TEST_CASE("texts of types", "[types]") {
  CHECK(to_string(kI32) == "i32");
  CHECK(to_string(kFuncref) == "funcref");
  CHECK(to_string(ValType::ref(HeapKind::Any, false)) == "(ref any)");
  CHECK(to_string(ValType::ref(HeapKind::NoFunc, true)) == "nullfuncref");
  CHECK(to_string(ValType::ref({HeapKind::ConcreteArray, 12}, true)) == "(ref null $12)");
  CHECK(to_string(FuncType{{kI32, kI64}, {kF32}}) == "(i32, i64) -> (f32)");
  CHECK(to_string(ExternType(GlobalType{kF64, true})) == "global (mut f64)");
  CHECK(to_string(ExternType(TableType{kFuncref, {1, 2}, AddressType::I64, false})) ==
        "table i64 1 2 funcref");
  CHECK(to_string(ExternType(MemoryType{{1, 4}, AddressType::I32, true, 16})) ==
        "memory 1 4 shared");
}

}  // namespace
}  // namespace wasmrt
