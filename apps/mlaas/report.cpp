// mlaas report: handed over to mlaas-train, which has the pages of reports.
#include "apps/mlaas/commands.h"
#include "apps/mlaas/trainer_program.h"

namespace mlaas::command {

void addReport(CLI::App& app, Action& chosen) {
  addTrainerCommand(app, chosen, "report", "Compare the models of several bundles on one page", "mlaas-report");
}

}  // namespace mlaas::command
