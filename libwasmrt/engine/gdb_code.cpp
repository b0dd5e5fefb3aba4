// The two names and the records are those of the GDB manual, "JIT Compilation Interface": a
// debugger puts a breakpoint on the function and then reads the variable.
#include "libwasmrt/engine/gdb_code.h"

#include <mutex>

extern "C" {

struct JitCodeEntry {  // struct jit_code_entry
  JitCodeEntry* next;
  JitCodeEntry* previous;
  const std::uint8_t* file;
  std::uint64_t file_bytes;
};

struct JitDescriptor {  // struct jit_descriptor
  std::uint32_t version;
  std::uint32_t action;  // 1: `relevant` was added; 2: it is being removed
  JitCodeEntry* relevant;
  JitCodeEntry* first;
};

__attribute__((visibility("default"))) extern JitDescriptor __jit_debug_descriptor;
__attribute__((visibility("default"))) void __jit_debug_register_code();

JitDescriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};
__attribute__((noinline, used)) void __jit_debug_register_code() { asm volatile("" ::: "memory"); }
}

namespace wasmrt::engine {

namespace {

std::mutex& list_mutex() {
  static auto* mutex = new std::mutex;  // code goes away after static destruction
  return *mutex;
}

void tell(std::uint32_t action, JitCodeEntry* entry) {
  __jit_debug_descriptor.relevant = entry;
  __jit_debug_descriptor.action = action;
  __jit_debug_register_code();
  __jit_debug_descriptor.action = 0;
}

}  // namespace

struct GdbCode::Entry : JitCodeEntry {};

GdbCode::GdbCode(const jit::Target& target, const std::uint8_t* base, std::size_t bytes,
                 std::span<const DebugSymbol> symbols, std::span<const FrameStep> steps)
    : elf_(make_debug_elf(target, base, bytes, symbols, steps)), entry_(std::make_unique<Entry>()) {
  entry_->file = elf_.data();
  entry_->file_bytes = elf_.size();
  const std::lock_guard lock(list_mutex());
  entry_->previous = nullptr;
  entry_->next = __jit_debug_descriptor.first;
  if (entry_->next != nullptr) entry_->next->previous = entry_.get();
  __jit_debug_descriptor.first = entry_.get();
  tell(1, entry_.get());
}

GdbCode::~GdbCode() {
  const std::lock_guard lock(list_mutex());
  (entry_->previous != nullptr ? entry_->previous->next : __jit_debug_descriptor.first) =
      entry_->next;
  if (entry_->next != nullptr) entry_->next->previous = entry_->previous;
  tell(2, entry_.get());
}

}  // namespace wasmrt::engine
