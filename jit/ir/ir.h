// The SSA form: a function as blocks of instructions that are values.
//
// In: made by jit/build during the validating walk. Out: read by the passes of jit/opt, then by a
// machine's selector. Guaranteed: all references are 32-bit indices into vectors that keep their
// capacity when a worker compiles the next function; an instruction's id is its value's id; blocks
// hold their instructions in a doubly linked list, phis first, one terminator last. Invariants are
// checked by jit/ir/verify in debug builds after each pass.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <wasmrt/value.hpp>

#include "jit/list.h"
#include "libwasmrt/base/arena.h"

namespace wasmrt::jit::ir {

enum class IrOp : std::uint8_t {
#define IR(Name, text, operands, flags) Name,
#include "jit/ir/ir_ops.def"
#undef IR
};

constexpr bool calls(IrOp op) {
  return op == IrOp::Call || op == IrOp::CallFunc || op == IrOp::CallCode || op == IrOp::Builtin;
}

enum class Type : std::uint8_t { Void, I32, I64, F32, F64, V128 };  // references are I64

enum class Cond : std::uint8_t { Eq, Ne, LtS, LtU, GtS, GtU, LeS, LeU, GeS, GeU };
Cond inverted(Cond c);                                       ///< True where c is false.
enum class FCond : std::uint8_t { Eq, Ne, Lt, Gt, Le, Ge };  // false on NaN, except Ne

/// How many bytes an access touches and how they become a value of Inst::type.
enum class Access : std::uint8_t { U8, S8, U16, S16, U32, S32, B64, F32, F64, V128 };

enum class Hint : std::uint8_t { None, Likely, Unlikely };

/// Inst::aux of an addition or shift to the left of i32, set by opt/ranges: nothing is lost. The
/// result, zero-extended, is the sum of the operands, which are zero-extended too but for a
/// constant, which is sign-extended; or the shifted operand. So an address may be made of the parts
/// instead.
inline constexpr std::uint16_t kNoWrap = 1;

enum class ValueId : std::uint32_t {};
enum class BlockId : std::uint32_t {};
inline constexpr ValueId kNoValue{~0u};
inline constexpr BlockId kNoBlock{~0u};
constexpr std::uint32_t raw(ValueId v) { return static_cast<std::uint32_t>(v); }
constexpr std::uint32_t raw(BlockId b) { return static_cast<std::uint32_t>(b); }

/// Inst::imm of LoadHome: the number, within Func::labels, of the one by which the section was
/// entered.
inline constexpr std::uint64_t kWhichLabel = ~std::uint64_t{0};

/// An instruction: 44 bytes with its links and its block. Fields are explained by the rows of
/// ir_ops.def.
struct Inst {
  IrOp op = IrOp::Trap;
  Type type = Type::Void;      ///< Of the result; Void when there is none.
  Type aux_type = Type::Void;  ///< Of the operands where that differs from the result.
  std::uint8_t lane = 0;
  std::uint16_t aux = 0;  ///< Cond, FCond, Access, Hint, trap kind or wasm Op.
  /// Accesses: 0, or how the address is absolute, see below. Checks, memory words: the memory.
  std::uint16_t mem = 0;
  std::uint32_t args[3] = {~0u, ~0u, ~0u};  ///< Values or blocks; lists: {pool offset, count}.
  std::uint32_t pos = 0;                    ///< Byte offset of the Wasm instruction in the module.
  std::uint64_t imm = 0;

  [[nodiscard]] ValueId arg(unsigned i) const { return static_cast<ValueId>(args[i]); }
  [[nodiscard]] BlockId block(unsigned i) const { return static_cast<BlockId>(args[i]); }
};

// Accesses. `mem` 0: the address is relative to the pinned base of memory 0: an i32, when the
// memory is guarded for imm + size (MemoryInfo::guarded_bytes; the access may fault), else the i64
// result of a MemCheck. Other `mem`: the address is a pointer (i64) made from another memory's
// base, which was checked (kAbsolute) or may fault (kAbsoluteGuarded).
inline constexpr std::uint16_t kAbsolute = 0xFFFF, kAbsoluteGuarded = 0xFFFE;

/// Inst::lane of a VmLoad of a memory's base or size, `mem`: only calls change it.
inline constexpr std::uint8_t kMemoryWord = 1;

/// A check may stand for several accesses by one address, each reaching further than those before
/// it: `pos` is the first one's, those of the `lane` others are in Func::pool from args[2] on. What
/// the checks lead to are the same traps in the same order, as nothing happens between them.
inline constexpr unsigned kMostMerged = 3;

/// Blocks in a row, the first two in place, more in an arena.
class BlockList {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const BlockId* begin() const { return capacity_ == kHere ? here_ : there_; }
  [[nodiscard]] const BlockId* end() const { return begin() + size_; }
  const BlockId& operator[](std::size_t n) const { return begin()[n]; }
  BlockId& operator[](std::size_t n) { return (capacity_ == kHere ? here_ : there_)[n]; }
  void clear() { size_ = 0; }
  void pop_back() { --size_; }
  void push_back(BlockId block, Arena& arena);

 private:
  static constexpr std::uint32_t kHere = 2;
  union {
    BlockId here_[kHere] = {};
    BlockId* there_;
  };
  std::uint32_t size_ = 0, capacity_ = kHere;
};

struct Block {
  std::uint32_t first = ~0u;  ///< Inst ids; ~0 when empty.
  std::uint32_t last = ~0u;   ///< The terminator, once there is one.
  BlockList preds;            ///< Each at most once; the order is that of phi operands.
  std::uint32_t loop_depth = 0;
  BlockId loop_header = kNoBlock;  ///< Innermost loop this block is in.
  std::uint32_t loop_end = 0;      ///< For headers: position in Func::order after the loop.
  bool is_loop_header = false;
  bool cold = false;
};

struct MemoryInfo {
  /// An access by an i32 address needs no check when its static offset plus size is at most this,
  /// since everything up to 4 GiB + this faults. 0: every access is checked.
  std::uint64_t guarded_bytes = 0;
  std::uint64_t least_bytes = 0;  ///< It is never smaller.
  bool is_64 = false;
  bool may_move = false;  ///< The base must be loaded again after calls and grow.
  std::uint8_t page_size_log2 = 16;
};

/// A function being compiled. Reused from function to function.
class Func {
 public:
  std::uint32_t index = 0;  ///< FuncIdx in the module.
  std::vector<Type> params;
  std::vector<Type> results;
  std::vector<MemoryInfo> memories;
  List<Inst> insts;
  List<std::uint32_t> next;  ///< By inst id.
  List<std::uint32_t> prev;
  List<BlockId> block_of;
  List<Block> blocks;               ///< blocks[0] is the entry; it has no predecessors.
  std::vector<BlockId> order;       ///< The blocks; forward edges go forward, loops are contiguous.
  std::vector<std::uint32_t> pool;  ///< Operand lists.
  std::vector<V128> v128s;
  std::shared_ptr<Arena> lists = std::make_shared<Arena>();  ///< Of blocks; copies share it.
  bool has_calls = false;
  /// A section of a function behind its first, and its labels: where other sections go.
  bool follows = false;
  std::vector<std::uint32_t> labels;
  /// Bytes that compiling it may take.
  std::uint64_t most_memory = ~std::uint64_t{0};
  /// Nobody reads it behind the selection, which gives back what it has read of a large function.
  bool is_used_up = false;

  void clear();
  BlockId new_block();
  void add_pred(BlockId block, BlockId pred) { blocks[raw(block)].preds.push_back(pred, *lists); }
  /// Appends at the end of a block. The id is the value's.
  ValueId append(BlockId block, const Inst& inst);
  ValueId insert_before(ValueId where, const Inst& inst);
  void remove(ValueId v);  ///< Unlinks; the id stays unused.
  void move_before(ValueId v, ValueId where);
  std::uint32_t add_list(std::span<const std::uint32_t> values);
  [[nodiscard]] std::span<std::uint32_t> list(const Inst& i) {
    return {pool.data() + i.args[0], i.args[1]};
  }
  [[nodiscard]] std::span<const std::uint32_t> list(const Inst& i) const {
    return {pool.data() + i.args[0], i.args[1]};
  }
  Inst& operator[](ValueId v) { return insts[raw(v)]; }
  const Inst& operator[](ValueId v) const { return insts[raw(v)]; }
  Block& operator[](BlockId b) { return blocks[raw(b)]; }
  const Block& operator[](BlockId b) const { return blocks[raw(b)]; }
  /// Successors of a block, each once, in terminator order.
  void successors(BlockId b, std::vector<BlockId>& out) const;
  /// A branch hint of the module says that `from` seldom goes on to `to`.
  [[nodiscard]] bool is_unlikely(BlockId from, BlockId to) const;
};

/// What ir_ops.def says of an op.
struct IrInfo {
  const char* text;
  std::uint8_t operands;  ///< kList for a list.
  bool pure, may_trap, reads, writes, terminator;
};
inline constexpr std::uint8_t kList = 255;

namespace detail {
enum Flags : std::uint8_t { Pure, Trap, Read, Write, Term };
constexpr std::uint8_t V = kList;
constexpr IrInfo make_info(const char* text, std::uint8_t operands, Flags flags) {
  return {text,          operands,       flags == Pure, flags == Trap,
          flags == Read, flags == Write, flags == Term};
}
inline constexpr IrInfo kInfo[] = {
#define IR(Name, text, operands, flags) make_info(text, operands, flags),
#include "jit/ir/ir_ops.def"
#undef IR
};
}  // namespace detail

constexpr const IrInfo& info(IrOp op) { return detail::kInfo[static_cast<unsigned>(op)]; }

/// Whether a load finds out by itself that it is outside, being of a guarded memory.
inline bool may_fault(const Func& f, const Inst& i) {
  const bool loads = i.op == IrOp::Load || i.op == IrOp::SimdLoad || i.op == IrOp::SimdLoadLane;
  return loads && (f[i.arg(0)].type == Type::I32 || i.mem == kAbsoluteGuarded);
}

/// Calls fn(std::uint32_t& value) for each value operand of an instruction.
template <class F>
void for_each_arg(Func& f, Inst& i, F&& fn) {
  const std::uint8_t n = info(i.op).operands;
  if (n == kList) {
    for (std::uint32_t& v : f.list(i)) fn(v);
  } else {
    for (unsigned k = 0; k < n; ++k) fn(i.args[k]);
  }
}

}  // namespace wasmrt::jit::ir
