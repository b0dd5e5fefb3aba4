// What the drivers of Wasmtime's library share: errors and files.
#include "wasmtime_c.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fail(const char* what) {
  fprintf(stderr, "Wasmtime's driver: %s\n", what);
  exit(1);
}

void check(const wasmtime_error_t* error) {
  if (!error) return;
  wasm_byte_vec_t message;
  wasmtime_error_message(error, &message);
  fprintf(stderr, "%.*s\n", (int)message.size, message.data);
  fail("the library reports an error");
}

uint8_t* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) fail("cannot read the file");
  *size = (size_t)ftell(file);
  rewind(file);
  uint8_t* data = malloc(*size + 1);
  if (!data || fread(data, 1, *size, file) != *size) fail("cannot read the file");
  fclose(file);
  return data;
}
