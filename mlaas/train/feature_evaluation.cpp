#include "mlaas/train/feature_evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mlaas/train/metrics/roc.h"
#include "mlaas/train/metrics/weighted_correlation.h"

namespace mlaas::train {

namespace {

constexpr size_t kMostRanked = 200;
constexpr size_t kMostCorrelated = 40;
constexpr size_t kMostHistograms = 40;
constexpr size_t kHistogramBins = 30;
constexpr size_t kDefaultEfficiencies = 3;

// The events of a sample that have a finite value of a variable.
struct Present {
  std::vector<float> value;
  std::vector<int32_t> label;
  std::vector<float> weight;
};

Present presentOf(const EventSample& sample, const std::vector<float>& values) {
  Present present;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    present.value.push_back(values[i]);
    present.label.push_back(sample.label[i]);
    present.weight.push_back(sample.weight[i]);
  }
  return present;
}

std::optional<Roc> rocOf(const Present& present, int64_t label) {
  std::vector<uint8_t> isSignal;
  for (const int32_t one : present.label) isSignal.push_back(one == label ? 1 : 0);
  return computeRoc(present.value, isSignal, present.weight);
}

RankedVariable rank(const Variable& variable, const Present& present, const ClassTable& classes) {
  RankedVariable ranked{variable.name, {}, 0};
  if (classes.isBinary()) {
    if (const auto roc = rocOf(present, 1)) {
      ranked.auc = roc->auc;
      ranked.error = roc->aucError;
    }
    return ranked;
  }
  double sum = 0;
  int64_t count = 0;
  for (int64_t label = 0; label < classes.numClasses(); ++label) {
    const auto roc = rocOf(present, label);
    if (!roc) continue;
    sum += std::max(roc->auc, 1 - roc->auc);
    ++count;
  }
  if (count > 0) ranked.auc = sum / static_cast<double>(count);
  return ranked;
}

std::vector<float> weightsOfClass(const EventSample& sample, int64_t label) {
  std::vector<float> weights = sample.weight;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (sample.label[i] != label) weights[i] = 0;
  }
  return weights;
}

// Coefficients of all pairs of columns, j <= i.
std::vector<std::vector<std::optional<double>>> triangle(const std::vector<std::vector<float>>& columns,
                                                         const std::vector<float>& weight) {
  std::vector<std::vector<std::optional<double>>> result;
  for (size_t i = 0; i < columns.size(); ++i) {
    result.emplace_back();
    for (size_t j = 0; j <= i; ++j) result.back().push_back(weightedCorrelation(columns[i], columns[j], weight));
  }
  return result;
}

VariableHistogram histogram(const Variable& variable, const EventSample& sample, const std::vector<float>& values,
                            int64_t numClasses) {
  VariableHistogram result{variable.name, evenEdges(values, kHistogramBins, 0.005), {}};
  const std::vector<uint8_t> all(values.size(), 1);
  for (int64_t label = 0; label < numClasses && !result.edges.empty(); ++label) {
    const auto weight = weightsOfClass(sample, label);
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += std::isfinite(values[i]) ? static_cast<double>(weight[i]) : 0;
    std::vector<double> share(kHistogramBins);
    for (size_t i = 0; i < values.size() && sum > 0; ++i) {
      const double width = result.edges.back() - result.edges.front();
      const double position = (static_cast<double>(values[i]) - result.edges.front()) / width * kHistogramBins;
      if (!(position >= 0) || position >= static_cast<double>(kHistogramBins)) continue;
      share[static_cast<size_t>(position)] += static_cast<double>(weight[i]) / sum;
    }
    result.share.push_back(std::move(share));
  }
  return result;
}

VariableEfficiency efficiencyOf(const std::string& name, const std::vector<float>& values, const EventSample& sample,
                                const ScoredEvents& scored, const ClassTable& classes,
                                const EfficiencyOptions& options) {
  VariableEfficiency result{name, {}};
  const auto edges = quantileEdges(values, static_cast<size_t>(options.bins));
  const auto outputs = static_cast<size_t>(scored.numOutputs);
  for (int64_t label = 0; label < classes.numClasses(); ++label) {
    const size_t column = outputs == 1 ? 0 : static_cast<size_t>(label);
    std::vector<float> variable;
    std::vector<float> weight;
    std::vector<uint8_t> passes;
    for (size_t i = 0; i < values.size(); ++i) {
      if (sample.label[i] != label) continue;
      variable.push_back(values[i]);
      weight.push_back(sample.weight[i]);
      passes.push_back(static_cast<double>(scored.score[i * outputs + column]) >= options.cut ? 1 : 0);
    }
    result.byClass.push_back(efficiencyByBin(variable, passes, weight, edges));
  }
  return result;
}

// Means over the sample, by |weight|.
std::vector<MeanContribution> meanContributions(const Contributions& contributions, const EventSample& sample) {
  std::vector<MeanContribution> means;
  for (const auto& name : contributions.names) means.push_back({name, 0});
  const size_t width = means.size() + 1;
  const size_t outputs = sample.rows() > 0 ? contributions.values.size() / width / sample.rows() : 0;
  double total = 0;
  for (size_t row = 0; row < sample.rows(); ++row) {
    const double weight = std::abs(static_cast<double>(sample.weight[row]));
    total += weight;
    for (size_t k = 0; k < outputs * width; ++k) {
      if (k % width == means.size()) continue;
      means[k % width].value += weight * std::abs(static_cast<double>(contributions.values[row * outputs * width + k]));
    }
  }
  for (auto& mean : means) mean.value = total > 0 ? mean.value / total : 0;
  std::stable_sort(means.begin(), means.end(), [](const auto& a, const auto& b) { return a.value > b.value; });
  return means;
}

std::vector<std::string> efficiencyVariables(const EvaluationOptions& options,
                                             const std::vector<RankedVariable>& ranking) {
  std::vector<std::string> names = options.efficiency.variables;
  for (size_t i = 0; names.size() < kDefaultEfficiencies && options.efficiency.variables.empty() && i < ranking.size();
       ++i) {
    names.push_back(ranking[i].name);
  }
  return names;
}

}  // namespace

Result<void> checkVariables(const EvaluationOptions& options, const feature::FeatureSpec& spec) {
  for (const auto& name : options.efficiency.variables) {
    auto variable = variableOf(spec, name);
    if (!variable.ok()) {
      return std::move(variable).error().within(options.efficiency.where + ": evaluation.efficiency.variables");
    }
  }
  return {};
}

double RankedVariable::power() const { return auc ? std::max(*auc, 1 - *auc) : 0; }

Result<FeatureEvaluation> evaluateFeatures(TrainedModel& model, const TrainingInput& input,
                                           const EvaluationOptions& options) {
  const auto& spec = input.data->features();
  MLAAS_TRY(const EventSample test,
            sampleEvents(*input.data, dataset::Part::kTest, options.events, options.seed, input.stop));
  ScoredEvents scored;
  scored.numOutputs = input.classes->numOutputs();
  MLAAS_CHECK(scoreSample(model, test.features, test, scored.score));
  FeatureEvaluation result;
  result.events = test.rows();

  std::vector<std::vector<float>> columns;
  const auto variables = variablesOf(spec, kMostRanked);
  for (size_t i = 0; i < variables.size(); ++i) {
    const auto values = valuesOf(test.features, variables[i].flatIndex);
    result.ranking.push_back(rank(variables[i], presentOf(test, values), *input.classes));
    if (i < kMostHistograms) {
      result.histograms.push_back(histogram(variables[i], test, values, input.classes->numClasses()));
    }
    if (i < kMostCorrelated) {
      result.correlated.push_back(variables[i].name);
      columns.push_back(values);
    }
  }
  std::stable_sort(result.ranking.begin(), result.ranking.end(),
                   [](const auto& a, const auto& b) { return a.power() > b.power(); });
  if (input.classes->isBinary()) {
    result.correlated.emplace_back("score");
    columns.push_back(scored.score);
  }
  for (int64_t label = 0; label < input.classes->numClasses(); ++label) {
    result.correlations.push_back(triangle(columns, weightsOfClass(test, label)));
  }
  const auto names = efficiencyVariables(options, result.ranking);
  for (const auto& name : names) {
    MLAAS_TRY(const Variable variable, variableOf(spec, name));
    result.efficiencies.push_back(efficiencyOf(name, valuesOf(test.features, variable.flatIndex), test, scored,
                                               *input.classes, options.efficiency));
  }
  if (options.importance) {
    const EventSample few = test.first(static_cast<size_t>(options.importance->events));
    result.importanceEvents = few.rows();
    MLAAS_TRY(result.importance,
              permutationImportance(model, spec, *input.classes, few, *options.importance, options.seed, input.stop));
    MLAAS_TRY(const auto contributions, model.contributions(few.features));
    if (contributions) result.contributions = meanContributions(*contributions, few);
  }
  return result;
}

}  // namespace mlaas::train
