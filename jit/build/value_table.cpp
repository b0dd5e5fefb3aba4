// A chained hash table whose entries lie in order of insertion, so that a scope is a length.
#include "jit/build/value_table.h"

namespace wasmrt::jit {

void ValueTable::clear() {
  entries_.clear();
  buckets_.assign(256, kEnd);
  forgotten_ = 0;
}

ValueTable::Key ValueTable::key(const ir::Inst& i, std::uint32_t version) {
  Key k;
  k.head = static_cast<std::uint64_t>(i.op) | static_cast<std::uint64_t>(i.type) << 8 |
           static_cast<std::uint64_t>(i.aux_type) << 16 | std::uint64_t{i.lane} << 24 |
           std::uint64_t{i.aux} << 32 | std::uint64_t{i.mem} << 48;
  k.args = i.args[0] | std::uint64_t{i.args[1]} << 32;
  k.extra = i.args[2] | std::uint64_t{version} << 32;
  k.imm = i.imm;
  std::uint64_t h = k.head * 0x9E3779B97F4A7C15u;
  h = (h ^ (h >> 29) ^ k.args) * 0xBF58476D1CE4E5B9u;
  h = (h ^ (h >> 31) ^ k.extra) * 0x94D049BB133111EBu;
  h = (h ^ (h >> 30) ^ k.imm) * 0x9E3779B97F4A7C15u;
  k.hash = h ^ (h >> 32);
  return k;
}

ir::ValueId ValueTable::find(const Key& key) const {
  std::uint32_t e = buckets_[key.hash & (buckets_.size() - 1)];
  for (; e != kEnd; e = entries_[e].next) {
    if (entries_[e].key == key) return entries_[e].value;
  }
  return ir::kNoValue;
}

void ValueTable::insert(const Key& key, ir::ValueId value) {
  if (entries_.size() >= kMost) forget();
  if (entries_.size() >= buckets_.size()) grow();
  const auto bucket = static_cast<std::uint32_t>(key.hash & (buckets_.size() - 1));
  entries_.push_back({key, value, buckets_[bucket], bucket});
  buckets_[bucket] = static_cast<std::uint32_t>(entries_.size() - 1);
}

void ValueTable::forget() {
  forgotten_ += static_cast<std::uint32_t>(entries_.size());
  entries_.clear();
  buckets_.assign(256, kEnd);
}

void ValueTable::leave(std::uint32_t scope) {
  const std::uint32_t kept = scope > forgotten_ ? scope - forgotten_ : 0;
  while (entries_.size() > kept) {
    buckets_[entries_.back().bucket] = entries_.back().next;
    entries_.pop_back();
  }
}

void ValueTable::grow() {
  buckets_.assign(buckets_.size() * 4, kEnd);
  for (std::uint32_t e = 0; e < entries_.size(); ++e) {
    Entry& entry = entries_[e];
    entry.bucket = static_cast<std::uint32_t>(entry.key.hash & (buckets_.size() - 1));
    entry.next = buckets_[entry.bucket];
    buckets_[entry.bucket] = e;
  }
}

}  // namespace wasmrt::jit
