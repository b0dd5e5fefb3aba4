// Listening sockets that an embedder hands to a guest.
//
// In: a numeric address and port. Out: a descriptor that the caller closes, or an errno value.
// Guaranteed: no name is looked up, so nothing is sent anywhere.
#pragma once

#include <string>

namespace wasmrt::os {

/// Listens on "127.0.0.1:8080", "[::1]:8080" or "0.0.0.0:0" (any free port), non-blocking and
/// closed on exec. Returns 0 and the descriptor, or an errno value (EINVAL for a malformed
/// address).
int listen_tcp(const std::string& address, int& descriptor);

}  // namespace wasmrt::os
