// BodyState: typing of structs, arrays, casts and exceptions (spec 3.0 §3.4.5-§3.4.7).
#include <array>

#include "libwasmrt/frontend/body_control.h"
#include "libwasmrt/frontend/type_reader.h"
#include "libwasmrt/wasm/limits.h"

namespace wasmrt {

namespace {

// The type a field has on the operand stack: packed ones are i32 already.
ValType unpacked(const FieldType& field) { return field.storage.type; }
bool is_packed(const FieldType& field) { return field.storage.packed != StorageType::Packed::No; }

bool storage_matches(const TypeSource& types, const StorageType& sub, const StorageType& super) {
  return sub.packed == super.packed && matches(types, sub.type, super.type);
}

}  // namespace

bool BodyState::struct_type(std::uint32_t index, const CanonType*& type) {
  if (index >= module_.types.size()) return fail_index(Err::UnknownType, index);
  type = module_.types[index];
  return type->composite.kind == CompositeKind::Struct ||
         fail(Err::TypeMismatch, ": type " + std::to_string(index) + " is not a structure type");
}

bool BodyState::array_type(std::uint32_t index, const CanonType*& type) {
  if (index >= module_.types.size()) return fail_index(Err::UnknownType, index);
  type = module_.types[index];
  return type->composite.kind == CompositeKind::Array ||
         fail(Err::TypeMismatch, ": type " + std::to_string(index) + " is not an array type");
}

bool BodyState::pop_in_hierarchy(HeapKind kind, ValType& out) {
  if (!pop_ref(out)) return false;
  const ValType top = ValType::ref(heap_top(kind), true);
  if (out.is_bottom() || is_subtype(out, top)) return true;
  return fail(Err::TypeMismatch, ": instruction requires [" + type_text(module_, top) +
                                     "] but stack has [" + type_text(module_, out) + "]");
}

bool BodyState::type_gc(Op op, const Imm& imm) {
  switch (op) {
    case Op::StructNew:
    case Op::StructNewDefault:
    case Op::StructGet:
    case Op::StructGetS:
    case Op::StructGetU:
    case Op::StructSet: return type_struct(op, imm);
    case Op::RefTest:
    case Op::RefTestNull:
    case Op::RefCast:
    case Op::RefCastNull: {
      ValType operand;
      if (!pop_in_hierarchy(imm.type().heap().kind, operand)) return false;
      push(op == Op::RefTest || op == Op::RefTestNull ? kI32 : imm.type());
      return true;
    }
    case Op::BrOnCast:
    case Op::BrOnCastFail: return type_br_on_cast(op, imm);
    case Op::AnyConvertExtern:
    case Op::ExternConvertAny: {
      const bool to_any = op == Op::AnyConvertExtern;
      ValType operand;
      if (!pop_in_hierarchy(to_any ? HeapKind::Extern : HeapKind::Any, operand)) return false;
      push(ValType::ref(to_any ? HeapKind::Any : HeapKind::Extern,
                        !operand.is_bottom() && operand.nullable()));
      return true;
    }
    case Op::RefI31:
      if (!pop(kI32)) return false;
      push(ValType::ref(HeapKind::I31, false));
      return true;
    case Op::I31GetS:
    case Op::I31GetU:
      if (!pop(ValType::ref(HeapKind::I31, true))) return false;
      push(kI32);
      return true;
    case Op::RefEq: {
      const ValType eq = ValType::ref(HeapKind::Eq, true);
      const std::array<ValType, 2> operands = {eq, eq};
      if (!pop_all(operands)) return false;
      push(kI32);
      return true;
    }
    case Op::ArrayLen:
      if (!pop(ValType::ref(HeapKind::Array, true))) return false;
      push(kI32);
      return true;
    default: return type_array(op, imm);
  }
}

bool BodyState::type_struct(Op op, const Imm& imm) {
  const CanonType* type = nullptr;
  if (!struct_type(imm.index, type)) return false;
  const std::vector<FieldType>& fields = type->composite.fields;
  if (op == Op::StructNew) {
    std::vector<ValType> operands;
    operands.reserve(fields.size());
    for (const FieldType& f : fields) operands.push_back(unpacked(f));
    if (!pop_all(operands)) return false;
    push(ValType::ref(concrete(imm.index), false));
    return true;
  }
  if (op == Op::StructNewDefault) {
    for (const FieldType& f : fields) {
      if (!f.storage.type.defaultable()) return fail(Err::FieldNotDefaultable);
    }
    push(ValType::ref(concrete(imm.index), false));
    return true;
  }
  if (imm.index2 >= fields.size()) return fail_index(Err::UnknownField, imm.index2);
  const FieldType& field = fields[imm.index2];
  const ValType object = ValType::ref(concrete(imm.index), true);
  if (op == Op::StructSet) {
    if (!field.is_mutable) return fail(Err::ImmutableField);
    const std::array<ValType, 2> operands = {object, unpacked(field)};
    return pop_all(operands);
  }
  if (is_packed(field) == (op == Op::StructGet)) {
    return fail(is_packed(field) ? Err::PackedFieldAccess : Err::UnpackedFieldAccess);
  }
  if (!pop(object)) return false;
  push(unpacked(field));
  return true;
}

bool BodyState::type_array(Op op, const Imm& imm) {
  const CanonType* type = nullptr;
  if (!array_type(imm.index, type)) return false;
  const FieldType& field = type->composite.fields[0];
  const ValType object = ValType::ref(concrete(imm.index), true);
  switch (op) {
    case Op::ArrayNew: {
      const std::array<ValType, 2> operands = {unpacked(field), kI32};
      if (!pop_all(operands)) return false;
      break;
    }
    case Op::ArrayNewDefault:
      if (!field.storage.type.defaultable()) return fail(Err::FieldNotDefaultable);
      if (!pop(kI32)) return false;
      break;
    case Op::ArrayNewFixed: {
      if (imm.index2 > kMaxArrayNewFixed) return fail(Err::LimitArrayNewFixed);
      const std::vector<ValType> operands(imm.index2, unpacked(field));
      if (!pop_all(operands)) return false;
      break;
    }
    case Op::ArrayNewData:
    case Op::ArrayNewElem: {
      if (!segment_in_array(*type, imm, op == Op::ArrayNewElem)) return false;
      const std::array<ValType, 2> operands = {kI32, kI32};
      if (!pop_all(operands)) return false;
      break;
    }
    case Op::ArrayGet:
    case Op::ArrayGetS:
    case Op::ArrayGetU: {
      if (is_packed(field) == (op == Op::ArrayGet)) {
        return fail(is_packed(field) ? Err::PackedFieldAccess : Err::UnpackedFieldAccess);
      }
      const std::array<ValType, 2> operands = {object, kI32};
      if (!pop_all(operands)) return false;
      push(unpacked(field));
      return true;
    }
    default: return type_array_bulk(op, imm);
  }
  push(ValType::ref(concrete(imm.index), false));
  return true;
}

// The instructions that write into an array, which must be mutable.
bool BodyState::type_array_bulk(Op op, const Imm& imm) {
  const CanonType& type = *module_.types[imm.index];
  const FieldType& field = type.composite.fields[0];
  const ValType object = ValType::ref(concrete(imm.index), true);
  if (!field.is_mutable) return fail(Err::ImmutableArray);
  switch (op) {
    case Op::ArraySet: {
      const std::array<ValType, 3> operands = {object, kI32, unpacked(field)};
      return pop_all(operands);
    }
    case Op::ArrayFill: {
      const std::array<ValType, 4> operands = {object, kI32, unpacked(field), kI32};
      return pop_all(operands);
    }
    case Op::ArrayCopy: {
      const CanonType* source = nullptr;
      if (!array_type(imm.index2, source)) return false;
      if (!storage_matches(module_, source->composite.fields[0].storage, field.storage)) {
        return fail(Err::ArrayTypesDoNotMatch);
      }
      const std::array<ValType, 5> operands = {
          object, kI32, ValType::ref(concrete(imm.index2), true), kI32, kI32};
      return pop_all(operands);
    }
    case Op::ArrayInitData:
    case Op::ArrayInitElem: {
      if (!segment_in_array(type, imm, op == Op::ArrayInitElem)) return false;
      const std::array<ValType, 4> operands = {object, kI32, kI32, kI32};
      return pop_all(operands);
    }
    default: return fail(Err::IllegalOpcode);
  }
}

bool BodyState::segment_in_array(const CanonType& array, const Imm& imm, bool elem) {
  const FieldType& field = array.composite.fields[0];
  if (!elem) {
    if (field.storage.type.is_ref()) return fail(Err::ArrayNotNumericOrVector);
    return check_data(imm.index2);
  }
  if (!check_elem(imm.index2)) return false;
  if (is_packed(field) || !matches(module_, module_.elems[imm.index2].type, field.storage.type)) {
    return fail(Err::TypeMismatch, ": segment of " +
                                       type_text(module_, module_.elems[imm.index2].type) +
                                       " in an array of " + type_text(module_, field.storage.type));
  }
  return true;
}

bool BodyState::type_br_on_cast(Op op, const Imm& imm) {
  const ValType source = imm.type();
  const ValType target = imm.type2();
  if (!check_label(imm.index)) return false;
  if (!matches(module_, target, source)) {
    return fail(Err::TypeMismatch, ": cast from " + type_text(module_, source) + " to " +
                                       type_text(module_, target) + ", which is no subtype of it");
  }
  if (!pop(source)) return false;
  // What is left when the cast fails: not null if a null would have succeeded.
  const ValType rest = target.nullable() ? source.as_nullable(false) : source;
  const ValType taken = op == Op::BrOnCast ? target : rest;
  const ValType fallthrough = op == Op::BrOnCast ? rest : target;
  const std::span<const ValType> types = label_types(imm.index);
  if (types.empty()) return fail(Err::TypeMismatch, ": label of a cast must end in a reference");
  push(taken);
  if (!peek_all(types)) return false;
  mark_branch(imm.index);
  --top_;
  push(fallthrough);
  return true;
}

bool BodyState::type_exception(Op op, const Imm& imm) {
  if (op == Op::ThrowRef) return pop(ValType::ref(HeapKind::Exn, true));
  if (imm.index >= module_.tags.size()) return fail_index(Err::UnknownTag, imm.index);
  return pop_all(module_.type(module_.tags[imm.index]).composite.func.params);
}

}  // namespace wasmrt
