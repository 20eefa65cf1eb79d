#include "mlaas/dataset/statistics_pass.h"

#include <atomic>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "mlaas/dataset/mixing.h"
#include "mlaas/dataset/read_ahead.h"

namespace mlaas::dataset {

namespace {

// What a pool's thread makes of one unit.
struct UnitResult {
  FeatureMoments moments{0};
  std::array<double, 3> sumWeights = {};
  std::array<double, 3> sumAbsoluteWeights = {};
  std::array<int64_t, 3> numNegative = {};
  std::array<int64_t, 3> numRows = {};
  std::array<size_t, 3> rowBytes = {};
  std::optional<RowBlock> block;
};

// The rows of all units as long as they fit into the cache's share; all or nothing, so that what is kept pays.
class RowCache {
 public:
  RowCache(MemoryBudget& budget, size_t limitBytes, size_t numUnits) : budget_(budget), limitBytes_(limitBytes) {
    blocks_.reserve(numUnits);
  }
  bool accepts() const { return accepts_.load(); }

  void add(std::optional<RowBlock> block) {
    if (!accepts()) return;
    const size_t bytes = block ? block->bytes() : 0;
    auto reservation = budget_.tryReserve(bytes);
    if (!block || bytes > limitBytes_ - usedBytes_ || reservation.bytes() != bytes) {
      accepts_ = false;
      blocks_.clear();
      return;
    }
    usedBytes_ += bytes;
    block->records.charge(std::move(reservation));
    blocks_.push_back(std::make_shared<const RowBlock>(*std::move(block)));
  }

  std::vector<std::shared_ptr<const RowBlock>> take() { return std::move(blocks_); }

 private:
  MemoryBudget& budget_;
  const size_t limitBytes_;
  size_t usedBytes_ = 0;
  std::vector<std::shared_ptr<const RowBlock>> blocks_;
  std::atomic<bool> accepts_ = true;  // also read by the pool's threads
};

Result<UnitResult> readUnit(const RowSource& source, size_t unit, bool keepRows) {
  MLAAS_TRY(const auto loaded, source.load(unit));
  UnitResult result;
  result.moments = FeatureMoments(momentNames(source.features()).size());
  if (!loaded) {  // left out
    if (keepRows) result.block = RowBlock{{}, {}, {}, source.units()[unit].sample};
    return result;
  }
  result.moments.add(loaded->rows.features, loaded->rows.parts, loaded->rows.rowNumbers);
  result.sumWeights = loaded->sumWeights;
  result.sumAbsoluteWeights = loaded->sumAbsoluteWeights;
  result.numNegative = loaded->numNegative;
  for (const Part part : loaded->rows.parts) ++result.numRows[static_cast<size_t>(part)];
  result.rowBytes = bytesOfParts(loaded->rows, source.layout());
  if (keepRows) result.block = packRows(loaded->rows, source.layout(), source.units()[unit].sample, std::nullopt);
  return result;
}

Result<void> checkFinite(const RowSource& source, const FeatureMoments& moments) {
  const auto names = momentNames(source.features());
  for (size_t i = 0; i < names.size(); ++i) {
    const NonFinite& found = moments.nonFinite[i];
    if (found.count == 0) continue;
    const std::string what = std::isnan(found.firstValue) ? "NaN" : found.firstValue > 0 ? "inf" : "-inf";
    return Error(ErrorCode::kInvalidArgument,
                 "the feature '" + names[i] + "' is NaN or infinite " + std::to_string(found.count) +
                     " time(s) among the selected events, first " + what + " in " + source.describeRow(found.firstRow) +
                     "; define a column that replaces it (" + names[i] + "_ok: 'isfinite(" + names[i] + ") ? " +
                     names[i] + " : 0') and list that, or exclude such events with select");
  }
  return {};
}

Result<void> checkEvents(const RowSource& source, const Statistics& statistics) {
  const auto& config = source.config();
  const std::string select = config.features.select.empty() ? "" : " (select: " + config.features.select + ")";
  std::map<int64_t, int64_t> trainEvents;
  int64_t all = 0;
  for (const auto& sample : statistics.samples) {
    trainEvents[sample.label] += sample.selected[0];
    all += sample.selected[0] + sample.selected[1] + sample.selected[2];
  }
  if (all == 0) {
    return Error(ErrorCode::kInvalidArgument, "no event of any sample is selected" + select + "; loosen the selection");
  }
  for (size_t i = 0; i < statistics.samples.size(); ++i) {
    const auto& sample = statistics.samples[i];
    if (sample.selected[0] + sample.selected[1] + sample.selected[2] > 0) continue;
    return Error(ErrorCode::kInvalidArgument, config.samples[i].where + ": none of the " +
                                                  std::to_string(sample.numEntries) + " entries of sample '" +
                                                  sample.name + "' is selected" + select +
                                                  "; loosen the selection or leave the sample out");
  }
  for (const auto& [label, events] : trainEvents) {
    if (events > 0) continue;
    return Error(ErrorCode::kInvalidArgument,
                 "no event of label " + std::to_string(label) + " falls into the training part (" +
                     std::to_string(config.split.train) + " of the events)" + select +
                     "; give more events, loosen the selection or raise dataset.split.train");
  }
  return {};
}

std::vector<SampleStatistics> emptySamples(const RowSource& source) {
  std::vector<SampleStatistics> samples;
  for (const auto& sample : source.config().samples)
    samples.push_back({sample.name, sample.label, {}, 0, {}, {}, {}, {}});
  for (const auto& file : source.files()) {
    samples[file.sample].files.push_back(file.table->url());
    samples[file.sample].numEntries += file.table->numEntries();
  }
  return samples;
}

}  // namespace

Result<PassResult> runStatisticsPass(const RowSource& source, TaskPool& pool, MemoryBudget& budget) {
  const size_t numUnits = source.units().size();
  const size_t window = source.window(pool.numThreads());
  // Results not taken yet are twice the window at most, see ReadAhead.
  MLAAS_TRY(const auto working,
            budget.reserve(window * (source.bytesInWork() + source.plan().unitBytes), "reading for the statistics"));
  RowCache cache(budget, source.plan().cacheBytes, numUnits);
  ReadAhead<UnitResult> results(pool, numUnits, window,
                                [&](size_t unit) { return readUnit(source, unit, cache.accepts()); });
  PassResult pass;
  pass.statistics.samples = emptySamples(source);
  FeatureMoments moments(momentNames(source.features()).size());
  for (size_t unit = 0; unit < numUnits; ++unit) {
    MLAAS_TRY(auto result, results.next());
    moments.merge(result.moments);
    auto& sample = pass.statistics.samples[source.units()[unit].sample];
    for (size_t part = 0; part < 3; ++part) {
      sample.selected[part] += result.numRows[part];
      sample.sumWeights[part] += result.sumWeights[part];
      sample.sumAbsoluteWeights[part] += result.sumAbsoluteWeights[part];
      sample.numNegative[part] += result.numNegative[part];
      pass.rowsOfUnit[part].push_back(result.numRows[part]);
      pass.bytesOfUnit[part].push_back(result.rowBytes[part]);
    }
    cache.add(std::move(result.block));
  }
  MLAAS_CHECK(checkFinite(source, moments));
  MLAAS_CHECK(checkEvents(source, pass.statistics));
  MLAAS_CHECK(mixSamples(source.config(), pass.statistics));
  assignFeatures(moments, source.features(), pass.statistics);
  pass.cached = cache.take();
  return pass;
}

}  // namespace mlaas::dataset
