// Telling the embedder about a call.
#include "sys/wasi/preview1.h"

namespace wasmrt::wasi {

void Preview1::trace(std::string_view function, std::string_view arguments,
                     const TraceRecord& record, Errno result) const {
  WasiTraceEvent event;
  event.function = function;
  event.guest_path = record.guest_path;
  event.host_path = record.host_path;
  event.arguments = arguments;
  event.error = static_cast<std::uint16_t>(result);
  event.decision = record.reason != nullptr ? record.reason : errno_name(result);
  config_.trace(event);
}

}  // namespace wasmrt::wasi
