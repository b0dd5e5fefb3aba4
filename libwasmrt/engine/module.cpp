// The public Module.
#include <wasmrt/module.hpp>

#include <string>
#include <utility>

#include "libwasmrt/engine/compile_pipeline.h"
#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/link.h"

namespace wasmrt {

using detail::Access;

namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

Result<Module> Module::compile(const Engine& engine, std::span<const std::uint8_t> bytes,
                               const ModuleConfig& config) {
  Result<rt::Ref<rt::Module>> module = engine::compile(*Access::get(engine), bytes, config);
  if (!module) return std::move(module).error();
  return Access::make_module(module->get());
}

Result<Module> Module::compile(const Engine& engine, std::string_view bytes_or_text,
                               const ModuleConfig& config) {
  return compile(engine, bytes_of(bytes_or_text), config);
}

Result<Module> Module::load(const Engine& engine, const std::string& path,
                            const ModuleConfig& config) {
  Result<rt::Ref<rt::Module>> module = engine::load(*Access::get(engine), path, config);
  if (!module) return std::move(module).error();
  return Access::make_module(module->get());
}

Result<std::uint64_t> Module::write_image(const std::string& path) const {
  return engine::write_image(*Access::get(*this), path);
}

Result<void> Module::validate(const Engine& engine, std::span<const std::uint8_t> bytes) {
  ModuleStats stats;
  Result<std::shared_ptr<const DecodedModule>> module =
      engine::decode_and_validate(*Access::get(engine), share_bytes(bytes), stats);
  if (!module) return std::move(module).error();
  return {};
}

std::string_view Module::name() const noexcept {
  return Access::get(*this)->decoded().names.module;
}

std::vector<ImportType> Module::imports() const {
  const DecodedModule& m = Access::get(*this)->decoded();
  std::vector<ImportType> all;
  all.reserve(m.imports.size());
  for (const Import& i : m.imports) {
    all.push_back(
        {std::string(i.module), std::string(i.name), rt::extern_type(m, i.kind, i.index)});
  }
  return all;
}

std::vector<ExportType> Module::exports() const {
  const DecodedModule& m = Access::get(*this)->decoded();
  std::vector<ExportType> all;
  all.reserve(m.exports.size());
  for (const Export& e : m.exports) {
    all.push_back({std::string(e.name), rt::extern_type(m, e.kind, e.index)});
  }
  return all;
}

std::optional<ExternType> Module::export_type(std::string_view name) const {
  const rt::Module& m = *Access::get(*this);
  const Export* e = m.find_export(name);
  if (e == nullptr) return std::nullopt;
  return rt::extern_type(m.decoded(), e->kind, e->index);
}

std::vector<CustomSectionView> Module::custom_sections(std::string_view name) const {
  std::vector<CustomSectionView> found;
  for (const CustomSection& s : Access::get(*this)->decoded().customs) {
    if (name.empty() || s.name == name) found.push_back({s.name, s.bytes});
  }
  return found;
}

std::span<const std::uint8_t> Module::bytes() const noexcept {
  return Access::get(*this)->decoded().bytes->view();
}

ModuleStats Module::stats() const noexcept { return Access::get(*this)->stats(); }

void Module::wait_compiled() const { Access::get(*this)->code().finish(); }

Engine Module::engine() const { return Access::make_engine(&Access::get(*this)->engine()); }

}  // namespace wasmrt
