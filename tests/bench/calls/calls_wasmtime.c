// What a call costs in Wasmtime: GUEST CALLS, prints nanoseconds per call into the guest and out of
// it, by the unchecked calls of its C interface, the fastest it has.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../drivers/wasmtime_c.h"

static wasm_trap_t* host(void* data, wasmtime_caller_t* caller, wasmtime_val_raw_t* slots,
                         size_t count) {
  (void)data, (void)caller, (void)count;
  slots[0].i32 = (int32_t)((uint32_t)slots[0].i32 + (uint32_t)slots[1].i32);
  return NULL;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static wasmtime_func_t function(wasmtime_context_t* context, const wasmtime_instance_t* instance,
                                const char* name, size_t length) {
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(context, instance, name, length, &item) || item.kind != kFunc) {
    fail("an export is missing");
  }
  return item.of.func;
}

int main(int argc, const char** argv) {
  if (argc != 3) fail("usage: calls_wasmtime GUEST CALLS");
  size_t size = 0;
  const uint8_t* bytes = read_file(argv[1], &size);
  const int32_t calls = atoi(argv[2]);
  wasm_engine_t* engine = wasm_engine_new();
  wasmtime_module_t* module = NULL;
  check(wasmtime_module_new(engine, bytes, size, &module));
  wasmtime_context_t* context = wasmtime_store_context(wasmtime_store_new(engine, NULL, NULL));
  wasmtime_linker_t* linker = wasmtime_linker_new(engine);
  wasm_valtype_t* two[] = {wasm_valtype_new(kI32), wasm_valtype_new(kI32)};
  wasm_valtype_t* one[] = {wasm_valtype_new(kI32)};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new(&params, 2, two);
  wasm_valtype_vec_new(&results, 1, one);
  check(wasmtime_linker_define_func_unchecked(
      linker, "env", 3, "host", 4, wasm_functype_new(&params, &results), host, NULL, NULL));
  wasmtime_instance_t instance;
  wasm_trap_t* trap = NULL;
  check(wasmtime_linker_instantiate(linker, context, module, &instance, &trap));
  const wasmtime_func_t add = function(context, &instance, "add", 3);
  const wasmtime_func_t loop = function(context, &instance, "loop", 4);
  wasmtime_val_raw_t slots[2] = {{0}};
  double begin = now();
  for (int32_t i = 0; i < calls; ++i) {
    slots[1].i32 = i;
    if (wasmtime_func_call_unchecked(context, &add, slots, 2, &trap)) fail("a call failed");
  }
  printf("in %.3f\n", (now() - begin) / calls);
  slots[0].i32 = calls;
  begin = now();
  if (wasmtime_func_call_unchecked(context, &loop, slots, 1, &trap)) fail("a call failed");
  printf("out %.3f\n", (now() - begin) / calls);
  return 0;
}
