// One line per instruction: "v3@r0 = add v1@r0, v2@[4]". Constraints stand before allocation's
// result: "!r2" fixed, "=1" tied to operand 1, "~" any place, "<" early, ">" late.
#include "jit/lower/mir_print.h"

#include <cstdio>
#include <utility>

namespace wasmrt::jit {

namespace {

class Printer {
 public:
  Printer(const Target& target, const MFunc& func, std::vector<std::uint32_t>* insts)
      : target_(target), m_(func), insts_(insts) {}
  std::string run();

 private:
  void end_line(std::uint32_t inst) {
    out_ += '\n';
    if (insts_ != nullptr) insts_->push_back(inst);
  }
  void put(const char* text) { out_ += text; }
  void put(std::uint64_t n) { out_ += std::to_string(n); }
  void vreg(VReg v) { put("v"), put(raw(v)); }
  void vregs(std::span<const VReg> list);
  void operand(const MOperand& op);
  void memory(const MInst& i, std::span<const MOperand> uses);
  void inst(const MInst& i);
  [[nodiscard]] const char* file(VReg v) const {
    return m_.vregs[raw(v)].cls == RegClass::Int ? "r" : "x";
  }

  const Target& target_;
  const MFunc& m_;
  std::vector<std::uint32_t>* const insts_;
  std::string out_;
};

void Printer::vregs(std::span<const VReg> list) {
  if (list.empty()) return;
  put("(");
  for (std::size_t n = 0; n < list.size(); ++n) {
    if (n != 0) put(", ");
    vreg(list[n]);
  }
  put(")");
}

void Printer::operand(const MOperand& op) {
  vreg(op.vreg);
  switch (op.constraint) {
    case Constraint::Fixed: put("!"), put(file(op.vreg)), put(op.fixed); break;
    case Constraint::Same: put("="), put(op.fixed); break;
    case Constraint::Any: put("~"); break;
    case Constraint::Reg: break;
  }
  if (op.early) put("<");
  if (op.late) put(">");
  if (op.loc.is_reg()) put("@"), put(file(op.vreg)), put(op.loc.n);
  if (op.loc.is_slot()) put("@["), put(op.loc.n), put("]");
}

void Printer::memory(const MInst& i, std::span<const MOperand> uses) {
  static constexpr const char* kPinned[] = {"", "mem", "vmctx", "sp", "literal"};
  if (!i.mem_base && !i.mem_index && i.mem_pinned == 0 && i.mem_disp == 0) return;
  put(" [");
  put(kPinned[i.mem_pinned]);
  std::size_t at = uses.size() - (i.mem_base ? 1 : 0) - (i.mem_index ? 1 : 0);
  bool first = i.mem_pinned == 0;
  if (i.mem_base) {
    if (!std::exchange(first, false)) put(" + ");
    operand(uses[at++]);
  }
  if (i.mem_index) {
    if (!std::exchange(first, false)) put(" + ");
    operand(uses[at]);
    if (i.mem_scale != 0) put("<<"), put(i.mem_scale);
  }
  if (i.mem_disp != 0) {
    put(i.mem_disp < 0 ? " - " : " + ");
    const std::int64_t disp = i.mem_disp;
    put(static_cast<std::uint64_t>(disp < 0 ? -disp : disp));
  }
  put("]");
}

void Printer::inst(const MInst& i) {
  const std::span<const MOperand> ops = m_.operands(i);
  const auto defs = ops.subspan(0, i.defs);
  const auto uses = ops.subspan(i.defs);
  put("  ");
  for (std::size_t n = 0; n < defs.size(); ++n) {
    if (n != 0) put(", ");
    operand(defs[n]);
  }
  if (!defs.empty()) put(" = ");
  put(target_.op_name(i.op));
  put("."), put(i.size);
  const std::size_t plain = uses.size() - (i.mem_base ? 1 : 0) - (i.mem_index ? 1 : 0);
  for (std::size_t n = 0; n < plain; ++n) {
    put(n == 0 ? " " : ", ");
    operand(uses[n]);
  }
  memory(i, uses);
  char number[64];
  if (i.imm != 0) {
    std::snprintf(number, sizeof number, " #%lld", static_cast<long long>(i.imm));
    put(number);
  }
  if (i.cond != 0) put(" cc "), put(i.cond);
  if (i.aux != 0) put(" aux "), put(i.aux);
  end_line(static_cast<std::uint32_t>(&i - m_.insts.data()));
}

std::string Printer::run() {
  put("func "), put(m_.index);
  if (m_.spill_slots != 0) put(", "), put(m_.spill_slots), put(" slots");
  end_line(~0u);
  for (std::size_t b = 0; b < m_.blocks.size(); ++b) {
    const MBlock& block = m_.blocks[b];
    put("m"), put(b);
    vregs(block.params);
    put(":");
    if (block.is_loop_header) put("  ; loop up to m"), put(block.loop_end);
    if (block.cold) put("  ; cold");
    end_line(~0u);
    for (const std::uint32_t i : block.insts) inst(m_.insts[i]);
    for (const MEdge& edge : block.succs) {
      put("  -> m"), put(raw(edge.to));
      vregs(edge.args);
      end_line(block.insts.empty() ? ~0u : block.insts.back());
    }
  }
  return std::move(out_);
}

}  // namespace

std::string print(const Target& target, const MFunc& func, std::vector<std::uint32_t>* insts) {
  return Printer(target, func, insts).run();
}

}  // namespace wasmrt::jit
