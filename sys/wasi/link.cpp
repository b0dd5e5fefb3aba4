// Registering preview 1 in a Linker.
//
// In:  the function table (preview1.def) and a configuration.
// Out: host functions under the module name wasi_snapshot_preview1.
// Guaranteed: a call finds the memory that the calling instance exports as "memory"; without one,
//      every pointer is out of bounds. Exits and interruptions end the guest's call as errors.
#include <wasmrt/wasi.hpp>

#include <memory>
#include <utility>

#include "sys/wasi/preview1.h"

namespace wasmrt {
namespace wasi {
namespace {

constexpr const char* kModuleName = "wasi_snapshot_preview1";

// What the calls have in common; each is only an instance of Call below.
struct Function {
  std::shared_ptr<Preview1> state;
  const char* name;
  const char* parameters;  // the row's text: "P(i32, fd) P(i32, result)"

  std::string print_arguments(std::span<const uint64_t> values) const {
    std::string text;
    std::string_view rest = parameters;
    for (const uint64_t value : values) {
      const size_t comma = rest.find(", ");
      const size_t end = rest.find(')', comma);
      if (comma == rest.npos || end == rest.npos) break;
      if (!text.empty()) text += ' ';
      text += rest.substr(comma + 2, end - comma - 2);
      text += '=';
      text += std::to_string(value);
      rest.remove_prefix(end + 1);
    }
    return text;
  }

  Guest enter(Caller& caller) const {
    Guest guest;
    if (const std::optional<Memory> memory = caller.memory()) {
      const std::span<std::uint8_t> bytes = memory->data();
      guest.memory = GuestMemory(bytes.data(), bytes.size());
    }
    guest.interrupt_descriptor = [](void* user) {
      return static_cast<Caller*>(user)->interrupt_fd();
    };
    guest.user = &caller;
    return guest;
  }

  Result<std::uint32_t> leave(Caller& caller, const Guest& guest, Errno result) const {
    if (guest.interrupted) {
      Result<void> allowed = caller.check_interrupt();
      if (!allowed) return std::move(allowed).error();
    }
    if (guest.exited) {
      Error exit(ErrorCode::Exit, "exit with code " + std::to_string(guest.exit_code));
      exit.exit_code = guest.exit_code;
      return exit;
    }
    return static_cast<std::uint32_t>(result);
  }
};

template <auto Method>
struct Call;

template <class... Arguments, Errno (Preview1::*Method)(Guest&, Arguments...)>
struct Call<Method> : Function {
  Result<std::uint32_t> operator()(Caller& caller, Arguments... arguments) const {
    Guest guest = enter(caller);
    if (!state->tracing()) {
      return leave(caller, guest, (state.get()->*Method)(guest, arguments...));
    }
    TraceRecord record;
    guest.trace = &record;
    const Errno result = (state.get()->*Method)(guest, arguments...);
    const uint64_t values[] = {arguments..., 0};
    state->trace(name, print_arguments(std::span(values).first(sizeof...(Arguments))), record,
                 result);
    return leave(caller, guest, result);
  }
};

// A function without a result, which ends the call.
template <auto Method>
struct EndingCall : Call<Method> {
  Result<void> operator()(Caller& caller, i32 argument) const {
    Result<std::uint32_t> result = Call<Method>::operator()(caller, argument);
    if (!result) return std::move(result).error();
    return {};
  }
};

template <class Callable>
Result<void> define(Linker& linker, const std::shared_ptr<Preview1>& state, const char* name,
                    const char* parameters) {
  Callable callable;
  callable.state = state;
  callable.name = name;
  callable.parameters = parameters;
  return linker.func(kModuleName, name, std::move(callable));
}

using Define = Result<void> (*)(Linker&, const std::shared_ptr<Preview1>&, const char*,
                                const char*);

struct Row {
  const char* name;
  const char* parameters;
  Define define;
};

constexpr Row kRows[] = {
#define WASI(name, ...) {#name, "" #__VA_ARGS__, &define<Call<&Preview1::name>>},
#define WASI_NORETURN(name, ...) {#name, "" #__VA_ARGS__, &define<EndingCall<&Preview1::name>>},
#include "sys/wasi/preview1.def"
#undef WASI_NORETURN
#undef WASI
};

}  // namespace
}  // namespace wasi

Result<void> add_wasi(Linker& linker, WasiConfig config) {
  Result<std::shared_ptr<wasi::Preview1>> state = wasi::Preview1::create(std::move(config));
  if (!state) return std::move(state).error();
  for (const wasi::Row& row : wasi::kRows) {
    Result<void> defined = row.define(linker, *state, row.name, row.parameters);
    if (!defined) return defined;
  }
  return {};
}

}  // namespace wasmrt
