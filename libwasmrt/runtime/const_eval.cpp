// Constant expressions: the resolved forms directly, the rest by a small stack machine.
#include "libwasmrt/runtime/const_eval.h"

#include <cstdlib>
#include <cstring>
#include <vector>

namespace wasmrt::rt {

namespace {

/// Reads immediates of bytes that were validated before.
class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> bytes) : at_(bytes.data()) {}
  std::uint8_t byte() { return *at_++; }
  std::uint64_t unsigned_leb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t b = byte();
      value |= std::uint64_t{b & 0x7Fu} << shift;
      if ((b & 0x80) == 0) return value;
    }
  }
  std::int64_t signed_leb() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;;) {
      const std::uint8_t b = byte();
      value |= std::uint64_t{b & 0x7Fu} << shift;
      shift += 7;
      if ((b & 0x80) != 0) continue;
      if ((b & 0x40) != 0 && shift < 64) value |= ~std::uint64_t{0} << shift;
      return static_cast<std::int64_t>(value);
    }
  }
  template <class T>
  T fixed() {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(T{byte()} << (8 * i));
    return value;
  }

 private:
  const std::uint8_t* at_;
};

struct Word {
  std::uint64_t lo = 0;
  std::uint64_t hi = 0;
};

std::uint64_t func_word(const Instance& instance, std::uint64_t index) {
  return reinterpret_cast<std::uint64_t>(instance.func_words[static_cast<std::size_t>(index)]);
}

Word evaluate_bytes(const Instance& instance, std::span<const std::uint8_t> code) {
  Bytes in(code);
  std::vector<Word> stack;
  const auto pop = [&] {
    const Word w = stack.back();
    stack.pop_back();
    return w.lo;
  };
  const auto binary = [&](bool wide, auto op) {
    const std::uint64_t b = pop();
    const std::uint64_t r = op(pop(), b);
    stack.push_back({wide ? r : static_cast<std::uint32_t>(r), 0});
  };
  const auto add = [](std::uint64_t a, std::uint64_t b) { return a + b; };
  const auto sub = [](std::uint64_t a, std::uint64_t b) { return a - b; };
  const auto mul = [](std::uint64_t a, std::uint64_t b) { return a * b; };
  for (;;) {
    switch (in.byte()) {
      case 0x0B: return stack.back();  // end
      case 0x23: {                     // global.get
        const VmGlobal& g = *instance.global_words[static_cast<std::size_t>(in.unsigned_leb())];
        stack.push_back({g.words[0], g.words[1]});
        break;
      }
      case 0x41: stack.push_back({static_cast<std::uint32_t>(in.signed_leb()), 0}); break;
      case 0x42: stack.push_back({static_cast<std::uint64_t>(in.signed_leb()), 0}); break;
      case 0x43: stack.push_back({in.fixed<std::uint32_t>(), 0}); break;
      case 0x44: stack.push_back({in.fixed<std::uint64_t>(), 0}); break;
      case 0x6A: binary(false, add); break;
      case 0x6B: binary(false, sub); break;
      case 0x6C: binary(false, mul); break;
      case 0x7C: binary(true, add); break;
      case 0x7D: binary(true, sub); break;
      case 0x7E: binary(true, mul); break;
      case 0xD0:  // ref.null
        in.signed_leb();
        stack.push_back({});
        break;
      case 0xD2: stack.push_back({func_word(instance, in.unsigned_leb()), 0}); break;
      case 0xFD: {  // v128.const
        in.unsigned_leb();
        const auto lo = in.fixed<std::uint64_t>();
        stack.push_back({lo, in.fixed<std::uint64_t>()});
        break;
      }
      default: std::abort();  // validation and Module::not_executable let nothing else through
    }
  }
}

}  // namespace

void evaluate(const Instance& instance, const ConstExpr& expr, std::uint64_t* words) {
  switch (expr.form) {
    case ConstExpr::Form::I32: words[0] = static_cast<std::uint32_t>(expr.value); return;
    case ConstExpr::Form::I64:
    case ConstExpr::Form::F32:
    case ConstExpr::Form::F64: words[0] = expr.value; return;
    case ConstExpr::Form::RefNull: words[0] = 0; return;
    case ConstExpr::Form::RefFunc: words[0] = func_word(instance, expr.value); return;
    case ConstExpr::Form::GlobalGet: {
      const VmGlobal& g = *instance.global_words[static_cast<std::size_t>(expr.value)];
      words[0] = g.words[0];
      if (expr.type.is_vec()) words[1] = g.words[1];
      return;
    }
    case ConstExpr::Form::General: {
      const Word w = evaluate_bytes(instance, expr.bytes());
      words[0] = w.lo;
      if (expr.type.is_vec()) words[1] = w.hi;
      return;
    }
  }
}

}  // namespace wasmrt::rt
