#include "mlaas/dataset/statistics_pass.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>
#include <utility>

#include "mlaas/dataset/identity_duplicates.h"
#include "mlaas/dataset/mixing.h"
#include "mlaas/dataset/read_ahead.h"

namespace mlaas::dataset {

namespace {

// What a pool's thread makes of one unit.
struct UnitResult {
  FeatureMoments moments;
  FeatureMoments targets;
  EventSums sums;
  std::vector<EventSums> byClass;
  std::vector<uint64_t> hashes;
  std::vector<int64_t> rowNumbers;
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

Result<UnitResult> readUnit(const RowSource& source, const StatisticsNeeds& needs, size_t unit, bool keepRows) {
  MLAAS_TRY(const auto loaded, source.load(unit));
  UnitResult result;
  result.moments = FeatureMoments(source.features(), needs, unit);
  result.targets = FeatureMoments(source.config().targets.size());
  if (!loaded) {  // left out
    if (keepRows) result.block = RowBlock{{}, {}, {}, source.units()[unit].sample};
    return result;
  }
  result.moments.add(loaded->rows.features, loaded->rows.parts, loaded->rows.rowNumbers);
  if (loaded->rows.targets.numScalars > 0) {
    result.targets.add(loaded->rows.targets, loaded->rows.parts, loaded->rows.rowNumbers);
  }
  result.sums = loaded->sums;
  result.byClass = loaded->byClass;
  result.hashes = loaded->hashes;
  result.rowNumbers = loaded->rows.rowNumbers;
  result.rowBytes = bytesOfParts(loaded->rows, source.layout());
  if (keepRows) result.block = packRows(loaded->rows, source.layout(), source.units()[unit].sample, std::nullopt);
  return result;
}

void findDuplicates(const RowSource& source, const UnitResult& unit, DuplicateFinder& duplicates) {
  for (size_t i = 0; i < unit.hashes.size(); ++i) {
    if (!duplicates.add(unit.hashes[i]) || !duplicates.wantsExamples()) continue;
    duplicates.describe(unit.hashes[i], source.describeRow(unit.rowNumbers[i]));
  }
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
                     names[i] + " : 0') and list that, say with dataset.fill what takes its place, or exclude such " +
                     "events with select");
  }
  return {};
}

// What the workflow calls a class, in messages.
std::string nameOf(const DatasetConfig& config, int64_t label) {
  return config.classes.empty() ? "" : " ('" + config.classes[static_cast<size_t>(label)] + "')";
}

Result<void> checkEvents(const RowSource& source, const Statistics& statistics) {
  const auto& config = source.config();
  const std::string select = config.features.select.empty() ? "" : " (select: " + config.features.select + ")";
  int64_t all = 0;
  for (const auto& sample : statistics.samples) {
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
  for (int64_t label = 0; label < numClasses(config); ++label) {
    if (statistics.ofClass(label).selected[0] > 0) continue;
    return Error(ErrorCode::kInvalidArgument,
                 "no event of label " + std::to_string(label) + nameOf(config, label) +
                     " falls into the training part (" + std::to_string(config.split.train) + " of the events)" +
                     select + "; give more events, loosen the selection or raise dataset.split.train");
  }
  return {};
}

std::vector<SampleStatistics> emptySamples(const RowSource& source) {
  std::vector<SampleStatistics> samples;
  for (const auto& sample : source.config().samples) {
    auto& empty = samples.emplace_back();
    empty.name = sample.name;
    empty.label = sample.label;
    empty.labelExpression = sample.labelExpression;
    if (!sample.labelExpression.empty()) empty.byClass.resize(static_cast<size_t>(numClasses(source.config())));
  }
  for (const auto& file : source.files()) {
    samples[file.sample].files.push_back(file.table->url());
    samples[file.sample].numEntries += file.table->numEntries();
  }
  return samples;
}

}  // namespace

Result<PassResult> runStatisticsPass(const RowSource& source, const StatisticsNeeds& needs, TaskPool& pool,
                                     MemoryBudget& budget) {
  const size_t numUnits = source.units().size();
  const size_t window = source.window(pool.numThreads(), source.plan().workBytes);
  // Results not taken yet are twice the window at most, see ReadAhead.
  MLAAS_TRY(const auto working,
            budget.reserve(window * (source.bytesInWork() + source.plan().unitBytes), "reading for the statistics"));
  const size_t duplicateBytes = source.plan().openFilesBytes / 2;
  MLAAS_TRY(const auto ofDuplicates, budget.reserve(duplicateBytes, "finding events that stand twice"));
  std::vector<DuplicateFinder> duplicates(source.config().samples.size(),
                                          DuplicateFinder(duplicateBytes / source.config().samples.size()));
  FeatureMoments moments(source.features(), needs, numUnits);
  FeatureMoments targets(source.config().targets.size());
  const auto numSketches =
      std::ranges::count_if(moments.quantiles, [](const auto& sketch) { return sketch.has_value(); });
  MLAAS_TRY(const auto sketches,
            budget.reserve(static_cast<size_t>(numSketches) * (2 * window + 1) * FeatureMoments::sketchBytes(),
                           "quantiles of features"));
  RowCache cache(budget, source.plan().cacheBytes, numUnits);
  ReadAhead<UnitResult> results(pool, numUnits, window,
                                [&](size_t unit) { return readUnit(source, needs, unit, cache.accepts()); });
  PassResult pass;
  pass.statistics.samples = emptySamples(source);
  for (size_t unit = 0; unit < numUnits; ++unit) {
    MLAAS_TRY(auto result, results.next());
    moments.merge(result.moments);
    targets.merge(result.targets);
    auto& sample = pass.statistics.samples[source.units()[unit].sample];
    findDuplicates(source, result, duplicates[source.units()[unit].sample]);
    for (size_t part = 0; part < 3; ++part) {
      sample.selected[part] += result.sums.selected[part];
      sample.sumWeights[part] += result.sums.sumWeights[part];
      sample.sumAbsoluteWeights[part] += result.sums.sumAbsoluteWeights[part];
      sample.numNegative[part] += result.sums.numNegative[part];
      pass.rowsOfUnit[part].push_back(result.sums.selected[part]);
      pass.bytesOfUnit[part].push_back(result.rowBytes[part]);
    }
    for (size_t label = 0; label < result.byClass.size(); ++label) sample.byClass[label].add(result.byClass[label]);
    cache.add(std::move(result.block));
  }
  for (size_t i = 0; i < duplicates.size(); ++i) pass.statistics.samples[i].identity = duplicates[i].toJson();
  MLAAS_CHECK(checkFinite(source, moments));
  MLAAS_CHECK(checkEvents(source, pass.statistics));
  MLAAS_CHECK(mixSamples(source.config(), pass.statistics));
  assignFeatures(moments, source.features(), pass.statistics);
  assignTargets(targets, source.config().targets, pass.statistics);
  pass.features = source.features();
  MLAAS_TRY(pass.features.fills, valuesOfFills(source.features(), pass.statistics));
  pass.cached = cache.take();
  return pass;
}

}  // namespace mlaas::dataset
