#include "apps/mlaas/trainer_program.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

namespace mlaas::command {

namespace {

namespace fs = std::filesystem;

// Where mlaas-train lies, seen from the folder of this executable: in a build tree, and installed.
constexpr const char* kPlaces[] = {"../mlaas_train/mlaas-train", MLAAS_TRAINER_FROM_BIN};

Result<fs::path> findTrainer() {
  std::error_code failure;
  const fs::path own = fs::read_symlink("/proc/self/exe", failure);
  if (failure) return Error(ErrorCode::kIo, "/proc/self/exe cannot be read: " + failure.message());
  std::string tried;
  for (const char* place : kPlaces) {
    fs::path path = (own.parent_path() / place).lexically_normal();
    if (access(path.c_str(), X_OK) == 0) return path;
    tried += (tried.empty() ? "" : " and ") + path.string();
  }
  return Error(ErrorCode::kNotFound, "the trainer mlaas-train is not installed with this command; looked for " + tried +
                                         ". Build the target mlaas-train, or install the whole of mlaas4hep");
}

Result<int> startTrainer(const std::string& name, std::vector<std::string> arguments) {
  MLAAS_TRY(const fs::path trainer, findTrainer());
  arguments.insert(arguments.begin(), name);
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execv(trainer.c_str(), pointers.data());
  return Error(ErrorCode::kIo, trainer.string() + " cannot be started: " + std::generic_category().message(errno));
}

}  // namespace

void addTrainerCommand(CLI::App& app, Action& chosen, const std::string& name, const std::string& description,
                       const std::string& program) {
  CLI::App* command = app.add_subcommand(name, description);
  command->set_help_flag();
  command->prefix_command();
  command->callback([command, program, &chosen] {
    chosen = [command, program](const Environment& environment) {
      auto arguments = command->remaining();
      if (environment.quiet) arguments.emplace_back("--quiet");
      if (command->get_parent()->count("--verbose") > 0) arguments.emplace_back("--verbose");
      return startTrainer(program, std::move(arguments));
    };
  });
}

}  // namespace mlaas::command
