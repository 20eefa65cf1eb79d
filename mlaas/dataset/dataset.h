// A workflow's data: the files behind its samples, their events' parts (train, validation, test), statistics over the
// training part, and shuffled batches.
// The batch stream is a function of (seed, epoch, position) alone: not of the number of threads, nor of timing.
// Errors:  those of the files; kInvalidArgument for an empty sample, zero selected events, a NaN feature, a label that
//          is missing; the message names sample, file, entry and what to do.
// Threads: a Dataset is used by one thread, which may hand work to the pool given to open(). Streams of one Dataset may
//          be used at the same time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/identity_split.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/feature/tensors.h"

namespace mlaas::dataset {

// Rows of features with what belongs to them. Features are raw physics values (not standardised).
struct Batch {
  feature::Tensors features;
  std::vector<int32_t> label;   // rows
  std::vector<float> weight;    // rows
  std::vector<int32_t> sample;  // rows; index in DatasetConfig::samples
};

struct FeatureStatistics {
  std::string name;  // scalar, or jagged column (over its elements within the length)
  int64_t count = 0;
  double mean = 0;  // unweighted
  double deviation = 0;
  double minimum = 0;
  double maximum = 0;
};

struct SampleStatistics {
  std::string name;
  int64_t label = 0;
  std::vector<std::string> files;
  int64_t numEntries = 0;                         // before the selection
  std::array<int64_t, 3> selected = {};           // by part
  std::array<double, 3> sumWeights = {};          // by part
  std::array<double, 3> sumAbsoluteWeights = {};  // by part, of |weight|
  std::array<int64_t, 3> numNegative = {};        // by part, selected events with a weight below 0
};

// From one pass over all data; features over the training part only.
struct Statistics {
  std::vector<FeatureStatistics> scalars;
  std::vector<std::vector<FeatureStatistics>> groups;  // [group][column]
  std::vector<SampleStatistics> samples;
  nlohmann::ordered_json toJson() const;
};

// The transform that the statistics suggest: inverseScale = 1 / deviation, 1 where the deviation is 0.
std::vector<feature::Standardisation> standardise(const std::vector<FeatureStatistics>& features);

class BatchStream {
 public:
  virtual ~BatchStream() = default;
  // Fills the next batch; false at the end of the epoch. The last batch of an epoch may be shorter.
  virtual Result<bool> next(Batch& batch) = 0;
};

struct StreamOptions {
  Part part = Part::kTrain;
  int64_t batchSize = 1000;
  bool shuffle = true;  // else in the order of samples, files and entries
  uint64_t seed = 1;
  uint64_t epoch = 0;
};

class Dataset {
 public:
  // Opens every file, checks columns and expressions. `pool` reads ahead and must outlive the Dataset.
  static Result<std::unique_ptr<Dataset>> open(DatasetConfig config, TaskPool& pool, std::stop_token stop);
  virtual ~Dataset() = default;

  virtual const DatasetConfig& config() const = 0;
  // Wildcards resolved.
  virtual const feature::FeatureSpec& features() const = 0;
  // One pass; computed at the first call and kept.
  virtual Result<Statistics> statistics() = 0;
  virtual Result<std::unique_ptr<BatchStream>> stream(const StreamOptions& options) = 0;
  virtual const MemoryBudget& memory() const = 0;
};

}  // namespace mlaas::dataset
