// What the dataset of a workflow comes to in its real files, found without training: files with their entries, features
// with their types, what it takes in memory, and the events and weights of each sample.
// Errors:  all that opening and reading the dataset for training would meet, see dataset.h; with kColumns those of
//          opening alone, with kWeights those of events and weights, not values of features.
// Threads: values; checkDataset() from one thread that is none of the pool's.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/statistics.h"
#include "mlaas/dataset/workflow.h"

namespace mlaas::dataset {

// How far a check goes.
enum class CheckDepth {
  kColumns,   // opens every file; reads no event
  kWeights,   // reads the columns of selection, identity and weight
  kFeatures,  // reads all that training reads
};

struct CheckedFile {
  std::string url;
  std::string tree;
  int64_t numEntries = 0;
};

struct CheckedSample {
  std::string name;
  int64_t label = 0;
  std::string labelExpression;  // empty: label
  std::string weight;           // expression; empty means 1
  std::vector<CheckedFile> files;
  int64_t numEntries = 0;
};

struct CheckedFeature {
  std::string name;
  std::string group;       // of a jagged column; empty for a scalar
  std::string type;        // in the first file, or of the define: "float32", "var * float32"
  std::string expression;  // of a define; empty for a column
};

struct MemoryEstimate {
  size_t limitBytes = 0;
  size_t friendBytes = 0;  // indices of friends
  size_t rowBytes = 0;     // one row, on average
  size_t bufferBytes = 0;  // rows that are shuffled together
  int64_t numRows = 0;     // rows to hold: selected ones, or all entries where no event was read
  bool rowsAreUpperBound = false;
  bool staysInMemory = false;  // whether all rows fit, so that epochs read no file

  uint64_t allRowBytes() const { return static_cast<uint64_t>(numRows) * rowBytes; }
};

struct DatasetCheck {
  std::vector<std::string> classes;  // names by label
  std::vector<CheckedSample> samples;
  std::vector<CheckedFeature> features;      // the scalars, then the groups' columns
  std::vector<feature::JaggedGroup> groups;  // resolved
  MemoryEstimate memory;
  std::optional<Statistics> statistics;  // absent for kColumns; its features are empty unless kFeatures

  nlohmann::ordered_json toJson() const;
};

Result<DatasetCheck> checkDataset(const DatasetConfig& config, CheckDepth depth, TaskPool& pool,
                                  const std::stop_token& stop);

}  // namespace mlaas::dataset
