// What `mlaas train` prints at the end. Threads: functions of their arguments.
#pragma once

#include <string>

#include "mlaas/train/training_run.h"

namespace mlaas::command {

// A few lines for a person: rates, AUC with its error, where bundle and report lie.
std::string summaryText(const train::RunSummary& summary);

}  // namespace mlaas::command
