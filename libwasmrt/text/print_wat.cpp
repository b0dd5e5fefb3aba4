// See print_wat.h. Fields are printed in the order of the binary's sections.
#include "libwasmrt/text/print_wat.h"

#include <algorithm>

#include "libwasmrt/frontend/type_reader.h"
#include "libwasmrt/text/print_instructions.h"

namespace wasmrt::text {
namespace {

class ModulePrinter {
 public:
  explicit ModulePrinter(const DecodedModule& module)
      : m_(module), names_(name_functions(module)) {}
  std::string run();

 private:
  void field(std::string_view head) {
    out_ += "\n  (";
    out_ += head;
  }
  void comment(std::size_t index) { out_ += " (;" + std::to_string(index) + ";)"; }
  [[nodiscard]] std::string text(ValType type) const;
  [[nodiscard]] std::size_t type_number(std::uint64_t id) const;
  void value_list(const char* keyword, const std::vector<ValType>& types);
  void field_type(const FieldType& type);
  void sub_type(const CanonType& type);
  void types();
  void limits(const Limits& limits, AddressType address);
  void table_type(const TableType& type);
  void memory_type(const MemoryType& type);
  void global_type(const GlobalType& type);
  void type_use(TypeIdx type) { out_ += " (type " + std::to_string(raw(type)) + ")"; }
  void imports();
  void definitions();
  void exports();
  void elems();
  void datas();
  void functions();
  void customs();
  void expression(const ConstExpr& e);
  void offset(const DataSegment& s);

  const DecodedModule& m_;
  PrintNames names_;
  std::string out_;
  // While a group is printed: its members, and the index of the first.
  std::span<const CanonType* const> group_;
  std::size_t group_begin_ = 0;
};

// A type's index. Equal groups have the same ids, but a member of a group refers to its own group:
// what it says would change if it named the first group that is equal.
std::size_t ModulePrinter::type_number(std::uint64_t id) const {
  for (std::size_t i = 0; i < group_.size(); ++i) {
    if (group_[i]->id == id) return group_begin_ + i;
  }
  return m_.type_index.find(id)->second;
}

std::string ModulePrinter::text(ValType type) const {
  if (!type.is_ref() || !type.heap().is_concrete()) return type_text(m_, type);
  return (type.nullable() ? "(ref null " : "(ref ") + std::to_string(type_number(type.heap().id)) +
         ")";
}

void ModulePrinter::value_list(const char* keyword, const std::vector<ValType>& types) {
  if (types.empty()) return;
  out_ += std::string(" (") + keyword;
  for (const ValType t : types) out_ += ' ' + text(t);
  out_ += ')';
}

void ModulePrinter::field_type(const FieldType& type) {
  std::string storage = text(type.storage.type);
  if (type.storage.packed == StorageType::Packed::I8) storage = "i8";
  if (type.storage.packed == StorageType::Packed::I16) storage = "i16";
  out_ += type.is_mutable ? " (mut " + storage + ")" : " " + storage;
}

void ModulePrinter::sub_type(const CanonType& type) {
  const bool plain = type.is_final && type.super == nullptr;
  if (!plain) {
    out_ += type.is_final ? " (sub final" : " (sub";
    if (type.super != nullptr) out_ += ' ' + std::to_string(type_number(type.super->id));
  }
  switch (type.composite.kind) {
    case CompositeKind::Func:
      out_ += " (func";
      value_list("param", type.composite.func.params);
      value_list("result", type.composite.func.results);
      break;
    case CompositeKind::Struct:
      out_ += " (struct";
      for (const FieldType& f : type.composite.fields) {
        out_ += " (field";
        field_type(f);
        out_ += ')';
      }
      break;
    case CompositeKind::Array:
      out_ += " (array";
      field_type(type.composite.fields[0]);
      break;
  }
  out_ += plain ? ")" : "))";
}

void ModulePrinter::types() {
  std::size_t index = 0;
  for (const RecGroupRef& group : m_.groups) {
    const auto members = group.types();
    group_ = members;
    group_begin_ = index;
    if (members.size() != 1) field("rec");
    for (const CanonType* type : members) {
      if (members.size() == 1) {
        field("type");
      } else {
        out_ += "\n    (type";
      }
      comment(index++);
      sub_type(*type);
      out_ += ')';
    }
    if (members.size() != 1) out_ += ')';
  }
  group_ = {};
}

void ModulePrinter::limits(const Limits& l, AddressType address) {
  if (address == AddressType::I64) out_ += " i64";
  out_ += ' ' + std::to_string(l.min);
  if (l.max) out_ += ' ' + std::to_string(*l.max);
}

void ModulePrinter::table_type(const TableType& type) {
  limits(type.limits, type.address);
  out_ += ' ' + text(type.element);
}

void ModulePrinter::memory_type(const MemoryType& type) {
  limits(type.limits, type.address);
  if (type.shared) out_ += " shared";
  if (type.page_size_log2 != 16) {
    out_ += " (pagesize " + std::to_string(std::uint64_t{1} << type.page_size_log2) + ")";
  }
}

void ModulePrinter::global_type(const GlobalType& type) {
  out_ += type.is_mutable ? " (mut " + text(type.value) + ")" : " " + text(type.value);
}

void ModulePrinter::imports() {
  for (const Import& i : m_.imports) {
    field("import ");
    out_ += string_literal(i.module) + ' ' + string_literal(i.name) + " (";
    switch (i.kind) {
      case ExternKind::Func:
        out_ += "func";
        if (names_.funcs[i.index][0] == '$') out_ += ' ' + names_.funcs[i.index];
        comment(i.index);
        type_use(m_.funcs[i.index]);
        break;
      case ExternKind::Table:
        out_ += "table";
        comment(i.index);
        table_type(m_.tables[i.index].type);
        break;
      case ExternKind::Memory:
        out_ += "memory";
        comment(i.index);
        memory_type(m_.memories[i.index]);
        break;
      case ExternKind::Global:
        out_ += "global";
        comment(i.index);
        global_type(m_.globals[i.index].type);
        break;
      case ExternKind::Tag:
        out_ += "tag";
        comment(i.index);
        type_use(m_.tags[i.index]);
        break;
    }
    out_ += "))";
  }
}

void ModulePrinter::expression(const ConstExpr& e) {
  Reader reader(e.bytes(), 0, e.size);
  print_instructions(m_, names_, reader, 0, 0, nullptr, out_);
}

void ModulePrinter::offset(const DataSegment& s) {
  if (s.kind == DataSegment::Kind::Computed) return expression(m_.data_offsets[s.offset]);
  out_ += m_.memories[s.memory].address == AddressType::I64
              ? " i64.const " + std::to_string(s.offset)
              : " i32.const " + std::to_string(static_cast<std::int32_t>(s.offset));
}

void ModulePrinter::definitions() {
  for (std::size_t i = m_.imported_tables; i < m_.tables.size(); ++i) {
    field("table");
    comment(i);
    table_type(m_.tables[i].type);
    if (m_.tables[i].init) expression(*m_.tables[i].init);
    out_ += ')';
  }
  for (std::size_t i = m_.imported_memories; i < m_.memories.size(); ++i) {
    field("memory");
    comment(i);
    memory_type(m_.memories[i]);
    out_ += ')';
  }
  for (std::size_t i = m_.imported_tags; i < m_.tags.size(); ++i) {
    field("tag");
    comment(i);
    type_use(m_.tags[i]);
    out_ += ')';
  }
  for (std::size_t i = m_.imported_globals; i < m_.globals.size(); ++i) {
    field("global");
    comment(i);
    global_type(m_.globals[i].type);
    expression(*m_.globals[i].init);
    out_ += ')';
  }
}

void ModulePrinter::exports() {
  constexpr const char* kKinds[] = {"func", "table", "memory", "global", "tag"};
  for (const Export& e : m_.exports) {
    field("export ");
    out_ += string_literal(e.name) + " (" + kKinds[static_cast<unsigned>(e.kind)] + ' ';
    out_ += e.kind == ExternKind::Func ? names_.funcs[e.index] : std::to_string(e.index);
    out_ += "))";
  }
  if (m_.start) {
    field("start ");
    out_ += names_.funcs[raw(*m_.start)] + ')';
  }
}

void ModulePrinter::elems() {
  for (std::size_t i = 0; i < m_.elems.size(); ++i) {
    const ElemSegment& s = m_.elems[i];
    field("elem");
    comment(i);
    if (s.mode == SegmentMode::Declarative) out_ += " declare";
    if (s.mode == SegmentMode::Active) {
      out_ += " (table " + std::to_string(raw(s.table)) + ") (offset";
      expression(s.offset);
      out_ += ')';
    }
    out_ += s.exprs.empty() && (!s.funcs.empty() || s.type.heap().kind == HeapKind::Func)
                ? " func"
                : ' ' + text(s.type);
    for (const FuncIdx f : s.funcs) out_ += ' ' + names_.funcs[raw(f)];
    for (const ConstExpr& e : s.exprs) {
      out_ += " (item";
      expression(e);
      out_ += ')';
    }
    out_ += ')';
  }
}

void ModulePrinter::datas() {
  for (std::size_t i = 0; i < m_.datas.size(); ++i) {
    const DataSegment& s = m_.datas[i];
    field("data");
    comment(i);
    if (s.is_active()) {
      out_ += " (memory " + std::to_string(s.memory) + ") (offset";
      offset(s);
      out_ += ')';
    }
    out_ += ' ' + string_literal(m_.data(s)) + ')';
  }
}

void ModulePrinter::functions() {
  for (std::size_t i = m_.imported_funcs; i < m_.funcs.size(); ++i) {
    const FuncBody& body = m_.bodies[i - m_.imported_funcs];
    field("func");
    if (names_.funcs[i][0] == '$') out_ += ' ' + names_.funcs[i];
    comment(i);
    type_use(m_.funcs[i]);
    Reader reader(m_.bytes->view(), body.offset, std::size_t{body.offset} + body.size);
    print_locals(m_, reader, "\n    ", out_);
    const auto hints = m_.branch_hints.find(static_cast<std::uint32_t>(i));
    print_instructions(m_, names_, reader, 2, body.offset,
                       hints == m_.branch_hints.end() ? nullptr : &hints->second, out_);
    out_ += ')';
  }
}

void ModulePrinter::customs() {
  for (const wasmrt::CustomSection& c : m_.customs) {
    // These two are printed where they belong.
    if (c.name == "name" || c.name == "metadata.code.branch_hint") continue;
    field("@custom ");
    out_ += string_literal(c.name) + ' ' + string_literal(c.bytes) + ')';
  }
}

std::string ModulePrinter::run() {
  out_ = "(module";
  if (!m_.names.module.empty()) out_ += " $" + string_literal(m_.names.module);
  types();
  imports();
  functions();
  definitions();
  exports();
  elems();
  datas();
  customs();
  out_ += ")\n";
  return std::move(out_);
}

}  // namespace

std::string print_wat(const DecodedModule& module) { return ModulePrinter(module).run(); }

}  // namespace wasmrt::text
