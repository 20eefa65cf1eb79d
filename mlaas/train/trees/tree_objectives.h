// The objectives of XGBoost that a workflow may name, by what is predicted.
// Threads: functions of their arguments.
#pragma once

#include <string>

#include "mlaas/train/class_table.h"
#include "mlaas/train/option_reader.h"

namespace mlaas::train {

// `model.objective`, or its default for these classes or targets. One that does not fit is rejected with the reason.
std::string readObjective(OptionReader& model, const ClassTable& classes);

}  // namespace mlaas::train
