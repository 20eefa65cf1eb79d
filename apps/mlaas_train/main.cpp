// mlaas-train: what `mlaas train`, `mlaas check` and `mlaas report` start. An executable of its own because of libtorch's size.
#include <string_view>

#include "apps/mlaas_train/commands.h"
#ifdef MLAAS_HAS_ARROW
#include "mlaas/table/arrow/arrow_formats.h"
#endif
#include "mlaas/train/neural/network_trainer.h"
#include "mlaas/train/trees/trees_trainer.h"

namespace mlaas::command {

train::TrainerFactories trainerFactories() {
  train::TrainerFactories factories = train::networkTrainers();
  factories.emplace("trees", train::makeTreesTrainer);
  return factories;
}

}  // namespace mlaas::command

int main(int argc, char** argv) {
  using namespace mlaas::command;
#ifdef MLAAS_HAS_ARROW
  mlaas::table::registerArrowFormats();
#endif
  // The name that it was started by says what to do; see apps/mlaas/trainer_program.h.
  if (argc > 0 && std::string_view(argv[0]) == "mlaas-check") {
    return runProgram({.name = "mlaas check",
                       .description = "Checks a workflow file against its real files, without training",
                       .subcommands = {},
                       .options = &declareCheck},
                      argc, argv);
  }
  if (argc > 0 && std::string_view(argv[0]) == "mlaas-report") {
    return runProgram({.name = "mlaas report",
                       .description = "Compares the models of several bundles on one page",
                       .subcommands = {},
                       .options = &declareReport},
                      argc, argv);
  }
  return runProgram({.name = "mlaas train",
                     .description = "Trains a model as a workflow file says and writes a bundle with a report",
                     .subcommands = {},
                     .options = &declareTrain},
                    argc, argv);
}
