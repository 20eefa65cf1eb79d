// A dataset of generated events in memory, for the tests of trainers: two scalars and one collection whose first
// column helps to tell the classes apart.
// Threads: one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/dataset/dataset.h"

namespace mlaas::train::testing {

struct MemoryOptions {
  int64_t events = 3000;
  int64_t numClasses = 2;
  double negativeFraction = 0;
  double noise = 1;  // smaller is easier
  bool withGroup = true;
  bool withScalars = true;
  // "linear" is ht + met, "bent" the root of ht times 100, "high" whether met is above 50; all from the scalars.
  std::vector<std::string> targets = {};
  std::array<double, 3> parts = {0.6, 0.2, 0.2};
  size_t memoryBytes = size_t{1} << 30;
};

class MemoryDataset final : public dataset::Dataset {
 public:
  explicit MemoryDataset(const MemoryOptions& options);

  const dataset::DatasetConfig& config() const override { return config_; }
  const feature::FeatureSpec& features() const override { return config_.features; }
  using Dataset::statistics;
  Result<dataset::Statistics> statistics(const dataset::StatisticsNeeds& /*needs*/) override { return statistics_; }
  Result<std::unique_ptr<dataset::BatchStream>> stream(const dataset::StreamOptions& options) override;
  MemoryBudget& memory() override { return memory_; }

  // Makes the stream fail after this many batches.
  int64_t failAfterBatches = -1;
  // Called for each batch that a stream gives.
  std::function<void()> onBatch;
  // How many times a part has been streamed.
  std::array<int64_t, 3> numStreams = {};

 private:
  friend class MemoryStream;
  void generate(const MemoryOptions& options);
  void summarise(const MemoryOptions& options);

  dataset::DatasetConfig config_;
  dataset::Statistics statistics_;
  MemoryBudget memory_{size_t{1} << 30};
  dataset::Batch all_;
  std::vector<dataset::Part> part_;
};

}  // namespace mlaas::train::testing
