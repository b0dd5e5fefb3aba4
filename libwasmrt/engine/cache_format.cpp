// Header page, content, tags. The content is authenticated in chunks, so that it can be checked in
// parallel; the header's MAC covers the tags.
#include "libwasmrt/engine/cache_format.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "libwasmrt/base/bytes.h"
#include "libwasmrt/base/mac.h"
#include "sys/os/file.h"

namespace wasmrt::engine {

namespace {

static_assert(std::endian::native == std::endian::little, "images are little-endian");

constexpr std::size_t kPage = 4096;
constexpr std::size_t kChunk = 64 * 1024;
constexpr std::uint32_t kFormat = 5;
// Since this one the header begins with the same fields, up to the module.
constexpr std::uint32_t kFirstWithModule = 5;
// Of all formats: behind the magic bytes.
constexpr std::size_t kFormatAt = 12;
constexpr char kMagic[12] = {'\0', 'w', 'a', 's', 'm', 'r', 't', '-', 'c', 'o', 'd', 'e'};

struct Range {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct Header {
  char magic[sizeof kMagic];
  std::uint32_t format;
  std::uint64_t file_bytes;
  Range module;
  std::array<char, 48> build;
  std::array<char, 8> machine;
  std::uint64_t cpu;
  std::array<std::uint8_t, 16> host_key;  // which one; says nothing of it
  Sha256Digest module_hash;
  Sha256Digest key;
  std::array<std::uint8_t, 32> salt;
  std::uint64_t declined;
  Range code, funcs, points, entries, bodies, datas, notes, tags;
  Sha256Digest mac;  // over the header's page with this zero, then the tags
};
static_assert(offsetof(Header, format) == kFormatAt);
static_assert(std::is_trivially_copyable_v<Header> && sizeof(Header) <= kPage);
static_assert(sizeof(CodePoint) == 12 && sizeof(NativeFunc) == 20);
static_assert(sizeof(FuncBody) == 8 && sizeof(DataSegment) == 16);

constexpr std::uint8_t kZeros[kPage] = {};

Sha256Digest derive(HostKey key, const char* what, std::span<const std::uint8_t> salt) {
  const std::span<const std::uint8_t> parts[] = {bytes_of(what), salt};
  return hmac_sha256(key, parts);
}

std::array<std::uint8_t, 16> key_name(HostKey key) {
  const Sha256Digest derived = derive(key, "wasmrt key name", {});
  std::array<std::uint8_t, 16> name;
  std::copy_n(derived.begin(), name.size(), name.begin());
  return name;
}

/// A text in a header, where it lies in the file's bytes.
template <std::size_t N>
std::string_view text_at(std::span<const std::uint8_t> bytes, std::size_t offset,
                         const std::array<char, N>& text) {
  const auto length = std::find(text.begin(), text.end(), '\0') - text.begin();
  return {reinterpret_cast<const char*>(bytes.data()) + offset, static_cast<std::size_t>(length)};
}

Gmac content_mac(HostKey key, const Header& header) {
  const Sha256Digest derived = derive(key, "wasmrt content", header.salt);
  return Gmac(std::span(derived).first<16>());
}

Sha256Digest header_mac(HostKey key, Header header, std::span<const std::uint8_t> rest_of_page,
                        std::span<const std::uint8_t> tags) {
  header.mac = {};
  const std::span<const std::uint8_t> parts[] = {
      {reinterpret_cast<const std::uint8_t*>(&header), sizeof header}, rest_of_page, tags};
  return hmac_sha256(derive(key, "wasmrt header", {}), parts);
}

template <class T>
std::span<const std::uint8_t> raw_bytes(std::span<const T> items) {
  return {reinterpret_cast<const std::uint8_t*>(items.data()), items.size_bytes()};
}

bool inside(const Range& r, std::size_t alignment, std::size_t size) {
  return r.offset >= kPage && r.offset % alignment == 0 && r.offset <= size &&
         r.bytes <= size - r.offset;
}

template <class T>
bool take(std::span<const std::uint8_t> file, const Range& range, std::span<const T>& out) {
  if (!inside(range, alignof(T), file.size()) || range.bytes % sizeof(T) != 0) return false;
  out = {reinterpret_cast<const T*>(file.data() + range.offset),
         static_cast<std::size_t>(range.bytes) / sizeof(T)};
  return true;
}

/// Whether the rest of the header cannot be known.
bool is_early_format(std::span<const std::uint8_t> bytes) {
  std::uint32_t format = kFirstWithModule;
  if (bytes.size() >= kFormatAt + sizeof format) {
    std::memcpy(&format, bytes.data() + kFormatAt, sizeof format);
  }
  return format < kFirstWithModule;
}

/// What all formats since kFirstWithModule have in common, and the rest for as long as it is this
/// one.
bool read_header_start(std::span<const std::uint8_t> bytes, Header& header) {
  if (!looks_like_image(bytes) || bytes.size() < kPage) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  return header.format >= kFirstWithModule && header.file_bytes == bytes.size();
}

bool read_header(std::span<const std::uint8_t> bytes, Header& header) {
  return read_header_start(bytes, header) && header.format == kFormat;
}

/// The parts of an image, where its header says they are.
bool take_parts(std::span<const std::uint8_t> bytes, const Header& header, ImageView& image) {
  image.declined = header.declined;
  std::span<const char> notes;
  if (!take(bytes, header.notes, notes)) return false;
  image.notes = {notes.data(), notes.size()};
  image.cpu = header.cpu;
  image.machine = text_at(bytes, offsetof(Header, machine), header.machine);
  image.build = text_at(bytes, offsetof(Header, build), header.build);
  return take(bytes, header.code, image.code) && header.code.offset % kPage == 0 &&
         take(bytes, header.funcs, image.funcs) && take(bytes, header.points, image.points) &&
         take(bytes, header.entries, image.entries) &&
         take(bytes, header.bodies, image.records.bodies) &&
         take(bytes, header.datas, image.records.datas) && take(bytes, header.module, image.module);
}

/// Entries point to functions, functions into the code, in order.
bool consistent(const ImageView& image) {
  std::uint32_t last = 0;
  for (const NativeFunc& f : image.funcs) {
    if (f.begin < last || f.begin >= image.code.size()) return false;
    if (f.code_bytes > image.code.size() - f.begin) return false;
    last = f.begin;
  }
  return std::all_of(image.entries.begin(), image.entries.end(),
                     [&](std::uint32_t at) { return at == kNoCode || at < image.code.size(); });
}

}  // namespace

ImageWriter::ImageWriter(HostKey host_key, const CodeKey& key,
                         std::span<const std::uint8_t, 32> salt, const ImageView& image) {
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.format = kFormat;
  header.module_hash = key.module;
  header.key = key.entry;
  std::copy(salt.begin(), salt.end(), header.salt.begin());
  header.declined = image.declined;
  image.machine.copy(header.machine.data(), header.machine.size());
  image.build.copy(header.build.data(), header.build.size());
  header.cpu = image.cpu;
  header.host_key = key_name(host_key);

  std::uint64_t at = kPage;
  parts_.emplace_back();  // the header, at the end
  const auto add = [&](Range& range, std::span<const std::uint8_t> bytes, std::size_t alignment) {
    const std::size_t gap = static_cast<std::size_t>((alignment - at % alignment) % alignment);
    if (gap != 0) parts_.emplace_back(kZeros, gap);
    at += gap;
    range = {at, bytes.size()};
    if (!bytes.empty()) parts_.push_back(bytes);
    at += bytes.size();
  };
  add(header.code, image.code, kPage);
  // Data on its own pages: those of the code are executable.
  add(header.funcs, raw_bytes(image.funcs), kPage);
  add(header.points, raw_bytes(image.points), 16);
  add(header.entries, raw_bytes(image.entries), 16);
  add(header.bodies, raw_bytes(image.records.bodies), 16);
  add(header.datas, raw_bytes(image.records.datas), 16);
  add(header.module, image.module, 16);
  add(header.notes, raw_bytes(std::span<const char>(image.notes)), 16);
  Range end;
  add(end, {}, 16);  // no byte before the tags is outside of a chunk

  Gmac mac = content_mac(host_key, header);
  // Chunks cut across the parts.
  std::vector<std::uint8_t> chunk;
  chunk.reserve(kChunk);
  std::uint64_t number = 0;
  const auto flush = [&] {
    const Gmac::Tag tag = mac.tag(number++, chunk);
    tags_.insert(tags_.end(), tag.begin(), tag.end());
    chunk.clear();
  };
  for (std::span<const std::uint8_t> part : parts_) {
    while (!part.empty()) {
      const std::size_t n = std::min(part.size(), kChunk - chunk.size());
      chunk.insert(chunk.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(n));
      part = part.subspan(n);
      if (chunk.size() == kChunk) flush();
    }
  }
  if (!chunk.empty()) flush();
  add(header.tags, tags_, 16);
  header.file_bytes = at;
  header.mac = header_mac(host_key, header, std::span(kZeros).first(kPage - sizeof(Header)), tags_);
  header_.assign(kPage, 0);
  std::memcpy(header_.data(), &header, sizeof header);
  parts_.front() = header_;
}

bool looks_like_image(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= sizeof kMagic && std::memcmp(bytes.data(), kMagic, sizeof kMagic) == 0;
}

bool begins_image(int descriptor) {
  std::uint8_t start[sizeof kMagic];
  return looks_like_image(std::span(start).first(os::read_start(descriptor, start)));
}

ImageFault read_image(std::span<const std::uint8_t> bytes, HostKey host_key, ImageCheck check,
                      os::WorkerPool& workers, ImageFile& out) {
  Header header;
  if (!looks_like_image(bytes) || is_early_format(bytes)) return ImageFault::Format;
  if (!read_header_start(bytes, header)) return ImageFault::Damaged;
  if (header.format != kFormat) return ImageFault::Format;
  if (host_key.empty() || header.host_key != key_name(host_key)) return ImageFault::HostKey;
  if (!inside(header.tags, 16, bytes.size())) return ImageFault::Damaged;
  const auto tags = bytes.subspan(static_cast<std::size_t>(header.tags.offset),
                                  static_cast<std::size_t>(header.tags.bytes));
  const auto rest_of_page = bytes.subspan(sizeof header, kPage - sizeof header);
  if (!equal_digests(header_mac(host_key, header, rest_of_page, tags), header.mac)) {
    return ImageFault::Damaged;
  }

  ImageView& image = out.image;
  if (!take_parts(bytes, header, image)) return ImageFault::Damaged;
  const std::uint64_t end = header.tags.offset;
  const std::size_t chunks = static_cast<std::size_t>((end - kPage + kChunk - 1) / kChunk);
  if (header.tags.bytes != chunks * sizeof(Gmac::Tag)) return ImageFault::Damaged;
  if (check == ImageCheck::Full) {
    std::atomic<bool> authentic{true};
    // 4 MiB take about 1 ms: less is not worth a thread.
    workers.parallel_for(chunks, 64, [&](std::size_t from, std::size_t to) {
      Gmac mac = content_mac(host_key, header);
      for (std::size_t n = from; n < to; ++n) {
        const std::size_t at = kPage + n * kChunk;
        const auto chunk = bytes.subspan(at, std::min(kChunk, static_cast<std::size_t>(end) - at));
        const Gmac::Tag tag = mac.tag(n, chunk);
        if (std::memcmp(tag.data(), tags.data() + n * tag.size(), tag.size()) != 0) {
          authentic.store(false, std::memory_order_relaxed);
          return;
        }
      }
    });
    if (!authentic.load(std::memory_order_relaxed) || !consistent(image)) {
      return ImageFault::Damaged;
    }
  }
  out.key = {header.module_hash, header.key};
  out.code_offset = header.code.offset;
  return ImageFault::None;
}

bool view_image(std::span<const std::uint8_t> bytes, ImageView& out) {
  Header header;
  return read_header(bytes, header) && take_parts(bytes, header, out) && consistent(out);
}

std::span<const std::uint8_t> module_in_image(std::span<const std::uint8_t> bytes) {
  Header header;
  std::span<const std::uint8_t> module;
  if (!read_header_start(bytes, header) || !take(bytes, header.module, module)) return {};
  return module;
}

}  // namespace wasmrt::engine
