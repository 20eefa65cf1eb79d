#include "mlaas/dataset/dataset.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mlaas/dataset/epoch_stream.h"
#include "mlaas/dataset/reweighting.h"
#include "mlaas/dataset/row_source.h"
#include "mlaas/dataset/sample_files.h"
#include "mlaas/dataset/sample_scale.h"
#include "mlaas/dataset/statistics_pass.h"

namespace mlaas::dataset {

namespace {

class FileDataset : public Dataset {
 public:
  FileDataset(std::unique_ptr<MemoryBudget> budget, DatasetConfig config, SampleFiles files, TaskPool& pool,
              std::stop_token stop)
      : budget_(std::move(budget)), pool_(pool), source_(std::move(config), std::move(files), std::move(stop)) {}

  const DatasetConfig& config() const override { return source_.config(); }
  const feature::FeatureSpec& features() const override { return pass_ ? pass_->features : source_.features(); }
  std::vector<table::NamedType> columns() const override {
    const auto& files = source_.files();
    if (files.empty()) return {};
    auto common = files.front().maker.inputs();
    std::erase_if(common, [&](const table::NamedType& column) {
      return std::ranges::any_of(files, [&](const DataFile& file) {
        const auto& own = file.maker.inputs();
        const auto found = std::ranges::find(own, column.name, &table::NamedType::name);
        return found != own.end() && found->type != column.type;
      });
    });
    return common;
  }
  MemoryBudget& memory() override { return *budget_; }
  DamageReport damage() const override { return source_.damage(); }

  Result<Statistics> statistics(const StatisticsNeeds& needs) override {
    MLAAS_CHECK(ensurePass(needs));
    return pass_->statistics;
  }

  Result<std::unique_ptr<BatchStream>> stream(const StreamOptions& options) override {
    MLAAS_CHECK(ensurePass({}));
    return EpochStream::make(source_, *pass_, pool_, *budget_, options);
  }

 private:
  Result<void> ensurePass(const StatisticsNeeds& needs) {
    if (pass_) return {};
    MLAAS_TRY(pass_, runStatisticsPass(source_, needs, pool_, *budget_));
    return {};
  }

  const std::unique_ptr<MemoryBudget> budget_;  // first: the cache's blocks and friends' indices give back to it
  TaskPool& pool_;
  const RowSource source_;
  std::optional<PassResult> pass_;  // absent before the first call of statistics() or stream()
};

}  // namespace

Result<std::unique_ptr<Dataset>> Dataset::open(DatasetConfig config, TaskPool& pool, std::stop_token stop) {
  auto budget = std::make_unique<MemoryBudget>(config.memoryBytes);
  MLAAS_TRY(auto files, openSampleFiles(config, pool, *budget, stop));
  MLAAS_CHECK(scaleWeights(config, files, pool, *budget, stop));
  MLAAS_CHECK(computeReweighting(config, files, pool, *budget, stop));
  return std::unique_ptr<Dataset>(
      std::make_unique<FileDataset>(std::move(budget), std::move(config), std::move(files), pool, std::move(stop)));
}

}  // namespace mlaas::dataset
