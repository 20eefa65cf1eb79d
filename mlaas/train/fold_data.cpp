#include "mlaas/train/fold_data.h"

#include <utility>

namespace mlaas::train {

namespace {

class FoldStream final : public dataset::BatchStream {
 public:
  FoldStream(FoldData& data, const dataset::StreamOptions& options) : data_(data), options_(options) {}

  Result<bool> next(dataset::Batch& batch) override {
    for (; fold_ < data_.numFolds(); ++fold_, stream_.reset()) {
      if (stream_ == nullptr) {
        MLAAS_TRY(stream_, data_.fold(fold_).stream(options_));
      }
      MLAAS_TRY(const bool more, stream_->next(batch));
      if (!more) continue;
      for (int64_t& row : batch.row) row += static_cast<int64_t>(fold_) * kRowsOfFold;
      return true;
    }
    return false;
  }

 private:
  FoldData& data_;
  dataset::StreamOptions options_;
  size_t fold_ = 0;
  std::unique_ptr<dataset::BatchStream> stream_;  // of fold_
};

// Makes the test part of `all` that of another fold too.
void addTest(const dataset::SampleStatistics& fold, dataset::SampleStatistics& all) {
  const auto test = static_cast<size_t>(dataset::Part::kTest);
  all.selected[test] += fold.selected[test];
  all.sumWeights[test] += fold.sumWeights[test];
  all.sumAbsoluteWeights[test] += fold.sumAbsoluteWeights[test];
  all.numNegative[test] += fold.numNegative[test];
  for (size_t label = 0; label < all.byClass.size(); ++label) {
    const dataset::EventSums& from = fold.byClass[label];
    dataset::EventSums& to = all.byClass[label];
    to.selected[test] += from.selected[test];
    to.sumWeights[test] += from.sumWeights[test];
    to.sumAbsoluteWeights[test] += from.sumAbsoluteWeights[test];
    to.numNegative[test] += from.numNegative[test];
  }
}

}  // namespace

Result<std::unique_ptr<FoldData>> FoldData::open(const std::vector<dataset::DatasetConfig>& folds, TaskPool& pool,
                                                 const std::stop_token& stop) {
  auto data = std::make_unique<FoldData>();
  for (const auto& config : folds) {
    MLAAS_TRY(auto fold, dataset::Dataset::open(config, pool, stop));
    data->folds_.push_back(std::move(fold));
  }
  return data;
}

Result<dataset::Statistics> FoldData::statistics(const dataset::StatisticsNeeds& needs) {
  statistics_.clear();
  for (const auto& fold : folds_) {
    MLAAS_TRY(auto found, fold->statistics(needs));
    statistics_.push_back(std::move(found));
  }
  dataset::Statistics all = statistics_.front();
  for (size_t i = 0; i < all.samples.size(); ++i) {
    dataset::SampleStatistics& sample = all.samples[i];
    sample.selected = {};
    sample.sumWeights = {};
    sample.sumAbsoluteWeights = {};
    sample.numNegative = {};
    for (auto& label : sample.byClass) label = {};
    for (const auto& fold : statistics_) addTest(fold.samples[i], sample);
  }
  return all;
}

Result<std::unique_ptr<dataset::BatchStream>> FoldData::stream(const dataset::StreamOptions& options) {
  if (options.firstBatch != 0 || options.numRanks != 1) {
    return Error(ErrorCode::kInternal, "all folds together are read from their first batch, by one rank");
  }
  return std::unique_ptr<dataset::BatchStream>(std::make_unique<FoldStream>(*this, options));
}

}  // namespace mlaas::train
