// Stores, and the counting of handles.
#include <algorithm>
#include <utility>

#include "libwasmrt/runtime/access.h"
#include "libwasmrt/runtime/call.h"
#include "libwasmrt/runtime/store_state.h"

namespace wasmrt::detail {

void retain(Object* object) noexcept {
  if (object == nullptr) return;
  object->add_ref();
  if (object->owner() != nullptr) object->owner()->add_ref();
}

void release(Object* object) noexcept {
  if (object == nullptr) return;
  Object* owner = object->owner();
  object->drop_ref();
  if (owner != nullptr) owner->drop_ref();
}

}  // namespace wasmrt::detail

namespace wasmrt::rt {

namespace {

/// Adds to a counter unless it would pass the bound.
bool book(std::atomic<std::uint64_t>& counter, std::uint64_t amount, std::uint64_t bound) {
  std::uint64_t now = counter.load(std::memory_order_relaxed);
  do {
    if (amount > bound || now > bound - amount) return false;
  } while (!counter.compare_exchange_weak(now, now + amount, std::memory_order_relaxed));
  return true;
}

std::uint64_t pages_to_bytes(std::uint64_t pages) {
  return pages > (ResourceLimits::kUnlimited >> 16) ? ResourceLimits::kUnlimited : pages << 16;
}

}  // namespace

Store::Store(Ref<Engine> engine, const StoreConfig& config)
    : engine_(std::move(engine)),
      limits_(config.limits.min(engine_->config().limits)),
      user_data_(config.user_data),
      observer_(config.observer),
      interrupts_(make_ref<InterruptCell>()) {}

Store::~Store() {
  if (stack_.valid()) engine_->give_stack(std::move(stack_));
}

void Store::last_reference_gone() noexcept {
  // What was pinned may hold other objects of this store, whose ends still book here.
  std::vector<detail::Object*> pinned;
  {
    std::lock_guard lock(mutex_);
    pinned.swap(pinned_);
  }
  // Instances last made go first: what they import was there before them.
  for (auto it = pinned.rbegin(); it != pinned.rend(); ++it) (*it)->drop_ref();
  delete this;
}

CallFrame& Store::resting_frame() {
  if (resting_frame_ == nullptr) resting_frame_ = std::make_unique<CallFrame>(*this, nullptr);
  return *resting_frame_;
}

void Store::take_stack() { stack_ = engine_->take_stack(); }

bool Store::book_memory(std::uint64_t bytes) {
  return book(memory_bytes_, bytes, pages_to_bytes(limits_.total_memory_pages));
}
void Store::unbook_memory(std::uint64_t bytes) { memory_bytes_.fetch_sub(bytes); }
bool Store::book_table(std::uint64_t elements) {
  return book(table_elements_, elements, limits_.total_table_elements);
}
void Store::unbook_table(std::uint64_t elements) { table_elements_.fetch_sub(elements); }
bool Store::book_instance() { return book(instances_, 1, limits_.instances); }
void Store::unbook_instance() { instances_.fetch_sub(1); }
void Store::count_memory(int delta) { memories_.fetch_add(static_cast<std::uint64_t>(delta)); }

StoreStats Store::stats() const {
  StoreStats s;
  s.instances = instances_.load();
  s.memories = memories_.load();
  s.memory_bytes = memory_bytes_.load();
  s.table_elements = table_elements_.load();
  return s;
}

bool Store::take_name(const std::string& name) {
  std::lock_guard lock(mutex_);
  return names_.insert(name).second;
}

void Store::give_name(const std::string& name) {
  std::lock_guard lock(mutex_);
  names_.erase(name);
}

void Store::pin(detail::Object* object) {
  object->add_ref();
  std::lock_guard lock(mutex_);
  pinned_.push_back(object);
}

void Store::pin_once(detail::Object* object) {
  std::lock_guard lock(mutex_);
  if (!pinned_once_.insert(object).second) return;
  object->add_ref();
  pinned_.push_back(object);
}

void Store::add_extern(const void* object) {
  std::lock_guard lock(mutex_);
  externs_.insert(object);
}

bool Store::has_extern(const void* object) const {
  std::lock_guard lock(mutex_);
  return externs_.count(object) != 0;
}

Error store_busy() {
  return {ErrorCode::Busy, "instance busy: its store is in use by another thread"};
}

}  // namespace wasmrt::rt

namespace wasmrt {

Store::Store(const Engine& engine, const StoreConfig& config)
    : impl_(
          rt::make_ref<rt::Store>(rt::Ref<rt::Engine>(detail::Access::get(engine)), config).get()) {
}

Engine Store::engine() const {
  return detail::Access::make_engine(&detail::Access::get(*this)->engine());
}
void* Store::user_data() const noexcept { return detail::Access::get(*this)->user_data(); }
StoreStats Store::stats() const { return detail::Access::get(*this)->stats(); }

}  // namespace wasmrt
