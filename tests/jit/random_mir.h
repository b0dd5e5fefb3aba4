// Random functions in machine form for a machine of few registers, to try register allocation on.
//
// In: a seed. Out: a valid MFunc with nested loops and branches, block parameters, calls, and
// operands of all constraints, more values than registers, and no more operands per instruction
// than registers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "jit/lower/mir.h"
#include "jit/target.h"

namespace wasmrt::test {

/// Six integer and five vector registers; a call keeps two and none of them.
const jit::Target& toy_target();

class RandomMir {
 public:
  RandomMir(std::uint32_t seed, unsigned size) : random_(seed), left_(size) {}
  jit::MFunc make();

 private:
  using VReg = jit::VReg;

  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  bool chance(unsigned percent) { return below(100) < percent; }
  VReg fresh(jit::RegClass cls);
  VReg any(jit::RegClass cls);
  jit::RegClass any_class() { return chance(75) ? jit::RegClass::Int : jit::RegClass::Vec; }

  template <class T>
  void append(jit::Slice<T>& list, const T& item) {
    const std::span<T> longer = m_.lists->make<T>(list.size() + 1);
    std::copy(list.begin(), list.end(), longer.begin());
    longer.back() = item;
    list = longer;
  }
  std::uint32_t new_block();
  void start(std::uint32_t block);
  jit::MInst& inst(std::uint16_t op, const std::vector<jit::MOperand>& operands);
  void jump(std::uint32_t to, const std::vector<VReg>& args);
  void branch(std::uint32_t then, std::uint32_t otherwise);
  std::vector<VReg> params(std::uint32_t block, unsigned count);
  std::vector<VReg> args_for(std::uint32_t block);

  void region(unsigned depth);
  void straight();
  void plain();
  void tied();
  void constant();
  void call();
  void choice(unsigned depth);
  void loop(unsigned depth);

  std::minstd_rand random_;
  unsigned left_;  // instructions still to make
  jit::MFunc m_;
  std::uint32_t block_ = 0;
  std::vector<VReg> values_[2];       // by class: what is defined on all ways to here
  std::vector<std::uint32_t> loops_;  // headers of the open loops
};

}  // namespace wasmrt::test
