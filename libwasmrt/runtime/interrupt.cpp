// Interrupt cells, tokens, and the relay that lets signal handlers cancel.
#include "libwasmrt/runtime/interrupt.h"

#include <algorithm>
#include <utility>

#include <wasmrt/deadline.hpp>

#include "libwasmrt/runtime/access.h"
#include "sys/os/thread.h"

namespace wasmrt::rt {

namespace {

constexpr std::uint64_t kNoStack = ~std::uint64_t{0};

template <class T>
void erase_one(std::vector<T>& from, T what) {
  const auto it = std::find(from.begin(), from.end(), what);
  if (it == from.end()) return;
  *it = from.back();
  from.pop_back();
}

}  // namespace

void InterruptCell::raise(Vmctx* ctx) noexcept {
  ctx->interrupt.store(1, std::memory_order_seq_cst);
  ctx->stack_limit.store(kNoStack, std::memory_order_seq_cst);
}

void InterruptCell::lower(Vmctx* ctx) const noexcept {
  ctx->interrupt.store(0, std::memory_order_seq_cst);
  ctx->stack_limit.store(stack_limit_, std::memory_order_seq_cst);
}

void InterruptCell::add(Vmctx* ctx) {
  std::lock_guard lock(mutex_);
  instances_.push_back(ctx);
  lower(ctx);
  if (armed()) raise(ctx);
}

void InterruptCell::remove(Vmctx* ctx) {
  std::lock_guard lock(mutex_);
  erase_one(instances_, ctx);
  erase_one(closed_, ctx);
}

void InterruptCell::arm() noexcept {
  // Calls can go back and forth between stores, so cells can be nested in a circle; one lock is
  // held at a time. A cell that stops being nested meanwhile is armed for nothing, which its next
  // poll finds out.
  std::vector<Ref<InterruptCell>> cells;
  cells.emplace_back(this);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    InterruptCell& cell = *cells[i].get();
    std::lock_guard lock(cell.mutex_);
    cell.armed_.store(true, std::memory_order_seq_cst);
    for (Vmctx* ctx : cell.instances_) raise(ctx);
    if (cell.event_ != nullptr) cell.event_->set();
    for (InterruptCell* inner : cell.nested_) {
      const auto is_inner = [&](const Ref<InterruptCell>& c) { return c.get() == inner; };
      if (std::none_of(cells.begin(), cells.end(), is_inner)) cells.emplace_back(inner);
    }
  }
}

void InterruptCell::add_nested(InterruptCell& inner) {
  {
    std::lock_guard lock(mutex_);
    nested_.push_back(&inner);
  }
  if (armed()) inner.arm();
}

void InterruptCell::remove_nested(InterruptCell& inner) {
  std::lock_guard lock(mutex_);
  erase_one(nested_, &inner);
}

void InterruptCell::disarm() noexcept {
  std::lock_guard lock(mutex_);
  armed_.store(false, std::memory_order_seq_cst);
  for (Vmctx* ctx : instances_) lower(ctx);
  for (Vmctx* ctx : closed_) raise(ctx);
  if (event_ != nullptr) event_->clear();
}

/// Of all instances: those that are called by others keep what they find.
void InterruptCell::limit_stack(std::uint64_t limit) noexcept {
  stack_limit_ = limit;
  for (Vmctx* ctx : instances_) {
    if (ctx->interrupt.load(std::memory_order_relaxed) == 0) {
      ctx->stack_limit.store(limit, std::memory_order_relaxed);
    }
  }
}

void InterruptCell::left(const Activation* inner, Activation* outer) noexcept {
  std::lock_guard lock(mutex_);
  for (Vmctx* ctx : instances_) {
    if (ctx->activation == inner) ctx->activation = outer;
  }
  if (stack_limit_ != outer->native_limit) limit_stack(outer->native_limit);
}

void InterruptCell::change_limit(std::uint64_t limit) noexcept {
  std::lock_guard lock(mutex_);
  limit_stack(limit);
}

void InterruptCell::set_limit(Vmctx* ctx) noexcept {
  ctx->stack_limit.store(stack_limit_, std::memory_order_seq_cst);
  if (armed() || ctx->interrupt.load(std::memory_order_seq_cst) != 0) raise(ctx);
}

void InterruptCell::close(Vmctx* ctx) noexcept {
  {
    std::lock_guard lock(mutex_);
    if (std::find(closed_.begin(), closed_.end(), ctx) == closed_.end()) closed_.push_back(ctx);
  }
  arm();
}

int InterruptCell::event_fd() {
  std::lock_guard lock(mutex_);
  if (event_ == nullptr) {
    auto event = std::make_unique<os::Event>();
    if (!event->open()) return -1;
    if (armed()) event->set();
    event_ = std::move(event);
  }
  return event_->fd();
}

namespace {

/// Hands the cancellations of signal-safe tokens on: a handler sets the event, the thread looks
/// which tokens were cancelled.
struct Relay {
  os::Event event;
  std::mutex mutex;
  std::vector<Token*> tokens;
  bool running = false;

  static void* work(void* self) {
    auto& relay = *static_cast<Relay*>(self);
    for (;;) {
      relay.event.wait();
      std::lock_guard lock(relay.mutex);
      for (Token* token : relay.tokens) {
        if (token->cancelled()) token->fan_out();
      }
    }
    return nullptr;
  }
};

Relay& relay() {
  // Never destroyed: its thread runs until the process ends.
  static Relay* const one = new Relay;
  return *one;
}

// The relay's thread takes locks and walks short lists.
constexpr std::size_t kRelayStackBytes = 256 * 1024;

}  // namespace

bool Token::start_relay() {
  Relay& r = relay();
  std::lock_guard lock(r.mutex);
  if (r.running) return true;
  if (r.event.fd() < 0 && !r.event.open()) return false;
  std::uintptr_t thread = 0;
  r.running = os::start_thread(kRelayStackBytes, "wasmrt-cancel", &Relay::work, &r, thread);
  return r.running;
}

Token::Token(bool signal_safe) : signal_safe_(signal_safe) {
  if (!signal_safe_) return;
  Relay& r = relay();
  std::lock_guard lock(r.mutex);
  r.tokens.push_back(this);
}

Token::~Token() {
  if (!signal_safe_) return;
  Relay& r = relay();
  std::lock_guard lock(r.mutex);
  erase_one(r.tokens, this);
}

void Token::cancel() noexcept {
  cancelled_.store(true, std::memory_order_seq_cst);
  if (signal_safe_) {
    relay().event.set();
  } else {
    fan_out();
  }
}

void Token::fan_out() noexcept {
  std::lock_guard lock(mutex_);
  for (InterruptCell* cell : cells_) cell->arm();
}

void Token::add(InterruptCell& cell) {
  {
    std::lock_guard lock(mutex_);
    cells_.push_back(&cell);
  }
  if (cancelled()) cell.arm();
}

void Token::remove(InterruptCell& cell) {
  std::lock_guard lock(mutex_);
  erase_one(cells_, &cell);
}

}  // namespace wasmrt::rt

namespace wasmrt {

CancelToken CancelToken::create() {
  CancelToken token;
  token.impl_ = detail::Handle(rt::make_ref<rt::Token>(false).get());
  return token;
}

Result<CancelToken> CancelToken::create_signal_safe() {
  if (!rt::Token::start_relay()) {
    return Error(ErrorCode::Internal, "no thread or descriptor for signal-safe cancellation");
  }
  CancelToken token;
  token.impl_ = detail::Handle(rt::make_ref<rt::Token>(true).get());
  return token;
}

void CancelToken::cancel() const noexcept {
  if (rt::Token* token = detail::Access::get(*this); token != nullptr) token->cancel();
}

bool CancelToken::cancelled() const noexcept {
  const rt::Token* token = detail::Access::get(*this);
  return token != nullptr && token->cancelled();
}

}  // namespace wasmrt
