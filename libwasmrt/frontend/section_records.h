// What decoding the code and data sections yields: one small record per function or segment.
//
// Programs have both by the ten thousands, and finding them means a look at each, spread over the
// whole module: most of what starting a module costs that is known already. So records are
// position-independent and without padding: the code cache keeps them as they are, and a module
// from there uses them where they lie (engine/cache_format.h). Immutable once the module is
// decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "libwasmrt/wasm/types.h"

namespace wasmrt {

/// The code of one function: locals declarations and instructions, as they stand.
struct FuncBody {
  std::uint32_t offset = 0;  ///< In the module: of the first byte after the size field.
  std::uint32_t size = 0;
};

struct DataSegment {
  enum class Kind : std::uint16_t {
    Passive,
    Placed,    ///< Goes to `offset`, a constant of the module.
    Computed,  ///< Goes to where DecodedModule::data_offsets[offset] says.
  };
  std::uint32_t begin = 0;  ///< Of its bytes, in the module.
  std::uint32_t size = 0;
  std::uint32_t offset = 0;
  std::uint16_t memory = 0;  ///< MemIdx, unless it is passive.
  Kind kind = Kind::Passive;

  [[nodiscard]] bool is_active() const { return kind != Kind::Passive; }
};

/// Records as a file holds them.
struct SectionRecords {
  std::span<const FuncBody> bodies;
  std::span<const DataSegment> datas;  ///< None of them Computed; empty when one was.
};

/// Records of a module: made one by one, or lying where the module's bytes lie.
template <class T>
class Records {
  static_assert(std::has_unique_object_representations_v<T> && std::is_trivially_copyable_v<T>);

 public:
  Records() = default;
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  void reserve(std::size_t count) { own_.reserve(count); }
  void push_back(const T& item) {
    own_.push_back(item);
    all_ = own_;
  }
  /// Takes records that whoever keeps the module's bytes keeps.
  void refer_to(std::span<const T> items) { all_ = items; }

  [[nodiscard]] std::span<const T> all() const { return all_; }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] const T& operator[](std::size_t i) const { return all_[i]; }
  [[nodiscard]] auto begin() const { return all_.begin(); }
  [[nodiscard]] auto end() const { return all_.end(); }

 private:
  std::vector<T> own_;
  std::span<const T> all_;
};

}  // namespace wasmrt
