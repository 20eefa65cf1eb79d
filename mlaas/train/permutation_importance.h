// How much worse a model tells the classes apart when a feature's values are shuffled among the events.
// Threads: functions of their arguments.
// Source: Fisher, Rudin, Dominici, J. Mach. Learn. Res. 20 (2019) 177; Breiman, Mach. Learn. 45 (2001) 5.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/train/evaluation_options.h"
#include "mlaas/train/event_sample.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

struct Importance {
  std::string name;                 // a scalar, "jets" for a group with its counts, "jets.Jet_pt" for a column of it
  std::optional<double> drop = {};  // in AUC, mean over the repeats; more classes: mean of each against the others
  double error = 0;                 // of that mean, from the repeats; 0 with one
};

// Scalars and groups as a whole, then the columns of groups, each in the order of the workflow. A column of a group is
// shuffled among the events that have this element.
Result<std::vector<Importance>> permutationImportance(TrainedModel& model, const feature::FeatureSpec& spec,
                                                      const ClassTable& classes, const EventSample& sample,
                                                      const ImportanceOptions& options, uint64_t seed,
                                                      const std::stop_token& stop);

}  // namespace mlaas::train
