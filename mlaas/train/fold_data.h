// The data of k-fold training seen as one: its test part is every event, once, out of fold; the parts for training and
// validation are those of all folds, one fold behind the other.
// Rows: what Batch::row says of fold i begins at i * kRowsOfFold; a batch has rows of one fold.
// Errors, threads: as Dataset.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "mlaas/dataset/dataset.h"

namespace mlaas::train {

inline constexpr int64_t kRowsOfFold = int64_t{1} << 48;

class FoldData final : public dataset::Dataset {
 public:
  static Result<std::unique_ptr<FoldData>> open(const std::vector<dataset::DatasetConfig>& folds, TaskPool& pool,
                                                const std::stop_token& stop);

  size_t numFolds() const { return folds_.size(); }
  dataset::Dataset& fold(size_t index) { return *folds_.at(index); }
  // After statistics().
  const dataset::Statistics& statisticsOf(size_t fold) const { return statistics_.at(fold); }

  const dataset::DatasetConfig& config() const override { return folds_.front()->config(); }
  const feature::FeatureSpec& features() const override { return folds_.front()->features(); }
  // Of the features: in the training part of the first fold. Of the samples: all events are in the test part.
  Result<dataset::Statistics> statistics(const dataset::StatisticsNeeds& needs) override;
  // In the order of the folds; from the first batch, for one rank.
  Result<std::unique_ptr<dataset::BatchStream>> stream(const dataset::StreamOptions& options) override;
  MemoryBudget& memory() override { return folds_.front()->memory(); }
  dataset::DamageReport damage() const override { return folds_.front()->damage(); }

 private:
  std::vector<std::unique_ptr<dataset::Dataset>> folds_;
  std::vector<dataset::Statistics> statistics_;  // by fold
};

}  // namespace mlaas::train
