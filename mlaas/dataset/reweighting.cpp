#include "mlaas/dataset/reweighting.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "mlaas/dataset/column_numbers.h"
#include "mlaas/dataset/identity_split.h"
#include "mlaas/dataset/sample_pass.h"

namespace mlaas::dataset {

namespace {

using Histogram =
    std::vector<double>;  // sums of weights by bin; of each class, one behind the other, while it is filled

// A define that gives the labels of events.
constexpr const char* kLabelColumn = "label of the event";

// Fills the histogram of every sample from its selected rows of the training part.
class Filling {
 public:
  Filling(const DatasetConfig& config, const SampleFiles& files, const ReweightingBins& bins)
      : config_(config), files_(files), bins_(bins) {}

  Result<std::vector<Histogram>> run(TaskPool& pool, MemoryBudget& budget, const std::stop_token& stop) const {
    std::vector<std::optional<RowColumnsSpec>> specs;
    for (const Sample& sample : config_.samples) {
      RowColumnsSpec spec{files_.features.defines, files_.features.select, config_.identity, sample.weight};
      for (const auto& variable : config_.reweighting->variables) spec.columns.push_back(variable.name);
      if (!sample.labelExpression.empty()) {
        spec.defines.push_back({kLabelColumn, sample.labelExpression});
        spec.columns.push_back(kLabelColumn);
      }
      specs.emplace_back(std::move(spec));
    }
    std::vector<Histogram> histograms(config_.samples.size(), Histogram(size()));
    MLAAS_TRY(const auto pass, SamplePass::make(files_, specs));
    MLAAS_CHECK(pass.run<Histogram>(
        pool, budget, stop,
        [this](const SamplePass::Piece& piece, const RowColumns::Rows& rows) { return fill(*piece.file, rows); },
        [&](const SamplePass::Piece& piece, const Histogram& part) {
          Histogram& sum = histograms[piece.file->sample];
          for (size_t bin = 0; bin < sum.size(); ++bin) sum[bin] += part[bin];
        }));
    return histograms;
  }

 private:
  Result<Histogram> fill(const DataFile& file, const RowColumns::Rows& rows) const {
    Histogram histogram(size());
    if (rows.entries.empty()) return histogram;
    const size_t numIdentity = config_.identity.size();
    const Sample& sample = config_.samples[file.sample];
    MLAAS_TRY(const auto hashes, identityHashes(std::span(rows.columns).first(numIdentity), config_.split.seed));
    std::vector<std::vector<double>> values;
    for (size_t i = 0; i < bins_.numVariables(); ++i) {
      MLAAS_CHECK(checkVariable(file, i, rows.columns[numIdentity + i]));
      values.push_back(columnNumbers(rows.columns[numIdentity + i]));
    }
    std::vector<double> labels(hashes.size(), static_cast<double>(sample.label));
    if (!sample.labelExpression.empty()) labels = columnNumbers(rows.columns.back());
    std::vector<double> row(bins_.numVariables());
    for (size_t i = 0; i < hashes.size(); ++i) {
      if (!isInSubsample(hashes[i], sample.subsample)) continue;
      for (size_t k = 0; k < row.size(); ++k) row[k] = values[k][i];
      if (std::any_of(row.begin(), row.end(), [](double value) { return std::isnan(value); })) {
        return Error(ErrorCode::kInvalidArgument,
                     config_.reweighting->where + ": a variable of dataset.reweight is NaN in " + file.table->url() +
                         " at entry " + std::to_string(rows.entries[i]) +
                         "; exclude such events with select or define a column that replaces NaN");
      }
      if (partOfHash(hashes[i], config_.split) != Part::kTrain) continue;
      // What is no label is refused when the events are read.
      if (!(labels[i] >= 0 && labels[i] < static_cast<double>(numClasses(config_)))) continue;
      histogram[static_cast<size_t>(labels[i]) * bins_.size() + bins_.find(row)] +=
          (rows.weights.empty() ? 1 : rows.weights[i]) * files_.weightScale[file.sample];
    }
    return histogram;
  }

  size_t size() const { return static_cast<size_t>(numClasses(config_)) * bins_.size(); }

  Result<void> checkVariable(const DataFile& file, size_t index, const Column& column) const {
    if (column.type.isFlat() && !column.type.isString) return {};
    return Error(ErrorCode::kInvalidArgument, config_.reweighting->where + ": the variable '" +
                                                  config_.reweighting->variables[index].name +
                                                  "' of dataset.reweight is of type " + column.type.name() + " in " +
                                                  file.table->url() + ", expected one number for each event");
  }

  const DatasetConfig& config_;
  const SampleFiles& files_;
  const ReweightingBins& bins_;
};

double sumOf(const Histogram& histogram) { return std::accumulate(histogram.begin(), histogram.end(), 0.0); }

// What the classes are brought to: equal sums in all bins, or those of a sample.
Result<Histogram> referenceOf(const DatasetConfig& config, const std::vector<Histogram>& bySample, size_t numBins) {
  const Reweighting& reweighting = *config.reweighting;
  if (reweighting.reference.empty()) return Histogram(numBins, 1.0);
  const auto found = std::find_if(config.samples.begin(), config.samples.end(),
                                  [&](const Sample& sample) { return sample.name == reweighting.reference; });
  const Histogram& byClass = bySample[static_cast<size_t>(found - config.samples.begin())];
  Histogram reference(numBins);
  for (size_t i = 0; i < byClass.size(); ++i) reference[i % numBins] += byClass[i];
  // A negative sum is no distribution.
  for (double& weight : reference) weight = std::max(weight, 0.0);
  if (sumOf(reference) > 0) return reference;
  return Error(ErrorCode::kInvalidArgument, reweighting.where + ": the training weights of sample '" +
                                                reweighting.reference +
                                                "' sum to no more than 0 in every bin; nothing can be brought to it");
}

}  // namespace

Result<void> computeReweighting(const DatasetConfig& config, SampleFiles& files, TaskPool& pool, MemoryBudget& budget,
                                const std::stop_token& stop) {
  if (!config.reweighting) return {};
  std::vector<std::vector<double>> edges;
  for (const auto& variable : config.reweighting->variables) edges.push_back(variable.edges);
  ReweightingTable table{ReweightingBins(std::move(edges)), {}};
  MLAAS_TRY(const auto bySample, Filling(config, files, table.bins).run(pool, budget, stop));
  MLAAS_TRY(const Histogram reference, referenceOf(config, bySample, table.bins.size()));
  std::vector<Histogram> byLabel(static_cast<size_t>(numClasses(config)), Histogram(table.bins.size()));
  for (const Histogram& sample : bySample) {
    for (size_t i = 0; i < sample.size(); ++i) byLabel[i / table.bins.size()][i % table.bins.size()] += sample[i];
  }
  for (size_t label = 0; label < byLabel.size(); ++label) {
    table.factors.push_back(reweightingFactors(byLabel[label], reference));
    if (sumOf(byLabel[label]) > 0 && sumOf(table.factors.back()) > 0) continue;
    return Error(ErrorCode::kInvalidArgument,
                 config.reweighting->where + ": the training weights of label " + std::to_string(label) + " sum to " +
                     std::to_string(sumOf(byLabel[label])) +
                     " in the bins of dataset.reweight, and cannot be brought to the wanted distribution; both need "
                     "events in the same bins");
  }
  files.reweighting = std::move(table);
  return {};
}

}  // namespace mlaas::dataset
