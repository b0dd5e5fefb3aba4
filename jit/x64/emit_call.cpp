// Calls, returns, argument areas, polls and explicit traps.
#include "jit/x64/emit.h"
#include "libwasmrt/abi/builtins.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/abi/vmctx.h"

namespace wasmrt::jit::x64 {

namespace x86 = asmjit::x86;

namespace {

constexpr std::size_t kBuiltinOffsets[] = {
#define BUILTIN(name, result, parameters) offsetof(Builtins, name),
#include "libwasmrt/abi/builtins.def"
#undef BUILTIN
};

}  // namespace

/// Calls the function in the scratch register and takes the pinned registers back.
void Emitter::call_out(std::uint32_t pos) {
  a_.movq(xmm(kScratchVec), vm(offsetof(Vmctx, activation)));
  a_.call(x86::ptr(x86::gpq(kScratch), offsetof(VmFuncRef, native), 8));
  point(PointKind::CallOut, pos);
  a_.mov(x86::gpq(kVmctx), x86::ptr(x86::rsp, static_cast<std::int32_t>(vmctx_at_), 8));
  a_.mov(x86::gpq(kMemory), vm(offsetof(Vmctx, memory0_base)));
}

void Emitter::direct(std::uint8_t opcode, const MInst& i) {
  a_.db(opcode);
  out_.calls.push_back(
      {static_cast<std::uint32_t>(a_.offset()), static_cast<std::uint32_t>(i.imm)});
  a_.dd(0);
}

bool Emitter::emit_call(const MInst& i) {
  const auto incoming = [&] {
    return x86::ptr(x86::rsp,
                    static_cast<std::int32_t>(frame_ + 8 + static_cast<std::uint32_t>(i.imm)));
  };
  const auto outgoing = [&] { return x86::ptr(x86::rsp, static_cast<std::int32_t>(i.imm)); };
  const auto transfer = [&](x86::Mem place, bool store) {
    const MOperand& o = op(i, 0);
    const bool vec = m_.vregs[raw(o.vreg)].cls == RegClass::Vec;
    place.setSize(vec && i.size == 16 ? 16 : 8);
    if (!vec) {
      if (store) {
        a_.mov(place, gp(o, 8));
      } else {
        a_.mov(gp(o, 8), place);
      }
    } else if (i.size == 16) {
      if (store) {
        a_.movups(place, xmm(o));
      } else {
        a_.movups(xmm(o), place);
      }
    } else if (store) {
      a_.movsd(place, xmm(o));
    } else {
      a_.movsd(xmm(o), place);
    }
  };
  const x86::Gp scratch = x86::gpq(kScratch);
  switch (i.op) {
    case kArgs: return true;
    case kLoadArg: transfer(incoming(), false); return true;
    case kStoreRes: transfer(incoming(), true); return true;
    case kStoreArg: transfer(outgoing(), true); return true;
    case kLoadRes: transfer(outgoing(), false); return true;
    case kLoadHome: transfer(slot(m_.home(i), 8), false); return true;
    case kStoreHome: transfer(slot(m_.home(i), 8), true); return true;
    case kLeave:
      a_.db(0xE9);
      out_.leaves.push_back(
          {static_cast<std::uint32_t>(a_.offset()), static_cast<std::uint32_t>(i.imm)});
      a_.dd(0);
      return true;
    case kRet:
      epilogue();
      a_.ret();
      return true;
    case kCallDirect:
      direct(0xE8, i);
      point(PointKind::Call, i.pos);
      return true;
    case kCallFunc:
      a_.mov(scratch, gp(op(i, i.defs), 8));
      call_out(i.pos);
      return true;
    case kCallCode:
      a_.call(gp(op(i, i.defs), 8));
      point(PointKind::Call, i.pos);
      return true;
    case kCallTable:
      a_.lea(gp(op(i, 0), 8), x86::ptr(x86::rip, 0));
      out_.tables.push_back(
          {static_cast<std::uint32_t>(a_.offset()) - 4, static_cast<std::uint32_t>(i.imm)});
      return true;
    case kTailDirect:
    case kTailFunc: tail_call(i); return true;
    case kCallBuiltin: {
      a_.mov(x86::rdi, x86::gpq(kVmctx));
      a_.mov(scratch, vm(offsetof(Vmctx, builtins)));
      a_.call(x86::ptr(scratch, static_cast<std::int32_t>(kBuiltinOffsets[i.imm]), 8));
      point(PointKind::Call, i.pos);
      if (i.aux == 1) {
        a_.test(x86::eax, x86::eax);
        a_.jnz(trap_label(0, i.pos));
      }
      return true;
    }
    case kTrap: a_.jmp(trap_label(i.aux, i.pos)); return true;
    case kPoll: {
      const Label slow = a_.newLabel();
      const Label back = a_.newLabel();
      a_.cmp(vm(offsetof(Vmctx, interrupt), 4), 0);
      a_.jne(slow);
      a_.bind(back);
      const std::uint32_t pos = i.pos;
      cold([this, slow, back, pos] {
        a_.bind(slow);
        call_stub(offsetof(NativeStubs, poll));
        point(PointKind::Poll, pos);
        a_.jmp(back);
      });
      return true;
    }
    default: return false;
  }
}

}  // namespace wasmrt::jit::x64
