#include "apps/mlaas/program.h"

#include <csignal>
#include <cstdio>
#include <new>
#include <vector>

#include "apps/mlaas/signals.h"
#include "mlaas/base/log.h"
#include "mlaas/base/nearest_name.h"

namespace mlaas::command {

namespace {

constexpr int kUsageExit = 2;
constexpr int kSignalExit = 128;  // + the signal's number, as shells count it

struct CommonOptions {
  bool verbose = false;
  bool quiet = false;
};

// An error is one line, whatever a library or a file's name put into it.
std::string oneLine(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

void printError(std::string_view text) { std::fprintf(stderr, "error: %s\n", oneLine(text).c_str()); }

// The subcommand that the line chose, for the hint to its help.
std::string helpCommand(const CLI::App& app) {
  std::string text = app.get_name();
  for (const CLI::App* command : app.get_subcommands()) text += " " + command->get_name();
  return text + " --help";
}

// A first word that is no subcommand gets the nearest names, which CLI11 does not offer.
std::string unknownSubcommand(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') return {};
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  for (const auto& name : names)
    if (name == argv[1]) return {};
  if (names.empty()) return {};
  return "'" + std::string(argv[1]) + "' is no subcommand of " + app.get_name() + suggestNames(argv[1], names);
}

int parse(CLI::App& app, int argc, const char* const* argv) {
  if (auto unknown = unknownSubcommand(app, argc, argv); !unknown.empty()) {
    printError(unknown);
    return kUsageExit;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    app.exit(success);
    return 0;
  } catch (const CLI::ParseError& error) {
    printError(std::string(error.what()) + " (see " + helpCommand(app) + ")");
    return kUsageExit;
  }
  return -1;
}

int reportError(const Error& error, const SignalWatch& signals) {
  bool stopped = error.code() == ErrorCode::kCancelled && signals.received() != 0;
  if (stopped) {
    printError(std::string("stopped by ") + (signals.received() == SIGINT ? "SIGINT" : "SIGTERM"));
    return kSignalExit + signals.received();
  }
  printError(error.what());
  return exitCode(error.code());
}

// Runs an action; libraries' exceptions that came through become errors of ours.
Result<int> runAction(const Action& action, const Environment& environment) {
  try {
    return action(environment);
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOverloaded, "out of memory");
  } catch (const std::exception& error) {
    return Error(ErrorCode::kInternal, std::string("unexpected: ") + error.what());
  }
}

int execute(const Action& action, const CommonOptions& common) {
  log::configure(common.quiet ? log::Level::kWarning : (common.verbose ? log::Level::kDebug : log::Level::kInfo),
                 false);
  SignalWatch signals;
  Output output;
  Result<int> result = runAction(action, Environment{signals.token(), output, common.quiet});
  Result<void> flushed = output.flush();
  if (!result.ok()) return reportError(result.error(), signals);
  if (output.closed()) return kSignalExit + SIGPIPE;
  if (!flushed.ok()) return reportError(flushed.error(), signals);
  return *result;
}

}  // namespace

int runProgram(const Program& program, int argc, const char* const* argv) {
  CLI::App app(program.description, program.name);
  CommonOptions common;
  Action chosen;
  app.set_version_flag("--version", program.name + " " MLAAS_VERSION, "Print the version and exit");
  auto* quiet = app.add_flag("--quiet,-q", common.quiet, "No progress and no information, only warnings and errors");
  app.add_flag("--verbose,-v", common.verbose, "Also print what helps to find a fault")->excludes(quiet);
  for (Subcommand add : program.subcommands) add(app, chosen);
  if (program.options != nullptr) program.options(app, chosen);
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    command->fallthrough(!command->get_prefix_command());  // one that hands its line to another program keeps all of it
  }
  if (!program.subcommands.empty()) app.require_subcommand(1);
  if (int code = parse(app, argc, argv); code >= 0) return code;
  if (chosen) return execute(chosen, common);
  printError("nothing to do (see " + helpCommand(app) + ")");
  return kUsageExit;
}

}  // namespace mlaas::command
