// Module: validated, compiled code, ready to be instantiated any number of times.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wasmrt/detail/handle.hpp>
#include <wasmrt/engine.hpp>
#include <wasmrt/export.hpp>
#include <wasmrt/limits.hpp>
#include <wasmrt/result.hpp>
#include <wasmrt/types.hpp>

namespace wasmrt {

/// Options of Module::compile.
struct ModuleConfig {
  /// Bounds for every instance of this module.
  ResourceLimits limits = {};
  /// Whether all functions get their code before compile returns. Otherwise the interpreter makes a
  /// function's code on its first call, and the compiler may still be at work.
  bool eager = false;
};

/// What the code cache did for a module.
enum class CacheResult : std::uint8_t {
  None,    ///< It was not asked, or what would be stored is not made yet.
  Miss,    ///< It had nothing, and nothing was stored.
  Hit,     ///< The code comes from it.
  Stored,  ///< The code was made and put into it.
};

/// Functions that the compiler left to the interpreter for the same reason.
struct DeclinedFunctions {
  std::string reason;
  std::uint64_t count = 0;
};

/// What compiling a module took. Times are nanoseconds of wall-clock time. Of modules made of equal
/// bytes in one engine all show what the first one took: the others took nothing.
struct ModuleStats {
  std::uint64_t bytes = 0;         ///< Size of the binary.
  std::uint64_t functions = 0;     ///< Functions with a body.
  std::uint64_t text_ns = 0;       ///< Parsing text; 0 for a binary.
  std::uint64_t decode_ns = 0;     ///< Reading the sections.
  std::uint64_t validate_ns = 0;   ///< Checking the functions.
  std::uint64_t translate_ns = 0;  ///< Making code for the engine. Code of functions that are made
                                   ///< on their first call is not in it.
  std::uint64_t code_bytes = 0;    ///< Size of the code made so far.
  std::uint64_t declined = 0;      ///< Functions that the compiler left to the interpreter.
  std::vector<DeclinedFunctions> declined_by_reason;  ///< The same by reason, in their order.
  std::uint64_t light = 0;  ///< Functions so large that registers were allocated in a simpler way.
  /// Functions so large that they were compiled in sections, one after the other, with what is
  /// kept between them in memory.
  std::uint64_t sectioned = 0;
  std::uint64_t native_functions = 0;    ///< Functions that have machine code by now.
  std::uint64_t switched_functions = 0;  ///< Functions that instances began to run, or could, in
                                         ///< the interpreter and then called as machine code.
  bool compiling = false;                ///< Machine code is being made in the background.
  CacheResult cache = CacheResult::None;
  /// Why the code in an image (Module::write_image) was not used, as a text that stays; null where
  /// it was used, not wanted, or there was none.
  const char* image_refused = nullptr;
};

/// One custom section. The bytes belong to the module.
struct CustomSectionView {
  std::string_view name;
  std::span<const std::uint8_t> bytes;
};

/// A handle: cheap to copy, immutable, thread-safe. Keeps its engine alive.
class WASMRT_API Module {
 public:
  /// Compiles a binary module, or text where `bytes` do not begin with "\0asm". The bytes are
  /// copied. Equal bytes are compiled once per engine and share their code, also when several
  /// threads compile them at the same time. Errors: InvalidBinary, Text, Validation,
  /// FeatureDisabled, NotExecutable, Limit; the first by position. A component is refused by that
  /// name.
  static Result<Module> compile(const Engine& engine, std::span<const std::uint8_t> bytes,
                                const ModuleConfig& config = {});
  /// The same for bytes or text in a string.
  static Result<Module> compile(const Engine& engine, std::string_view bytes_or_text,
                                const ModuleConfig& config = {});
  /// The same for a file: a binary, text, or an image of write_image. With a code cache a file that
  /// did not change since it was last compiled is not even read. Errors as compile, CacheMiss, Io.
  static Result<Module> load(const Engine& engine, const std::string& path,
                             const ModuleConfig& config = {});
  /// Only decodes and validates. Errors as compile, without NotExecutable.
  static Result<void> validate(const Engine& engine, std::span<const std::uint8_t> bytes);

  /// The module's name from its name section; empty when it has none.
  [[nodiscard]] std::string_view name() const noexcept;
  /// All imports, in the module's order.
  [[nodiscard]] std::vector<ImportType> imports() const;
  /// All exports, in the module's order.
  [[nodiscard]] std::vector<ExportType> exports() const;
  /// The type of one export; empty when there is none of that name.
  [[nodiscard]] std::optional<ExternType> export_type(std::string_view name) const;
  /// The custom sections with that name, in order; all of them for an empty name. Empty when the
  /// engine does not keep them. The views live as long as the module.
  [[nodiscard]] std::vector<CustomSectionView> custom_sections(std::string_view name = {}) const;
  /// The binary (for text: what the text was translated to). Lives as long as the module.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept;
  /// What compiling took so far.
  [[nodiscard]] ModuleStats stats() const noexcept;
  /// Waits until all functions have the code that they will get.
  void wait_compiled() const;
  /// Writes the module with its machine code to a file that `compile` and `load` take without
  /// compiling again, in engines with the same options whose cache directory has the same key: it
  /// is bound to this host and user. Elsewhere the module in it is compiled as if it had come
  /// alone, and the log and ModuleStats::image_refused say why. `load` maps the file where nobody
  /// else can write it: replace such a file, do not write into it. Returns the file's size. Errors:
  /// InvalidArgument where there is no compiler, Io.
  Result<std::uint64_t> write_image(const std::string& path) const;
  /// The engine the module was compiled for.
  [[nodiscard]] Engine engine() const;

  friend bool operator==(const Module&, const Module&) noexcept = default;

 private:
  friend struct detail::Access;
  explicit Module(detail::Handle impl) noexcept : impl_(std::move(impl)) {}
  detail::Handle impl_;
};

}  // namespace wasmrt
