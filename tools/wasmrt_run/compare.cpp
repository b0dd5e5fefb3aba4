// The meeting of two threads, what they compare, and how the follower gets what the leader got.
#include "tools/wasmrt_run/compare.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tools/wasmrt_run/options.h"

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

bool differs_by_design(TrapKind kind) {
  return kind == TrapKind::DeadlineExceeded || kind == TrapKind::CallStackExhausted;
}

namespace {

std::string value_text(const Value& value) {
  std::uint64_t slots[2] = {};
  value.to_slots(slots);
  const ValType type = value.type();
  return values_text({&type, 1}, slots);
}

/// Whether two values have one text, as far as their bits tell; different NaNs have one, too.
bool same_bits(const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  if (a.type().is_ref()) return a.is_null() == b.is_null();
  std::uint64_t one[2] = {}, other[2] = {};
  a.to_slots(one);
  b.to_slots(other);
  return one[0] == other[0] && one[1] == other[1];
}

/// "  WHAT: A and B", where they differ.
std::string unlike(const std::string& what, const std::string& a, const std::string& b) {
  return a == b ? std::string() : "  " + what + ": " + a + " and " + b + "\n";
}

std::string difference(const std::string& name, const Memory& one, const Memory& other) {
  const std::span<const std::uint8_t> a = one.data();
  const std::span<const std::uint8_t> b = other.data();
  if (a.size() != b.size()) {
    return "  " + name + " has " + std::to_string(a.size()) + " and " + std::to_string(b.size()) +
           " bytes\n";
  }
  if (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0) return {};
  const auto at =
      static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  return unlike(name + " at " + hex(at), hex(a[at]), hex(b[at]));
}

std::string difference(const std::string& name, const Table& one, const Table& other) {
  if (one.size() != other.size()) {
    return "  " + name + " has " + std::to_string(one.size()) + " and " +
           std::to_string(other.size()) + " elements\n";
  }
  for (std::uint64_t n = 0; n < one.size(); ++n) {
    const Result<Value> a = one.get(n), b = other.get(n);
    // Texts are dear: this is every element, at every call of the host.
    if (!a || !b || same_bits(*a, *b)) continue;
    std::string differs = unlike(name + " at " + std::to_string(n), value_text(*a), value_text(*b));
    if (!differs.empty()) return differs;
  }
  return {};
}

/// Of the state of two instances.
std::string difference(const std::vector<Extern>& one, const std::vector<Extern>& other) {
  std::size_t numbers[std::variant_size_v<Extern>] = {};
  for (std::size_t n = 0; n < std::min(one.size(), other.size()); ++n) {
    const Extern& a = one[n];
    const Extern& b = other[n];
    if (a.index() != b.index()) break;
    const std::string number = " " + std::to_string(numbers[a.index()]++);
    std::string differs;
    if (const auto* memory = std::get_if<Memory>(&a)) {
      differs = difference("memory" + number, *memory, std::get<Memory>(b));
    } else if (const auto* table = std::get_if<Table>(&a)) {
      differs = difference("table" + number, *table, std::get<Table>(b));
    } else if (const auto* global = std::get_if<Global>(&a)) {
      const Value one_value = global->get(), other_value = std::get<Global>(b).get();
      if (same_bits(one_value, other_value)) continue;
      differs = unlike("global" + number, value_text(one_value), value_text(other_value));
    }
    if (!differs.empty()) return differs;
  }
  return {};
}

}  // namespace

std::string difference(const Step& leader, const Step& follower) {
  if (leader.what != follower.what || leader.detail != follower.detail) {
    return "  one " + leader.what + " " + leader.detail + "\n  the other " + follower.what + " " +
           follower.detail + "\n";
  }
  return difference(leader.state, follower.state);
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
    for (const Step* side : steps_) {
      if (side->cut_short == TrapKind::None) continue;
      std::string kind(trap_kind_name(side->cut_short));
      std::replace(kind.begin(), kind.end(), '-', ' ');
      std::fflush(stdout);
      std::fprintf(stderr,
                   "wasmrt-run: %s: %s, which ends engines at different points: they agree on "
                   "%llu host calls, nothing behind these was compared\n",
                   side == steps_[0] ? "interp" : "jit", kind.c_str(),
                   static_cast<unsigned long long>(calls_));
      std::fflush(stderr);
      std::_Exit(kTrapped);
    }
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
  if (const std::optional<Instance> instance = caller.instance()) step.state = instance->state();
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
  const std::vector<Extern>& theirs = pair_.steps_[0]->state;
  for (std::size_t n = 0; n < std::min(theirs.size(), step.state.size()); ++n) {
    const auto* from = std::get_if<Memory>(&theirs[n]);
    const auto* to = std::get_if<Memory>(&step.state[n]);
    if (from != nullptr && to != nullptr) copy_differences(from->data(), to->data());
  }
  pair_.wait_for_other();
  return outcome;
}

void Lockstep::Side::end(std::string how, TrapKind trap, const std::vector<Instance>& instances) {
  Step step{"ends", std::move(how), {}};
  if (differs_by_design(trap)) step.cut_short = trap;
  for (const Instance& instance : instances) {
    const std::vector<Extern> state = instance.state();
    step.state.insert(step.state.end(), state.begin(), state.end());
  }
  pair_.meet(leads_, step);
}

}  // namespace wasmrt::tools
