#include "mlaas/serve/scoring.h"

namespace mlaas::serve {

Result<void> score(const ServedModel& model, size_t worker, const feature::Tensors& input, Metrics& metrics,
                   std::vector<float>& scores) {
  const auto start = std::chrono::steady_clock::now();
  auto done = model.run(worker, input, scores);
  metrics.countInference(model.index(), input.rows, done.ok(), std::chrono::steady_clock::now() - start);
  return done;
}

}  // namespace mlaas::serve
