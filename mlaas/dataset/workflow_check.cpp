#include "mlaas/dataset/workflow_check.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "mlaas/base/memory_budget.h"
#include "mlaas/dataset/feature_resolution.h"
#include "mlaas/dataset/reweighting.h"
#include "mlaas/dataset/row_source.h"
#include "mlaas/dataset/sample_files.h"
#include "mlaas/dataset/sample_scale.h"
#include "mlaas/dataset/statistics_pass.h"
#include "mlaas/dataset/workflow_dataset.h"

namespace mlaas::dataset {

namespace {

std::vector<CheckedSample> checkedSamples(const DatasetConfig& config, const std::vector<DataFile>& files) {
  std::vector<CheckedSample> samples;
  for (const auto& sample : config.samples) {
    samples.push_back({sample.name, sample.label, sample.labelExpression, sample.weight, {}, 0});
  }
  for (const auto& file : files) {
    CheckedSample& sample = samples[file.sample];
    sample.files.push_back({file.table->url(), file.table->name(), file.table->numEntries()});
    sample.numEntries += file.table->numEntries();
  }
  return samples;
}

Result<std::vector<CheckedFeature>> checkedFeatures(const DatasetConfig& config, const feature::FeatureSpec& spec,
                                                    const table::Table& table) {
  MLAAS_TRY(const auto names, namedTypes(config, table));
  const auto describe = [&](const std::string& name, const std::string& group) {
    CheckedFeature feature{name, group, {}, {}};
    // A define of a column's name hides the column: the last one counts.
    const auto found =
        std::find_if(names.rbegin(), names.rend(), [&](const auto& named) { return named.name == name; });
    if (found != names.rend()) feature.type = found->type.name();
    for (const auto& define : spec.defines) {
      if (define.name == name) feature.expression = define.expression;
    }
    return feature;
  };
  std::vector<CheckedFeature> features;
  for (const auto& name : spec.scalars) features.push_back(describe(name, {}));
  for (const auto& group : spec.groups) {
    for (const auto& name : group.columns) features.push_back(describe(name, group.name));
  }
  return features;
}

// The same files, of which only selection, identity and weights are read.
Result<SampleFiles> withoutFeatures(const DatasetConfig& config, SampleFiles files) {
  files.features.scalars.clear();
  files.features.groups.clear();
  for (DataFile& file : files.files) {
    const auto extras = extrasOf(config, config.samples[file.sample]);
    MLAAS_TRY(file.maker, feature::FeatureMaker::make(files.features, *file.table, extras, true));
  }
  return files;
}

MemoryEstimate estimateMemory(const DatasetConfig& config, const SampleFiles& files) {
  const MemoryPlan plan = MemoryPlan::of(files.memoryBytes);
  MemoryEstimate memory;
  memory.limitBytes = config.memoryBytes;
  memory.friendBytes = config.memoryBytes - files.memoryBytes;
  memory.bufferBytes = plan.bufferBytes;
  memory.rowsAreUpperBound = true;
  double bytes = 0;
  for (const DataFile& file : files.files) {
    memory.numRows += file.table->numEntries();
    bytes += static_cast<double>(file.rowBytes) * static_cast<double>(file.table->numEntries());
  }
  memory.rowBytes = static_cast<size_t>(std::ceil(bytes / static_cast<double>(std::max<int64_t>(1, memory.numRows))));
  memory.staysInMemory = memory.allRowBytes() <= plan.cacheBytes;
  return memory;
}

nlohmann::ordered_json sampleJson(const CheckedSample& sample, const SampleStatistics* statistics) {
  nlohmann::ordered_json json = {{"name", sample.name}, {"label", sample.label}};
  if (!sample.labelExpression.empty()) json["label"] = sample.labelExpression;
  if (!sample.weight.empty()) json["weight"] = sample.weight;
  json["files"] = nlohmann::ordered_json::array();
  for (const auto& file : sample.files) {
    json["files"].push_back({{"file", file.url}, {"tree", file.tree}, {"entries", file.numEntries}});
  }
  json["entries"] = sample.numEntries;
  if (statistics == nullptr) return json;
  json["selected"] = std::accumulate(statistics->selected.begin(), statistics->selected.end(), int64_t{0});
  json["sum_weights"] = std::accumulate(statistics->sumWeights.begin(), statistics->sumWeights.end(), 0.0);
  for (const Part part : kAllParts) {
    const auto i = static_cast<size_t>(part);
    json[partName(part)] = {{"selected", statistics->selected[i]},
                            {"sum_weights", statistics->sumWeights[i]},
                            {"negative_weights", statistics->numNegative[i]}};
  }
  return json;
}

nlohmann::ordered_json classesJson(const std::vector<std::string>& classes, const Statistics& statistics) {
  auto json = nlohmann::ordered_json::array();
  for (size_t label = 0; label < classes.size(); ++label) {
    const EventSums sums = statistics.ofClass(static_cast<int64_t>(label));
    nlohmann::ordered_json one = {{"name", classes[label]}, {"label", label}};
    for (const Part part : kAllParts) one[partName(part)] = sums.json(part);
    json.push_back(std::move(one));
  }
  return json;
}

nlohmann::ordered_json memoryJson(const MemoryEstimate& memory) {
  return {{"limit_bytes", memory.limitBytes},
          {"friend_index_bytes", memory.friendBytes},
          {"row_bytes", memory.rowBytes},
          {"rows", memory.numRows},
          {"rows_are_upper_bound", memory.rowsAreUpperBound},
          {"all_rows_bytes", memory.allRowBytes()},
          {"shuffle_buffer_bytes", memory.bufferBytes},
          {"stays_in_memory", memory.staysInMemory}};
}

}  // namespace

Result<DatasetCheck> checkDataset(const DatasetConfig& config, CheckDepth depth, TaskPool& pool,
                                  const std::stop_token& stop) {
  MemoryBudget budget(config.memoryBytes);
  MLAAS_TRY(auto files, openSampleFiles(config, pool, budget, stop));
  DatasetCheck check;
  check.samples = checkedSamples(config, files.files);
  check.classes = classNames(config);
  MLAAS_TRY(check.features, checkedFeatures(config, files.features, *files.files.front().table));
  check.groups = files.features.groups;
  check.memory = estimateMemory(config, files);
  if (depth == CheckDepth::kColumns) return check;
  MLAAS_CHECK(scaleWeights(config, files, pool, budget, stop));
  MLAAS_CHECK(computeReweighting(config, files, pool, budget, stop));
  if (depth == CheckDepth::kWeights) {
    MLAAS_TRY(files, withoutFeatures(config, std::move(files)));
  }
  const RowSource source(config, std::move(files), stop);
  MLAAS_TRY(auto pass, runStatisticsPass(source, {}, pool, budget));
  check.statistics = std::move(pass.statistics);
  check.memory.rowsAreUpperBound = false;
  check.memory.numRows = 0;
  size_t bytes = 0;
  for (const Part part : kAllParts) {
    const auto& ofUnits = pass.bytesOfUnit[static_cast<size_t>(part)];
    bytes = std::accumulate(ofUnits.begin(), ofUnits.end(), bytes);
    check.memory.numRows += check.statistics->numSelected(part);
  }
  if (depth == CheckDepth::kFeatures) {
    const auto numRows = static_cast<size_t>(std::max<int64_t>(1, check.memory.numRows));
    check.memory.rowBytes = (bytes + numRows - 1) / numRows;
  }
  check.memory.staysInMemory = check.memory.allRowBytes() <= source.plan().cacheBytes;
  return check;
}

nlohmann::ordered_json DatasetCheck::toJson() const {
  nlohmann::ordered_json json;
  json["samples"] = nlohmann::ordered_json::array();
  for (size_t i = 0; i < samples.size(); ++i) {
    json["samples"].push_back(sampleJson(samples[i], statistics ? &statistics->samples[i] : nullptr));
  }
  if (statistics) json["classes"] = classesJson(classes, *statistics);
  json["features"] = nlohmann::ordered_json::array();
  for (const auto& feature : features) {
    nlohmann::ordered_json one = {{"name", feature.name}, {"type", feature.type}};
    if (!feature.group.empty()) one["group"] = feature.group;
    if (!feature.expression.empty()) one["expression"] = feature.expression;
    json["features"].push_back(std::move(one));
  }
  json["groups"] = nlohmann::ordered_json::array();
  for (const auto& group : groups) {
    json["groups"].push_back({{"name", group.name}, {"columns", group.columns}, {"length", lengthJson(group)}});
  }
  json["memory"] = memoryJson(memory);
  return json;
}

}  // namespace mlaas::dataset
