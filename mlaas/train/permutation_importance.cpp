#include "mlaas/train/permutation_importance.h"

#include <cmath>
#include <numeric>

#include "mlaas/base/random.h"
#include "mlaas/train/metrics/roc.h"

namespace mlaas::train {

namespace {

// A scalar (no group), a whole group (no column) or a column of a group.
struct Target {
  std::string name;
  std::optional<size_t> group;
  std::optional<size_t> column;
  size_t scalar = 0;
};

std::vector<Target> targetsOf(const feature::FeatureSpec& spec) {
  std::vector<Target> targets;
  for (size_t i = 0; i < spec.scalars.size(); ++i) targets.push_back({spec.scalars[i], {}, {}, i});
  for (size_t g = 0; g < spec.groups.size(); ++g) targets.push_back({spec.groups[g].name, g, {}, 0});
  for (size_t g = 0; g < spec.groups.size(); ++g) {
    for (size_t c = 0; c < spec.groups[g].columns.size(); ++c) {
      targets.push_back({spec.groups[g].name + "." + spec.groups[g].columns[c], g, c, 0});
    }
  }
  return targets;
}

// Gives each of `rows` the block of `width` values, `offset` into the row's `stride`, of the row that `from` says.
void moveBlocks(const std::vector<float>& source, std::vector<float>& values, const std::vector<size_t>& rows,
                const std::vector<size_t>& from, size_t stride, size_t offset, size_t width) {
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t k = 0; k < width; ++k) values[rows[i] * stride + offset + k] = source[from[i] * stride + offset + k];
  }
}

std::vector<size_t> shuffledCopy(const std::vector<size_t>& rows, Random& random) {
  std::vector<size_t> copy = rows;
  random.shuffle(std::span(copy));
  return copy;
}

void permuteColumn(const feature::GroupTensor& source, feature::GroupTensor& group, size_t column, Random& random) {
  const auto columns = static_cast<size_t>(group.numColumns);
  const auto stride = static_cast<size_t>(group.length) * columns;
  for (int64_t element = 0; element < group.length; ++element) {
    std::vector<size_t> rows;
    for (size_t row = 0; row < group.count.size(); ++row) {
      if (group.count[row] > element) rows.push_back(row);
    }
    moveBlocks(source.values, group.values, rows, shuffledCopy(rows, random), stride,
               static_cast<size_t>(element) * columns + column, 1);
  }
}

feature::Tensors permuted(const feature::Tensors& source, const Target& target, Random& random) {
  feature::Tensors result = source;
  if (target.group && target.column) {
    permuteColumn(source.groups[*target.group], result.groups[*target.group], *target.column, random);
    return result;
  }
  std::vector<size_t> rows(static_cast<size_t>(source.rows));
  std::iota(rows.begin(), rows.end(), size_t{0});
  const auto from = shuffledCopy(rows, random);
  if (!target.group) {
    moveBlocks(source.scalars, result.scalars, rows, from, static_cast<size_t>(source.numScalars), target.scalar, 1);
    return result;
  }
  const auto& group = source.groups[*target.group];
  const auto stride = static_cast<size_t>(group.length * group.numColumns);
  moveBlocks(group.values, result.groups[*target.group].values, rows, from, stride, 0, stride);
  for (size_t i = 0; i < rows.size(); ++i) result.groups[*target.group].count[rows[i]] = group.count[from[i]];
  return result;
}

// The area under the ROC curve, or the mean of those of the classes against the others.
Result<std::optional<double>> meanAuc(TrainedModel& model, const feature::Tensors& features, const ClassTable& classes,
                                      const EventSample& sample, ScoredEvents& events) {
  MLAAS_CHECK(scoreSample(model, features, sample, events.score));
  double sum = 0;
  int64_t count = 0;
  for (int64_t label = classes.isBinary() ? 1 : 0; label < classes.numClasses(); ++label) {
    const ClassView view = viewOfClass(events, label);
    if (const auto roc = computeRoc(view.score, view.isSignal, events.weight)) {
      sum += roc->auc;
      ++count;
    }
  }
  return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
}

Importance summarise(const std::string& name, const std::vector<double>& drops) {
  Importance importance;
  importance.name = name;
  if (drops.empty()) return importance;
  const auto count = static_cast<double>(drops.size());
  const double mean = std::accumulate(drops.begin(), drops.end(), 0.0) / count;
  double squares = 0;
  for (const double drop : drops) squares += (drop - mean) * (drop - mean);
  importance.drop = mean;
  importance.error = drops.size() > 1 ? std::sqrt(squares / (count - 1) / count) : 0;
  return importance;
}

}  // namespace

Result<std::vector<Importance>> permutationImportance(TrainedModel& model, const feature::FeatureSpec& spec,
                                                      const ClassTable& classes, const EventSample& sample,
                                                      const ImportanceOptions& options, uint64_t seed,
                                                      const std::stop_token& stop) {
  ScoredEvents events;
  events.numOutputs = classes.numOutputs();
  events.label = sample.label;
  events.weight = sample.weight;
  MLAAS_TRY(const auto whole, meanAuc(model, sample.features, classes, sample, events));
  std::vector<Importance> result;
  const auto targets = targetsOf(spec);
  for (size_t t = 0; t < targets.size(); ++t) {
    std::vector<double> drops;
    for (int64_t repeat = 0; repeat < options.repeats; ++repeat) {
      if (stop.stop_requested()) return cancelledTraining();
      Random random(combineSeeds(combineSeeds(seed, t), static_cast<uint64_t>(repeat)));
      MLAAS_TRY(const auto auc, meanAuc(model, permuted(sample.features, targets[t], random), classes, sample, events));
      if (whole && auc) drops.push_back(*whole - *auc);
    }
    result.push_back(summarise(targets[t].name, drops));
  }
  return result;
}

}  // namespace mlaas::train
