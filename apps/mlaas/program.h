// The frame around every command: common options, one-line errors, exit codes, signals.
// A subcommand is a function that adds its options to the CLI11 app and leaves an action behind; the action runs after
// the whole line is parsed.
// Threads: runProgram on the main thread, before any other thread exists.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "apps/mlaas/output.h"
#include "mlaas/base/error.h"

namespace mlaas::command {

// What an action gets from the frame.
struct Environment {
  std::stop_token stop;  // stops at SIGINT and SIGTERM; an action then returns kCancelled and leaves nothing half done
  Output& output;        // standard output
  bool quiet = false;    // no progress, no information
};

// Does the work; the value is the exit code.
using Action = std::function<Result<int>(const Environment&)>;

// Adds one subcommand, whose callback stores its work in `chosen`.
using Subcommand = void (*)(CLI::App& app, Action& chosen);

struct Program {
  std::string name;  // as the user types it
  std::string description;
  std::span<const Subcommand> subcommands;  // of `mlaas`
  Subcommand options = nullptr;             // of a program without subcommands: adds its options to the app itself
};

// Parses, runs, reports; the value is the process's exit code (docs/errors.md).
int runProgram(const Program& program, int argc, const char* const* argv);

// Adds a subcommand: `declare` adds the options of a fresh Options to it, `run` gets them once all are parsed.
template <class Options>
void addCommand(CLI::App& app, Action& chosen, const std::string& name, const std::string& description,
                void (*declare)(CLI::App&, Options&), Result<int> (*run)(const Options&, const Environment&)) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(name, description);
  declare(*command, *options);
  command->callback([options, run, &chosen] {
    chosen = [options, run](const Environment& environment) { return run(*options, environment); };
  });
}

}  // namespace mlaas::command
