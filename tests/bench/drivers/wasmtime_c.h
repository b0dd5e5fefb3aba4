// What of Wasmtime's documented C interface the drivers use, declared here: its package for Python
// has the library, but no headers.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wasm_engine wasm_engine_t;
typedef struct wasm_functype wasm_functype_t;
typedef struct wasm_trap wasm_trap_t;
typedef struct wasm_valtype wasm_valtype_t;
typedef struct wasi_config wasi_config_t;
typedef struct wasmtime_caller wasmtime_caller_t;
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
  size_t size;
  wasm_valtype_t** data;
} wasm_valtype_vec_t;
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
typedef union {
  int32_t i32;
  uint64_t v128[2];
} wasmtime_val_raw_t;
typedef wasm_trap_t* (*wasmtime_func_unchecked_callback_t)(void*, wasmtime_caller_t*,
                                                           wasmtime_val_raw_t*, size_t);
enum { kFunc = 0, kI32 = 0 };

wasm_engine_t* wasm_engine_new(void);
wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t* params, wasm_valtype_vec_t* results);
wasm_valtype_t* wasm_valtype_new(uint8_t kind);
void wasm_valtype_vec_new(wasm_valtype_vec_t*, size_t, wasm_valtype_t* const*);
wasi_config_t* wasi_config_new(void);
bool wasi_config_set_argv(wasi_config_t*, size_t, const char**);
void wasi_config_inherit_stdout(wasi_config_t*);
void wasmtime_error_message(const wasmtime_error_t*, wasm_byte_vec_t*);
wasmtime_store_t* wasmtime_store_new(wasm_engine_t*, void*, void (*)(void*));
wasmtime_context_t* wasmtime_store_context(wasmtime_store_t*);
wasmtime_error_t* wasmtime_context_set_wasi(wasmtime_context_t*, wasi_config_t*);
wasmtime_linker_t* wasmtime_linker_new(wasm_engine_t*);
wasmtime_error_t* wasmtime_linker_define_wasi(wasmtime_linker_t*);
wasmtime_error_t* wasmtime_linker_define_func_unchecked(wasmtime_linker_t*, const char*, size_t,
                                                        const char*, size_t, const wasm_functype_t*,
                                                        wasmtime_func_unchecked_callback_t, void*,
                                                        void (*)(void*));
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
wasmtime_error_t* wasmtime_func_call_unchecked(wasmtime_context_t*, const wasmtime_func_t*,
                                               wasmtime_val_raw_t*, size_t, wasm_trap_t**);

_Noreturn void fail(const char* what);
/// Ends the process, with the message, where there is an error.
void check(const wasmtime_error_t* error);
uint8_t* read_file(const char* path, size_t* size);
