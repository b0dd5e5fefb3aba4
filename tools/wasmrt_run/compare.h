// Two executions of the same program in step: what --engine=compare runs on.
//
// In: the two sides' host calls and ends, each from a thread of its own. Out: the same host call is
// carried out once, by the leader, and its results and what it wrote to memory are given to the
// follower. Guaranteed: before a host call and at the end both sides wait for each other, and name,
// arguments, memories, globals and tables are compared, exported or not; at the first difference
// the process ends with kDiffers and says what differs. Where a side ends by what ends the engines
// at different points by design (a deadline, a full stack), the process ends as for that trap and
// says that nothing more was compared.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wasmrt/wasmrt.hpp>

namespace wasmrt::tools {

/// Exit code when the engines differ.
inline constexpr int kDiffers = 3;

/// What one side does next.
struct Step {
  std::string what;  ///< "calls NAME", "ends".
  std::string detail;
  std::vector<Extern> state;  ///< Of instances, as Instance::state.
  /// The trap that ended this side, where that says nothing about the other one.
  TrapKind cut_short = TrapKind::None;
};

/// Text of the first difference of two steps; empty when there is none. A NaN is like another.
std::string difference(const Step& leader, const Step& follower);

/// Whether a trap comes at another point in each engine.
bool differs_by_design(TrapKind kind);
/// Values as the comparison sees them.
std::string values_text(std::span<const ValType> types, std::span<const std::uint64_t> slots);
/// An error as the comparison sees it: a trap by its kind and its frames.
std::string error_text(const Error& error);

class Lockstep {
 public:
  class Side final : public HostCallObserver {
   public:
    Side(Lockstep& pair, bool leads) : pair_(pair), leads_(leads) {}
    Result<void> host_call(Caller& caller, std::string_view name, const FuncType& type,
                           std::span<std::uint64_t> slots,
                           const std::function<Result<void>()>& proceed) override;
    /// The program has ended on this side.
    void end(std::string how, TrapKind trap, const std::vector<Instance>& instances);
    [[nodiscard]] bool leads() const { return leads_; }

   private:
    Lockstep& pair_;
    const bool leads_;
  };

  Lockstep() : leader_(*this, true), follower_(*this, false) {}
  Side& leader() { return leader_; }
  Side& follower() { return follower_; }

 private:
  void meet(bool leads, const Step& step);
  void wait_for_other();

  Side leader_, follower_;
  std::mutex mutex_;
  std::condition_variable changed_;
  const Step* steps_[2] = {nullptr, nullptr};
  std::uint64_t meetings_ = 0;
  unsigned waiting_ = 0;
  std::uint64_t calls_ = 0;
  // What the leader's call gave.
  std::span<const std::uint64_t> results_;
  const Result<void>* outcome_ = nullptr;
};

}  // namespace wasmrt::tools
