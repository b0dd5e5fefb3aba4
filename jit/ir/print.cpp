// One line per instruction: "v3 = add.i32 v1, v2".
#include "jit/ir/print.h"

#include <cstdio>
#include <vector>

#include "libwasmrt/abi/code_blob.h"
#include "libwasmrt/wasm/opcode.h"

namespace wasmrt::jit::ir {

namespace {

constexpr const char* kTypes[] = {"", "i32", "i64", "f32", "f64", "v128"};
constexpr const char* kConds[] = {"eq",   "ne",   "lt_s", "lt_u", "gt_s",
                                  "gt_u", "le_s", "le_u", "ge_s", "ge_u"};
constexpr const char* kFConds[] = {"eq", "ne", "lt", "gt", "le", "ge"};
constexpr const char* kAccesses[] = {"u8",  "s8",  "u16", "s16", "u32",
                                     "s32", "b64", "f32", "f64", "v128"};
constexpr const char* kTraps[] = {
#define TRAP(Name, wording) #Name,
#include <wasmrt/traps.def>
#undef TRAP
};

class Printer {
 public:
  Printer(const Func& func, bool renumber, std::vector<std::uint32_t>* positions);
  std::string run();

 private:
  void inst(std::uint32_t v);
  void details(const Inst& i);
  void access(const Inst& i);
  void end_line(std::uint32_t position) {
    out_ += '\n';
    if (positions_ != nullptr) positions_->push_back(position);
  }
  void put(const char* text) { out_ += text; }
  void put(std::uint64_t n) { out_ += std::to_string(n); }
  void value(std::uint32_t v) { put("v"), put(values_[v]); }
  void block(BlockId b) { put("b"), put(blocks_[raw(b)]); }
  void types(const std::vector<Type>& list);
  void values(std::span<const std::uint32_t> list);

  const Func& f_;
  std::vector<std::uint32_t>* const positions_;
  std::string out_;
  std::vector<std::uint32_t> values_, blocks_;  // numbers
  std::vector<bool> named_;                     // has a result, or several
};

Printer::Printer(const Func& func, bool renumber, std::vector<std::uint32_t>* positions)
    : f_(func), positions_(positions) {
  for (std::uint32_t v = 0; v < f_.insts.size(); ++v) values_.push_back(v);
  for (std::uint32_t b = 0; b < f_.blocks.size(); ++b) blocks_.push_back(b);
  for (const Inst& i : f_.insts) named_.push_back(i.type != Type::Void);
  for (const Inst& i : f_.insts) {
    if (i.op == IrOp::Proj) named_[i.args[0]] = true;
  }
  if (!renumber) return;
  std::uint32_t next = 0;
  for (std::uint32_t p = 0; p < f_.order.size(); ++p) {
    blocks_[raw(f_.order[p])] = p;
    for (std::uint32_t v = f_[f_.order[p]].first; v != ~0u; v = f_.next[v]) {
      if (named_[v]) values_[v] = next++;
    }
  }
}

void Printer::types(const std::vector<Type>& list) {
  put("(");
  for (std::size_t n = 0; n < list.size(); ++n) {
    if (n != 0) put(", ");
    put(kTypes[static_cast<unsigned>(list[n])]);
  }
  put(")");
}

void Printer::values(std::span<const std::uint32_t> list) {
  for (std::size_t n = 0; n < list.size(); ++n) {
    put(n == 0 ? " " : ", ");
    value(list[n]);
  }
}

/// What an access touches: "u8 [v1 + 4]".
void Printer::access(const Inst& i) {
  const bool vm = i.op == IrOp::VmLoad || i.op == IrOp::VmLoadConst || i.op == IrOp::VmStore;
  const bool scalar = vm || i.op == IrOp::Load || i.op == IrOp::Store;
  put(" ");
  if (scalar) {
    put(kAccesses[i.aux]);
  } else {
    out_ += op_name(static_cast<Op>(i.aux));
  }
  put(vm || i.mem != 0 ? " [" : " mem[");
  value(i.args[0]);
  if (i.imm != 0) put(" + "), put(i.imm);
  put("]");
  if (info(i.op).operands == 2) put(", "), value(i.args[1]);
  if (!scalar) put(" lane "), put(i.lane);
}

void Printer::details(const Inst& i) {
  char number[32];
  switch (i.op) {
    case IrOp::Param:
    case IrOp::Proj: put(" #"), put(i.imm); break;
    case IrOp::Const:
      std::snprintf(number, sizeof number, i.imm < 4096 ? " %llu" : " 0x%llx",
                    static_cast<unsigned long long>(i.imm));
      put(number);
      break;
    case IrOp::ConstV128:
      put(" 0x");
      for (unsigned n = 16; n-- > 0;) {
        std::snprintf(number, sizeof number, "%02x", f_.v128s[i.imm].bytes[n]);
        put(number);
      }
      break;
    case IrOp::Add:
    case IrOp::Shl:
      if (i.aux == kNoWrap) put(" no_wrap");
      break;
    case IrOp::MemCheck:
    case IrOp::LimitCheck:
      put(" memory "), put(i.mem), put(", end "), put(i.imm);
      if (i.lane != 0) put(", accesses "), put(i.lane + 1u);
      break;
    case IrOp::Call:
    case IrOp::TailCall: put(" func "), put(i.imm); break;
    case IrOp::CallTable: put(" #"), put(i.imm); break;
    case IrOp::CallFunc:
    case IrOp::CallCode:
    case IrOp::TailCallFunc: put(" type "), put(i.imm); break;
    case IrOp::Builtin: put(" builtin "), put(i.imm); break;
    case IrOp::TrapIf:
    case IrOp::TrapIfNot:
    case IrOp::TrapIfInfo:
    case IrOp::GuardIndex:
    case IrOp::Trap: put(" "), put(i.aux == kNoCallee ? "NoCallee" : kTraps[i.aux]); break;
    case IrOp::Simd1:
    case IrOp::Simd2:
    case IrOp::Simd3:
      put(" "), put(std::string(op_name(static_cast<Op>(i.aux))).c_str());
      put(" lane "), put(i.lane);
      break;
    case IrOp::LoadHome: put(" #"), put(i.imm); break;
    case IrOp::StoreHome: put(", #"), put(i.imm); break;
    case IrOp::Leave: put(" to "), put(i.imm); break;
    case IrOp::Jump: put(" "), block(i.block(0)); break;
    case IrOp::Branch:
      put(", "), block(i.block(1)), put(", "), block(i.block(2));
      if (i.aux != 0) put(i.aux == static_cast<unsigned>(Hint::Likely) ? " likely" : " unlikely");
      break;
    case IrOp::Switch:
      for (std::uint32_t n = 0; n < i.args[2]; ++n) {
        put(", "), block(static_cast<BlockId>(f_.pool[i.args[1] + n]));
      }
      break;
    default: break;
  }
}

void Printer::inst(std::uint32_t v) {
  const Inst& i = f_.insts[v];
  put("  ");
  if (named_[v]) value(v), put(" = ");
  put(info(i.op).text);
  if (i.type != Type::Void) put("."), put(kTypes[static_cast<unsigned>(i.type)]);
  if (i.op == IrOp::Icmp) put(" "), put(kConds[i.aux]);
  if (i.op == IrOp::Fcmp) put(" "), put(kFConds[i.aux]);
  if (i.aux_type != Type::Void && i.aux_type != i.type) {
    put(" "), put(kTypes[static_cast<unsigned>(i.aux_type)]);
  }
  switch (i.op) {
    case IrOp::Load:
    case IrOp::Store:
    case IrOp::VmLoad:
    case IrOp::VmLoadConst:
    case IrOp::VmStore:
    case IrOp::SimdLoad:
    case IrOp::SimdLoadLane:
    case IrOp::SimdStoreLane: access(i); break;
    default: {
      const std::uint8_t n = info(i.op).operands;
      const bool list = n == kList;
      values(list ? f_.list(i) : std::span<const std::uint32_t>(i.args, n));
      details(i);
    }
  }
  end_line(i.pos);
}

std::string Printer::run() {
  put("func "), put(f_.index), put(" ");
  types(f_.params);
  put(" -> ");
  types(f_.results);
  end_line(~0u);
  for (const BlockId b : f_.order) {
    block(b);
    put(":");
    if (!f_[b].preds.empty()) put("  ; from");
    for (const BlockId p : f_[b].preds) put(" "), block(p);
    if (f_[b].is_loop_header) put(", loop header");
    if (f_[b].loop_depth != 0) put(", depth "), put(f_[b].loop_depth);
    if (f_[b].cold) put(", cold");
    end_line(~0u);
    for (std::uint32_t v = f_[b].first; v != ~0u; v = f_.next[v]) inst(v);
  }
  return std::move(out_);
}

}  // namespace

std::string print(const Func& func, bool renumber, std::vector<std::uint32_t>* positions) {
  return Printer(func, renumber, positions).run();
}

}  // namespace wasmrt::jit::ir
