// mlaas train: handed over to mlaas-train.
#include "apps/mlaas/commands.h"
#include "apps/mlaas/trainer_program.h"

namespace mlaas::command {

void addTrain(CLI::App& app, Action& chosen) {
  addTrainerCommand(app, chosen, "train", "Train a model as a workflow file says", "mlaas-train");
}

}  // namespace mlaas::command
