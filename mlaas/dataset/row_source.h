// Reads single units of a dataset into rows: selection, defines, features, weight, part.
// Errors:  those of the table; kInvalidArgument for a weight that is not finite, naming file and entry.
// Threads: immutable; load() from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/damage.h"
#include "mlaas/dataset/read_units.h"
#include "mlaas/dataset/row_block.h"
#include "mlaas/dataset/sample_files.h"
#include "mlaas/dataset/statistics.h"
#include "mlaas/dataset/workflow.h"

namespace mlaas::dataset {

class RowSource {
 public:
  RowSource(DatasetConfig config, SampleFiles files, std::stop_token stop);

  const DatasetConfig& config() const { return config_; }
  const feature::FeatureSpec& features() const { return files_.features; }
  const std::vector<DataFile>& files() const { return files_.files; }
  const std::vector<ReadUnit>& units() const { return units_; }
  const RowLayout& layout() const { return layout_; }
  const MemoryPlan& plan() const { return plan_; }
  const std::stop_token& stop() const { return stop_; }

  struct Loaded {
    LoadedRows rows;
    EventSums sums;
    std::vector<uint64_t> hashes;    // of the rows' identities
    std::vector<EventSums> byClass;  // empty where the sample has one label
  };
  // Reads the selected rows of one unit; nothing where it cannot be read and the policy for damage is to leave it out.
  Result<std::optional<Loaded>> load(size_t unit) const;
  DamageReport damage() const { return damage_->report(); }

  // What a unit takes while it is read, with compressed bytes and a decompressed basket.
  size_t bytesInWork() const { return plan_.unitBytes + workingBytes_; }
  // Units that may be in work at once for a pool of so many threads, within so many bytes; at least one.
  size_t window(size_t numThreads, size_t workBytes) const;

  // "FILE at entry 17" of a row number.
  std::string describeRow(int64_t row) const;

 private:
  // The labels of rows; what is none is an error.
  Result<std::vector<int32_t>> labelsOf(const Sample& sample, std::span<const Column> extras,
                                        std::span<const int64_t> rowNumbers) const;
  Result<feature::Tensors> targetsOf(const Sample& sample, std::span<const Column> extras,
                                     std::span<const int64_t> rowNumbers) const;
  void reweight(std::span<const Column> extras, const LoadedRows& rows, const Sample& sample,
                std::vector<double>& weights) const;
  Result<Loaded> read(size_t unit) const;

  DatasetConfig config_;
  SampleFiles files_;
  std::stop_token stop_;
  RowLayout layout_;
  MemoryPlan plan_;
  std::vector<ReadUnit> units_;
  std::unique_ptr<DamageLog> damage_;
  size_t workingBytes_ = 0;  // of the unit that needs most
};

}  // namespace mlaas::dataset
