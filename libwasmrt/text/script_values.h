// Constants and result patterns of scripts: `(i32.const 1)`, `(f32.const nan:canonical)`,
// `(v128.const f32x4 ...)`, `(ref.extern 1)`, `(either ...)`.
#pragma once

#include "libwasmrt/text/cursor.h"
#include "libwasmrt/text/wast.h"

namespace wasmrt::text {

/// Parses one value; patterns only where a result is expected.
ScriptValue script_value(Cursor& in, bool pattern);

}  // namespace wasmrt::text
