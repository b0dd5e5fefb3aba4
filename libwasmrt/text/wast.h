// The script format `.wast`: text in, a list of commands out, with every module encoded.
//
// A module in text form that does not encode is no error of the script: the command keeps the
// error, because that may be what it asserts. Errors of the script itself have code Text, line and
// column.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wasmrt/result.hpp>

#include "libwasmrt/text/wat.h"

namespace wasmrt::text {

enum class CommandKind : std::uint8_t {
  Module,                 // define and instantiate
  ModuleDefinition,       // define only
  ModuleInstance,         // instantiate a definition; instance_of
  Register,               // make an instance importable as `text`
  Action,                 // invoke or get, whatever it gives
  AssertReturn,           // action, expected
  AssertTrap,             // action, or a module whose instantiation traps
  AssertExhaustion,       // action
  AssertException,        // action
  AssertMalformed,        // module
  AssertInvalid,          // module
  AssertUnlinkable,       // module
  AssertMalformedCustom,  // module; a custom annotation is wrong
  AssertInvalidCustom,    // module
  Thread,                 // `commands` run on a thread of their own
  Wait,                   // until that thread has ended
};

enum class ModuleForm : std::uint8_t { Text, Binary, Quote };

struct ScriptModule {
  ModuleForm form = ModuleForm::Text;
  std::vector<std::uint8_t> bytes;
  std::optional<Error> error;  // the text could not be encoded
};

enum class ValueKind : std::uint8_t {
  I32,
  I64,
  F32,
  F64,
  V128,
  RefNull,    // `heap` may name the type
  RefExtern,  // the rest are non-null references; bits is the number that was written, if any
  RefHost,
  RefFunc,
  RefAny,
  RefEq,
  RefI31,
  RefStruct,
  RefArray,
  RefExn,
  Either,  // one of `choices`; only expected
};

enum class NanPattern : std::uint8_t { None, Canonical, Arithmetic };

/// An argument, or what a result is expected to match.
struct ScriptValue {
  ValueKind kind = ValueKind::I32;
  std::uint64_t bits = 0;
  bool has_bits = false;              // references: a number was written
  NanPattern nan = NanPattern::None;  // F32 and F64
  std::uint8_t lane_bits = 0;         // V128: 8, 16, 32 or 64
  bool float_lanes = false;
  std::array<std::uint8_t, 16> bytes{};  // V128, little-endian
  std::array<NanPattern, 4> lane_nans{};
  std::string heap;
  std::vector<ScriptValue> choices;
};

struct ScriptAction {
  bool is_get = false;
  std::string module;  // identifier without `$`; empty: the last instance
  std::string field;
  std::vector<ScriptValue> args;
};

struct Command {
  CommandKind kind = CommandKind::Module;
  std::uint32_t line = 0;
  std::string name;         // identifier of the module, instance or thread
  std::string instance_of;  // ModuleInstance: the definition; empty: the last one
  std::optional<ScriptModule> module;
  std::optional<ScriptAction> action;
  std::vector<ScriptValue> expected;
  std::string text;                 // expected message, or the name to register
  std::vector<std::string> shared;  // Thread: modules it sees
  std::vector<Command> commands;    // Thread
};

/// Parses a script.
Result<std::vector<Command>> parse_wast(std::string_view text, const WatOptions& options = {});

}  // namespace wasmrt::text
