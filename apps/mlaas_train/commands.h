// What mlaas-train does, one file each, and the kinds of model that it knows.
#pragma once

#include "apps/mlaas/program.h"
#include "mlaas/train/trainer.h"

namespace mlaas::command {

void declareCheck(CLI::App& app, Action& chosen);
void declareReport(CLI::App& app, Action& chosen);
void declareTrain(CLI::App& app, Action& chosen);

train::TrainerFactories trainerFactories();

}  // namespace mlaas::command
