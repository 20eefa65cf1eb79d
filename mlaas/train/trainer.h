// What every kind of model offers to a training: options checked before data is read, a training on a stream of
// batches, and a model that scores and saves itself.
// Threads: a Trainer and a TrainedModel are used by one thread. TrainingProgress is called by that thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/dataset.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/model/bundle.h"
#include "mlaas/model/score_calibration.h"
#include "mlaas/train/checkpoint.h"
#include "mlaas/train/class_table.h"

namespace mlaas::train {

// One pass over the training data (network) or one tree a class (trees).
struct EpochRecord {
  int64_t epoch = 0;                     // from 1
  double trainLoss = 0;                  // weighted mean, as the model was while it learned
  std::optional<double> validationLoss;  // nothing without a validation part
  std::optional<double> validationAuc;   // two classes only
};

struct TrainingHistory {
  std::string unit = "epoch";  // "epoch" or "round"
  std::string lossName;
  std::vector<EpochRecord> epochs;
  int64_t bestEpoch = 0;  // the one that was kept
  bool stoppedEarly = false;
  bool interrupted = false;   // somebody asked to stop: more epochs would have followed
  int64_t eventsTrained = 0;  // over all epochs
  double trainSeconds = 0;    // without validation; never goes into the bundle, nor does what follows
  double waitingSeconds = 0;  // those of trainSeconds in which the next batch was not there yet; networks only
};

// All of a history, to be kept in a checkpoint. restoreHistory() throws nlohmann's exceptions for other JSON.
nlohmann::ordered_json historyState(const TrainingHistory& history);
TrainingHistory restoreHistory(const nlohmann::ordered_json& state);

// How much each input moves the score of each row (Shapley values of the score before sigmoid or softmax).
struct Contributions {
  std::vector<std::string> names;  // of the inputs
  std::vector<float> values;       // [rows, outputs, names + 1]; the last one is the expectation
};

// A file of a bundle.
struct ModelFile {
  std::string name;
  std::string contents;
};

class TrainedModel {
 public:
  virtual ~TrainedModel() = default;
  // Fills `scores` (resized to rows * numOutputs) for raw physics values.
  virtual Result<void> score(const feature::Tensors& features, std::vector<float>& scores) = 0;
  // Nothing where this kind of model has none.
  virtual Result<std::optional<Contributions>> contributions(const feature::Tensors& /*features*/) {
    return std::optional<Contributions>();
  }
  // The same for a batch; models of folds score it with the one that has not seen it.
  virtual Result<void> scoreBatch(const dataset::Batch& batch, std::vector<float>& scores) {
    return score(batch.features, scores);
  }
  virtual model::EngineKind engine() const = 0;
  virtual std::string fileName() const = 0;
  // The contents of fileName(): the same bytes for the same training.
  virtual Result<std::string> serialise() const = 0;
  // The same model in other forms, which go beside fileName() for other programs: trees as an ONNX graph.
  virtual Result<std::vector<ModelFile>> otherForms() const { return std::vector<ModelFile>(); }
  // The same with `calibration` behind their scores.
  virtual Result<std::vector<ModelFile>> calibratedForms(const model::ScoreCalibration& calibration) const;
  // The models that score together, where there are several; each has a file of its own and this one has none.
  virtual std::vector<const TrainedModel*> members() const { return {}; }
  // What turns the scores of uncalibrated() into those of this model; null where it is the same model.
  virtual const model::ScoreCalibration* calibration() const { return nullptr; }
  virtual TrainedModel& uncalibrated() { return *this; }
  // Kind, size and every option as it was used, defaults included.
  virtual nlohmann::ordered_json description() const = 0;
};

class TrainingProgress {
 public:
  virtual ~TrainingProgress() = default;
  // `events` of `total` are through in this epoch.
  virtual void batch(int64_t epoch, int64_t events, int64_t total) = 0;
  virtual void epoch(const TrainingHistory& history, double eventsPerSecond) = 0;
};

struct TrainingInput {
  dataset::Dataset* data = nullptr;
  const dataset::Statistics* statistics = nullptr;
  const ClassTable* classes = nullptr;
  TrainingProgress* progress = nullptr;
  // Asks for the best model so far: kCancelled only where there is none yet.
  std::stop_token stop;
  // Takes the states of the training and gives the one to go on from; null: none are kept.
  Checkpoints* checkpoints = nullptr;
  std::string scratch = {};  // folder for large temporary files, which the trainer removes; empty: the system's
  bool resumes = false;      // parts of the training look for states of their own

  int64_t eventsIn(dataset::Part part) const;
  // Of an epoch as networks read it: mixed where the workflow says so; rounded.
  int64_t eventsInMixedEpoch() const;
};

struct TrainingOutcome {
  std::unique_ptr<TrainedModel> model;
  TrainingHistory history;                                 // of several models: of the first
  std::vector<TrainingHistory> members = {};               // of several models: of each
  std::vector<nlohmann::ordered_json> memberMetrics = {};  // of folds: what each says of its test part
};

class Trainer {
 public:
  virtual ~Trainer() = default;
  // What TrainingInput::statistics must have of `features` beside moments. kNotFound for an option that fits no feature.
  virtual Result<dataset::StatisticsNeeds> statisticsNeeded(const feature::FeatureSpec& /*features*/) const {
    return dataset::StatisticsNeeds();
  }
  // Goes on from the state that input.checkpoints gives, and then ends with the same bytes as if it had not stopped.
  virtual Result<TrainingOutcome> train(const TrainingInput& input) = 0;
  // Name and version of the library that computes.
  virtual std::string library() const = 0;
};

// Checks the options of `workflow` and makes the trainer of one kind of model. kInvalidArgument names the option.
using TrainerFactory =
    std::function<Result<std::unique_ptr<Trainer>>(const dataset::Workflow& workflow, const ClassTable& classes)>;
// By `model.kind`.
using TrainerFactories = std::map<std::string, TrainerFactory>;

// Error of a training that was asked to stop.
Error cancelledTraining();

}  // namespace mlaas::train
