// Emission for x64: machine form with locations to bytes and tables.
//
// In: an allocated MFunc. Out: a CodeBlob. Guaranteed: position independent; all addresses of the
// runtime are reached through the pinned instance pointer. Cold blocks and slow paths lie behind
// the hot code. asmjit encodes; nothing outside this folder sees it.
#pragma once

#include <asmjit/x86.h>

#include <functional>
#include <vector>

#include "jit/lower/layout.h"
#include "jit/target.h"
#include "jit/x64/mir_ops.h"
#include "jit/x64/regs.h"
#include "libwasmrt/abi/code_blob.h"

namespace wasmrt::jit::x64 {

class Emitter : public asmjit::ErrorHandler {
 public:
  Emitter(const CompileContext& context, const MFunc& func, CodeBlob& blob)
      : context_(context), m_(func), out_(blob) {}
  const char* run();
  void handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) override {
    error_ = "the assembler refuses an instruction";  // its own text does not outlive the call
  }

 private:
  using Label = asmjit::Label;
  using Ptr = asmjit::x86::Mem;

  // Operands.
  [[nodiscard]] const MOperand& op(const MInst& i, unsigned n) const {
    return m_.ops[i.first_op + n];
  }
  [[nodiscard]] unsigned operand_count(const MInst& i) const { return i.defs + i.uses; }
  static asmjit::x86::Gp gp(std::uint32_t reg, unsigned size);
  static asmjit::x86::Xmm xmm(std::uint32_t reg);
  [[nodiscard]] asmjit::x86::Gp gp(const MOperand& o, unsigned size) const {
    return gp(o.loc.n, size);
  }
  [[nodiscard]] asmjit::x86::Xmm xmm(const MOperand& o) const { return xmm(o.loc.n); }
  [[nodiscard]] Ptr slot(std::uint32_t n, unsigned size) const;
  [[nodiscard]] Ptr vm(std::size_t offset, unsigned size = 8) const;
  [[nodiscard]] Ptr memory(const MInst& i, unsigned size) const;
  [[nodiscard]] static bool has_memory(const MInst& i) {
    return i.mem_base || i.mem_index || i.mem_pinned != 0;
  }
  [[nodiscard]] unsigned plain_operands(const MInst& i) const {
    return operand_count(i) - (i.mem_base ? 1u : 0u) - (i.mem_index ? 1u : 0u);
  }
  [[nodiscard]] bool has(std::uint64_t cpu) const { return (context_.options.cpu & cpu) != 0; }
  /// The instruction's last source: its memory operand, a slot, or a register.
  asmjit::Operand source(const MInst& i, unsigned n, unsigned size, RegClass cls);

  // Structure.
  void place_frame();
  void prologue();
  void section_labels();
  void epilogue();
  void restore_saved();
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
  Label label(MBlockId b);
  [[nodiscard]] bool is_next(MBlockId b) const { return layout_.ends[raw(b)] == next_block_; }
  void point(PointKind kind, std::uint32_t wasm, unsigned trap = 0);
  void guest_access(const MInst& i);
  static constexpr std::uint32_t kNoInfo = ~0u;
  /// `info`: the register whose value goes into the report.
  Label trap_label(unsigned kind, std::uint32_t wasm, std::uint32_t info = kNoInfo);
  Label literal(std::uint64_t lo, std::uint64_t hi, unsigned bytes);

  // Families.
  bool emit_int(const MInst& i);
  bool emit_float(const MInst& i);
  bool emit_mem(const MInst& i);
  bool emit_call(const MInst& i);
  bool emit_simd(const MInst& i);
  void emit_move(const MInst& i);
  void emit_swap(const MInst& i);
  void alu(const MInst& i, asmjit::x86::Inst::Id id);
  void lea(const MInst& i);
  void flags_are_of(const MOperand& result, unsigned size);
  void shift(const MInst& i, asmjit::x86::Inst::Id id);
  void divide(const MInst& i);
  void count_zeros(const MInst& i, bool leading);
  void popcnt(const MInst& i);
  void compare(const MInst& i, unsigned first);
  void cmp_branch(const MInst& i);
  void cmp_set(const MInst& i);
  void cmp_select(const MInst& i);
  void cmp_trap(const MInst& i);
  void jump_table(const MInst& i);
  void jump(MBlockId to);
  void jcc(unsigned cc, const Label& to);
  void float_binary(const MInst& i, asmjit::x86::Inst::Id ss, asmjit::x86::Inst::Id sd,
                    asmjit::x86::Inst::Id vss, asmjit::x86::Inst::Id vsd);
  void float_min_max(const MInst& i);
  void float_mask(bool keep_sign, unsigned size);
  void convert_u64(const MInst& i);
  void trunc(const MInst& i);
  void trunc_cold(const MInst& i, Label done);
  void load(const MInst& i);
  void store(const MInst& i);
  void compare_with_size(const MInst& i, const Label& trap);
  void mem_check(const MInst& i);
  Label check_label(const MInst& i);
  void call_stub(std::size_t offset);
  void call_out(std::uint32_t pos);
  void direct(std::uint8_t opcode, const MInst& i);
  void tail_call(const MInst& i);
  void tail_jump(const MInst& i);
  void tail_with_area(const MInst& i, unsigned least);
  void tail_stub(unsigned area);
  void copy_args(std::int32_t from, std::int32_t to, std::uint32_t bytes);

  const CompileContext& context_;
  const MFunc& m_;
  CodeBlob& out_;
  asmjit::CodeHolder code_;
  asmjit::x86::Assembler a_;
  const char* error_ = nullptr;
  Layout layout_;
  struct BlockPlace {
    std::uint32_t label = ~0u;  // made when somebody jumps to it
    std::uint32_t begin = ~0u;  // once it is there
  };
  std::vector<BlockPlace> places_;
  std::uint32_t block_ = 0;
  std::uint32_t next_block_ = ~0u;
  // The flags compare this register with zero as long as no code was added since.
  std::size_t flags_at_ = ~std::size_t{0};
  std::uint32_t flags_reg_ = 0;
  unsigned flags_size_ = 0;
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
  std::vector<std::pair<Label, std::uint32_t>> tables_;  // jump tables: label, number and block
  std::vector<std::uint32_t> table_blocks_;
  // Frame, from the stack pointer up: outgoing arguments, slots, saved instance, saved registers.
  std::uint32_t slots_at_ = 0, vmctx_at_ = 0, saved_at_ = 0, frame_ = 0;
};

}  // namespace wasmrt::jit::x64
