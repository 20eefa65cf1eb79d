// A training on a MemoryDataset with everything that it refers to, for the tests of trainers. Threads: one.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/scoring.h"
#include "mlaas/train/trainer.h"
#include "tests/unit/train/memory_dataset.h"

namespace mlaas::train::testing {

class SilentProgress final : public TrainingProgress {
 public:
  void batch(int64_t /*epoch*/, int64_t /*events*/, int64_t /*total*/) override {}
  void epoch(const TrainingHistory& /*history*/, double /*eventsPerSecond*/) override {}
};

inline dataset::Workflow workflowOf(const dataset::DatasetConfig& data, nlohmann::ordered_json model,
                                    nlohmann::ordered_json training) {
  dataset::Workflow workflow;
  workflow.dataset = data;
  workflow.model.options = std::move(model);
  workflow.model.where = "w.yaml:9:1";
  workflow.training = std::move(training);
  workflow.trainingWhere = "w.yaml:10:1";
  return workflow;
}

class TrainerFixture {
 public:
  explicit TrainerFixture(TrainerFactory factory, const MemoryOptions& options = {})
      : data(options),
        classes(makeClassTable(data.config()).value()),
        statistics(data.statistics().value()),
        factory_(std::move(factory)) {}

  Result<TrainingOutcome> train(nlohmann::ordered_json model, nlohmann::ordered_json training,
                                std::stop_token stop = {}) {
    MLAAS_TRY(const auto trainer, factory_(workflowOf(data.config(), std::move(model), std::move(training)), classes));
    return trainer->train({&data, &statistics, &classes, &progress_, std::move(stop)});
  }

  // What is wrong with these options; empty where nothing is.
  std::string problem(nlohmann::ordered_json model, nlohmann::ordered_json training) {
    const auto outcome = train(std::move(model), std::move(training));
    return outcome.ok() ? std::string() : std::string(outcome.error().what());
  }

  ScoredEvents score(TrainingOutcome& outcome, dataset::Part part = dataset::Part::kTest) {
    return scorePart(*outcome.model, data, part, classes.numOutputs(), {}).value();
  }

  double auc(TrainingOutcome& outcome, int64_t label = 1, dataset::Part part = dataset::Part::kTest) {
    const ScoredEvents events = score(outcome, part);
    const ClassView view = viewOfClass(events, label);
    return computeRoc(view.score, view.isSignal, events.weight).value().auc;
  }

  MemoryDataset data;
  ClassTable classes;
  dataset::Statistics statistics;

 private:
  TrainerFactory factory_;
  SilentProgress progress_;
};

}  // namespace mlaas::train::testing
