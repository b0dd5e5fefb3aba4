// A module with its machine code as one file (docs/CACHE.md).
//
// In: what the compiler made, or the bytes of such a file. Out: the parts to write, or the image if
// every byte that counts is authentic. Guaranteed: nothing of a file is used before the host key
// has vouched for its header; offsets are checked all the same.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "libwasmrt/abi/code_blob.h"
#include "libwasmrt/base/hash.h"
#include "libwasmrt/engine/link.h"
#include "libwasmrt/frontend/section_records.h"
#include "sys/os/thread.h"

namespace wasmrt::engine {

/// Code with its tables, wherever they lie.
struct ImageView {
  std::span<const std::uint8_t> code;
  std::span<const NativeFunc> funcs;
  std::span<const CodePoint> points;
  std::span<const std::uint32_t> entries;
  std::span<const std::uint8_t> module;  ///< The binary that it was compiled from.
  SectionRecords records;                ///< Of that binary.
  std::uint64_t declined = 0;
  std::string_view notes;    ///< CompileNotes::text.
  std::string_view machine;  ///< Whose code it is, as jit::Target::name.
  std::uint64_t cpu = 0;     ///< The processor features that it uses.
  std::string_view build;    ///< What made it, as version_folder().
};

/// What an image is good for.
struct CodeKey {
  Sha256Digest module{};  ///< Of the binary.
  Sha256Digest entry{};   ///< Of that and everything that changes code.
};

using HostKey = std::span<const std::uint8_t>;

/// An image as spans to be written one after the other.
class ImageWriter {
 public:
  ImageWriter(HostKey host_key, const CodeKey& key, std::span<const std::uint8_t, 32> salt,
              const ImageView& image);
  [[nodiscard]] std::span<const std::span<const std::uint8_t>> parts() const { return parts_; }

 private:
  std::vector<std::uint8_t> header_;
  std::vector<std::uint8_t> tags_;
  std::vector<std::span<const std::uint8_t>> parts_;
};

/// What is found in the bytes of a file.
struct ImageFile {
  CodeKey key;
  ImageView image;
  std::uint64_t code_offset = 0;  ///< In the file; page-aligned.
};

/// How much of a file is authenticated.
enum class ImageCheck : std::uint8_t { Header, Full };

/// What is wrong with an image.
enum class ImageFault : std::uint8_t {
  None,
  Format,   ///< Of another version, or no image.
  HostKey,  ///< Made with another host key, or there is none here.
  Damaged,
};

/// Whether these are the bytes of an image, authentic or not.
[[nodiscard]] bool looks_like_image(std::span<const std::uint8_t> bytes);
/// The same of an open file. It is read, not mapped: anybody may be able to truncate it.
[[nodiscard]] bool begins_image(int descriptor);
/// None only without any doubt. The spans point into `bytes`.
[[nodiscard]] ImageFault read_image(std::span<const std::uint8_t> bytes, HostKey host_key,
                                    ImageCheck check, os::WorkerPool& workers, ImageFile& out);
/// What an image holds that need not be authentic, to be looked at and never to be run.
[[nodiscard]] bool view_image(std::span<const std::uint8_t> bytes, ImageView& out);
/// The binary in an image that need not be authentic, nor of this version, to be compiled as any
/// other; empty without.
[[nodiscard]] std::span<const std::uint8_t> module_in_image(std::span<const std::uint8_t> bytes);

}  // namespace wasmrt::engine
