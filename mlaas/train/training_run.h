// A whole training: options, data, model, evaluation, bundle.
// Nothing stays but the bundle, and that is whole or absent; an earlier bundle stays until the new one is whole. While it
// runs, checkpoints are kept in a folder beside the bundle, which stays where the training did not come to its end.
// Errors:  kInvalidArgument (workflow, options, data), kCancelled (stop), those of files and libraries.
// Threads: the caller's trains; readers run on a pool of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>

#include "mlaas/base/error.h"
#include "mlaas/dataset/damage.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/train/bundle_check.h"
#include "mlaas/train/trainer.h"

namespace mlaas::train {

struct RunOptions {
  std::string output;        // instead of the workflow's, where not empty
  size_t readerThreads = 0;  // 0: as many as cores
  std::string version;       // of mlaas4hep, for the bundle
  TrainerFactories factories;
  // The written bundle is loaded by this and must score as the model that was trained; empty: it is not checked.
  BundleLoader loader = {};
  TrainingProgress* progress = nullptr;
  bool resume = false;  // go on from the checkpoint beside the output, where there is one
  std::string log;      // file to append a line for each epoch to; empty: one in the checkpoint's folder
  // Asks to end: before training nothing is written, while training the best model so far becomes the bundle.
  std::stop_token stop;
};

// What a person wants to read at the end. Times stand here and not in the bundle.
struct RunSummary {
  std::string name;
  std::string kind;
  std::string bundle;       // folder
  int64_t entriesRead = 0;  // by the statistics pass
  double readSeconds = 0;
  int64_t eventsTrained = 0;        // over all epochs
  double trainSeconds = 0;          // inside the epochs, without validation
  double trainingStageSeconds = 0;  // with validation and loading
  double evaluationSeconds = 0;
  double writeSeconds = 0;
  int64_t bestEpoch = 0;
  int64_t epochs = 0;
  std::string unit;
  std::vector<std::string> classes;
  std::vector<std::optional<double>> auc;  // test part; one for two classes, else by class
  std::vector<std::optional<double>> aucError;
  // Of the test part, where the model predicts targets: `auc` is empty then.
  struct Target {
    std::string name;
    std::optional<double> rmse;
    std::optional<double> bias;
    std::optional<double> resolution;
    std::optional<double> r2;
  };
  std::vector<Target> targets;
  dataset::DamageReport damage;  // what was left out
  bool interrupted = false;      // training was asked to stop; the checkpoint is kept
  bool written = true;           // false where an interrupted training left an earlier bundle in its place

  nlohmann::ordered_json toJson() const;
};

// The trainer that runTraining() would use: checks all that can be known without data.
Result<std::unique_ptr<Trainer>> makeTrainer(const dataset::Workflow& workflow, const TrainerFactories& factories);

Result<RunSummary> runTraining(const dataset::Workflow& workflow, const RunOptions& options);

}  // namespace mlaas::train
