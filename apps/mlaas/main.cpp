// mlaas: streams ROOT files into training and serves the result.
#include <array>

#include "apps/mlaas/commands.h"

int main(int argc, char** argv) {
  using namespace mlaas::command;
  static constexpr std::array<Subcommand, 3> kSubcommands = {addExport, addInspect, addServe};
  return runProgram({.name = "mlaas",
                     .description = "Streams ROOT files into training and serves the result",
                     .subcommands = kSubcommands,
                     .options = nullptr},
                    argc, argv);
}
