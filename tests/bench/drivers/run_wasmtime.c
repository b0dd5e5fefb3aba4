// Compiles a kernel's WASI command with Wasmtime's library, or runs it: the driver where its Python
// package cannot be used, as under an emulator of another machine.
//
//   run_wasmtime compile KERNEL.wasm KERNEL.cwasm
//   run_wasmtime run KERNEL.cwasm [ARGUMENT...]
//
// The declarations are those of Wasmtime's documented C interface that are used here.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct wasm_engine wasm_engine_t;
typedef struct wasm_trap wasm_trap_t;
typedef struct wasi_config wasi_config_t;
typedef struct wasmtime_context wasmtime_context_t;
typedef struct wasmtime_error wasmtime_error_t;
typedef struct wasmtime_linker wasmtime_linker_t;
typedef struct wasmtime_module wasmtime_module_t;
typedef struct wasmtime_store wasmtime_store_t;
typedef struct wasmtime_val wasmtime_val_t;
typedef struct {
  size_t size;
  char* data;
} wasm_byte_vec_t;
typedef struct {
  uint64_t store;
  void* inner;
} wasmtime_func_t;
typedef struct {
  uint64_t store;
  size_t inner;
} wasmtime_instance_t;
typedef struct {
  uint8_t kind;
  union {
    wasmtime_func_t func;
    uint64_t others[8];  // at least as large as the other kinds
  } of;
} wasmtime_extern_t;
enum { kFunc = 0 };

wasm_engine_t* wasm_engine_new(void);
wasi_config_t* wasi_config_new(void);
bool wasi_config_set_argv(wasi_config_t*, size_t, const char**);
void wasi_config_inherit_stdout(wasi_config_t*);
void wasmtime_error_message(const wasmtime_error_t*, wasm_byte_vec_t*);
wasmtime_store_t* wasmtime_store_new(wasm_engine_t*, void*, void (*)(void*));
wasmtime_context_t* wasmtime_store_context(wasmtime_store_t*);
wasmtime_error_t* wasmtime_context_set_wasi(wasmtime_context_t*, wasi_config_t*);
wasmtime_linker_t* wasmtime_linker_new(wasm_engine_t*);
wasmtime_error_t* wasmtime_linker_define_wasi(wasmtime_linker_t*);
wasmtime_error_t* wasmtime_linker_instantiate(const wasmtime_linker_t*, wasmtime_context_t*,
                                              const wasmtime_module_t*, wasmtime_instance_t*,
                                              wasm_trap_t**);
wasmtime_error_t* wasmtime_module_new(wasm_engine_t*, const uint8_t*, size_t, wasmtime_module_t**);
wasmtime_error_t* wasmtime_module_serialize(wasmtime_module_t*, wasm_byte_vec_t*);
wasmtime_error_t* wasmtime_module_deserialize(wasm_engine_t*, const uint8_t*, size_t,
                                              wasmtime_module_t**);
bool wasmtime_instance_export_get(wasmtime_context_t*, const wasmtime_instance_t*, const char*,
                                  size_t, wasmtime_extern_t*);
wasmtime_error_t* wasmtime_func_call(wasmtime_context_t*, const wasmtime_func_t*,
                                     const wasmtime_val_t*, size_t, wasmtime_val_t*, size_t,
                                     wasm_trap_t**);

static _Noreturn void fail(const char* what) {
  fprintf(stderr, "run_wasmtime: %s\n", what);
  exit(1);
}

static void check(const wasmtime_error_t* error) {
  if (!error) return;
  wasm_byte_vec_t message;
  wasmtime_error_message(error, &message);
  fprintf(stderr, "%.*s\n", (int)message.size, message.data);
  fail("Wasmtime reports an error");
}

static uint8_t* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) fail("cannot read the file");
  *size = (size_t)ftell(file);
  rewind(file);
  uint8_t* data = malloc(*size + 1);
  if (!data || fread(data, 1, *size, file) != *size) fail("cannot read the file");
  fclose(file);
  return data;
}

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
