// The files of every sample, opened and checked against the workflow.
// Errors:  those of opening; kNotFound for a pattern or column without a match; kInvalidArgument for an empty sample, a
//          file listed twice, a column of an unfit type, a friend of another length. Messages name sample, file and column.
// Threads: immutable after openSampleFiles().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/base/memory_budget.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/reweighting_bins.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/feature/feature_maker.h"
#include "mlaas/table/table.h"

namespace mlaas::dataset {

struct DataFile {
  std::shared_ptr<const table::Table> table;
  feature::FeatureMaker maker;  // with the extras of extrasOf()
  uint32_t sample = 0;          // index in DatasetConfig::samples
  int64_t firstRow = 0;         // entries of the files before this one
  std::vector<size_t> columns;  // that are read, as indices in the table
  size_t entryBytes = 0;        // of those columns in memory, on average
  size_t rowBytes = 0;          // of a row of features in memory, on average
  // The ranges that are read at once, in order, and what reading one takes beside its columns and rows.
  std::vector<table::EntryRange> ranges;
  size_t workingBytes = 0;
};

// The sample's weight if it has one, the label if it is an expression.
std::vector<std::string> expressionsOf(const Sample& sample);

// What is read beside the features: the identity columns, the sample's expressions, the targets, the variables of a
// reweighting.
std::vector<std::string> extrasOf(const DatasetConfig& config, const Sample& sample);

struct SampleFiles {
  feature::FeatureSpec features;                // of all files, without patterns
  size_t memoryBytes = 0;                       // what the indices of friends leave of the dataset's memory
  std::vector<double> weightScale;              // by sample: what weights are multiplied with; empty: 1 each
  std::optional<ReweightingTable> reweighting;  // of the parts for training and validation
  std::vector<DataFile> files;          // in the order of samples and, within one, of the workflow and the patterns
  MemoryBudget::Reservation openFiles;  // for what is known of files while they are open
};

// Opens all files, several at a time on `pool`, and attaches their friends, whose indices count to `budget`. A file is
// closed again until it is read.
Result<SampleFiles> openSampleFiles(const DatasetConfig& config, TaskPool& pool, MemoryBudget& budget,
                                    const std::stop_token& stop);

}  // namespace mlaas::dataset
