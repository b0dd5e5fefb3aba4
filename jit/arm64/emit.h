// Emission for arm64: machine form with locations to bytes and tables.
//
// In: an allocated MFunc. Out: a CodeBlob. Guaranteed: position independent; all addresses of the
// runtime are reached through the pinned instance pointer. Cold blocks and slow paths lie behind
// the hot code. asmjit encodes; nothing outside this folder sees it. Branches are encoded here, as
// their reach is ours to watch: a function is emitted again with those that did not reach written
// as a branch around a longer one, until all do.
#pragma once

#include <asmjit/core.h>

#include <asmjit/arm/a64assembler.h>
#include <asmjit/arm/a64operand.h>

#include <functional>
#include <string>
#include <vector>

#include "jit/arm64/mir_ops.h"
#include "jit/arm64/regs.h"
#include "jit/lower/layout.h"
#include "jit/target.h"
#include "libwasmrt/abi/code_blob.h"

namespace wasmrt::jit::arm64 {

class Emitter : public asmjit::ErrorHandler {
 public:
  Emitter(const CompileContext& context, const MFunc& func, CodeBlob& blob)
      : context_(context), m_(func), out_(blob) {}
  const char* run();
  /// For checks of encodings: the assembler's own text of each instruction, and its bytes.
  void log_to(std::string* text) { log_ = text; }
  void handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) override {
    error_ = "the assembler refuses an instruction";  // its own text does not outlive the call
  }

 private:
  using Gp = asmjit::a64::Gp;
  using Vec = asmjit::a64::Vec;
  using Ptr = asmjit::a64::Mem;
  using InstId = asmjit::InstId;
  enum class Label : std::uint32_t {};

  // Operands.
  [[nodiscard]] const MOperand& op(const MInst& i, unsigned n) const {
    return m_.ops[i.first_op + n];
  }
  [[nodiscard]] unsigned operand_count(const MInst& i) const { return i.defs + i.uses; }
  static Gp gp(std::uint32_t reg, unsigned size);
  static Gp zero(unsigned size);
  static Vec vec(std::uint32_t reg, unsigned size);  // s, d or q
  [[nodiscard]] Gp gp(const MOperand& o, unsigned size) const { return gp(o.loc.n, size); }
  [[nodiscard]] Vec vec(const MOperand& o, unsigned size) const { return vec(o.loc.n, size); }
  [[nodiscard]] RegClass cls(const MOperand& o) const { return m_.vregs[raw(o.vreg)].cls; }
  /// A place at an offset from a register; may put the address into the second scratch register.
  Ptr place(std::uint32_t base, std::int64_t disp, unsigned bytes);
  Ptr slot(std::uint32_t n, unsigned bytes) { return place(sp, slots_at_ + 8 * n, bytes); }
  Ptr vm(std::size_t offset) { return place(kVmctx, static_cast<std::int64_t>(offset), 8); }
  /// to = base + (index << scale).
  void add_index(std::uint32_t to, std::uint32_t base, std::uint32_t index, unsigned scale,
                 bool index32);
  /// An instruction's memory operand. What it needs besides goes into the scratch registers.
  Ptr memory(const MInst& i, unsigned bytes, bool index32);
  /// The register that holds the address of an instruction's memory operand: `to`, or its base.
  Gp memory_address(const MInst& i, bool index32, std::uint32_t to = kScratch2);
  [[nodiscard]] static bool has_memory(const MInst& i) {
    return i.mem_base || i.mem_index || i.mem_pinned != 0;
  }
  [[nodiscard]] unsigned plain_operands(const MInst& i) const {
    return operand_count(i) - (i.mem_base ? 1u : 0u) - (i.mem_index ? 1u : 0u);
  }
  [[nodiscard]] bool has(std::uint64_t cpu) const { return (context_.options.cpu & cpu) != 0; }

  // Labels and what refers to them.
  enum class Reach : std::uint8_t { Bits26, Bits19, Bits14, Literal, Adr };
  Label new_label();
  void bind(Label label) { label_at_[static_cast<std::uint32_t>(label)] = here(); }
  [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(a_.offset()); }
  void word(std::uint32_t bits) { a_.embedUInt32(bits); }
  void refer(std::uint32_t bits, Label to, Reach reach, std::uint32_t number);
  /// A conditional branch's bits; `invert` flips its condition.
  void branch_if(std::uint32_t bits, std::uint32_t invert, Label to, Reach reach);
  void b(Label to);
  void b(Cc cc, Label to);
  void cbz(bool if_zero, std::uint32_t reg, unsigned size, Label to);
  void tbz(bool if_clear, std::uint32_t reg, unsigned bit, Label to);
  /// Whether the reference about to be made is known not to reach; counts it.
  bool is_far(std::uint32_t& number);
  bool resolve();

  // Structure.
  void start();
  bool attempt();
  void place_frame();
  void prologue();
  void section_labels();
  void outer_entry();
  void saved_registers(bool restore, bool leave = true);
  void epilogue();
  void block(std::uint32_t b);
  void instruction(const MInst& i);
  /// Whether it is to be given up: then the error is set.
  bool takes_too_much();
  void cold(std::function<void()> code) { cold_.push_back({std::move(code), current_}); }
  /// From here on, for CodeBlob::frame_steps.
  void frame_step(FrameStep::Kind kind, std::uint8_t reg = 0, std::uint32_t bytes = 0);
  void frame_left();
  void frame_back();
  /// What follows comes from here.
  void place(std::uint32_t inst, std::uint32_t wasm = 0);
  void poison(const MInst& i);
  [[nodiscard]] Label label(MBlockId b) { return labels_[layout_.ends[raw(b)]]; }
  [[nodiscard]] bool is_next(MBlockId b) const { return layout_.ends[raw(b)] == next_block_; }
  void point(PointKind kind, std::uint32_t wasm, unsigned trap = 0);
  void guest_access(const MInst& i);
  static constexpr std::uint32_t kNoInfo = ~0u;
  /// `info`: the register whose value goes into the report.
  Label trap_label(unsigned kind, std::uint32_t wasm, std::uint32_t info = kNoInfo);
  Label literal(std::uint64_t lo, std::uint64_t hi, unsigned bytes);
  void tail();

  // Constants and moves.
  void mov_imm(std::uint32_t reg, std::uint64_t bits, bool may_load = true);
  void add_imm(std::uint32_t d, std::uint32_t a, std::int64_t imm);
  void load_literal(std::uint32_t vec, std::uint64_t lo, std::uint64_t hi, unsigned bytes);
  void float_imm(std::uint32_t vec, std::uint64_t bits, unsigned size);
  void vec_const(std::uint32_t vec, const V128& value);
  void mov(std::uint32_t d, std::uint32_t a) {
    if (d != a) a_.mov(gp(d, 8), gp(a, 8));
  }
  void copy(std::uint32_t d, std::uint32_t a, unsigned bytes);
  void load_place(const MOperand& to, const Ptr& from, unsigned bytes);
  void store_place(const MOperand& from, const Ptr& to, unsigned bytes);

  // Families.
  bool emit_int(const MInst& i);
  bool emit_float(const MInst& i);
  bool emit_mem(const MInst& i);
  bool emit_call(const MInst& i);
  bool emit_simd(const MInst& i);
  void emit_move(const MInst& i);
  bool emit_pair(const MInst& x, const MInst& y);
  bool emit_access_pair(const MInst& x, const MInst& y);
  bool emit_move_pair(const MInst& x, const MInst& y);
  void emit_swap(const MInst& i);
  void op2(InstId id, unsigned size, std::uint32_t d, std::uint32_t a, std::uint32_t aux,
           std::uint64_t last);
  void op2(InstId id, const MInst& i, std::initializer_list<Gp> before, unsigned n);
  void compare(const MInst& i, unsigned first);
  void compare_again(const MInst& i, unsigned first);
  void forget_flags(const MInst& behind);
  [[nodiscard]] bool is_zero_test(const MInst& i) const;
  void branch_on(const MInst& i, unsigned first, Cc cc, Label to);
  void cmp_branch(const MInst& i);
  void cmp_select(const MInst& i);
  void report_wide(const MOperand& value);
  void cmp_trap(const MInst& i);
  void div_check(const MInst& i);
  void popcnt(const MInst& i);
  void bit_field(const MInst& i);
  void jump_table(const MInst& i);
  void jump(MBlockId to);
  void trunc(const MInst& i);
  void load(const MInst& i);
  void store(const MInst& i);
  void probe(const MInst& i, const Ptr& at, unsigned bytes);
  void compare_with_size(const MInst& i);
  void mem_check(const MInst& i);
  Label check_label(const MInst& i);
  void call_stub(std::size_t offset);
  void keeping_link(const std::function<void()>& code);
  void call_out(std::uint32_t pos);
  void direct(std::uint32_t opcode, const MInst& i);
  void tail_call(const MInst& i);
  void tail_jump(const MInst& i);
  void tail_with_area(const MInst& i, unsigned least);
  void tail_stub(std::uint32_t reg, unsigned area);
  void copy_args(std::int64_t from, std::int64_t to, std::uint32_t bytes);

  const CompileContext& context_;
  const MFunc& m_;
  CodeBlob& out_;
  asmjit::CodeHolder code_;
  asmjit::StringLogger listing_;
  asmjit::a64::Assembler a_;
  const char* error_ = nullptr;
  std::string* log_ = nullptr;
  asmjit::StringLogger logger_;
  /// What the flags say: of which operands, compared how.
  struct Compared {
    bool known = false;
    std::uint32_t how = 0;
    std::uint8_t size = 0;
    std::int64_t imm = 0;
    Loc a, b;
    friend bool operator==(const Compared&, const Compared&) = default;
  };
  Compared flags_;
  Layout layout_;
  std::vector<Label> labels_;
  std::uint32_t block_ = 0;
  std::uint32_t next_block_ = ~0u;
  struct Cold {
    std::function<void()> code;
    std::uint32_t inst;
  };
  std::vector<Cold> cold_;
  std::uint32_t current_ = CodePlace::kNone;  // the instruction that is being emitted
  bool frame_left_ = false;                   // by an epilogue, up to the end of the instruction
  struct TrapStub {
    unsigned kind;
    std::uint32_t wasm;
    std::uint32_t info;
    Label label;
    const MInst* check = nullptr;  // of memory: may be for several accesses
  };
  std::vector<TrapStub> traps_;
  struct Literal {
    std::uint64_t lo, hi;
    unsigned bytes;
    Label label;
  };
  std::vector<Literal> literals_;

  struct Reference {
    std::uint32_t at;  ///< Of the instruction, or of a word that holds a difference.
    Label to;
    Reach reach;
    std::uint32_t number;  ///< Among those that may be written in two ways; ~0 for others.
  };
  std::vector<std::uint32_t> label_at_;
  std::vector<Reference> references_;
  struct Difference {
    std::uint32_t at;
    Label to, from;
  };
  std::vector<Difference> differences_;
  std::uint32_t numbered_ = 0;
  std::vector<bool> far_;  // by number; kept from attempt to attempt
  bool all_far_ = false;

  // Frame, from the stack pointer up: outgoing arguments, slots, saved instance, saved registers,
  // the return address last. Without a frame the return address stays in its register.
  std::uint32_t slots_at_ = 0, vmctx_at_ = 0, frame_ = 0;
  std::vector<std::uint8_t> saved_;  // in pairs, from the lowest place up
};

}  // namespace wasmrt::jit::arm64
