// The x64 Target: register roles and the two translations.
#include "jit/x64/target.h"

#include "jit/x64/emit.h"
#include "jit/x64/features.h"
#include "jit/x64/regs.h"
#include "jit/x64/select.h"
#include "jit/x64/stubs.h"

namespace wasmrt::jit {

namespace {

using namespace x64;

constexpr std::uint8_t kIntArgs[] = {rdi, rsi, rdx, rcx, r8, r9, rax, r10};
constexpr std::uint8_t kHelperArgs[] = {rdi, rsi, rdx, rcx, r8, r9};  // System V
constexpr std::uint8_t kVecArgs[] = {0, 1, 2, 3, 4, 5, 6, 7};
constexpr std::uint8_t kIntResults[] = {rax, rdx, rcx, rsi};
constexpr std::uint8_t kVecResults[] = {0, 1, 2, 3};

constexpr std::uint32_t bit(std::uint32_t r) { return 1u << r; }
constexpr std::uint32_t kCallerSaved =
    bit(rax) | bit(rcx) | bit(rdx) | bit(rsi) | bit(rdi) | bit(r8) | bit(r9) | bit(r10);
constexpr std::uint32_t kCalleeSaved = bit(rbx) | bit(rbp) | bit(r12) | bit(r13);

const char* select(const CompileContext& context, ir::Func& func, MFunc& out) {
  return Selector(context, func, out).run();
}

const char* emit(const CompileContext& context, const MFunc& func, CodeBlob& out) {
  return Emitter(context, func, out).run();
}

const char* op_name(std::uint16_t op) {
  static constexpr const char* kNames[] = {
#define X64(Name, text) text,
#include "jit/x64/mir_ops.def"
#undef X64
  };
  if (const char* name = common_op_name(op); name != nullptr) return name;
  return op < kOpEnd ? kNames[op - kFirstMachineOp] : "?";
}

}  // namespace

const Target& x64_target() {
  static constexpr Target kTarget = {
      "x64",
      62,
      false,
      {kCallerSaved | kCalleeSaved, 0x7FFF},
      {kCallerSaved, 0x7FFF},
      kIntArgs,
      kVecArgs,
      kIntResults,
      kVecResults,
      kHelperArgs,
      rax,
      {kScratch, kScratchVec},
      {{rax, rcx, rdx, rsi, rdi, r8, r9, r10, rbx, rbp, r12, r13, 32},
       {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 32}},
      {kScratch, kVmctx, 0, 7, 16, 8},
      nullptr,
      select,
      emit,
      make_stubs,
      make_signature_stubs,
      make_thunk,
      64,
      std::uint64_t{1} << 31,
      patch_call,
      patch_table,
      host_cpu,
      parse_cpu,
      op_name,
  };
  return kTarget;
}

}  // namespace wasmrt::jit
