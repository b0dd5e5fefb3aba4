// Bitset: a set of small integers whose bound is known at run time.
//
// Operations on whole sets work on 64 bits at a time; the binary ones expect equal sizes. An index
// is below size().
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "libwasmrt/base/assert.h"

namespace wasmrt {

class Bitset {
 public:
  Bitset() = default;
  explicit Bitset(std::size_t size) { resize(size); }

  [[nodiscard]] std::size_t size() const { return size_; }

  /// Changes the bound; new bits are 0.
  void resize(std::size_t size) {
    words_.resize((size + 63) / 64);
    if (size < size_ && size % 64 != 0) words_.back() &= (std::uint64_t{1} << (size % 64)) - 1;
    size_ = size;
  }

  [[nodiscard]] bool test(std::size_t i) const {
    WASMRT_DEBUG_ASSERT(i < size_, "bit index out of range");
    return (words_[i / 64] >> (i % 64) & 1) != 0;
  }
  void set(std::size_t i) {
    WASMRT_DEBUG_ASSERT(i < size_, "bit index out of range");
    words_[i / 64] |= std::uint64_t{1} << (i % 64);
  }
  void reset(std::size_t i) {
    WASMRT_DEBUG_ASSERT(i < size_, "bit index out of range");
    words_[i / 64] &= ~(std::uint64_t{1} << (i % 64));
  }
  /// Sets bit i and tells whether it was clear.
  bool insert(std::size_t i) {
    const bool added = !test(i);
    set(i);
    return added;
  }
  void clear() { words_.assign(words_.size(), 0); }

  [[nodiscard]] std::size_t count() const {
    std::size_t n = 0;
    for (std::uint64_t w : words_) n += static_cast<std::size_t>(std::popcount(w));
    return n;
  }
  [[nodiscard]] bool none() const {
    for (std::uint64_t w : words_) {
      if (w != 0) return false;
    }
    return true;
  }

  /// Adds the other set; true when that changed this one (the step of a fixed point).
  bool unite(const Bitset& other) {
    WASMRT_DEBUG_ASSERT(size_ == other.size_, "sets of different bounds");
    std::uint64_t changed = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const std::uint64_t merged = words_[i] | other.words_[i];
      changed |= merged ^ words_[i];
      words_[i] = merged;
    }
    return changed != 0;
  }
  void intersect(const Bitset& other) {
    WASMRT_DEBUG_ASSERT(size_ == other.size_, "sets of different bounds");
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }
  void subtract(const Bitset& other) {
    WASMRT_DEBUG_ASSERT(size_ == other.size_, "sets of different bounds");
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
  }

  /// Calls f(index) for each member, ascending.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t w = words_[i]; w != 0; w &= w - 1) {
        f(i * 64 + static_cast<std::size_t>(std::countr_zero(w)));
      }
    }
  }

  friend bool operator==(const Bitset&, const Bitset&) = default;

 private:
  std::size_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace wasmrt
