// Compiles a kernel's WASI command with Wasmtime's library, or runs it: the driver where its Python
// package cannot be used, as under an emulator of another machine.
//
//   run_wasmtime compile KERNEL.wasm KERNEL.cwasm
//   run_wasmtime run KERNEL.cwasm [ARGUMENT...]
#include <stdio.h>
#include <string.h>

#include "wasmtime_c.h"

static void compile(const char* from, const char* to) {
  size_t size = 0;
  const uint8_t* bytes = read_file(from, &size);
  wasmtime_module_t* module = NULL;
  check(wasmtime_module_new(wasm_engine_new(), bytes, size, &module));
  wasm_byte_vec_t image;
  check(wasmtime_module_serialize(module, &image));
  FILE* file = fopen(to, "wb");
  if (!file || fwrite(image.data, 1, image.size, file) != image.size || fclose(file) != 0) {
    fail("cannot write the file");
  }
}

static void run(int argc, const char** argv) {
  size_t size = 0;
  const uint8_t* bytes = read_file(argv[0], &size);
  wasm_engine_t* engine = wasm_engine_new();
  wasmtime_module_t* module = NULL;
  check(wasmtime_module_deserialize(engine, bytes, size, &module));
  wasmtime_context_t* context = wasmtime_store_context(wasmtime_store_new(engine, NULL, NULL));
  wasi_config_t* wasi = wasi_config_new();
  if (!wasi_config_set_argv(wasi, (size_t)argc, argv)) fail("cannot set the arguments");
  wasi_config_inherit_stdout(wasi);
  check(wasmtime_context_set_wasi(context, wasi));
  wasmtime_linker_t* linker = wasmtime_linker_new(engine);
  check(wasmtime_linker_define_wasi(linker));
  wasmtime_instance_t instance;
  wasm_trap_t* trap = NULL;
  check(wasmtime_linker_instantiate(linker, context, module, &instance, &trap));
  wasmtime_extern_t start;
  if (trap || !wasmtime_instance_export_get(context, &instance, "_start", 6, &start) ||
      start.kind != kFunc) {
    fail("no _start");
  }
  check(wasmtime_func_call(context, &start.of.func, NULL, 0, NULL, 0, &trap));
  if (trap) fail("a trap");
}

int main(int argc, const char** argv) {
  if (argc == 4 && strcmp(argv[1], "compile") == 0) {
    compile(argv[2], argv[3]);
  } else if (argc >= 3 && strcmp(argv[1], "run") == 0) {
    run(argc - 2, argv + 2);
  } else {
    fail("usage: run_wasmtime compile FROM TO | run IMAGE [ARGUMENT...]");
  }
  return 0;
}
