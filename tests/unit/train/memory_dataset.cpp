#include "tests/unit/train/memory_dataset.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "mlaas/base/random.h"

namespace mlaas::train::testing {

namespace {

constexpr int64_t kLength = 3;
constexpr int64_t kColumns = 2;

double normal(Random& random) {
  const double u = 1 - random.uniform();
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * random.uniform());
}

dataset::FeatureStatistics summaryOf(const std::string& name, const std::vector<double>& values) {
  dataset::FeatureStatistics result;
  result.name = name;
  result.count = static_cast<int64_t>(values.size());
  const double count = std::max<double>(1, static_cast<double>(values.size()));
  result.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  for (const double value : values) result.deviation += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(result.deviation / count);
  result.minimum = values.empty() ? 0 : *std::min_element(values.begin(), values.end());
  result.maximum = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  return result;
}

template <class T>
void appendRow(std::vector<T>& to, const std::vector<T>& from, size_t row, int64_t width) {
  const auto first = from.begin() + static_cast<std::ptrdiff_t>(row) * width;
  to.insert(to.end(), first, first + width);
}

}  // namespace

class MemoryStream final : public dataset::BatchStream {
 public:
  MemoryStream(MemoryDataset& data, const dataset::StreamOptions& options) : data_(data), options_(options) {
    for (size_t row = 0; row < data.part_.size(); ++row) {
      if (data.part_[row] == options.part) rows_.push_back(row);
    }
    Random random(combineSeeds(options.seed, options.epoch));
    if (options.shuffle) random.shuffle(std::span(rows_));
  }

  Result<bool> next(dataset::Batch& batch) override {
    if (numBatches_++ == data_.failAfterBatches) return Error(ErrorCode::kCorrupt, "the test's file is damaged");
    if (data_.onBatch) data_.onBatch();
    batch = {};
    const auto& from = data_.all_;
    batch.features.numScalars = from.features.numScalars;
    for (const auto& group : from.features.groups)
      batch.features.groups.push_back({group.length, group.numColumns, {}, {}});
    for (; position_ < rows_.size() && batch.features.rows < options_.batchSize; ++position_) {
      const size_t row = rows_[position_];
      appendRow(batch.features.scalars, from.features.scalars, row, from.features.numScalars);
      for (size_t g = 0; g < from.features.groups.size(); ++g) {
        const auto& group = from.features.groups[g];
        appendRow(batch.features.groups[g].values, group.values, row, group.length * group.numColumns);
        batch.features.groups[g].count.push_back(group.count[row]);
      }
      appendRow(batch.targets, from.targets, row, static_cast<int64_t>(data_.config_.targets.size()));
      batch.label.push_back(from.label[row]);
      batch.weight.push_back(from.weight[row]);
      batch.sample.push_back(from.sample[row]);
      batch.row.push_back(static_cast<int64_t>(row));
      ++batch.features.rows;
    }
    return batch.features.rows > 0;
  }

 private:
  MemoryDataset& data_;
  dataset::StreamOptions options_;
  std::vector<size_t> rows_;
  size_t position_ = 0;
  int64_t numBatches_ = 0;
};

MemoryDataset::MemoryDataset(const MemoryOptions& options) {
  config_.memoryBytes = options.memoryBytes;
  config_.tree = "Events";
  if (options.withScalars) config_.features.scalars = {"ht", "met"};
  if (options.withGroup) config_.features.groups = {{"jets", {"Jet_pt", "Jet_eta"}, kLength}};
  for (int64_t label = 0; label < options.numClasses; ++label) {
    dataset::Sample sample;
    sample.name = label == 0 ? "background" : "signal" + std::to_string(label);
    sample.label = label;
    config_.samples.push_back(sample);
  }
  config_.targets = options.targets;
  generate(options);
  summarise(options);
}

void MemoryDataset::generate(const MemoryOptions& options) {
  Random random(42);
  auto& features = all_.features;
  features.rows = options.events;
  features.numScalars = options.withScalars ? 2 : 0;
  if (options.withGroup) features.groups.push_back({kLength, kColumns, {}, {}});
  for (int64_t event = 0; event < options.events; ++event) {
    const auto label = static_cast<int32_t>(event % options.numClasses);
    const double shift = label;
    if (options.withScalars) {
      features.scalars.push_back(static_cast<float>(500 + 100 * (0.5 * shift + options.noise * normal(random))));
      features.scalars.push_back(static_cast<float>(50 * (1 + options.noise * normal(random))));
    }
    for (const auto& target : options.targets) {
      const double ht = static_cast<double>(features.scalars.end()[-2]);
      const double met = static_cast<double>(features.scalars.back());
      const double value = target == "linear" ? ht + met : target == "bent" ? 100 * std::sqrt(std::abs(ht)) : met > 50;
      all_.targets.push_back(static_cast<float>(value));
    }
    if (options.withGroup) {
      const auto count = static_cast<int32_t>(random.below(kLength + 1));
      features.groups[0].count.push_back(count);
      for (int32_t element = 0; element < kLength; ++element) {
        const bool real = element < count;
        features.groups[0].values.push_back(
            real ? static_cast<float>(40 + 10 * (shift + options.noise * normal(random))) : 0.F);
        features.groups[0].values.push_back(real ? static_cast<float>(normal(random)) : 0.F);
      }
    }
    const double sign = random.uniform() < options.negativeFraction ? -1 : 1;
    all_.label.push_back(label);
    all_.sample.push_back(label);
    all_.weight.push_back(static_cast<float>(sign * (0.5 + 0.5 * shift)));
    const double u = random.uniform();
    part_.push_back(u < options.parts[0]                      ? dataset::Part::kTrain
                    : u < options.parts[0] + options.parts[1] ? dataset::Part::kValidation
                                                              : dataset::Part::kTest);
  }
}

void MemoryDataset::summarise(const MemoryOptions& options) {
  std::vector<std::vector<double>> scalars(2);
  std::vector<std::vector<double>> columns(kColumns);
  std::vector<std::vector<double>> targets(options.targets.size());
  statistics_.samples.resize(config_.samples.size());
  for (size_t row = 0; row < part_.size(); ++row) {
    auto& sample = statistics_.samples[static_cast<size_t>(all_.label[row])];
    const auto part = static_cast<size_t>(part_[row]);
    sample.name = config_.samples[static_cast<size_t>(all_.label[row])].name;
    sample.label = all_.label[row];
    sample.files = {"memory"};
    ++sample.numEntries;
    ++sample.selected[part];
    sample.sumWeights[part] += static_cast<double>(all_.weight[row]);
    sample.sumAbsoluteWeights[part] += std::abs(static_cast<double>(all_.weight[row]));
    sample.numNegative[part] += all_.weight[row] < 0 ? 1 : 0;
    if (part_[row] != dataset::Part::kTrain) continue;
    for (size_t i = 0; options.withScalars && i < 2; ++i)
      scalars[i].push_back(static_cast<double>(all_.features.scalars[row * 2 + i]));
    for (size_t i = 0; i < targets.size(); ++i) {
      targets[i].push_back(static_cast<double>(all_.targets[row * targets.size() + i]));
    }
    for (int32_t e = 0; options.withGroup && e < all_.features.groups[0].count[row]; ++e) {
      for (size_t c = 0; c < kColumns; ++c) {
        const size_t index = (row * kLength + static_cast<size_t>(e)) * kColumns + c;
        columns[c].push_back(static_cast<double>(all_.features.groups[0].values[index]));
      }
    }
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    statistics_.targets.push_back(summaryOf(options.targets[i], targets[i]));
  }
  if (options.withScalars) statistics_.scalars = {summaryOf("ht", scalars[0]), summaryOf("met", scalars[1])};
  if (options.withGroup) statistics_.groups = {{summaryOf("Jet_pt", columns[0]), summaryOf("Jet_eta", columns[1])}};
}

Result<std::unique_ptr<dataset::BatchStream>> MemoryDataset::stream(const dataset::StreamOptions& options) {
  ++numStreams.at(static_cast<size_t>(options.part));
  return std::unique_ptr<dataset::BatchStream>(std::make_unique<MemoryStream>(*this, options));
}

}  // namespace mlaas::train::testing
