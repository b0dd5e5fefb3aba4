// Every stage from source to code, in order, with time taken and dumps in between.
//
//   text ─ text::wat_to_wasm ─▶ bytes ─ decode_module ─▶ DecodedModule ─ validate_module (parallel)
//        ─▶ refused if no engine executes it ─ InterpCode ─ compile_native (JIT) ─▶ rt::Module
//
// Bytes that the engine knows already skip all of it but the text; bytes that the code cache knows
// are only decoded, and their machine code is mapped.
#include "libwasmrt/engine/compile_pipeline.h"

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "libwasmrt/base/dump.h"
#include "libwasmrt/base/log.h"
#include "libwasmrt/engine/compiler.h"
#include "libwasmrt/engine/interp_code.h"
#include "libwasmrt/frontend/decode.h"
#include "libwasmrt/frontend/report.h"
#include "libwasmrt/frontend/validate_body.h"
#include "libwasmrt/text/print_wat.h"
#include "libwasmrt/text/wat.h"
#include "sys/os/clock.h"
#include "sys/os/file.h"
#include "sys/os/random.h"

namespace wasmrt::engine {

namespace {

/// Largest file that is read; the format's own limits are far below.
constexpr std::uint64_t kMaxFile = std::uint64_t{4} << 30;

/// Adds the time since it was made to a counter.
class Stopwatch {
 public:
  explicit Stopwatch(std::uint64_t& counter) : counter_(counter), since_(os::monotonic_ns()) {}
  ~Stopwatch() { counter_ += os::monotonic_ns() - since_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  std::uint64_t& counter_;
  std::uint64_t since_;
};

void dump_sections(const DecodedModule& m) {
  const auto count = [](const char* what, std::size_t n) {
    return n == 0 ? std::string() : "  " + std::string(what) + ": " + std::to_string(n) + "\n";
  };
  dump_write(Stage::Decode,
             "module " + std::string(m.names.module) + ": " + std::to_string(m.bytes->size()) +
                 " bytes\n" + count("types", m.types.size()) + count("imports", m.imports.size()) +
                 count("functions", m.bodies.size()) + count("tables", m.tables.size()) +
                 count("memories", m.memories.size()) + count("globals", m.globals.size()) +
                 count("tags", m.tags.size()) + count("exports", m.exports.size()) +
                 count("element segments", m.elems.size()) +
                 count("data segments", m.datas.size()));
}

void dump_text(const DecodedModule& m) { dump_write(Stage::Text, text::print_wat(m)); }

void dump_functions(const DecodedModule& m) {
  std::string text;
  for (std::uint32_t i = m.imported_funcs; i < m.funcs.size(); ++i) {
    if (!dump_enabled(Stage::Validate, i)) continue;
    text += function_text(m, FuncIdx{i}) + ": " + to_string(m.func_type(FuncIdx{i})) + '\n';
  }
  dump_write(Stage::Validate, text);
}

void dump_bytecode(const DecodedModule& m, InterpCode& code) {
  if (!dump_enabled(Stage::Bytecode)) return;
  for (std::uint32_t i = m.imported_funcs; i < m.funcs.size(); ++i) {
    if (dump_enabled(Stage::Bytecode, i)) {
      dump_write(Stage::Bytecode, code.code().print(FuncIdx{i}));
    }
  }
}

}  // namespace

namespace {

Result<std::shared_ptr<DecodedModule>> decode(rt::Engine& engine, SharedBytes bytes,
                                              const SectionRecords& known, ModuleStats& stats) {
  DecodeOptions options;
  options.features = engine.config().features;
  options.interner = &engine.types();
  options.keep_custom_sections = engine.config().keep_custom_sections;
  options.known = known;
  const Stopwatch time(stats.decode_ns);
  Result<std::shared_ptr<DecodedModule>> decoded = decode_module(std::move(bytes), options);
  if (decoded) stats.functions = (*decoded)->bodies.size();
  return decoded;
}

}  // namespace

Result<std::shared_ptr<const DecodedModule>> decode_and_validate(rt::Engine& engine,
                                                                 SharedBytes bytes,
                                                                 ModuleStats& stats) {
  stats.bytes = bytes->size();
  Result<std::shared_ptr<DecodedModule>> decoded = decode(engine, std::move(bytes), {}, stats);
  if (!decoded) return std::move(decoded).error();
  const std::shared_ptr<DecodedModule> module = std::move(*decoded);
  if (dump_enabled(Stage::Decode)) dump_sections(*module);

  const Stopwatch time(stats.validate_ns);
  const ParallelFor parallel = [&engine](std::size_t tasks,
                                         const std::function<void(std::size_t)>& run) {
    engine.workers().parallel_for(tasks, 1, [&run](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) run(i);
    });
  };
  if (Result<void> valid = validate_module(*module, &parallel); !valid) {
    return std::move(valid).error();
  }
  if (dump_enabled(Stage::Validate)) dump_functions(*module);
  return std::shared_ptr<const DecodedModule>(module);
}

namespace {

CodeCache* cache_of(const rt::Engine& engine) { return static_cast<CodeCache*>(engine.cache()); }

/// What an image needs to run: its module, decoded but not validated again. Null with why.
std::shared_ptr<const rt::CompiledCode> make_code(rt::Engine& engine,
                                                  const std::shared_ptr<const CachedImage>& image,
                                                  SharedBytes bytes, const char*& refused) {
  ModuleStats stats;
  stats.bytes = bytes->size();
  Result<std::shared_ptr<DecodedModule>> decoded =
      decode(engine, std::move(bytes), image->content.image.records, stats);
  std::shared_ptr<rt::CodeSource> code;
  refused = kDamagedImage;
  if (decoded) code = adopt_image(engine, *decoded, image, refused);
  if (code == nullptr) {
    if (image->is_entry && refused == kDamagedImage) {
      cache_of(engine)->discard(image->content.key);
    }
    return nullptr;
  }
  return std::make_shared<rt::CompiledCode>(
      rt::CompiledCode{std::move(*decoded), std::move(code), stats});
}

/// Everything behind the bytes.
Result<std::shared_ptr<const rt::CompiledCode>> make_code(rt::Engine& engine, SharedBytes bytes,
                                                          bool eager, const CodeKey* key) {
  ModuleStats stats;
  Result<std::shared_ptr<const DecodedModule>> decoded =
      decode_and_validate(engine, std::move(bytes), stats);
  if (!decoded) return std::move(decoded).error();
  const DecodedModule& module = **decoded;
  if (!module.not_executable.empty()) {
    return Error(ErrorCode::NotExecutable, "not executable yet: " + module.not_executable);
  }

  auto interp = std::make_unique<InterpCode>(engine, *decoded);
  dump_bytecode(module, *interp);
  std::shared_ptr<rt::CodeSource> code;
  if (engine.config().engine == EngineKind::Interp) {
    code = std::move(interp);
  } else {
    Result<std::shared_ptr<rt::CodeSource>> native =
        compile_native(engine, *decoded, std::move(interp), eager, key);
    if (!native) return std::move(native).error();
    code = std::move(*native);
  }
  return std::shared_ptr<const rt::CompiledCode>(std::make_shared<rt::CompiledCode>(
      rt::CompiledCode{std::move(*decoded), std::move(code), stats}));
}

rt::Ref<rt::Module> finish(rt::Engine& engine, std::shared_ptr<const rt::CompiledCode> code,
                           const ModuleConfig& config, std::uint64_t text_ns,
                           const char* image_refused) {
  if (config.eager) code->code->finish();
  return rt::make_ref<rt::Module>(rt::Ref<rt::Engine>(&engine), std::move(code), config, text_ns,
                                  image_refused);
}

/// A module of an image that is authentic; null with why when it cannot be used.
std::shared_ptr<const rt::CompiledCode> from_image(rt::Engine& engine,
                                                   const std::shared_ptr<const CachedImage>& image,
                                                   const char*& refused) {
  auto bytes = std::make_shared<const ModuleBytes>(image->content.image.module, image);
  const std::span<const std::uint8_t> view = bytes->view();
  rt::CodeTable::Ticket ticket;
  SharedBytes shared = bytes;
  std::shared_ptr<const rt::CompiledCode> code =
      engine.code_table().find_or_begin(view, shared, ticket);
  if (code == nullptr) {
    code = make_code(engine, image, std::move(bytes), refused);
    if (code != nullptr) ticket.done(code);
  }
  return code;
}

/// Why the code of an image cannot be used; null when it can.
const char* why_refused(const rt::Engine& engine, const CodeCache& cache, ImageFault fault,
                        const CachedImage* image) {
  if (cache.images_refused() != nullptr) return cache.images_refused();
  switch (fault) {
    case ImageFault::Format: return "another version of wasmrt made it";
    case ImageFault::HostKey:
      return "it was made with another host key: by another host or user, or with another cache "
             "directory";
    case ImageFault::Damaged: return kDamagedImage;
    case ImageFault::None: break;
  }
  const ImageFile& content = image->content;
  if (cache.key_of(content.key.module).entry == content.key.entry) return nullptr;
  if (content.image.build != version_folder()) return "another version or build of wasmrt made it";
  if (content.image.cpu != engine.cpu()) return "it was made for other processor features";
  return "it was made with other options";
}

/// The module of an image that was written for its user; null with why.
std::shared_ptr<const rt::CompiledCode> use_image(rt::Engine& engine, const CodeCache& cache,
                                                  ImageFault fault,
                                                  const std::shared_ptr<const CachedImage>& image,
                                                  const char*& refused) {
  refused = why_refused(engine, cache, fault, image.get());
  return refused == nullptr ? from_image(engine, image, refused) : nullptr;
}

Error cache_miss(const char* image_refused) {
  std::string text = "the module is not in the code cache, and nothing may be compiled";
  if (image_refused != nullptr) {
    text += "; the code in the image is not used: " + std::string(image_refused);
  }
  return {ErrorCode::CacheMiss, std::move(text)};
}

/// What is to be compiled, and what is known of it.
struct Source {
  std::span<const std::uint8_t> view;
  SharedBytes bytes = nullptr;             // the same, where they can be kept without a copy
  const char* image_refused = nullptr;     // why, of an image that was looked at
  const os::FileIdentity* file = nullptr;  // to be remembered
  std::string name = {};                   // for the log
};

Result<rt::Ref<rt::Module>> compile_source(rt::Engine& engine, Source from,
                                           const ModuleConfig& config) {
  std::uint64_t text_ns = 0;
  CodeCache* const cache = cache_of(engine);
  std::span<const std::uint8_t> source = from.view;
  SharedBytes bytes = std::move(from.bytes);
  const char* refused = from.image_refused;
  const os::FileIdentity* file = from.file;
  if (looks_like_image(source)) {
    if (cache != nullptr && refused == nullptr) {
      if (bytes == nullptr) {
        bytes = share_bytes(source);
        source = bytes->view();
      }
      std::shared_ptr<const CachedImage> image;
      const ImageFault fault = cache->open_image(bytes, engine.workers(), image);
      if (auto code = use_image(engine, *cache, fault, image, refused); code != nullptr) {
        return finish(engine, std::move(code), config, 0, nullptr);
      }
    }
    // What it was made of is compiled as any other module, but not remembered as this file: the
    // next one is to be told the same.
    source = module_in_image(source);
    file = nullptr;
    if (bytes != nullptr) bytes = std::make_shared<const ModuleBytes>(source, bytes);
    if (source.empty()) {
      return Error(ErrorCode::InvalidBinary,
                   "invalid Wasm binary: the module in the image cannot be read" +
                       (refused == nullptr ? std::string() : ": " + std::string(refused)));
    }
    if (refused != nullptr) {
      WASMRT_LOG(Warn, from.name + "the code in the image is not used: " + refused);
    }
  }
  if (!looks_like_wasm(source)) {
    const Stopwatch time(text_ns);
    Result<std::vector<std::uint8_t>> parsed =
        text::wat_to_wasm({reinterpret_cast<const char*>(source.data()), source.size()});
    if (!parsed) return std::move(parsed).error();
    bytes = std::make_shared<const ModuleBytes>(std::move(*parsed));
    source = bytes->view();
    file = nullptr;  // the hash would not be the file's
  }
  CodeKey key;
  bool cached = false;
  rt::CodeTable::Ticket ticket;
  std::shared_ptr<const rt::CompiledCode> code =
      engine.code_table().find_or_begin(source, bytes, ticket);
  if (code == nullptr) {
    cached = cache != nullptr && cache->wants(source.size());
    if (cached) {
      key = cache->key_of(sha256(source));
      if (const auto image = cache->find(key, engine.workers()); image != nullptr) {
        // Only now: a record costs a flush to disk, and is of no use without an entry.
        if (file != nullptr) cache->remember(*file, key.module);
        const char* unused = nullptr;
        code = make_code(engine, image,
                         std::make_shared<const ModuleBytes>(image->content.image.module, image),
                         unused);
      }
      if (code == nullptr && cache->config().mode == CacheMode::MustHit) return cache_miss(refused);
    }
    if (code == nullptr) {
      Result<std::shared_ptr<const rt::CompiledCode>> made =
          make_code(engine, std::move(bytes), config.eager, cached ? &key : nullptr);
      if (!made) return std::move(made).error();
      code = std::move(*made);
    }
    ticket.done(code);
  }
  if (text_ns != 0 && dump_enabled(Stage::Text)) dump_text(*code->decoded);
  rt::Ref<rt::Module> module = finish(engine, code, config, text_ns, refused);
  // Who waited for the entry wants the next start to find it at once.
  if (cached && file != nullptr && config.eager) {
    ModuleStats stats;
    code->code->add_stats(stats);
    if (stats.cache == CacheResult::Stored) cache->remember(*file, key.module);
  }
  return module;
}

}  // namespace

Result<rt::Ref<rt::Module>> compile(rt::Engine& engine, std::span<const std::uint8_t> source,
                                    const ModuleConfig& config) {
  return compile_source(engine, {.view = source}, config);
}

Result<rt::Ref<rt::Module>> load(rt::Engine& engine, const std::string& path,
                                 const ModuleConfig& config) {
  os::OwnedDescriptor descriptor;
  int error = os::open_for_reading(path, descriptor);
  CodeCache* const cache = cache_of(engine);
  // Before its size is taken: whoever could truncate it no longer can.
  const bool own = cache != nullptr && error == 0 && os::check_own_file(descriptor.get()) == 0;
  os::FileIdentity identity;
  const bool regular = error == 0 && os::identify(descriptor.get(), identity) == 0;
  const bool may_know = cache != nullptr && regular && cache->wants(identity.size);
  if (may_know) {
    if (const auto hash = cache->remembered(identity); hash.has_value()) {
      const auto image = cache->find(cache->key_of(*hash), engine.workers());
      if (image != nullptr) {
        const char* unused = nullptr;
        if (auto code = from_image(engine, image, unused); code != nullptr) {
          return finish(engine, std::move(code), config, 0, nullptr);
        }
      }
    }
  }
  const char* refused = nullptr;
  std::shared_ptr<const CachedImage> image;
  // Mapped only where nobody else can change it afterwards; others are read, and checked whole.
  if (own && regular && begins_image(descriptor.get())) {
    const ImageFault fault = cache->open_image(descriptor, identity.size, engine.workers(), image);
    if (auto code = use_image(engine, *cache, fault, image, refused); code != nullptr) {
      return finish(engine, std::move(code), config, 0, nullptr);
    }
  }
  std::vector<std::uint8_t> read;
  // The file that was looked at, which an image may have taken: the path may lead to another by
  // now.
  const int from = image != nullptr ? image->file.get() : descriptor.get();
  if (error == 0) error = os::read_descriptor(from, kMaxFile, read);
  if (error != 0) return Error(ErrorCode::Io, path + ": " + std::strerror(error));
  SharedBytes bytes = std::make_shared<const ModuleBytes>(std::move(read));
  Source source{
      .view = bytes->view(), .bytes = bytes, .image_refused = refused, .name = path + ": "};
  if (may_know) source.file = &identity;
  return compile_source(engine, std::move(source), config);
}

Result<std::uint64_t> write_image(rt::Module& module, const std::string& path) {
  CodeCache* const cache = cache_of(module.engine());
  std::optional<ImageView> view;
  if (cache != nullptr) {
    module.code().finish();
    view = image_of(module.code());
  }
  if (!view) {
    return Error(ErrorCode::InvalidArgument, "there is no machine code to write");
  }
  const HostKey host_key = cache->host_key();
  std::uint8_t salt[32];
  if (host_key.empty() || os::fill_random(salt) != 0) {
    const std::string& where = cache->config().directory;
    return Error(ErrorCode::Io, path + ": there is no key to authenticate images with: " +
                                    (where.empty() ? "no cache directory is known" : where));
  }
  const ImageWriter writer(host_key, cache->key_of(sha256(view->module)), salt, *view);
  std::vector<std::uint8_t> bytes;
  for (const std::span<const std::uint8_t> part : writer.parts()) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  if (const int error = os::write_file_atomically(path, bytes, 0644); error != 0) {
    return Error(ErrorCode::Io, path + ": " + std::strerror(error));
  }
  return static_cast<std::uint64_t>(bytes.size());
}

}  // namespace wasmrt::engine
