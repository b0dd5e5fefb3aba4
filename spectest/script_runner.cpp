// See script_runner.h.
#include "spectest/script_runner.h"

#include <wasmrt/global.hpp>
#include <wasmrt/trap.hpp>

#include <algorithm>

#include "spectest/host_module.h"
#include "spectest/wording.h"

namespace wasmrt::spectest {

using text::Command;
using text::CommandKind;
using text::ScriptAction;
using text::ScriptModule;

namespace {

// Malformed and invalid are different things. What a later version or a proposal makes legal, and
// what exceeds a limit of ours, may be called either.
bool right_stage(CommandKind kind, ErrorCode code) {
  if (code == ErrorCode::FeatureDisabled || code == ErrorCode::Limit) return true;
  if (kind == CommandKind::AssertInvalid) return code == ErrorCode::Validation;
  return code == ErrorCode::InvalidBinary || code == ErrorCode::Text;
}

}  // namespace

bool begins_interpreted(const EngineConfig& config) {
  return config.engine == EngineKind::Auto && config.compile_at_once == 0;
}

ScriptRunner::ScriptRunner(const Engine& engine)
    : engine_(engine), store_(engine), linker_(engine), refs_(store_) {
  linker_.allow_shadowing(true);
  const bool threads = engine.config().features.has(Feature::Threads);
  if (auto r = define_host_module(store_, linker_, threads); !r.ok()) setup_error_ = r.error();
}

Tally ScriptRunner::run(const std::vector<Command>& commands) {
  Tally tally;
  for (const Command& c : commands) {
    const Outcome outcome = setup_error_ ? failed(setup_error_->message) : command(c);
    switch (outcome.kind) {
      case Outcome::Kind::Passed: ++tally.passed; break;
      case Outcome::Kind::Skipped: ++tally.skipped; break;
      case Outcome::Kind::Failed:
        ++tally.failed;
        tally.failures.push_back({c.line, outcome.message});
        break;
    }
  }
  tally.cached = cached_;
  tally.compiled = compiled_;
  for (const Module& module : late_) {
    const ModuleStats stats = module.stats();
    tally.late_modules += stats.native_functions != 0 ? 1 : 0;
    tally.switched += stats.switched_functions;
  }
  return tally;
}

ScriptRunner::Outcome ScriptRunner::command(const Command& c) {
  switch (c.kind) {
    case CommandKind::Module: return define(c, true);
    case CommandKind::ModuleDefinition: return define(c, false);
    case CommandKind::ModuleInstance: return instantiate_definition(c);
    case CommandKind::Register: return register_instance(c);
    case CommandKind::Action: return plain_action(*c.action);
    case CommandKind::AssertReturn: return assert_return(c);
    case CommandKind::AssertTrap:
    case CommandKind::AssertExhaustion:
      return c.module ? assert_not_instantiated(c, ErrorCode::Trap) : assert_trap(c, false);
    case CommandKind::AssertException: return assert_trap(c, true);
    case CommandKind::AssertMalformed:
    case CommandKind::AssertInvalid:
    case CommandKind::AssertMalformedCustom:
    case CommandKind::AssertInvalidCustom: return assert_rejected(c);
    case CommandKind::AssertUnlinkable: return assert_not_instantiated(c, ErrorCode::Link);
    case CommandKind::Thread:
    case CommandKind::Wait: return skipped();  // needs atomics, which nothing executes yet
  }
  return failed("unknown command");
}

const ScriptRunner::Slot* ScriptRunner::find(const std::string& name) const {
  if (name.empty()) return &current_;
  const auto found = slots_.find(name);
  return found == slots_.end() ? nullptr : &found->second;
}

void ScriptRunner::bind(const std::string& name, Slot slot) {
  current_ = std::move(slot);
  if (!name.empty()) slots_.insert_or_assign(name, current_);
}

Result<Module> ScriptRunner::compile(const ScriptModule& source, bool& refused) {
  if (source.error) return *source.error;
  auto module = Module::compile(engine_, source.bytes);
  if (module.ok() && engine_.config().cache.mode != CacheMode::Off) {
    const CacheResult result = module->stats().cache;
    cached_ += result == CacheResult::Hit ? 1 : 0;
    compiled_ += result == CacheResult::Stored || result == CacheResult::Miss ? 1 : 0;
  }
  if (module.ok() && begins_interpreted(engine_.config())) late_.push_back(*module);
  refused = (!module.ok() && module.error().code == ErrorCode::NotExecutable) ||
            (module.ok() && imports_refused(*module));
  return module;
}

bool ScriptRunner::imports_refused(const Module& module) const {
  if (refused_names_.empty()) return false;
  const auto imports = module.imports();
  return std::any_of(imports.begin(), imports.end(), [&](const ImportType& import) {
    return refused_names_.count(import.module) > 0;
  });
}

Result<Instance> ScriptRunner::instantiate(const Module& module) {
  InstanceConfig config;
  config.start = StartPolicy::None;  // exports called _start mean nothing to a script
  return linker_.instantiate(store_, module, config);
}

ScriptRunner::Outcome ScriptRunner::define(const Command& c, bool with_instance) {
  Slot slot;
  auto module = compile(*c.module, slot.refused);
  if (slot.refused) {
    bind(c.name, std::move(slot));
    return skipped();
  }
  Outcome outcome;
  if (!module.ok()) {
    outcome = failed(module.error().message);
  } else {
    slot.module = *module;
    if (with_instance) {
      auto instance = instantiate(*module);
      if (instance.ok()) {
        slot.instance = *instance;
      } else {
        outcome = failed(instance.error().message);
      }
    }
  }
  bind(c.name, std::move(slot));
  return outcome;
}

ScriptRunner::Outcome ScriptRunner::instantiate_definition(const Command& c) {
  const Slot* definition = find(c.instance_of);
  if (definition == nullptr) return failed("no such module: $" + c.instance_of);
  Slot slot = *definition;
  Outcome outcome;
  if (slot.refused) {
    outcome = skipped();
  } else if (!slot.module) {
    outcome = failed("the module was not compiled");
  } else {
    auto instance = instantiate(*slot.module);
    slot.instance.reset();
    if (instance.ok()) {
      slot.instance = *instance;
    } else {
      outcome = failed(instance.error().message);
    }
  }
  bind(c.name, std::move(slot));
  return outcome;
}

ScriptRunner::Outcome ScriptRunner::register_instance(const Command& c) {
  const Slot* slot = find(c.name);
  if (slot == nullptr) return failed("no such module: $" + c.name);
  if (slot->refused) {
    refused_names_.insert(c.text);
    return skipped();
  }
  if (!slot->instance) return failed("no instance to register");
  refused_names_.erase(c.text);
  auto defined = linker_.instance(c.text, *slot->instance);
  return defined.ok() ? Outcome() : failed(defined.error().message);
}

Result<std::vector<Value>> ScriptRunner::act(const ScriptAction& action, bool& refused) {
  auto error = [](std::string text) { return Error(ErrorCode::InvalidArgument, std::move(text)); };
  const Slot* slot = find(action.module);
  if (slot == nullptr) return error("no such module: $" + action.module);
  refused = slot->refused;
  if (!slot->instance) return error("no instance");
  if (action.is_get) {
    const auto global = slot->instance->get_global(action.field);
    if (!global) return error("no exported global " + action.field);
    return std::vector<Value>{global->get()};
  }
  const auto func = slot->instance->get_func(action.field);
  if (!func) return error("no exported function " + action.field);
  std::vector<Value> args;
  for (const text::ScriptValue& arg : action.args) {
    const auto value = to_value(arg, refs_);
    if (!value) return error("no argument: " + to_string(arg));
    args.push_back(*value);
  }
  return func->call(args);
}

ScriptRunner::Outcome ScriptRunner::plain_action(const ScriptAction& action) {
  bool refused = false;
  const auto results = act(action, refused);
  if (refused) return skipped();
  return results.ok() ? Outcome() : failed(results.error().message);
}

ScriptRunner::Outcome ScriptRunner::assert_return(const Command& c) {
  bool refused = false;
  const auto results = act(*c.action, refused);
  if (refused) return skipped();
  if (!results.ok()) return failed(c.action->field + ": " + results.error().message);
  if (results->size() != c.expected.size()) {
    return failed(c.action->field + ": expected " + std::to_string(c.expected.size()) +
                  " results, found " + std::to_string(results->size()));
  }
  for (std::size_t i = 0; i < results->size(); ++i) {
    const Value& found = (*results)[i];
    if (!matches(found, c.expected[i], refs_)) {
      return failed(c.action->field + ": expected " + to_string(c.expected[i]) + ", found " +
                    to_string(found.type()) + " " + wasmrt::to_string(found));
    }
  }
  return {};
}

ScriptRunner::Outcome ScriptRunner::assert_trap(const Command& c, bool exception) {
  bool refused = false;
  const auto results = act(*c.action, refused);
  if (refused) return skipped();
  const std::string wanted = exception ? "an uncaught exception" : "trap \"" + c.text + "\"";
  if (results.ok()) return failed(c.action->field + ": expected " + wanted + ", but it returned");
  const Error& e = results.error();
  const Trap* trap = e.trap();
  const bool as_expected =
      trap != nullptr &&
      (exception ? trap->kind() == TrapKind::UncaughtException : says(e.message, c.text));
  if (as_expected) return {};
  return failed(c.action->field + ": expected " + wanted + ", found \"" + e.message + "\"");
}

// Malformed and invalid modules: refused, in the words of the suite.
ScriptRunner::Outcome ScriptRunner::assert_rejected(const Command& c) {
  std::optional<Error> error = c.module->error;
  if (!error) {
    if (auto valid = Module::validate(engine_, c.module->bytes); !valid.ok()) error = valid.error();
  }
  if (!error) return failed("expected \"" + c.text + "\", but the module was accepted");
  if (!right_stage(c.kind, error->code)) {
    return failed("refused for the wrong reason: \"" + error->message + "\"");
  }
  if (says(error->message, c.text)) return {};
  return failed("expected \"" + c.text + "\", found \"" + error->message + "\"");
}

ScriptRunner::Outcome ScriptRunner::assert_not_instantiated(const Command& c, ErrorCode code) {
  bool refused = false;
  auto module = compile(*c.module, refused);
  if (refused) return skipped();
  if (!module.ok()) return failed(module.error().message);
  auto instance = instantiate(*module);
  if (instance.ok()) return failed("expected \"" + c.text + "\", but it was instantiated");
  const Error& e = instance.error();
  if (e.code == code && says(e.message, c.text)) return {};
  return failed("expected \"" + c.text + "\", found \"" + e.message + "\"");
}

}  // namespace wasmrt::spectest
