// The table of an engine's code: found by a sample of the bytes, told apart by all of them.
#include "libwasmrt/runtime/code_table.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "sys/os/thread.h"

namespace wasmrt::rt {

namespace {

/// Cheap for any size; that others can have the same key only costs a comparison.
std::uint64_t key_of(std::span<const std::uint8_t> bytes) {
  std::uint64_t key = bytes.size() * 0x9E3779B97F4A7C15u;
  const auto add = [&key](std::uint64_t word) {
    key = (key ^ word) * 0xFF51AFD7ED558CCDu;
    key ^= key >> 32;
  };
  // Some cache lines evenly spread, of a small module all: each costs a large module that is mapped
  // from a file the fault of its page.
  constexpr std::size_t kLines = 16;
  constexpr std::size_t kLineWords = 8;
  const std::size_t words = bytes.size() / 8;
  const std::size_t lines = std::min(kLines, (words + kLineWords - 1) / kLineWords);
  for (std::size_t line = 0; line < lines; ++line) {
    const std::size_t first = line * words / lines;
    for (std::size_t n = first; n < std::min(first + kLineWords, words); ++n) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + 8 * n, 8);
      add(word);
    }
  }
  std::uint64_t tail = 0;
  if (bytes.size() >= 8) {
    std::memcpy(&tail, bytes.data() + bytes.size() - 8, 8);
  } else if (!bytes.empty()) {
    std::memcpy(&tail, bytes.data(), bytes.size());
  }
  add(tail);
  return key;
}

bool equal(std::span<const std::uint8_t> a, const ModuleBytes& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace

CodeTable::Ticket::Ticket(Ticket&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)), key_(other.key_), bytes_(other.bytes_) {}

CodeTable::Ticket::~Ticket() {
  if (table_ != nullptr) table_->end(key_, bytes_, nullptr);
}

void CodeTable::Ticket::done(const std::shared_ptr<const CompiledCode>& made) {
  std::exchange(table_, nullptr)->end(key_, bytes_, made);
}

std::shared_ptr<const CompiledCode> CodeTable::find_or_begin(std::span<const std::uint8_t> bytes,
                                                             SharedBytes& copy, Ticket& ticket) {
  const std::uint64_t key = key_of(bytes);
  const std::uint64_t generation = os::fork_generation();
  // Others of the same key: the last reference may be ours by now, and ending a module takes time.
  std::vector<std::shared_ptr<const CompiledCode>> others;
  std::unique_lock lock(mutex_);
  for (;;) {
    bool wait = false;
    const auto [begin, end] = entries_.equal_range(key);
    for (auto at = begin; at != end && !wait; ++at) {
      const Entry& entry = at->second;
      if (entry.being_made != nullptr) {
        wait = entry.generation == generation && equal(bytes, *entry.being_made);
      } else if (auto made = entry.made.lock(); made != nullptr) {
        if (equal(bytes, *made->decoded->bytes)) return made;
        others.push_back(std::move(made));
      }
    }
    if (!wait) break;
    ended_.wait(lock);
  }
  if (entries_.size() >= sweep_at_) sweep();
  if (copy == nullptr) {
    copy = share_bytes(bytes);
  }
  entries_.emplace(key, Entry{copy, {}, generation});
  ticket.table_ = this;
  ticket.key_ = key;
  ticket.bytes_ = copy.get();
  return nullptr;
}

void CodeTable::end(std::uint64_t key, const void* bytes,
                    const std::shared_ptr<const CompiledCode>& made) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = entries_.equal_range(key);
  const auto at = std::find_if(
      begin, end, [bytes](const auto& e) { return e.second.being_made.get() == bytes; });
  if (made == nullptr) {
    entries_.erase(at);
  } else {
    at->second = {nullptr, made, 0};
  }
  ended_.notify_all();
}

void CodeTable::sweep() {
  std::erase_if(entries_, [](const auto& e) {
    return e.second.being_made == nullptr && e.second.made.expired();
  });
  sweep_at_ = std::max<std::size_t>(16, 2 * entries_.size());
}

}  // namespace wasmrt::rt
