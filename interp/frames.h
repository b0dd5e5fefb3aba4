// What handlers need from the module's code object: translation, type tests, backtraces.
#pragma once

#include "interp/code.h"

namespace wasmrt::interp {

/// The function whose stub stands at pc.
FuncCode* func_of_stub(const Ins* pc);
/// Translates a function if no other thread has; on return its code is not the stub.
void translate_now(FuncCode& func);
/// Counts a call of a function that is at its `counted` instruction.
void count_call(const Ins* pc);
/// Where calls of that function go on.
const Ins* start_of_counted(const Ins* pc);
/// Whether a function of type `actual` may be called as `expected` (both const CanonType*).
bool is_subtype(const void* actual, const void* expected);
/// Records a trap at pc in ctx->activation->report and appends the frames down to the entry,
/// without the first if a tail call has `left` it.
void report_trap(const Ins* pc, std::uint64_t* sp, Vmctx* ctx, TrapWord word, bool left = false);

/// Whether a frame's return pc leads out of this entry, or into another instance. (exec_calls.cpp)
bool returns_to_entry(std::uint64_t return_pc);
bool returns_across(std::uint64_t return_pc);

}  // namespace wasmrt::interp
