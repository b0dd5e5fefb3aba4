// Custom annotations: (@name "..."), (@custom "..." placement? "..."*) and branch hints. The lexer
// has tied each to the token behind it; here they are met in order, and one that nobody asked for
// is misplaced.
#include "libwasmrt/text/encoder.h"
#include "libwasmrt/text/lexer.h"
#include "libwasmrt/text/utf8.h"

namespace wasmrt::text {
namespace {

struct SectionSlot {
  std::string_view keyword;
  std::uint8_t position;  // in the order of sections; see sections.cpp
};

constexpr SectionSlot kSlots[] = {{"type", 1},      {"import", 2}, {"func", 3},   {"table", 4},
                                  {"memory", 5},    {"tag", 6},    {"global", 7}, {"export", 8},
                                  {"start", 9},     {"elem", 10},  {"code", 12},  {"data", 13},
                                  {"datacount", 11}};
constexpr std::uint8_t kFirst = 1;
constexpr std::uint8_t kLast = 13;

const Annotation* next_annotation(const Encoder& e) {
  const auto& annotations = e.in.list().annotations;
  return e.next_annotation < annotations.size() ? &annotations[e.next_annotation] : nullptr;
}

// The contents of an annotation, token by token.
class Contents {
 public:
  Contents(const TokenList& list, const Annotation& a)
      : list_(list), pos_(a.first), end_(a.first + a.count) {}
  [[nodiscard]] bool done() const { return pos_ >= end_; }
  [[nodiscard]] TokenKind kind() const {
    return done() ? TokenKind::Eof : list_.annotation_tokens[pos_].kind;
  }
  [[nodiscard]] std::string_view text() const {
    return done() ? std::string_view() : list_.text_of(list_.annotation_tokens[pos_]);
  }
  void skip() { ++pos_; }
  std::string strings() {
    std::string bytes;
    for (; kind() == TokenKind::String; skip()) append_string(text(), bytes);
    return bytes;
  }

 private:
  const TokenList& list_;
  std::size_t pos_;
  std::size_t end_;
};

// `(before|after section)` or `(before first)`, `(after last)`: even slots lie before the section
// with half that number, odd ones behind it.
void placement(Encoder& e, const Annotation& a, Contents& in, std::uint8_t& slot) {
  in.skip();
  const std::string_view where = in.text();
  const bool before = where == "before";
  if (!before && where != "after") {
    // A section alone is no placement; a placement alone names no section.
    return e.in.fail_at(a.offset, Err::CustomMalformedPlacement, where);
  }
  in.skip();
  const std::string_view what = in.text();
  std::uint8_t section = 0;
  if (before && what == "first") section = kFirst;
  if (!before && what == "last") section = kLast;
  for (const SectionSlot& s : kSlots) {
    if (s.keyword == what) section = s.position;
  }
  if (section == 0) return e.in.fail_at(a.offset, Err::CustomMalformedSectionKind, what);
  in.skip();
  if (in.kind() != TokenKind::RParen)
    return e.in.fail_at(a.offset, Err::CustomUnexpectedToken, in.text());
  in.skip();
  slot = static_cast<std::uint8_t>(section * 2 + (before ? 0 : 1));
}

void custom(Encoder& e, const Annotation& a) {
  Contents in(e.in.list(), a);
  if (in.kind() != TokenKind::String) return e.in.fail_at(a.offset, Err::CustomMissingSectionName);
  std::string name;
  append_string(in.text(), name);
  in.skip();
  if (!is_utf8(name)) return e.in.fail_at(a.offset, Err::CustomMalformedUtf8);
  CustomSection section;
  section.slot = kLast * 2 + 1;
  if (in.kind() == TokenKind::LParen) placement(e, a, in, section.slot);
  section.content.name(name);
  section.content.raw(in.strings());
  if (!in.done()) return e.in.fail_at(a.offset, Err::CustomUnexpectedToken, in.text());
  e.customs.push_back(std::move(section));
}

void misplaced(Encoder& e, const Annotation& a) {
  switch (a.kind) {
    case AnnotationKind::Custom: return e.in.fail_at(a.offset, Err::MisplacedCustomAnnotation);
    case AnnotationKind::Name: return e.in.fail_at(a.offset, Err::MisplacedNameAnnotation);
    case AnnotationKind::BranchHint: return e.in.fail_at(a.offset, Err::BranchHintNotInFunction);
  }
}

}  // namespace

void field_annotations(Encoder& e) {
  while (const Annotation* a = next_annotation(e)) {
    const std::size_t here = e.in.failed() ? 0 : e.in.position();
    if (a->at > here || a->at > e.last || e.in.failed()) return;
    if (a->at < here || a->kind != AnnotationKind::Custom) return misplaced(e, *a);
    custom(e, *a);
    ++e.next_annotation;
  }
}

std::optional<std::string_view> name_annotation(Encoder& e) {
  const Annotation* a = next_annotation(e);
  if (a == nullptr || a->at != e.in.position() || a->kind != AnnotationKind::Name) {
    return std::nullopt;
  }
  Contents in(e.in.list(), *a);
  std::string name = in.strings();
  if (a->count != 1 || !is_utf8(name)) {
    e.in.fail_at(a->offset, Err::MisplacedNameAnnotation);
    return std::nullopt;
  }
  ++e.next_annotation;
  if (e.in.position() == e.first) {
    const Annotation* second = next_annotation(e);
    if (second != nullptr && second->at == a->at && second->kind == AnnotationKind::Name) {
      e.in.fail_at(second->offset, Err::MultipleModuleNames);
    }
  }
  return e.strings.emplace_back(std::move(name));
}

std::optional<std::string> branch_hint(Encoder& e) {
  const Annotation* a = next_annotation(e);
  if (a == nullptr || a->at != e.in.position()) return std::nullopt;
  if (a->kind != AnnotationKind::BranchHint) return std::nullopt;
  Contents in(e.in.list(), *a);
  std::string bytes = in.strings();
  const bool bad = bytes.size() != 1 || !in.done() || static_cast<unsigned char>(bytes[0]) > 1;
  ++e.next_annotation;
  const Annotation* second = next_annotation(e);
  if (second != nullptr && second->at == a->at && second->kind == AnnotationKind::BranchHint) {
    e.in.fail_at(second->offset, Err::BranchHintDuplicate);
  } else if (bad) {
    e.in.fail_at(a->offset, Err::BranchHintInvalidTarget);
  }
  return bytes;
}

}  // namespace wasmrt::text
