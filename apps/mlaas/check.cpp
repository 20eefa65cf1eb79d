// mlaas check: handed over to mlaas-train, which knows the options of every kind of model.
#include "apps/mlaas/commands.h"
#include "apps/mlaas/trainer_program.h"

namespace mlaas::command {

void addCheck(CLI::App& app, Action& chosen) {
  addTrainerCommand(app, chosen, "check", "Check a workflow file against its real files, without training",
                    "mlaas-check");
}

}  // namespace mlaas::command
