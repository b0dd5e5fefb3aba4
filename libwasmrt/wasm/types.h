// Internal types: distinct indices, defined types and the interner that makes them canonical.
//
// In: rec groups as a decoder reads them. Out: canonical types whose 64-bit ids are equal exactly
// when the types are equivalent (spec 3.0, §2.3.8 and appendix "type canonicalisation"). An id is
// never reused in the process, so a stale id can only fail to match. The interner is engine-wide,
// thread-safe and counts references: a Module holds one on each group it uses.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include <wasmrt/types.hpp>

namespace wasmrt {

enum class TypeIdx : std::uint32_t {};
enum class FuncIdx : std::uint32_t {};
enum class TableIdx : std::uint32_t {};
enum class MemIdx : std::uint32_t {};
enum class GlobalIdx : std::uint32_t {};
enum class TagIdx : std::uint32_t {};
enum class ElemIdx : std::uint32_t {};
enum class DataIdx : std::uint32_t {};
enum class LocalIdx : std::uint32_t {};

/// The number inside an index.
template <class Index>
constexpr std::uint32_t raw(Index index) {
  return static_cast<std::uint32_t>(index);
}

/// Storage of a field: a value type, or a packed integer of 8 or 16 bits.
struct StorageType {
  enum class Packed : std::uint8_t { No, I8, I16 };
  ValType type = kI32;  ///< For packed storage: i32, the unpacked type.
  Packed packed = Packed::No;
  friend bool operator==(const StorageType&, const StorageType&) = default;
};

struct FieldType {
  StorageType storage;
  bool is_mutable = false;
  friend bool operator==(const FieldType&, const FieldType&) = default;
};

enum class CompositeKind : std::uint8_t { Func, Struct, Array };

/// The body of a defined type. `func` is used by Func, `fields` by Struct and (exactly one) Array.
struct CompositeType {
  CompositeKind kind = CompositeKind::Func;
  FuncType func;
  std::vector<FieldType> fields;
};

struct RecGroup;
struct CallStubs;

/// A canonical defined type. Immutable once interned; lives as long as its group.
struct CanonType {
  std::uint64_t id = 0;
  bool is_final = true;
  const CanonType* super = nullptr;  ///< Kept alive by the group's references.
  CompositeType composite;
  /// Ids of all supertypes from the root to this type itself; its length is depth + 1 <= 64.
  std::vector<std::uint64_t> display;
  /// The display again, as compiled code reads it.
  const std::uint64_t* display_ids = nullptr;
  std::uint64_t display_size = 0;
  RecGroup* group = nullptr;

  // The engine's notes, of function types: the stubs that it made for the signature, and the calls
  // by those for all signatures until then.
  mutable std::atomic<const CallStubs*> stubs{nullptr};
  mutable std::atomic<std::uint32_t> generic_calls{0};

  /// Whether a value of this type is also one of the type with that id at that depth.
  [[nodiscard]] bool is_subtype_of(const CanonType& other) const {
    const std::size_t depth = other.display.size() - 1;
    return depth < display.size() && display[depth] == other.id;
  }
};

/// A defined type as read, before it is canonical. A reference to a type of the same group uses a
/// provisional id (kRecBit | position in the group); one to an earlier type its canonical id.
struct SubType {
  static constexpr std::uint64_t kRecBit = std::uint64_t{1} << 47;
  bool is_final = true;
  std::uint64_t super = 0;  ///< 0: none; else canonical or provisional id.
  CompositeType composite;
};

/// A reference on an interned group; dropping the last frees its types and whatever they refer to.
class RecGroupRef {
 public:
  RecGroupRef() = default;
  explicit RecGroupRef(std::shared_ptr<const RecGroup> g) : group_(std::move(g)) {}
  [[nodiscard]] std::span<const CanonType* const> types() const;

 private:
  std::shared_ptr<const RecGroup> group_;
};

/// Makes types canonical. Shared by everything that belongs to one Engine.
class TypeInterner {
 public:
  TypeInterner();
  ~TypeInterner();
  TypeInterner(const TypeInterner&) = delete;
  TypeInterner& operator=(const TypeInterner&) = delete;

  /// Returns the canonical group equal to `group`, made if it is new. Supertypes named by canonical
  /// id must be alive (the caller holds their groups). Subtyping is not checked here: the front end
  /// does it, on the canonical types.
  RecGroupRef intern(std::span<const SubType> group);
  /// The canonical group of one final function type without supertypes (host functions, C API).
  RecGroupRef intern(const FuncType& type);
  /// Number of live groups; tests use it to see that nothing leaks.
  [[nodiscard]] std::size_t live_groups() const;

  struct Impl;  // opaque; named by the deleter of groups

 private:
  std::shared_ptr<Impl> impl_;  // shared with the groups, which unregister themselves
};

/// Looks up defined types by canonical id; a module's own table, or a store's.
class TypeSource {
 public:
  virtual ~TypeSource() = default;
  /// The type with that id, which must be one this source knows.
  [[nodiscard]] virtual const CanonType& type_by_id(std::uint64_t id) const = 0;
};

/// Spec 3.0 §3.3 "Matching": whether `sub` matches `super`. Only when both are concrete and differ
/// is `types` asked.
bool heap_matches(const TypeSource& types, HeapType sub, HeapType super);
bool matches(const TypeSource& types, ValType sub, ValType super);

/// The top of the hierarchy a heap type belongs to: Any, Func, Extern or Exn.
HeapKind heap_top(HeapKind kind);

}  // namespace wasmrt
