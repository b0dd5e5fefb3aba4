// The arm64 Target: register roles and the two translations.
#include "jit/arm64/target.h"

#include "jit/arm64/emit.h"
#include "jit/arm64/features.h"
#include "jit/arm64/regs.h"
#include "jit/arm64/select.h"
#include "jit/arm64/stubs.h"

namespace wasmrt::jit {

namespace {

using namespace arm64;

constexpr std::uint8_t kIntArgs[] = {x0, x1, x2, x3, x4, x5, x6, x7};
constexpr std::uint8_t kVecArgs[] = {0, 1, 2, 3, 4, 5, 6, 7};
constexpr std::uint8_t kIntResults[] = {x0, x1, x2, x3};
constexpr std::uint8_t kVecResults[] = {0, 1, 2, 3};

constexpr std::uint32_t kCallerSaved = 0xFFFF;       // x0 to x15
constexpr std::uint32_t kCalleeSaved = 0xFF << x19;  // x19 to x26
constexpr std::uint32_t kVectors = ~(1u << kScratchVec);

const char* select(const CompileContext& context, ir::Func& func, MFunc& out) {
  return Selector(context, func, out).run();
}

const char* emit(const CompileContext& context, const MFunc& func, CodeBlob& out) {
  return Emitter(context, func, out).run();
}

const char* op_name(std::uint16_t op) {
  static constexpr const char* kNames[] = {
#define ARM64(Name, text) text,
#include "jit/arm64/mir_ops.def"
#undef ARM64
  };
  if (const char* name = common_op_name(op); name != nullptr) return name;
  return op < kOpEnd ? kNames[op - kFirstMachineOp] : "?";
}

}  // namespace

const Target& arm64_target() {
  static constexpr Target kTarget = {
      "arm64",
      183,
      true,
      {kCallerSaved | kCalleeSaved, kVectors},
      {kCallerSaved, kVectors},
      kIntArgs,
      kVecArgs,
      kIntResults,
      kVecResults,
      kIntArgs,
      x0,
      {kScratch, kScratchVec},
      {{x0,  x1,  x2,  x3,  x4,  x5,  x6,  x7,  x8,  x9,  x10, x11, x12,
        x13, x14, x15, x19, x20, x21, x22, x23, x24, x25, x26, 32},
       {0,  1,  2,  3,  4,  5,  6,  7, 16, 17, 18, 19, 20, 21, 22, 23,
        24, 25, 26, 27, 28, 29, 30, 8, 9,  10, 11, 12, 13, 14, 15, 32}},
      {kScratch, kVmctx, -8, 31, 30, 0},
      takes_constant,
      select,
      emit,
      make_stubs,
      make_signature_stubs,
      make_thunk,
      16,
      std::uint64_t{1} << 27,
      patch_call,
      patch_table,
      host_cpu,
      parse_cpu,
      op_name,
  };
  return kTarget;
}

}  // namespace wasmrt::jit
