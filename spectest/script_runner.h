// Runs the commands of one script, each in turn, and counts how they end.
//
// A command is skipped only when it depends on a module that the engine refuses as "not executable
// yet": the module itself, actions on its instance, and modules that import from it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <wasmrt/engine.hpp>
#include <wasmrt/instance.hpp>
#include <wasmrt/linker.hpp>
#include <wasmrt/module.hpp>
#include <wasmrt/store.hpp>

#include "libwasmrt/text/wast.h"
#include "spectest/values.h"

namespace wasmrt::spectest {

struct Failure {
  std::uint32_t line = 0;
  std::string message;
};

struct Tally {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  std::uint64_t cached = 0;    // modules whose code came from the code cache
  std::uint64_t compiled = 0;  // and those that were not in it
  // Where every module begins in the interpreter: those that were compiled in the meantime, and
  // functions that were then called as machine code.
  std::uint64_t late_modules = 0;
  std::uint64_t switched = 0;
  std::vector<Failure> failures;
};

/// Whether all modules begin in the interpreter and are compiled meanwhile.
bool begins_interpreted(const EngineConfig& config);

class ScriptRunner {
 public:
  explicit ScriptRunner(const Engine& engine);

  Tally run(const std::vector<text::Command>& commands);

 private:
  /// How a command ended; a failure has a message.
  struct Outcome {
    enum class Kind : std::uint8_t { Passed, Failed, Skipped };
    Kind kind = Kind::Passed;
    std::string message;
  };
  /// What a name of the script stands for.
  struct Slot {
    std::optional<Module> module;
    std::optional<Instance> instance;
    bool refused = false;  // not executable yet
  };

  static Outcome failed(std::string message) { return {Outcome::Kind::Failed, std::move(message)}; }
  static Outcome skipped() { return {Outcome::Kind::Skipped, {}}; }

  Outcome command(const text::Command& c);
  Outcome define(const text::Command& c, bool instantiate);
  Outcome instantiate_definition(const text::Command& c);
  Outcome register_instance(const text::Command& c);
  Outcome plain_action(const text::ScriptAction& action);
  Outcome assert_return(const text::Command& c);
  Outcome assert_trap(const text::Command& c, bool exception);
  Outcome assert_rejected(const text::Command& c);
  Outcome assert_not_instantiated(const text::Command& c, ErrorCode code);

  /// Compiles; a refused module gives an empty result and sets `refused`.
  Result<Module> compile(const text::ScriptModule& source, bool& refused);
  Result<Instance> instantiate(const Module& module);
  bool imports_refused(const Module& module) const;
  const Slot* find(const std::string& name) const;
  void bind(const std::string& name, Slot slot);
  /// Runs an action. Sets `refused` and gives nothing of worth when its instance was refused.
  Result<std::vector<Value>> act(const text::ScriptAction& action, bool& refused);

  Engine engine_;
  Store store_;
  Linker linker_;
  HostRefs refs_;
  std::optional<Error> setup_error_;
  Slot current_;
  std::map<std::string, Slot> slots_;
  std::uint64_t cached_ = 0;
  std::uint64_t compiled_ = 0;
  std::vector<Module> late_;             // all of them, where all begin in the interpreter
  std::set<std::string> refused_names_;  // registered, but refused
};

}  // namespace wasmrt::spectest
