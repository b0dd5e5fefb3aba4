// Linear memories: where their bytes lie and how they grow.
//
// A guarded memory takes a slot of the engine's pool and never moves; any other one gets address
// space for as much as it may become where that is affordable, and else moves when it grows.
#pragma once

#include <cstdint>
#include <vector>

#include <wasmrt/memory.hpp>

#include "libwasmrt/abi/vmctx.h"
#include "libwasmrt/runtime/object.h"
#include "libwasmrt/runtime/store_state.h"

namespace wasmrt::rt {

class Memory final : public detail::Object {
 public:
  /// A memory of type.limits.min pages; `limits` are those of engine, store, module and instance.
  /// Errors: Limit (instantiation error), Internal.
  static Result<Ref<Memory>> create(Store& store, const MemoryType& type,
                                    const ResourceLimits& limits);

  [[nodiscard]] Store& store() const { return store_; }
  [[nodiscard]] MemoryType type() const;
  [[nodiscard]] VmMemory& vm() { return vm_; }
  [[nodiscard]] std::uint64_t bytes() const { return vm_.bytes; }
  [[nodiscard]] std::uint64_t pages() const { return vm_.bytes >> type_.page_size_log2; }
  [[nodiscard]] bool fixed() const { return vm_.reserved != 0; }

  /// Adds pages. The old size in pages, or ~0 when a limit or the system forbids it.
  std::uint64_t grow(std::uint64_t delta_pages);

  /// Instances for which this is memory 0 keep copies of base and size, which grow refreshes.
  void add_user(Vmctx* ctx);
  void remove_user(Vmctx* ctx);

 private:
  Memory(Store& store, const MemoryType& type);
  ~Memory() override;
  /// Makes room for `bytes` in place or elsewhere; false when there is none.
  bool make_room(std::uint64_t bytes);

  Store& store_;
  MemoryType type_;
  VmMemory vm_;
  std::uint64_t max_bytes_ = 0;  ///< By type and limits.
  std::uint64_t committed_ = 0;  ///< Bytes with access.
  std::uint64_t capacity_ = 0;   ///< Bytes of address space.
  bool pooled_ = false;
  std::vector<Vmctx*> users_;
};

}  // namespace wasmrt::rt
