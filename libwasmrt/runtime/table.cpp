// Tables: growth, and the public Table.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/entities.h"
#include "libwasmrt/wasm/errors.h"
#include "libwasmrt/wasm/limits.h"

namespace wasmrt::rt {

namespace {

Error over_limit(std::uint64_t wanted, std::uint64_t bound) {
  return {ErrorCode::Limit,
          err_text(Err::TableLimit, ": " + std::to_string(wanted) + " elements wanted, " +
                                        std::to_string(bound) + " allowed")};
}

}  // namespace

Result<Ref<Table>> Table::create(Store& store, const TableType& type, const ResourceLimits& limits,
                                 std::uint64_t init, TypeOwner types) {
  const std::uint64_t wanted = type.limits.min;
  const std::uint64_t bound = std::min(limits.table_elements, kMaxTableElements);
  if (wanted > bound) return over_limit(wanted, bound);
  if (!store.book_table(wanted)) {
    const std::uint64_t total = store.limits().total_table_elements;
    return over_limit(wanted, total - std::min(total, store.booked_tables()));
  }
  Ref<Table> table(new Table(store, type, std::move(types)));
  VmTable& vm = table->vm_;
  table->max_ = std::min(bound, type.limits.max.value_or(bound));
  vm.is_64 = type.address == AddressType::I64;
  // calloc: a large empty table costs nothing until it is used.
  if (wanted > 0) {
    vm.elements = static_cast<std::uint64_t*>(
        std::calloc(static_cast<std::size_t>(wanted), sizeof(std::uint64_t)));
    if (vm.elements == nullptr) {
      store.unbook_table(wanted);
      return Error(ErrorCode::Internal, err_text(Err::OutOfMemory, ": " + std::to_string(wanted) +
                                                                       " elements for a table"));
    }
  }
  vm.size = wanted;
  table->capacity_ = wanted;
  if (init != 0) std::fill_n(vm.elements, wanted, init);
  return table;
}

Table::~Table() {
  std::free(vm_.elements);
  store_.unbook_table(vm_.size);
}

std::uint64_t Table::grow(std::uint64_t delta, std::uint64_t init) {
  constexpr std::uint64_t kFailed = ~std::uint64_t{0};
  const std::uint64_t old = vm_.size;
  if (delta > max_ || old > max_ - delta) return kFailed;
  const std::uint64_t size = old + delta;
  if (!store_.book_table(delta)) return kFailed;
  if (size > capacity_) {
    // Twice the old room, so that growing one by one copies each element a few times only.
    const std::uint64_t room = std::max(size, std::min(capacity_ * 2, max_));
    auto* elements = static_cast<std::uint64_t*>(
        std::realloc(vm_.elements, static_cast<std::size_t>(room) * sizeof(std::uint64_t)));
    if (elements == nullptr) {
      store_.unbook_table(delta);
      return kFailed;
    }
    vm_.elements = elements;
    capacity_ = room;
  }
  std::fill_n(vm_.elements + old, delta, init);
  vm_.size = size;
  return old;
}

TableType Table::type() const {
  TableType type = type_;
  type.limits.min = vm_.size;
  return type;
}

}  // namespace wasmrt::rt

namespace wasmrt {

using detail::Access;

namespace {

Error wrong_element(const TableType& type, const Value& value) {
  return {ErrorCode::InvalidArgument, "invalid table element: expected " + to_string(type.element) +
                                          ", found " + to_string(value.type())};
}

Error out_of_bounds(std::uint64_t index, std::uint64_t size) {
  return {ErrorCode::OutOfBounds, "out of bounds table access: index " + std::to_string(index) +
                                      ", size " + std::to_string(size)};
}

}  // namespace

Result<Table> Table::create(const Store& store, const TableType& type, const Value& init) {
  rt::Store& s = *Access::get(store);
  if (!type.element.is_ref()) {
    return Error(ErrorCode::InvalidArgument,
                 "invalid table type: " + to_string(type.element) + " is no reference type");
  }
  if (type.limits.max && *type.limits.max < type.limits.min) {
    return Error(ErrorCode::InvalidArgument, "size minimum must not be greater than maximum: " +
                                                 std::to_string(type.limits.min) + " > " +
                                                 std::to_string(*type.limits.max));
  }
  if (!rt::value_fits(s, init, type.element)) return wrong_element(type, init);
  const rt::StoreGuard guard(s);
  if (!guard.ok()) return rt::store_busy();
  Result<rt::Ref<rt::Table>> table =
      rt::Table::create(s, type, s.limits(), init.ref().bits, nullptr);
  if (!table) return std::move(table).error();
  return Access::make_table(table->get());
}

TableType Table::type() const { return Access::get(*this)->type(); }
std::uint64_t Table::size() const noexcept { return Access::get(*this)->vm().size; }

Result<Value> Table::get(std::uint64_t index) const {
  rt::Table& t = *Access::get(*this);
  if (index >= t.vm().size) return out_of_bounds(index, t.vm().size);
  return rt::to_value(t.type().element, &t.vm().elements[index]);
}

Result<void> Table::set(std::uint64_t index, const Value& value) const {
  rt::Table& t = *Access::get(*this);
  if (!rt::value_fits(t.store(), value, t.type().element)) return wrong_element(t.type(), value);
  const rt::StoreGuard guard(t.store());
  if (!guard.ok()) return rt::store_busy();
  if (index >= t.vm().size) return out_of_bounds(index, t.vm().size);
  t.vm().elements[index] = value.ref().bits;
  return {};
}

Result<std::uint64_t> Table::grow(std::uint64_t delta, const Value& init) const {
  rt::Table& t = *Access::get(*this);
  if (!rt::value_fits(t.store(), init, t.type().element)) return wrong_element(t.type(), init);
  const rt::StoreGuard guard(t.store());
  if (!guard.ok()) return rt::store_busy();
  const std::uint64_t old = t.grow(delta, init.ref().bits);
  if (old == ~std::uint64_t{0}) {
    return Error(ErrorCode::Limit, std::string(err_wording(Err::TableLimit)) + ": " +
                                       std::to_string(t.vm().size) + " elements and " +
                                       std::to_string(delta) + " more");
  }
  return old;
}

Store Table::owner() const { return Access::make_store(&Access::get(*this)->store()); }

}  // namespace wasmrt
