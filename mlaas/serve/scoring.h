// Runs a served model for a handler: scores, their time and outcome counted.
#pragma once

#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/serve/metrics.h"
#include "mlaas/serve/model_repository.h"

namespace mlaas::serve {

// Fills `scores` [rows, outputs] on the engine of `worker`.
Result<void> score(const ServedModel& model, size_t worker, const feature::Tensors& input, Metrics& metrics,
                   std::vector<float>& scores);

}  // namespace mlaas::serve
