#include "mlaas/train/event_sample.h"

#include <algorithm>
#include <limits>

#include "mlaas/base/nearest_name.h"
#include "mlaas/train/prefetcher.h"

namespace mlaas::train {

namespace {

constexpr int64_t kBatch = 1000;
constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// Index in flatNames() of a group's first value.
size_t firstOfGroup(const feature::FeatureSpec& spec, size_t group) {
  size_t index = spec.scalars.size();
  for (size_t g = 0; g < group; ++g) {
    index += static_cast<size_t>(spec.groups[g].length) * spec.groups[g].columns.size() + 1;
  }
  return index;
}

std::vector<float> valuesOfGroup(const feature::GroupTensor& group, size_t rows, size_t element, size_t column) {
  std::vector<float> values(rows);
  for (size_t row = 0; row < rows; ++row) {
    const size_t at = (group.firstElement(row) + element) * static_cast<size_t>(group.numColumns) + column;
    values[row] = static_cast<int64_t>(element) < group.count[row] ? group.values[at] : kMissing;
  }
  return values;
}

template <class T>
std::vector<T> slice(const std::vector<T>& values, size_t first, size_t last, size_t width) {
  return std::vector<T>(values.begin() + static_cast<std::ptrdiff_t>(first * width),
                        values.begin() + static_cast<std::ptrdiff_t>(last * width));
}

feature::Tensors sliceRows(const feature::Tensors& tensors, size_t first, size_t last) {
  feature::Tensors result;
  result.rows = static_cast<int64_t>(last - first);
  result.numScalars = tensors.numScalars;
  result.scalars = slice(tensors.scalars, first, last, static_cast<size_t>(tensors.numScalars));
  for (const auto& group : tensors.groups) {
    const auto width = static_cast<size_t>(group.length * group.numColumns);
    result.groups.push_back(
        {group.length, group.numColumns, slice(group.values, first, last, width), slice(group.count, first, last, 1)});
  }
  return result;
}

}  // namespace

Result<void> scoreSample(TrainedModel& model, const feature::Tensors& features, const EventSample& sample,
                         std::vector<float>& scores) {
  scores.clear();
  std::vector<float> own;
  size_t first = 0;
  for (const size_t end : sample.ends) {
    dataset::Batch batch;
    batch.features = sliceRows(features, first, end);
    batch.label = slice(sample.label, first, end, 1);
    batch.weight = slice(sample.weight, first, end, 1);
    if (sample.row.size() == sample.rows()) batch.row = slice(sample.row, first, end, 1);
    MLAAS_CHECK(model.scoreBatch(batch, own));
    append(scores, own);
    first = end;
  }
  return {};
}

void appendTensors(feature::Tensors& to, const feature::Tensors& from) {
  if (to.rows == 0) {
    to = from;
    return;
  }
  to.rows += from.rows;
  append(to.scalars, from.scalars);
  for (size_t g = 0; g < to.groups.size(); ++g) {
    append(to.groups[g].values, from.groups[g].values);
    append(to.groups[g].count, from.groups[g].count);
  }
}

EventSample EventSample::first(size_t count) const {
  EventSample result = *this;
  if (count >= rows()) return result;
  result.label.resize(count);
  result.weight.resize(count);
  if (row.size() > count) result.row.resize(count);
  while (!result.ends.empty() && result.ends.back() > count) result.ends.pop_back();
  if (result.ends.empty() || result.ends.back() < count) result.ends.push_back(count);
  result.features.rows = static_cast<int64_t>(count);
  result.features.scalars.resize(count * static_cast<size_t>(features.numScalars));
  for (auto& group : result.features.groups) {
    group.values.resize(count * static_cast<size_t>(group.length * group.numColumns));
    group.count.resize(count);
  }
  return result;
}

Result<EventSample> sampleEvents(dataset::Dataset& data, dataset::Part part, int64_t most, uint64_t seed,
                                 const std::stop_token& stop) {
  dataset::StreamOptions options;
  options.part = part;
  options.batchSize = kBatch;
  options.seed = seed;
  MLAAS_TRY(const auto stream, data.stream(options));
  Prefetcher<dataset::Batch> batches([&stream](dataset::Batch& batch) { return stream->next(batch); });
  EventSample sample;
  dataset::Batch batch;
  while (static_cast<int64_t>(sample.rows()) < most) {
    if (stop.stop_requested()) return cancelledTraining();
    MLAAS_TRY(const bool more, batches.next(batch));
    if (!more) break;
    appendTensors(sample.features, batch.features);
    append(sample.label, batch.label);
    append(sample.weight, batch.weight);
    append(sample.row, batch.row);
    sample.ends.push_back(sample.rows());
  }
  return static_cast<int64_t>(sample.rows()) > most ? sample.first(static_cast<size_t>(most)) : std::move(sample);
}

std::vector<Variable> variablesOf(const feature::FeatureSpec& spec, size_t most) {
  const auto names = spec.flatNames();
  std::vector<Variable> variables;
  const auto add = [&](size_t index) {
    if (variables.size() < most) variables.push_back({names[index], index});
  };
  for (size_t i = 0; i < spec.scalars.size(); ++i) add(i);
  size_t longest = 0;
  for (size_t g = 0; g < spec.groups.size(); ++g) {
    add(firstOfGroup(spec, g + 1) - 1);
    longest = std::max(longest, static_cast<size_t>(spec.groups[g].length));
  }
  for (size_t element = 0; element < longest && variables.size() < most; ++element) {
    for (size_t g = 0; g < spec.groups.size(); ++g) {
      const auto& group = spec.groups[g];
      if (element >= static_cast<size_t>(group.length)) continue;
      for (size_t c = 0; c < group.columns.size(); ++c) {
        add(firstOfGroup(spec, g) + element * group.columns.size() + c);
      }
    }
  }
  return variables;
}

Result<Variable> variableOf(const feature::FeatureSpec& spec, const std::string& name) {
  const auto names = spec.flatNames();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return Error(ErrorCode::kInvalidArgument, "no feature has the name '" + name + "'" + suggestNames(name, names));
  }
  return Variable{name, static_cast<size_t>(found - names.begin())};
}

std::vector<float> valuesOf(const feature::Tensors& tensors, size_t flatIndex) {
  const auto rows = static_cast<size_t>(tensors.rows);
  const auto scalars = static_cast<size_t>(tensors.numScalars);
  std::vector<float> values(rows);
  if (flatIndex < scalars) {
    for (size_t row = 0; row < rows; ++row) values[row] = tensors.scalars[row * scalars + flatIndex];
    return values;
  }
  size_t index = flatIndex - scalars;
  for (const auto& group : tensors.groups) {
    const auto size = static_cast<size_t>(group.length * group.numColumns);
    if (index < size) {
      const auto columns = static_cast<size_t>(group.numColumns);
      return valuesOfGroup(group, rows, index / columns, index % columns);
    }
    if (index == size) {
      for (size_t row = 0; row < rows; ++row) values[row] = static_cast<float>(group.count[row]);
      return values;
    }
    index -= size + 1;
  }
  return values;
}

}  // namespace mlaas::train
