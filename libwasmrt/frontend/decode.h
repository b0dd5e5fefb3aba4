// From bytes to a DecodedModule.
//
// In: bytes of a binary module. Out: a module that is well-formed and valid except for its function
// bodies, or the first error by position, bodies included: when a section behind the code section
// is wrong, the bodies before it are validated to see whether one of them is wrong earlier. Memory
// is bounded by a small multiple of the input's size. Bodies are validated by validate_module
// (validate_body.h), or by walking them with a sink.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <wasmrt/features.hpp>
#include <wasmrt/result.hpp>

#include "libwasmrt/frontend/module.h"
#include "libwasmrt/frontend/section_records.h"
#include "libwasmrt/wasm/types.h"

namespace wasmrt {

/// Runs run(0) ... run(tasks - 1), in any order, on any threads, and returns when all are done.
/// The front end starts no threads: whoever has some passes this.
using ParallelFor =
    std::function<void(std::size_t tasks, const std::function<void(std::size_t)>& run)>;

struct DecodeOptions {
  Features features;
  /// The engine's interner; the module keeps its types alive there.
  TypeInterner* interner = nullptr;
  /// Whether DecodedModule::customs lists the custom sections. The name section and branch hints
  /// are read in any case.
  bool keep_custom_sections = false;
  /// What these very bytes yielded when they were decoded and validated before, kept by whoever
  /// keeps the bytes. Sections whose records are there are not read again; that the records lie
  /// within them is checked all the same.
  SectionRecords known;
};

/// Decodes a module that the result shares the ownership of.
Result<std::shared_ptr<DecodedModule>> decode_module(SharedBytes bytes,
                                                     const DecodeOptions& options);
/// The same from bytes that are copied.
Result<std::shared_ptr<DecodedModule>> decode_module(std::span<const std::uint8_t> bytes,
                                                     const DecodeOptions& options);

/// Whether bytes are a binary module or component, or at least no text: text has no zero bytes.
bool looks_like_wasm(std::span<const std::uint8_t> bytes);

}  // namespace wasmrt
