// The meeting of two threads, what they compare, and how the follower gets what the leader got.
#include "tools/wasmrt_run/compare.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace wasmrt::tools {

namespace {

constexpr std::size_t kPiece = 4096;

std::string hex(std::uint64_t bits) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(bits));
  return text;
}

/// Copies the pieces that differ.
void copy_differences(std::span<const std::uint8_t> from, std::span<std::uint8_t> to) {
  const std::size_t size = std::min(from.size(), to.size());
  for (std::size_t at = 0; at < size; at += kPiece) {
    const std::size_t n = std::min(kPiece, size - at);
    if (std::memcmp(from.data() + at, to.data() + at, n) != 0) {
      std::memcpy(to.data() + at, from.data() + at, n);
    }
  }
}

}  // namespace

std::string values_text(std::span<const ValType> types, std::span<const std::uint64_t> slots) {
  std::string text;
  const std::uint64_t* at = slots.data();
  for (const ValType type : types) {
    const Value value = Value::from_slots(type, at);
    at += type.slots();
    if (!text.empty()) text += ", ";
    if (type.is_ref()) {
      text += value.is_null() ? "null" : "a reference";
    } else if ((type == kF32 && value.f32() != value.f32()) ||
               (type == kF64 && value.f64() != value.f64())) {
      text += "nan";
    } else {
      text += to_string(value);
    }
  }
  return text;
}

std::string error_text(const Error& error) {
  if (error.trap() == nullptr) {
    return "with " + error.message + ", exit code " + std::to_string(error.exit_code);
  }
  std::string text = "with the trap " + std::string(trap_kind_name(error.trap()->kind()));
  for (const TrapFrame& frame : error.trap()->frames()) {
    text += "\n    in function " + std::to_string(frame.func_index) +
            (frame.function.empty() ? "" : " " + frame.function) + " at " + hex(frame.offset);
  }
  return text;
}

std::vector<std::pair<std::string, Memory>> memories_of(const Instance& instance) {
  std::vector<std::pair<std::string, Memory>> memories;
  for (const ExportType& item : instance.exports()) {
    if (const auto memory = instance.get_memory(item.name)) {
      memories.emplace_back(item.name, *memory);
    }
  }
  return memories;
}

std::string difference(const Step& leader, const Step& follower) {
  if (leader.what != follower.what || leader.detail != follower.detail) {
    return "  one " + leader.what + " " + leader.detail + "\n  the other " + follower.what + " " +
           follower.detail + "\n";
  }
  for (std::size_t n = 0; n < std::min(leader.memories.size(), follower.memories.size()); ++n) {
    const std::span<const std::uint8_t> a = leader.memories[n].second.data();
    const std::span<const std::uint8_t> b = follower.memories[n].second.data();
    const std::string name = "memory " + leader.memories[n].first;
    if (a.size() != b.size()) {
      return "  " + name + " has " + std::to_string(a.size()) + " and " + std::to_string(b.size()) +
             " bytes\n";
    }
    if (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0) continue;
    const auto at =
        static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
    return "  " + name + " at " + hex(at) + ": " + hex(a[at]) + " and " + hex(b[at]) + "\n";
  }
  return {};
}

/// Waits until both sides are here.
void Lockstep::wait_for_other() {
  std::unique_lock lock(mutex_);
  const std::uint64_t meeting = meetings_;
  if (++waiting_ == 2) {
    waiting_ = 0;
    ++meetings_;
    changed_.notify_all();
    return;
  }
  changed_.wait(lock, [&] { return meetings_ != meeting; });
}

void Lockstep::meet(bool leads, const Step& step) {
  {
    const std::lock_guard lock(mutex_);
    steps_[leads ? 0 : 1] = &step;
  }
  wait_for_other();
  if (leads) {
    const std::string differs = difference(*steps_[0], *steps_[1]);
    if (!differs.empty()) {
      std::fflush(stdout);
      std::fprintf(stderr, "wasmrt-run: interp and jit differ after %llu host calls:\n%s",
                   static_cast<unsigned long long>(calls_), differs.c_str());
      std::fflush(stderr);
      std::_Exit(kDiffers);
    }
    ++calls_;
  }
  wait_for_other();  // nobody goes on, and no memory changes, before that is known
}

Result<void> Lockstep::Side::host_call(Caller& caller, std::string_view name, const FuncType& type,
                                       std::span<std::uint64_t> slots,
                                       const std::function<Result<void>()>& proceed) {
  Step step{"calls", std::string(name) + " (" + values_text(type.params, slots) + ")", {}};
  if (const std::optional<Instance> instance = caller.instance()) {
    step.memories = memories_of(*instance);
  }
  pair_.meet(leads_, step);
  if (leads_) {
    Result<void> outcome = proceed();
    pair_.results_ = slots;
    pair_.outcome_ = &outcome;
    pair_.wait_for_other();  // to be taken
    pair_.wait_for_other();  // taken
    return outcome;
  }
  pair_.wait_for_other();
  Result<void> outcome;
  if (!*pair_.outcome_) outcome = Error(pair_.outcome_->error());
  std::copy(pair_.results_.begin(), pair_.results_.end(), slots.begin());
  const auto& theirs = pair_.steps_[0]->memories;
  for (std::size_t n = 0; n < std::min(theirs.size(), step.memories.size()); ++n) {
    copy_differences(theirs[n].second.data(), step.memories[n].second.data());
  }
  pair_.wait_for_other();
  return outcome;
}

void Lockstep::Side::end(std::string how, const std::optional<Instance>& instance) {
  Step step{"ends", std::move(how), {}};
  if (instance) step.memories = memories_of(*instance);
  pair_.meet(leads_, step);
}

}  // namespace wasmrt::tools
