// Identifiers: `$name` and `$"name"` are the same name; each index space keeps its own.
#include "libwasmrt/text/encoder.h"
#include "libwasmrt/text/lexer.h"

namespace wasmrt::text {

std::string_view id_name(std::string_view token, std::deque<std::string>& storage) {
  token.remove_prefix(1);
  if (token[0] != '"') return token;
  if (token.find('\\') == std::string_view::npos) return token.substr(1, token.size() - 2);
  append_string(token, storage.emplace_back());
  return storage.back();
}

void note_id(Encoder& e, IndexSpace& space, std::uint32_t index) {
  std::string_view name;
  if (e.in.kind() == TokenKind::Id) {
    name = id_name(e.in.text(), e.strings);
    e.in.skip();
  }
  if (auto given = name_annotation(e)) name = *given;
  if (!name.empty()) space.names.push_back({index, name});
}

void bind_id(Encoder& e, IndexSpace& space, std::uint32_t index) {
  if (e.in.kind() == TokenKind::Id &&
      !space.ids.emplace(id_name(e.in.text(), e.strings), index).second) {
    return e.in.fail(space.duplicate, e.in.text());
  }
  note_id(e, space, index);
}

std::uint32_t index_use(Encoder& e, const IndexSpace& space) {
  if (e.in.kind() != TokenKind::Id) return e.in.nat32();
  const auto found = space.ids.find(id_name(e.in.text(), e.strings));
  if (found == space.ids.end()) {
    e.in.fail(space.unknown, e.in.text());
    return 0;
  }
  e.in.skip();
  return found->second;
}

}  // namespace wasmrt::text
