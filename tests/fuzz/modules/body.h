// Generator of one function body: statements and expressions on the choices of a byte string.
//
// In: the module's shape, the function's type. Out: the body in the binary format. Guaranteed:
// valid; loops are bounded by counters of their own or by the global fuel. An expression says
// whether it may be a NaN whose bits the standard leaves open ("loose"); where bits would matter
// such a value is made canonical first.
#pragma once

#include <string>
#include <vector>

#include "libwasmrt/text/byte_writer.h"
#include "libwasmrt/wasm/opcode.h"
#include "tests/fuzz/modules/shape.h"

namespace wasmrt::fuzz {

using Writer = text::ByteWriter;

/// The ops to draw from, by the letter of their (first) result.
struct OpTable {
  OpTable();
  std::vector<Op> by_result[5];
  std::vector<Op> loads[5];
  std::vector<Op> stores;
};
const OpTable& op_table();
/// Index of i I f F v.
unsigned letter_index(char type);
char letter(SigType type);

void write_op(Writer& out, Op op);

class Body {
 public:
  Body(Choices& in, Shape& shape, const Signature& type) : in_(in), shape_(shape), type_(type) {}
  /// Locals and code, without the size in front.
  Writer write();
  /// Where the branches that a hint may stand for are in it.
  [[nodiscard]] const std::vector<std::size_t>& branches() const { return branches_; }

 private:
  struct Label {
    std::string types;  ///< What a branch carries.
    bool target;        ///< Whether anything but its own back edge may branch there.
    bool fuel = false;  ///< A loop that pays for each round.
  };

  // body_expression.cpp
  bool expression(char type, int depth);
  void exact(char type, int depth);
  void list(const std::string& types, int depth);
  void address(std::uint32_t memory, int depth, std::uint64_t& offset);
  bool access(Op op, int depth);
  bool numeric(Op op, int depth);
  void vector_immediate(Op op);
  bool idiom(char type, int depth);
  void constant(char type);
  void make_canonical(char type);
  void make_canonical_lanes(bool doubles);
  void wide_pair(int depth);
  void reference(int depth);
  void condition(int depth);

  // body_statement.cpp
  void statement(int depth);
  void statements(int depth, std::uint32_t most);
  void structured(int depth);
  void loop(int depth);
  void leave(int depth);
  void branch_table(int depth);
  void call(int depth, bool tail);
  void bulk(int depth);
  void table_op(int depth);
  void pay_fuel();
  void take(const std::string& types);
  void block_type(const std::string& params, const std::string& results);
  std::string some_types(std::uint32_t most);

  // Small parts.
  Op pick(const std::vector<Op>& ops) {
    return ops[in_.below(static_cast<std::uint32_t>(ops.size()))];
  }
  char some_type() { return "iIfFv"[in_.below(5)]; }
  std::uint32_t local(char type);
  std::uint32_t temporary(char type) const;
  void op(Op o) {
    if (o == Op::If || o == Op::BrIf) branches_.push_back(out_.size());
    write_op(out_, o);
  }
  void get(std::uint32_t n) { op(Op::LocalGet), out_.u(n); }
  void set(std::uint32_t n) { op(Op::LocalSet), out_.u(n); }
  void tee(std::uint32_t n) { op(Op::LocalTee), out_.u(n); }
  void i32(std::int32_t v) { op(Op::I32Const), out_.s(v); }
  void integer(char type, std::int64_t v) {
    op(type == 'I' ? Op::I64Const : Op::I32Const), out_.s(type == 'I' ? v : std::int32_t(v));
  }

  Choices& in_;
  Shape& shape_;
  const Signature type_;
  Writer out_;
  std::string locals_;             ///< Letters: parameters, variables, then the hidden ones.
  std::uint32_t open_locals_ = 0;  ///< Those before the hidden ones.
  std::uint32_t counters_ = 0;     ///< First loop counter.
  std::uint32_t loops_ = 0;        ///< Counters in use.
  std::vector<Label> labels_;
  std::vector<std::size_t> branches_;
  static constexpr std::uint32_t kCounters = 3;
};

}  // namespace wasmrt::fuzz
