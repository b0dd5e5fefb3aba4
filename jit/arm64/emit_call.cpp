// Calls, returns, argument areas, polls and explicit traps.
#include "jit/arm64/emit.h"
#include "libwasmrt/abi/builtins.h"
#include "libwasmrt/abi/native.h"
#include "libwasmrt/abi/vmctx.h"

namespace wasmrt::jit::arm64 {

namespace {

constexpr std::size_t kBuiltinOffsets[] = {
#define BUILTIN(name, result, parameters) offsetof(Builtins, name),
#include "libwasmrt/abi/builtins.def"
#undef BUILTIN
};

}  // namespace

/// Calls the function in the scratch register and takes the pinned registers back.
void Emitter::call_out(std::uint32_t pos) {
  a_.ldr(gp(kScratch2, 8), vm(offsetof(Vmctx, activation)));
  a_.ldr(gp(kLink, 8), place(kScratch, offsetof(VmFuncRef, native), 8));
  a_.blr(gp(kLink, 8));
  point(PointKind::CallOut, pos);
  a_.ldr(gp(kVmctx, 8), place(sp, vmctx_at_, 8));
  a_.ldr(gp(kMemory, 8), vm(offsetof(Vmctx, memory0_base)));
}

void Emitter::direct(std::uint32_t opcode, const MInst& i) {
  out_.calls.push_back({here(), static_cast<std::uint32_t>(i.imm)});
  word(opcode);
}

bool Emitter::emit_call(const MInst& i) {
  const unsigned bytes = i.size == 16 ? 16 : 8;
  const auto incoming = [&] { return place(sp, std::int64_t{frame_} + i.imm, bytes); };
  const auto outgoing = [&] { return place(sp, i.imm, bytes); };
  switch (i.op) {
    case kArgs: return true;
    case kLoadArg: load_place(op(i, 0), incoming(), bytes); return true;
    case kStoreRes: store_place(op(i, 0), incoming(), bytes); return true;
    case kStoreArg: store_place(op(i, 0), outgoing(), bytes); return true;
    case kLoadRes: load_place(op(i, 0), outgoing(), bytes); return true;
    case kLoadHome: load_place(op(i, 0), slot(m_.home(i), bytes), bytes); return true;
    case kStoreHome: store_place(op(i, 0), slot(m_.home(i), bytes), bytes); return true;
    case kLeave:
      out_.leaves.push_back({here(), static_cast<std::uint32_t>(i.imm)});
      word(0x14000000);
      return true;
    case kRet:
      epilogue();
      a_.ret(gp(kLink, 8));
      return true;
    case kCallDirect:
      direct(0x94000000, i);
      point(PointKind::Call, i.pos);
      return true;
    case kCallFunc:
      mov(kScratch, op(i, i.defs).loc.n);
      call_out(i.pos);
      return true;
    case kCallCode:
      a_.blr(gp(op(i, i.defs), 8));
      point(PointKind::Call, i.pos);
      return true;
    case kCallTable: {
      out_.tables.push_back({here(), static_cast<std::uint32_t>(i.imm)});
      const std::uint32_t d = op(i, 0).loc.n;
      word(0x90000000 | d);           // adrp
      word(0x91000000 | d << 5 | d);  // add
      return true;
    }
    case kTailDirect:
    case kTailFunc: tail_call(i); return true;
    case kCallBuiltin: {
      a_.ldr(gp(kScratch, 8), vm(offsetof(Vmctx, builtins)));
      a_.ldr(gp(kScratch, 8),
             place(kScratch, static_cast<std::int64_t>(kBuiltinOffsets[i.imm]), 8));
      mov(x0, kVmctx);
      a_.blr(gp(kScratch, 8));
      point(PointKind::Call, i.pos);
      if (i.aux == 1) cbz(false, x0, 4, trap_label(0, i.pos));
      return true;
    }
    case kTrap: b(trap_label(i.aux, i.pos)); return true;
    case kPoll: {
      const Label slow = new_label();
      const Label back = new_label();
      a_.ldr(gp(kScratch, 4), place(kVmctx, offsetof(Vmctx, interrupt), 4));
      cbz(false, kScratch, 4, slow);
      bind(back);
      const std::uint32_t pos = i.pos;
      cold([this, slow, back, pos] {
        bind(slow);
        const auto call = [this, pos] {
          call_stub(offsetof(NativeStubs, poll));
          point(PointKind::Poll, pos);
        };
        if (frame_ == 0) {
          keeping_link(call);
        } else {
          call();
        }
        b(back);
      });
      return true;
    }
    default: return false;
  }
}

}  // namespace wasmrt::jit::arm64
