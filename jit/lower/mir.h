// The machine form: what selection makes and register allocation works on.
//
// In: made by a machine's select_*.cpp, one MInst per machine instruction (or fixed short
// sequence), on virtual registers. Out: the same list with a location for each operand and with the
// moves that allocation added; a machine's emit_*.cpp turns it into bytes. Guaranteed: before
// allocation each virtual register has one definition (block parameters are definitions too);
// critical edges are split; only the last instruction of a block leaves it, and its successors'
// parameters take their values from the edge's arguments. The allocator knows nothing of a machine
// but its Target table; opcodes from kFirstMachineOp on are the machine's own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <wasmrt/value.hpp>

#include "jit/list.h"
#include "jit/lower/slice.h"
#include "libwasmrt/abi/code_blob.h"
#include "libwasmrt/base/arena.h"

namespace wasmrt::jit {

enum class VReg : std::uint32_t {};
enum class MBlockId : std::uint32_t {};
inline constexpr VReg kNoVReg{~0u};
constexpr std::uint32_t raw(VReg v) { return static_cast<std::uint32_t>(v); }
constexpr std::uint32_t raw(MBlockId b) { return static_cast<std::uint32_t>(b); }

enum class RegClass : std::uint8_t {
  Int,
  Vec
};  ///< 16 or 32 registers each; Vec holds f32, f64, v128.

/// Where a value is: a machine register, a spill slot (8-byte units in the frame), or nowhere yet.
struct Loc {
  enum class Kind : std::uint8_t { None, Reg, Slot };
  static constexpr std::uint32_t kMost = 0xFFFFFF;
  Kind kind : 8 = Kind::None;
  std::uint32_t n : 24 = 0;
  static Loc reg(std::uint32_t r) { return make(Kind::Reg, r); }
  static Loc slot(std::uint32_t s) { return make(Kind::Slot, s); }
  static Loc make(Kind kind, std::uint32_t n) {
    Loc loc;
    loc.kind = kind;
    loc.n = n & kMost;
    return loc;
  }
  [[nodiscard]] bool is_reg() const { return kind == Kind::Reg; }
  [[nodiscard]] bool is_slot() const { return kind == Kind::Slot; }
  friend bool operator==(const Loc&, const Loc&) = default;
};
static_assert(sizeof(Loc) == 4);

/// What an operand may be.
enum class Constraint : std::uint8_t {
  Reg,    ///< Any register of the class.
  Any,    ///< A register, or the spill slot as a memory operand.
  Fixed,  ///< The register MOperand::fixed, for this instruction only.
  Same,   ///< A definition that must get the register of use operand MOperand::fixed (its position
          ///< in the instruction). The allocator copies where that use lives on. Of a use: the
          ///< value is that of such an operand, and it is read there before the definition is
          ///< written.
};

/// An operand. Definitions stand before uses in an instruction's list.
struct MOperand {
  VReg vreg = kNoVReg;
  Constraint constraint : 2 = Constraint::Reg;
  bool is_def : 1 = false;
  /// A definition written before all uses are read: shares no register with them.
  bool early : 1 = false;
  /// A use read after definitions are written: shares no register with them.
  bool late : 1 = false;
  std::uint8_t fixed = 0;
  Loc loc;  ///< Set by allocation.
};
static_assert(sizeof(MOperand) == 12);

/// Opcodes common to all machines.
enum MOp : std::uint16_t {
  /// def <- use, inserted by allocation (or by selection, as a hint to coalesce). Between two slots
  /// it
  /// may go through the scratch register of vectors, never through that of integers.
  kMove,
  kSwap,  ///< exchanges two registers of a class; inserted by allocation.
  kJump,  ///< to edge 0
  kArgs,  ///< d...: register parameters of the function
  kRet,
  kCallDirect,   ///< imm: function index
  kCallFunc,     ///< use: VmFuncRef*
  kCallCode,     ///< use: the address of code in this image
  kCallBuiltin,  ///< imm: builtin; aux 1: a non-zero result traps
  kTailDirect,   ///< as kCallDirect
  kTailFunc,
  kCallTable,  ///< d: address of a table of code; imm: its number
  kTrap,       ///< aux: trap kind
  kPoll,
  kLoadArg,    ///< d; imm: byte offset in the incoming argument area; size
  kStoreArg,   ///< a; imm: byte offset in the outgoing area; size
  kLoadRes,    ///< d; imm: byte offset in the outgoing area; size
  kStoreRes,   ///< a; imm: byte offset in the incoming area; size
  kLoadHome,   ///< d; imm: which home, in words; size
  kStoreHome,  ///< a; the same
  kLeave,      ///< imm: the label of another section
  kFirstMachineOp = 21,
};

/// MInst::aux of machines' jump tables and checks of memory: the index is 0 where a branch on it
/// was guessed wrong. A check of memory has the memory's number in the lower half.
inline constexpr std::uint32_t kSpectreGuard = 1u << 16;
/// Of a check of memory: its offset alone may be outside.
inline constexpr std::uint32_t kOffsetOutside = 1u << 17;

/// The name of a common opcode; null for a machine's own.
const char* common_op_name(std::uint16_t op);

/// An instruction. `ops` first definitions, then uses; a memory operand's base and index are the
/// last uses (mem_base, mem_index tell whether they are there), in this order.
struct MInst {
  std::uint16_t op = 0;
  std::uint8_t size = 0;  ///< Operand size in bytes: 1 2 4 8 16 (32).
  std::uint8_t cond = 0;  ///< Machine condition code.
  std::uint8_t defs = 0;
  std::uint8_t uses = 0;
  bool is_call : 1 = false;  ///< Clobbers Target::call_clobbers.
  /// No uses but pinned registers: may be made again instead of reloaded.
  bool can_remat : 1 = false;
  bool mem_base : 1 = false;
  bool mem_index : 1 = false;
  bool mem_guest : 1 = false;  ///< Of linear memory: may fault.
  /// 1: based on the pinned memory base; 2: on the pinned instance pointer; 3: on the stack pointer
  /// (outgoing arguments); 4: entry `mem_disp` of MFunc::literals.
  std::uint8_t mem_pinned : 3 = 0;
  std::uint8_t mem_scale = 0;  ///< log2
  std::int32_t mem_disp = 0;
  std::uint32_t first_op = 0;  ///< In MFunc::ops.
  std::uint32_t aux = 0;       ///< Machine-specific: trap kind, callee, shuffle mask index.
  std::uint32_t pos = 0;       ///< Byte offset of the Wasm instruction, for tables.
  std::uint32_t mem_pos = 0;   ///< The same of the access, where it was another instruction.
  std::int64_t imm = 0;
};
static_assert(sizeof(MInst) == 40);

/// A control-flow edge: where to, and the values for the target's parameters.
struct MEdge {
  MBlockId to{};
  Slice<VReg> args;
};

/// The lists lie in MFunc::lists.
struct MBlock {
  Slice<VReg> params;
  Slice<std::uint32_t> insts;  ///< Indices into MFunc::insts.
  Slice<MEdge> succs;          ///< In the terminator's order. Arguments only on an only edge
                               ///< (its source ends in kJump), so moves go before the jump.
  Slice<MBlockId> preds;
  std::uint32_t loop_depth = 0;
  MBlockId loop_header{~0u};   ///< Innermost loop.
  std::uint32_t loop_end = 0;  ///< For headers: layout position after the loop's last block.
  bool is_loop_header = false;
  bool cold = false;
};
static_assert(sizeof(MEdge) == 16 && sizeof(MBlock) == 64);

struct VRegInfo {
  RegClass cls = RegClass::Int;
  std::uint8_t bytes = 8;  ///< Width of a spill: 8, or 16 for v128.
  bool is_i32 = false;     ///< Only the lower half means something.
  VReg hint = kNoVReg;     ///< Wish for the same register.
};

/// A function in machine form. Blocks are in layout order: reverse postorder, loops contiguous.
struct MFunc {
  std::uint32_t index = 0;
  List<MInst> insts;
  List<MOperand> ops;
  List<MBlock> blocks;
  List<VRegInfo> vregs;
  std::vector<V128> literals;  ///< 16-byte constants placed behind the code.
  std::vector<std::vector<std::uint32_t>> jump_tables;  ///< Block numbers.
  /// Of checks of memory for several accesses: the Wasm offsets of all but the first one. A check
  /// has `mem_disp` of them from `mem_pos` on.
  std::vector<std::uint32_t> merged;
  std::uint32_t out_arg_bytes = 0;  ///< Outgoing stack arguments, the largest call's.
  std::uint32_t in_area_bytes = 0;  ///< Place for incoming stack arguments, or results.
  bool has_calls = false;
  std::uint32_t tail_growth = 0;  ///< Stack that a tail call may need beyond the frame.
  bool has_tail_calls = false;    ///< Such a circle must notice interrupts: on entry.
  bool calls_out =
      false;  ///< Calls functions of other instances, which change the pinned registers.
  std::shared_ptr<Arena> lists = std::make_shared<Arena>();  ///< Copies share it.
  bool follows = false;                                      ///< As ir::Func::follows, and
  std::vector<std::uint32_t> labels;                         ///< ir::Func::labels.
  std::uint64_t most_memory = ~std::uint64_t{0};             ///< As ir::Func::most_memory.
  /// Slots in front of those that allocation numbers: in a section the one that tells by which
  /// label it was entered.
  std::uint32_t first_slot = 0;
  std::uint32_t homes_at = 0;  ///< Slot of home 0. Home -1 is slot 0.
  // Set by allocation:
  std::uint32_t spill_slots = 0;                ///< 8-byte units.
  std::uint32_t used_callee_saved[2] = {0, 0};  ///< Masks per class.

  void clear();
  /// Slot of the home that a kLoadHome or kStoreHome is about.
  [[nodiscard]] std::uint32_t home(const MInst& i) const {
    return i.imm < 0 ? 0 : homes_at + static_cast<std::uint32_t>(i.imm);
  }
  /// Bytes of memory, roughly, of this form in all stages that have it.
  [[nodiscard]] std::uint64_t takes() const {
    return insts.size() * 60 + ops.size() * 12 + vregs.size() * 32 + blocks.size() * 150;
  }
  [[nodiscard]] std::span<MOperand> operands(const MInst& i) {
    return {ops.data() + i.first_op, static_cast<std::size_t>(i.defs) + i.uses};
  }
  [[nodiscard]] std::span<const MOperand> operands(const MInst& i) const {
    return {ops.data() + i.first_op, static_cast<std::size_t>(i.defs) + i.uses};
  }
};

/// Adds to the last point, which follows the call that reports a failed check of memory, those of
/// the other accesses it is for (CodePoint::pair).
void add_merged(std::vector<CodePoint>& points, const MFunc& f, const MInst& check);

}  // namespace wasmrt::jit
