// ResourceLimits: how much a guest may take. Given to an Engine, a Module, a Store and an instance;
// the smallest of the four counts.
#pragma once

#include <algorithm>
#include <cstdint>

namespace wasmrt {

/// Upper bounds; the default of each is "no limit of its own".
///
/// A `memory.grow` or `table.grow` past a limit returns -1 to the guest. Instantiation past one
/// fails with ErrorCode::Limit: "instantiation error: memory size exceeds limit: ..." and figures.
struct ResourceLimits {
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

  /// Size of one memory, in pages of 64 KiB. Memories with another page size are counted in bytes
  /// and compared with as many.
  std::uint64_t memory_pages = kUnlimited;
  /// Size of one table, in elements; never more than 10,000,000.
  std::uint64_t table_elements = kUnlimited;
  /// All memories of a store together, in pages of 64 KiB. Has an effect in StoreConfig and
  /// EngineConfig (there for each store).
  std::uint64_t total_memory_pages = kUnlimited;
  /// All tables of a store together, in elements. As total_memory_pages.
  std::uint64_t total_table_elements = kUnlimited;
  /// Live instances in a store. As total_memory_pages.
  std::uint64_t instances = kUnlimited;

  /// The smaller of each bound.
  [[nodiscard]] ResourceLimits min(const ResourceLimits& other) const {
    ResourceLimits r;
    r.memory_pages = std::min(memory_pages, other.memory_pages);
    r.table_elements = std::min(table_elements, other.table_elements);
    r.total_memory_pages = std::min(total_memory_pages, other.total_memory_pages);
    r.total_table_elements = std::min(total_table_elements, other.total_table_elements);
    r.instances = std::min(instances, other.instances);
    return r;
  }
};

}  // namespace wasmrt
