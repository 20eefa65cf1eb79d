// The subcommands of `mlaas`, one file each, named after it.
#pragma once

#include "apps/mlaas/program.h"

namespace mlaas::command {

void addCheck(CLI::App& app, Action& chosen);
void addConvert(CLI::App& app, Action& chosen);
void addExport(CLI::App& app, Action& chosen);
void addInspect(CLI::App& app, Action& chosen);
void addPredict(CLI::App& app, Action& chosen);
void addReport(CLI::App& app, Action& chosen);
void addServe(CLI::App& app, Action& chosen);
void addStats(CLI::App& app, Action& chosen);
void addTrain(CLI::App& app, Action& chosen);
void addVetModel(CLI::App& app, Action& chosen);

}  // namespace mlaas::command
