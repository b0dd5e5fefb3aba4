// Runs single functions of x64 code: from SSA through selection, allocation and emission to a page
// of memory. Only on x64 hosts.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "jit/ir/ir.h"
#include "jit/regalloc/regalloc.h"
#include "jit/target.h"
#include "jit/x64/mir_ops.h"
#include "libwasmrt/wasm/opcode.h"

namespace wasmrt::test {

/// The feature sets to compile for: the least, and what the host has beyond it, step by step.
inline std::vector<std::uint64_t> cpu_levels() {
  using namespace jit::x64;
  std::vector<std::uint64_t> levels = {0};
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx")) levels.push_back(kCpuAvx);
  if (__builtin_cpu_supports("avx2")) levels.push_back(kCpuAvx | kCpuAvx2);
  if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq")) {
    levels.push_back(kCpuAvx | kCpuAvx2 | kCpuAvx512);
  }
  return levels;
}

/// A function of four pointers, under construction.
class PointerFunction {
 public:
  using V = jit::ir::ValueId;

  PointerFunction() : block(func.new_block()) {
    using namespace jit::ir;
    func.order = {block};
    func.params.assign(4, Type::I64);
    for (std::uint64_t n = 0; n < 4; ++n) pointers[n] = add(IrOp::Param, Type::I64, {}, n);
  }

  V add(jit::ir::IrOp op, jit::ir::Type type, std::initializer_list<V> args, std::uint64_t imm = 0,
        std::uint16_t aux = 0, std::uint8_t lane = 0, std::uint16_t mem = 0) {
    jit::ir::Inst i;
    i.op = op;
    i.type = type;
    unsigned n = 0;
    for (const V a : args) i.args[n++] = raw(a);
    if (n == 1) i.aux_type = func[*args.begin()].type;
    i.imm = imm;
    i.aux = aux;
    i.lane = lane;
    i.mem = mem;
    return func.append(block, i);
  }
  V simd(Op op, jit::ir::Type type, std::initializer_list<V> args, std::uint8_t lane = 0,
         std::uint64_t imm = 0) {
    using jit::ir::IrOp;
    return add(args.size() == 1   ? IrOp::Simd1
               : args.size() == 2 ? IrOp::Simd2
                                  : IrOp::Simd3,
               type, args, imm, static_cast<std::uint16_t>(op), lane);
  }
  static jit::ir::Access access(jit::ir::Type type) {
    using namespace jit::ir;
    switch (type) {
      case Type::I32: return Access::U32;
      case Type::F32: return Access::F32;
      case Type::F64: return Access::F64;
      case Type::V128: return Access::V128;
      default: return Access::B64;
    }
  }
  V load(unsigned pointer, jit::ir::Type type, std::uint64_t offset = 0) {
    return add(jit::ir::IrOp::VmLoad, type, {pointers[pointer]}, offset,
               static_cast<std::uint16_t>(access(type)));
  }
  void store(unsigned pointer, V value, std::uint64_t offset = 0) {
    using namespace jit::ir;
    const Type type = func[value].type;
    const V v = add(IrOp::VmStore, Type::Void, {pointers[pointer], value}, offset,
                    static_cast<std::uint16_t>(access(type)));
    func[v].aux_type = type;
  }
  V constant(const V128& bits) {
    func.v128s.push_back(bits);
    return add(jit::ir::IrOp::ConstV128, jit::ir::Type::V128, {}, func.v128s.size() - 1);
  }
  V constant(jit::ir::Type type, std::uint64_t bits) {
    return add(jit::ir::IrOp::Const, type, {}, bits);
  }
  void finish() {
    jit::ir::Inst i;
    i.op = jit::ir::IrOp::Return;
    i.args[0] = func.add_list({});
    i.args[1] = 0;
    func.append(block, i);
  }

  jit::ir::Func func;
  jit::ir::BlockId block;
  V pointers[4];
};

/// Memory for one function at a time: written, then executed, never both.
class CodePage {
 public:
  CodePage() {
    page_ = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page_ != MAP_FAILED);
  }
  ~CodePage() { munmap(page_, kBytes); }
  CodePage(const CodePage&) = delete;
  CodePage& operator=(const CodePage&) = delete;

  /// `light`: allocated block by block.
  void compile(jit::ir::Func& func, std::uint64_t cpu, bool light = false) {
    jit::CompileContext context;
    context.target = &jit::x64_target();
    context.options.cpu = cpu;
    const char* why = context.target->select(context, func, mir_);
    const jit::MFunc before = mir_;
    if (why == nullptr) why = allocator_.run(*context.target, mir_, light);
    if (why == nullptr) why = context.target->emit(context, mir_, blob);
    INFO((why == nullptr ? "" : why));
    REQUIRE(why == nullptr);
    REQUIRE(jit::check_allocation(*context.target, before, mir_).empty());
    REQUIRE(blob.code.size() <= kBytes);
    REQUIRE(mprotect(page_, kBytes, PROT_READ | PROT_WRITE) == 0);
    std::memcpy(page_, blob.code.data(), blob.code.size());
    REQUIRE(mprotect(page_, kBytes, PROT_READ | PROT_EXEC) == 0);
  }

  /// Calls the function; its first argument registers are those of C. `memory` is the pinned base.
  void run(const void* a, const void* b, const void* c, void* out,
           const void* memory = nullptr) const {
    const void* entry = static_cast<const char*>(page_) + blob.entry;
    const void* base = memory;
    // Below the stack pointer C may keep something: 128 bytes are stepped over.
    asm volatile(
        "sub $128, %%rsp\n\t"
        "push %%r15\n\t"
        "mov %[base], %%r15\n\t"
        "call *%[entry]\n\t"
        "pop %%r15\n\t"
        "add $128, %%rsp"
        : "+D"(a), "+S"(b), "+d"(c), "+c"(out), [entry] "+a"(entry), [base] "+b"(base)
        :
        : "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
          "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc");
  }

  CodeBlob blob;

 private:
  static constexpr std::size_t kBytes = 16384;
  void* page_;
  jit::MFunc mir_;
  jit::RegisterAllocator allocator_;
};

}  // namespace wasmrt::test
