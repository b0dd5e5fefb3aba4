// The types of WebAssembly values and of what modules import and export.
//
// A ValType is 8 bytes and compares as an integer. References to defined types carry the canonical
// id of the type, so that equal types are equal across modules (spec 3.0, §2.3.8: rec groups are
// equal when their structure is). An id is never used again in a process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <wasmrt/export.hpp>

namespace wasmrt {

/// The class of a value type.
enum class ValKind : std::uint8_t {
  Bottom,  ///< Type of what unreachable code leaves; never the type of a value.
  I32,
  I64,
  F32,
  F64,
  V128,
  Ref,
};

/// Heap types: the abstract ones of the specification, and one kind per shape of defined type.
enum class HeapKind : std::uint8_t {
  None0,  ///< Not a reference.
  Any,
  Eq,
  I31,
  Struct,
  Array,
  None,
  Func,
  NoFunc,
  Extern,
  NoExtern,
  Exn,
  NoExn,
  ConcreteFunc,    ///< A defined function type; the id says which.
  ConcreteStruct,  ///< A defined struct type.
  ConcreteArray,   ///< A defined array type.
};

/// A heap type: abstract, or defined and named by its canonical id.
struct HeapType {
  HeapKind kind = HeapKind::None0;
  std::uint64_t id = 0;  ///< Canonical type id for the Concrete kinds, else 0. Below 2^48.

  [[nodiscard]] constexpr bool is_concrete() const { return kind >= HeapKind::ConcreteFunc; }
  friend constexpr bool operator==(const HeapType&, const HeapType&) = default;
};

/// A value type. Two are the same type exactly when they compare equal.
class ValType {
 public:
  constexpr ValType() = default;
  constexpr explicit ValType(ValKind kind) : bits_(static_cast<std::uint64_t>(kind)) {}
  /// A reference type.
  static constexpr ValType ref(HeapType heap, bool nullable) {
    ValType t(ValKind::Ref);
    t.bits_ |= (nullable ? 0x10u : 0u) | static_cast<std::uint64_t>(heap.kind) << 8 | heap.id << 16;
    return t;
  }
  static constexpr ValType ref(HeapKind kind, bool nullable) {
    return ref(HeapType{kind, 0}, nullable);
  }
  static constexpr ValType from_bits(std::uint64_t bits) {
    ValType t;
    t.bits_ = bits;
    return t;
  }

  [[nodiscard]] constexpr ValKind kind() const { return static_cast<ValKind>(bits_ & 0xF); }
  [[nodiscard]] constexpr bool is_ref() const { return kind() == ValKind::Ref; }
  [[nodiscard]] constexpr bool is_num() const {
    return kind() >= ValKind::I32 && kind() <= ValKind::F64;
  }
  [[nodiscard]] constexpr bool is_vec() const { return kind() == ValKind::V128; }
  [[nodiscard]] constexpr bool is_bottom() const { return kind() == ValKind::Bottom; }
  [[nodiscard]] constexpr bool nullable() const { return (bits_ & 0x10u) != 0; }
  /// A value type whose default value exists (spec 3.0, "defaultable").
  [[nodiscard]] constexpr bool defaultable() const { return !is_ref() || nullable(); }
  [[nodiscard]] constexpr HeapType heap() const {
    return {static_cast<HeapKind>(bits_ >> 8 & 0xFF), bits_ >> 16};
  }
  [[nodiscard]] constexpr ValType as_nullable(bool yes) const {
    return from_bits(yes ? bits_ | 0x10u : bits_ & ~std::uint64_t{0x10});
  }
  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }
  /// Number of 64-bit slots a value takes in raw calls and in frames: 2 for v128, else 1.
  [[nodiscard]] constexpr std::uint32_t slots() const { return is_vec() ? 2 : 1; }

  friend constexpr bool operator==(ValType, ValType) = default;

 private:
  std::uint64_t bits_ = 0;
};

inline constexpr ValType kBottom{};
inline constexpr ValType kI32{ValKind::I32};
inline constexpr ValType kI64{ValKind::I64};
inline constexpr ValType kF32{ValKind::F32};
inline constexpr ValType kF64{ValKind::F64};
inline constexpr ValType kV128{ValKind::V128};
inline constexpr ValType kFuncref = ValType::ref(HeapKind::Func, true);
inline constexpr ValType kExternref = ValType::ref(HeapKind::Extern, true);
inline constexpr ValType kAnyref = ValType::ref(HeapKind::Any, true);
inline constexpr ValType kExnref = ValType::ref(HeapKind::Exn, true);

/// The text of a type as the text format writes it, e.g. "i32", "funcref", "(ref null $12)".
WASMRT_API std::string to_string(ValType type);

/// Parameters and results of a function.
struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  friend bool operator==(const FuncType&, const FuncType&) = default;
};
WASMRT_API std::string to_string(const FuncType& type);  ///< E.g. "(i32, i64) -> (f32)".

/// Type of the addresses of a memory or table.
enum class AddressType : std::uint8_t { I32, I64 };

/// Limits of a memory (in pages) or a table (in elements).
struct Limits {
  std::uint64_t min = 0;
  std::optional<std::uint64_t> max;
  friend bool operator==(const Limits&, const Limits&) = default;
};

/// Type of a linear memory. Limits are in pages of 2^page_size_log2 bytes.
struct MemoryType {
  Limits limits;
  AddressType address = AddressType::I32;
  bool shared = false;
  std::uint8_t page_size_log2 = 16;
  friend bool operator==(const MemoryType&, const MemoryType&) = default;
};

/// Type of a table.
struct TableType {
  ValType element = kFuncref;
  Limits limits;
  AddressType address = AddressType::I32;
  bool shared = false;
  friend bool operator==(const TableType&, const TableType&) = default;
};

/// Type of a global.
struct GlobalType {
  ValType value = kI32;
  bool is_mutable = false;
  friend bool operator==(const GlobalType&, const GlobalType&) = default;
};

/// Type of a tag: the parameters of the exceptions thrown with it.
struct TagType {
  FuncType type;
  friend bool operator==(const TagType&, const TagType&) = default;
};

/// What is imported or exported.
enum class ExternKind : std::uint8_t { Func, Table, Memory, Global, Tag };
WASMRT_API const char* extern_kind_name(ExternKind kind) noexcept;

/// Type of an import or export.
using ExternType = std::variant<FuncType, TableType, MemoryType, GlobalType, TagType>;
WASMRT_API std::string to_string(const ExternType& type);

/// An import of a module, with its full type.
struct ImportType {
  std::string module;
  std::string name;
  ExternType type;
};

/// An export of a module, with its full type.
struct ExportType {
  std::string name;
  ExternType type;
};

}  // namespace wasmrt
