// What an engine has compiled: equal bytes are compiled once and shared, also when several threads
// ask at the same time.
//
// In: the bytes of a module. Out: its code if it is alive, else the right to make it. Guaranteed:
// bytes are compared in full; the table keeps nothing alive; while one thread makes a module,
// others that want the same one wait, and should it fail, each finds out for itself.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include <wasmrt/module.hpp>

#include "libwasmrt/frontend/module.h"

namespace wasmrt::rt {

class CodeSource;

/// What modules of equal bytes have in common.
struct CompiledCode {
  std::shared_ptr<const DecodedModule> decoded;
  std::shared_ptr<CodeSource> code;
  ModuleStats stats;
};

class CodeTable {
 public:
  /// The right to make a module. Ends with `done`, or with the object, when making it failed.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket();
    void done(const std::shared_ptr<const CompiledCode>& made);

   private:
    friend class CodeTable;
    CodeTable* table_ = nullptr;
    std::uint64_t key_ = 0;
    const void* bytes_ = nullptr;
  };

  /// The code of a module with these bytes; or null, and the caller has to make it: `ticket` is set
  /// and `copy` holds the bytes.
  std::shared_ptr<const CompiledCode> find_or_begin(std::span<const std::uint8_t> bytes,
                                                    SharedBytes& copy, Ticket& ticket);

 private:
  struct Entry {
    SharedBytes being_made;  // until it is done
    std::weak_ptr<const CompiledCode> made;
    /// os::fork_generation() of who makes it: who was left behind by a fork does not.
    std::uint64_t generation = 0;
  };
  void end(std::uint64_t key, const void* bytes, const std::shared_ptr<const CompiledCode>& made);
  void sweep();

  std::mutex mutex_;
  std::condition_variable ended_;
  std::unordered_multimap<std::uint64_t, Entry> entries_;
  std::size_t sweep_at_ = 16;
};

}  // namespace wasmrt::rt
