// Statements: assignments, stores, control flow with several values, calls, bulk operations.
#include "tests/fuzz/modules/body.h"

namespace wasmrt::fuzz {

Writer Body::write() {
  // Some variables of each type, the temporary of each, the counters.
  locals_ = type_.params;
  std::string more = "iIfFvr";
  const std::uint32_t extra = in_.below(24);
  for (std::uint32_t n = 0; n < extra; ++n) more += some_type();
  locals_ += more;
  open_locals_ = static_cast<std::uint32_t>(locals_.size());
  const std::string hidden = "iIfFvr";
  locals_ += hidden;
  counters_ = static_cast<std::uint32_t>(locals_.size());
  locals_ += std::string(kCounters, 'i');

  labels_ = {{type_.results, true}};
  pay_fuel();
  statements(4, 12);
  list(type_.results, 3);
  op(Op::End);

  Writer all;
  const std::string declared = locals_.substr(type_.params.size());
  all.u(declared.size());
  for (const char type : declared) {
    all.u(1);
    all.byte(type_byte(type));
  }
  for (std::size_t& at : branches_) at += all.size();
  all.append(out_);
  return all;
}

std::string Body::some_types(std::uint32_t most) {
  std::string types;
  for (std::uint32_t n = in_.below(most + 1); n != 0; --n) types += some_type();
  return types;
}

// Pops values into variables, or drops them.
void Body::take(const std::string& types) {
  for (std::size_t n = types.size(); n-- != 0;) {
    if (in_.below(4) == 3) {
      op(Op::Drop);
    } else {
      set(local(types[n]));
    }
  }
}

void Body::block_type(const std::string& params, const std::string& results) {
  if (params.empty() && results.empty()) return out_.byte(0x40);
  if (params.empty() && results.size() == 1) return out_.byte(type_byte(results[0]));
  out_.s(shape_.type({params, results}));
}

// if (fuel == 0) unreachable; --fuel
void Body::pay_fuel() {
  op(Op::GlobalGet), out_.u(0);
  op(Op::I32Eqz);
  op(Op::If), out_.byte(0x40);
  op(Op::Unreachable);
  op(Op::End);
  op(Op::GlobalGet), out_.u(0);
  i32(1), op(Op::I32Sub);
  op(Op::GlobalSet), out_.u(0);
}

void Body::statements(int depth, std::uint32_t most) {
  for (std::uint32_t n = in_.below(most + 1); n != 0; --n) statement(depth);
}

void Body::statement(int depth) {
  if (depth <= 0 || in_.done()) {
    const char type = some_type();
    const std::uint32_t to = local(type);
    expression(type, 1);
    return set(to);
  }
  switch (in_.below(20)) {
    case 0:
    case 1:
    case 2: {
      const char type = some_type();
      const std::uint32_t to = local(type);
      expression(type, depth);
      return set(to);
    }
    case 3: {  // x = x op constant
      const char type = in_.below(2) != 0 ? 'i' : 'I';
      static constexpr Op kOps[2][8] = {{Op::I32Add, Op::I32Sub, Op::I32Mul, Op::I32And, Op::I32Or,
                                         Op::I32Xor, Op::I32Shl, Op::I32Rotl},
                                        {Op::I64Add, Op::I64Sub, Op::I64Mul, Op::I64And, Op::I64Or,
                                         Op::I64Xor, Op::I64ShrS, Op::I64Rotr}};
      const std::uint32_t x = local(type);
      get(x), constant(type);
      op(kOps[type == 'I'][in_.below(8)]);
      return set(x);
    }
    case 4: {
      const auto count = static_cast<std::uint32_t>(shape_.globals.size());
      const std::uint32_t at = 1 + in_.below(count - 2);  // not the fuel, not the constant
      expression(shape_.globals[at], depth - 1);
      op(Op::GlobalSet);
      return out_.u(at);
    }
    case 5:
    case 6: return void(access(pick(op_table().stores), depth));
    case 7: {  // memory[a] = memory[a] op x
      const std::uint32_t a = local(shape_.memories[0]);
      const bool wide = shape_.memories[0] == 'I';
      static constexpr Op kOps[] = {Op::I32Add, Op::I32Sub, Op::I32And, Op::I32Or, Op::I32Xor};
      get(a), integer(shape_.memories[0], 0x3FFF), op(wide ? Op::I64And : Op::I32And), tee(a);
      get(a);
      op(Op::I32Load), out_.byte(2), out_.u(4);
      expression('i', depth - 1);
      op(kOps[in_.below(5)]);
      op(Op::I32Store), out_.byte(2), out_.u(4);
      return;
    }
    case 8:
    case 9:
    case 10: return structured(depth);
    case 11:
    case 12: return loop(depth);
    case 13: {
      const auto at = in_.below(static_cast<std::uint32_t>(labels_.size()));
      const Label& label = labels_[labels_.size() - 1 - at];
      if (!label.target) return statement(depth - 1);
      const std::string types = label.types;
      list(types, depth - 1);
      condition(depth - 1);
      op(Op::BrIf), out_.u(at);
      return take(types);
    }
    case 14: {
      condition(depth - 1);
      op(Op::If), out_.byte(0x40);
      labels_.push_back({"", true});
      leave(depth - 1);
      if (in_.one_in(5)) statement(depth - 1);  // out of reach
      op(Op::End);
      labels_.pop_back();
      return;
    }
    case 15: return branch_table(depth);
    case 16:
    case 17: return call(depth - 1, false);
    case 18: return bulk(depth - 1);
    default: return table_op(depth - 1);
  }
}

// block, or if and else, with parameters and results.
void Body::structured(int depth) {
  const bool conditional = in_.below(2) != 0;
  const std::string params = in_.below(2) != 0 ? some_types(3) : "";
  const std::string results = in_.below(2) != 0 ? some_types(3) : "";
  list(params, depth - 1);
  if (conditional) condition(depth - 1);
  op(conditional ? Op::If : Op::Block);
  block_type(params, results);
  labels_.push_back({results, true});
  for (int arm = 0; arm < (conditional ? 2 : 1); ++arm) {
    if (arm == 1) {
      if (params == results && in_.below(2) != 0) break;  // no else: the values pass through
      op(Op::Else);
    }
    take(params);
    statements(depth - 1, 3);
    list(results, depth - 1);
  }
  op(Op::End);
  labels_.pop_back();
  take(results);
}

void Body::loop(int depth) {
  const bool fuel = in_.below(4) == 3 || loops_ == kCounters;
  const std::string params = in_.below(3) == 2 ? some_types(3) : "";
  const std::string results = in_.below(3) == 2 ? some_types(2) : "";
  const std::uint32_t counter = counters_ + (fuel ? 0 : loops_);
  if (!fuel) i32(static_cast<std::int32_t>(1 + in_.below(6))), set(counter), ++loops_;
  list(params, depth - 1);
  op(Op::Loop);
  block_type(params, results);
  labels_.push_back({params, fuel, fuel});
  take(params);
  if (fuel) pay_fuel();
  statements(depth - 1, 4);
  list(params, depth - 1);
  if (fuel) {
    condition(depth - 1);
  } else {
    get(counter), i32(1), op(Op::I32Sub), tee(counter);
  }
  op(Op::BrIf), out_.u(0);
  take(params);
  list(results, depth - 1);
  op(Op::End);
  labels_.pop_back();
  if (!fuel) --loops_;
  take(results);
}

// Something behind which nothing is reached.
void Body::leave(int depth) {
  switch (in_.below(6)) {
    case 0: list(type_.results, depth); return op(Op::Return);
    case 1: return call(depth, true);
    case 2:
      if (in_.one_in(3)) return op(Op::Unreachable);
      [[fallthrough]];
    default: {
      const auto at = in_.below(static_cast<std::uint32_t>(labels_.size()));
      const Label& label = labels_[labels_.size() - 1 - at];
      if (!label.target) {
        list(type_.results, depth);
        return op(Op::Return);
      }
      list(std::string(label.types), depth);
      op(Op::Br), out_.u(at);
    }
  }
}

void Body::branch_table(int depth) {
  op(Op::Block), out_.byte(0x40);
  labels_.push_back({"", true});
  const auto count = static_cast<std::uint32_t>(labels_.size());
  const Label& first = labels_[count - 1 - in_.below(count)];
  const std::string types = first.target ? first.types : "";
  std::vector<std::uint32_t> to;
  for (std::uint32_t at = 0; at < count; ++at) {
    const Label& label = labels_[count - 1 - at];
    if (label.target && label.types == types) to.push_back(at);
  }
  list(types, depth - 1);
  expression('i', depth - 1);
  i32(in_.below(2) != 0 ? 7 : 3), op(Op::I32And);
  op(Op::BrTable);
  const std::uint32_t size = in_.below(7);
  out_.u(size);
  for (std::uint32_t n = 0; n <= size; ++n) {
    out_.u(to[in_.below(static_cast<std::uint32_t>(to.size()))]);
  }
  op(Op::End);
  labels_.pop_back();
}

void Body::call(int depth, bool tail) {
  const auto count = static_cast<std::uint32_t>(shape_.functions.size());
  std::uint32_t callee = in_.below(count);
  if (tail) {  // the results must be ours
    std::uint32_t n = 0;
    for (; n < count; ++n) {
      const std::uint32_t candidate = (callee + n) % count;
      if (shape_.types[shape_.functions[candidate]].results == type_.results) {
        callee = candidate;
        break;
      }
    }
    if (n == count) {
      list(type_.results, depth);
      return op(Op::Return);
    }
  }
  const std::uint32_t type = shape_.functions[callee];
  const Signature signature = shape_.types[type];
  for (const char p : signature.params) {
    // The host compares what it gets, NaNs as equal.
    expression(p, depth);
  }
  const std::uint32_t how = in_.below(4);
  if (how < 2) {
    op(tail ? Op::ReturnCall : Op::Call), out_.u(callee);
  } else if (how == 2) {
    op(Op::RefFunc), out_.u(callee);
    op(tail ? Op::ReturnCallRef : Op::CallRef), out_.u(type);
  } else {
    const std::uint32_t table = in_.below(static_cast<std::uint32_t>(shape_.tables.size()));
    std::uint32_t element = callee % Shape::kTableSize;
    for (std::uint32_t n = 0; n < shape_.elements.size(); ++n) {
      if (shape_.elements[n] == callee) element = n;
    }
    const char index = shape_.tables[table];
    if (in_.one_in(6)) {
      expression(index, depth);
      integer(index, 15), op(index == 'I' ? Op::I64And : Op::I32And);
    } else {
      integer(index, element);
    }
    op(tail ? Op::ReturnCallIndirect : Op::CallIndirect);
    out_.u(type), out_.u(table);
  }
  if (!tail) take(signature.results);
}

void Body::bulk(int depth) {
  const auto count = static_cast<std::uint32_t>(shape_.memories.size());
  const std::uint32_t a = in_.below(count), b = in_.below(count);
  const auto small = [&](char type, std::int64_t mask) {
    if (in_.below(2) != 0) return integer(type, in_.below(static_cast<std::uint32_t>(mask) + 1));
    expression(type, depth);
    integer(type, mask), op(type == 'I' ? Op::I64And : Op::I32And);
  };
  const char ta = shape_.memories[a], tb = shape_.memories[b];
  switch (in_.below(6)) {
    case 0:
      small(ta, 0x7FFF), expression('i', depth), small(ta, 0x1FF);
      op(Op::MemoryFill), out_.u(a);
      return;
    case 1:
      small(ta, 0x7FFF), small(tb, 0x7FFF), small(ta == 'I' && tb == 'I' ? 'I' : 'i', 0x1FF);
      op(Op::MemoryCopy), out_.u(a), out_.u(b);
      return;
    case 2:
      small(ta, 0x7FFF), small('i', 0x7F), small('i', in_.one_in(5) ? 0xFF : 0x3F);
      op(Op::MemoryInit), out_.u(1), out_.u(a);
      return;
    case 3:
      if (in_.below(4) != 3) return statement(0);
      op(Op::DataDrop), out_.u(1);
      return;
    case 4: small(ta, 1), op(Op::MemoryGrow), out_.u(a); return set(local(ta));
    default: {  // at the edge of what there is
      integer(ta, 65536 - 8), expression('i', depth), integer(ta, in_.below(10));
      op(Op::MemoryFill), out_.u(a);
    }
  }
}

void Body::table_op(int depth) {
  const auto count = static_cast<std::uint32_t>(shape_.tables.size());
  const std::uint32_t a = in_.below(count), b = in_.below(count);
  const char ta = shape_.tables[a], tb = shape_.tables[b];
  const auto index = [&](char type, std::int64_t mask) {
    expression(type, depth);
    integer(type, mask), op(type == 'I' ? Op::I64And : Op::I32And);
  };
  switch (in_.below(8)) {
    case 0:
    case 1:
      index(ta, 7), reference(depth);
      op(Op::TableSet), out_.u(a);
      return;
    case 2:
      index(ta, 7), reference(depth), index(ta, 3);
      op(Op::TableFill), out_.u(a);
      return;
    case 3:
      index(ta, 7), index(tb, 7), index(ta == 'I' && tb == 'I' ? 'I' : 'i', 3);
      op(Op::TableCopy), out_.u(a), out_.u(b);
      return;
    case 4:
      index(ta, 3), index('i', 3), index('i', 3);
      op(Op::TableInit), out_.u(1), out_.u(a);
      return;
    case 5:
      reference(depth), index(ta, 1);
      op(Op::TableGrow), out_.u(a);
      return set(local(ta));
    case 6: op(Op::TableSize), out_.u(a); return set(local(ta));
    default:
      if (in_.below(4) != 3) return statement(0);
      op(Op::ElemDrop), out_.u(1);
  }
}

}  // namespace wasmrt::fuzz
