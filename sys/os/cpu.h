// The machine's processors, as far as this process may use them.
#pragma once

namespace wasmrt::os {

/// How many threads can run at once: the processors this process is allowed to use, at least 1.
unsigned usable_cores();

}  // namespace wasmrt::os
