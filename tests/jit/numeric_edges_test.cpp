// Every scalar op as compiled code against the semantics, on edge x edge values: operands in
// registers, in memory and as constants, on either side; comparisons also where a branch, a select
// and a negation use them. For the least processor and for this one.
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "libwasmrt/wasm/opcode.h"
#include "libwasmrt/wasm/row_kinds.h"
#include "libwasmrt/wasm/semantics.h"
#include "tests/support/api.h"
#include "tests/wasm/edge_values.h"

using namespace wasmrt;
using namespace wasmrt::test;

namespace {

// ---- the oracle: slots in, slot or trap out

struct Expected {
  std::uint64_t value = 0;
  TrapKind trap = TrapKind::None;
};

template <class T>
T from_slot(std::uint64_t slot) {
  if constexpr (sizeof(T) == 4) return std::bit_cast<T>(static_cast<std::uint32_t>(slot));
  if constexpr (sizeof(T) == 8) return std::bit_cast<T>(slot);
}

template <class T>
Expected expected_of(T value) {
  if constexpr (sizeof(T) == 4) return {std::bit_cast<std::uint32_t>(value)};
  if constexpr (sizeof(T) == 8) return {std::bit_cast<std::uint64_t>(value)};
}
template <class T>
Expected expected_of(const sem::Checked<T>& checked) {
  return checked.ok() ? expected_of(checked.value) : Expected{0, checked.trap};
}

template <class R, class... A, std::size_t... n>
Expected apply_to(R (*fn)(A...), const std::uint64_t* slots, std::index_sequence<n...>) {
  return expected_of(fn(from_slot<A>(slots[n])...));
}
template <class R, class... A>
Expected apply(R (*fn)(A...), const std::uint64_t* slots) {
  return apply_to(fn, slots, std::index_sequence_for<A...>());
}

struct Row {
  Op op;
  Expected (*oracle)(const std::uint64_t*);
};

#undef ROW_Unary
#undef ROW_Binary
#undef ROW_Compare
#undef ROW_Convert
#undef ROW_Trapping
#define ROW_Unary(Name, fn) \
  {Op::Name, [](const std::uint64_t* slots) { return apply(&sem::fn, slots); }},
#define ROW_Binary(Name, fn) ROW_Unary(Name, fn)
#define ROW_Compare(Name, fn) ROW_Unary(Name, fn)
#define ROW_Convert(Name, fn) ROW_Unary(Name, fn)
#define ROW_Trapping(Name, fn) ROW_Unary(Name, fn)
constexpr Row kRows[] = {
#define OP(Name, fn, code, text, imm, sig, kind, align, feature) ROW_##kind(Name, fn)
#include "libwasmrt/wasm/opcodes.def"
#undef OP
};

// ---- operands

template <class T>
std::vector<std::uint64_t> slots_of(const std::vector<T>& values) {
  std::vector<std::uint64_t> slots;
  for (const T v : values) slots.push_back(expected_of(v).value);
  return slots;
}

const std::vector<std::uint64_t>& edges(SigType type) {
  static const std::vector<std::uint64_t> kEdges[] = {
      slots_of(edge_integers<std::uint32_t>()), slots_of(edge_integers<std::uint64_t>()),
      slots_of(edge_floats<float>()), slots_of(edge_floats<double>())};
  return kEdges[static_cast<unsigned>(type)];
}

const char* name_of(SigType type) {
  static constexpr const char* kNames[] = {"i32", "i64", "f32", "f64"};
  return kNames[static_cast<unsigned>(type)];
}

std::string constant(SigType type, std::uint64_t bits) {
  char text[64];
  if (type == SigType::I32 || type == SigType::I64) {
    std::snprintf(text, sizeof text, "(%s.const 0x%llx)", name_of(type),
                  static_cast<unsigned long long>(bits));
    return text;
  }
  const bool is_double = type == SigType::F64;
  const bool negative = (bits >> (is_double ? 63 : 31) & 1) != 0;
  const unsigned mantissa_bits = is_double ? 52 : 23;
  const std::uint64_t mantissa = bits & ((std::uint64_t{1} << mantissa_bits) - 1);
  const double value =
      is_double ? from_slot<double>(bits) : static_cast<double>(from_slot<float>(bits));
  if (value != value) {
    std::snprintf(text, sizeof text, "(%s.const %snan:0x%llx)", name_of(type), negative ? "-" : "",
                  static_cast<unsigned long long>(mantissa));
  } else if (std::isinf(value)) {
    std::snprintf(text, sizeof text, "(%s.const %sinf)", name_of(type), negative ? "-" : "");
  } else {
    std::snprintf(text, sizeof text, "(%s.const %a)", name_of(type), value);
  }
  return text;
}

/// Float arithmetic may give any quiet NaN for the oracle's.
bool same(Op op, std::uint64_t got, std::uint64_t expected) {
  if (got == expected) return true;
  const std::string_view text = op_name(op);
  for (const std::string_view exact : {"abs", "neg", "copysign", "reinterpret"}) {
    if (text.find(exact) != text.npos) return false;
  }
  switch (op_info(op).sig.results[0]) {
    case SigType::F32: {
      const auto a = from_slot<float>(got), b = from_slot<float>(expected);
      return b != b && got >> 32 == 0 && is_quiet_nan(a);
    }
    case SigType::F64: {
      const auto a = from_slot<double>(got), b = from_slot<double>(expected);
      return b != b && is_quiet_nan(a);
    }
    default: return false;
  }
}

// ---- one op

class Subject {
 public:
  Subject(const Row& row, const Engine& engine) : row_(row), sig_(op_info(row.op).sig) {
    write_module();
    instance_.emplace(must(Instance::create(Store(engine), compile(engine, text_))));
    memory_.emplace(*instance_->get_memory("memory"));
    if (op_info(row.op).kind == OpKind::Compare) {
      for (const char* form : {"branch", "select", "not"}) compares_.push_back(func(form));
    }
  }

  void run() {
    if (sig_.operand_count == 1) {
      unary();
    } else {
      binary();
    }
  }

 private:
  void function(const std::string& name, const std::string& params, const std::string& body) {
    text_ += "(func (export \"" + name + "\") " + params + " (result " + name_of(sig_.results[0]) +
             ") " + body + ")\n";
  }
  [[nodiscard]] std::string apply_to(const std::string& a, const std::string& b = "") const {
    return "(" + std::string(op_name(row_.op)) + " " + a + " " + b + ")";
  }
  static std::string param(SigType type) { return "(param " + std::string(name_of(type)) + ") "; }
  static std::string loaded(SigType type, unsigned local) {
    return "(" + std::string(name_of(type)) + ".load offset=8 (local.get " + std::to_string(local) +
           "))";
  }

  void forms_of_compare(const std::string& params, const std::string& compare) {
    function("branch", params,
             "(block (br_if 0 " + compare + ") (return (i32.const 0))) (i32.const 1)");
    function("select", params, "(select (i32.const 1) (i32.const 0) " + compare + ")");
    function("not", params,
             "(i32.xor (i32.const 1) (i32.eqz (i32.eqz (i32.eqz " + compare + "))))");
  }

  void write_module() {
    text_ = "(module (memory (export \"memory\") 1)\n";
    const SigType a = sig_.operands[0], b = sig_.operands[1];
    const std::string la = "(local.get 0)", lb = "(local.get 1)";
    if (sig_.operand_count == 1) {
      function("l", param(a), apply_to(la));
      function("m", "(param i32) ", apply_to(loaded(a, 0)));
      for (std::size_t n = 0; n < edges(a).size(); ++n) {
        function("c" + std::to_string(n), "", apply_to(constant(a, edges(a)[n])));
      }
      if (op_info(row_.op).kind == OpKind::Compare) forms_of_compare(param(a), apply_to(la));
    } else {
      const std::string both = param(a) + param(b);
      function("ll", both, apply_to(la, lb));
      // Both operands live on: nothing may be overwritten.
      function("kept", both,
               apply_to(la, lb) + " (call $use" + name_of(a) + " " + la + ") (call $use" +
                   name_of(b) + " " + lb + ")");
      function("lm", param(a) + "(param i32) ", apply_to(la, loaded(b, 1)));
      function("ml", "(param i32) " + param(b), apply_to(loaded(a, 0), lb));
      for (std::size_t n = 0; n < edges(b).size(); ++n) {
        function("lc" + std::to_string(n), param(a), apply_to(la, constant(b, edges(b)[n])));
        function("mc" + std::to_string(n), "(param i32)",
                 apply_to(loaded(a, 0), constant(b, edges(b)[n])));
      }
      for (std::size_t n = 0; n < edges(a).size(); ++n) {
        function("cl" + std::to_string(n), param(b), apply_to(constant(a, edges(a)[n]), la));
      }
      if (op_info(row_.op).kind == OpKind::Compare) forms_of_compare(both, apply_to(la, lb));
    }
    for (const char* type : {"i32", "i64", "f32", "f64"}) {
      text_ += std::string("(func $use") + type + " (param " + type + "))\n";
    }
    text_ += ")";
  }

  Func func(const std::string& name) { return *instance_->get_func(name); }

  void check(const Func& f, const char* form, std::uint64_t s0, std::uint64_t s1,
             const std::uint64_t* operands, const Expected& expected) {
    std::uint64_t slots[2] = {s0, s1};
    const Result<void> result = f.call_raw(slots);
    const bool right =
        result.ok() ? expected.trap == TrapKind::None && same(row_.op, slots[0], expected.value)
                    : expected.trap != TrapKind::None && result.error().trap() != nullptr &&
                          result.error().trap()->kind() == expected.trap;
    if (right) return;
    char text[200];
    std::snprintf(
        text, sizeof text, "%.40s, form %s: operands %llx %llx, expected %llx, got %llx",
        std::string(op_name(row_.op)).c_str(), form, static_cast<unsigned long long>(operands[0]),
        static_cast<unsigned long long>(operands[1]),
        static_cast<unsigned long long>(expected.value), static_cast<unsigned long long>(slots[0]));
    FAIL(text << (result.ok() ? "" : " " + result.error().message));
  }

  void store(std::uint64_t value) { std::memcpy(memory_->data().data() + 24, &value, 8); }
  static constexpr std::uint64_t kAt = 16;  // and the accesses' offset of 8

  void unary() {
    const Func l = func("l"), m = func("m");
    const auto& values = edges(sig_.operands[0]);
    for (std::size_t n = 0; n < values.size(); ++n) {
      const std::uint64_t operands[2] = {values[n], 0};
      const Expected expected = row_.oracle(operands);
      check(l, "local", values[n], 0, operands, expected);
      store(values[n]);
      check(m, "memory", kAt, 0, operands, expected);
      check(func("c" + std::to_string(n)), "constant", 0, 0, operands, expected);
      compares(values[n], 0, operands, expected);
    }
  }

  void binary() {
    const Func ll = func("ll"), kept = func("kept"), lm = func("lm"), ml = func("ml");
    const auto& left = edges(sig_.operands[0]);
    const auto& right = edges(sig_.operands[1]);
    for (std::size_t b = 0; b < right.size(); ++b) {
      const Func lc = func("lc" + std::to_string(b)), mc = func("mc" + std::to_string(b));
      for (const std::uint64_t a : left) {
        const std::uint64_t operands[2] = {a, right[b]};
        const Expected expected = row_.oracle(operands);
        check(ll, "locals", a, right[b], operands, expected);
        check(kept, "locals that live on", a, right[b], operands, expected);
        check(lc, "constant on the right", a, 0, operands, expected);
        store(a);
        check(ml, "memory on the left", kAt, right[b], operands, expected);
        check(mc, "memory and constant", kAt, 0, operands, expected);
        store(right[b]);
        check(lm, "memory on the right", a, kAt, operands, expected);
        compares(a, right[b], operands, expected);
      }
    }
    for (std::size_t a = 0; a < left.size(); ++a) {
      const Func cl = func("cl" + std::to_string(a));
      for (const std::uint64_t b : right) {
        const std::uint64_t operands[2] = {left[a], b};
        check(cl, "constant on the left", b, 0, operands, row_.oracle(operands));
      }
    }
  }

  void compares(std::uint64_t a, std::uint64_t b, const std::uint64_t* operands,
                const Expected& expected) {
    for (const Func& f : compares_) check(f, "compare for another", a, b, operands, expected);
  }

  const Row& row_;
  const OpSig& sig_;
  std::string text_;
  std::optional<Instance> instance_;
  std::optional<Memory> memory_;
  std::vector<Func> compares_;  // a comparison used by a branch, a select and a negation
};

void run_all(const char* cpu) {
  EngineConfig config;
  config.engine = EngineKind::Jit;
  config.cpu = cpu;
  config.threads = 1;
  // One engine: its memories share address space one after the other.
  const Engine engine = make_engine(config);
  for (const Row& row : kRows) Subject(row, engine).run();
}

}  // namespace

TEST_CASE("scalar ops on edge values, least processor", "[jit][edges]") { run_all("min"); }
TEST_CASE("scalar ops on edge values, this processor", "[jit][edges]") { run_all("native"); }
