// A workflow's data: the files behind its samples, their events' parts (train, validation, test), statistics over the
// training part, and shuffled batches.
// The batch stream is a function of the data, the memory limit, seed and epoch alone: not of the number of threads, nor
// of timing. Every selected event of a part comes exactly once an epoch, or as often as DatasetConfig::mixing says.
// Errors:  those of the files; kInvalidArgument for an empty sample, zero selected events, a NaN feature, a column of an
//          unfit type; kCancelled after the stop token; messages name sample, file, entry and what to do.
// Threads: a Dataset is used by one thread, which may hand work to the pool given to open() and is none of its own.
//          Streams of one Dataset may be used at the same time, each by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/damage.h"
#include "mlaas/dataset/identity_split.h"
#include "mlaas/dataset/statistics.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/feature/tensors.h"
#include "mlaas/table/expression.h"

namespace mlaas::dataset {

// Rows of features with what belongs to them. Features are raw physics values (not standardised); what is missing has been
// filled.
struct Batch {
  feature::Tensors features;
  std::vector<int32_t> label;   // rows
  std::vector<float> targets;   // rows * DatasetConfig::targets
  std::vector<float> weight;    // rows
  std::vector<int32_t> sample;  // rows; index in DatasetConfig::samples
  std::vector<int64_t> row;     // rows; entries of all files before the event's own, plus its entry: unique
};

class BatchStream {
 public:
  virtual ~BatchStream() = default;
  // Fills the next batch, reusing its memory; false at the end of the epoch. The last batch of an epoch may be shorter,
  // and so is one with entries that are left out because their file is damaged.
  virtual Result<bool> next(Batch& batch) = 0;
};

struct StreamOptions {
  Part part = Part::kTrain;
  int64_t batchSize = 1000;
  bool shuffle = true;  // else in the order of samples, files and entries
  uint64_t seed = 1;
  uint64_t epoch = 0;
  // Goes on where another stream stopped: after so many batches of the same epoch.
  int64_t firstBatch = 0;
  // One of several shares of the epoch, with as many batches as each other: see epoch_steps.h. Each share reads all.
  int64_t rank = 0;
  int64_t numRanks = 1;
  // The rows of each sample as often as DatasetConfig::mixing says, where there is one, and their weights divided by
  // that; of the training part, shuffled.
  bool mixed = false;
};

class Dataset {
 public:
  // Opens every file, checks columns and expressions. `pool` reads ahead and must outlive the Dataset.
  static Result<std::unique_ptr<Dataset>> open(DatasetConfig config, TaskPool& pool, std::stop_token stop);
  virtual ~Dataset() = default;

  virtual const DatasetConfig& config() const = 0;
  // Wildcards resolved; fills have their values once there are statistics.
  virtual const feature::FeatureSpec& features() const = 0;
  // The columns that are read, with their types; those whose types differ between files are left out.
  virtual std::vector<table::NamedType> columns() const { return {}; }
  // One pass; computed at the first call and kept. `needs` of a later call must not exceed those of the first.
  virtual Result<Statistics> statistics(const StatisticsNeeds& needs) = 0;
  Result<Statistics> statistics() { return statistics(StatisticsNeeds()); }
  // Needs the pass too. The stream must not outlive the Dataset.
  virtual Result<std::unique_ptr<BatchStream>> stream(const StreamOptions& options) = 0;
  // Those who keep more of the data than a batch charge it here, and give it back before the Dataset ends.
  virtual MemoryBudget& memory() = 0;
  // What the policy of DatasetConfig::damaged left out so far.
  virtual DamageReport damage() const { return {}; }
};

}  // namespace mlaas::dataset
