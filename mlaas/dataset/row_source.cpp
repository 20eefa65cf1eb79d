#include "mlaas/dataset/row_source.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mlaas/dataset/column_numbers.h"
#include "mlaas/table/row_filter.h"

namespace mlaas::dataset {

namespace {

// Moves the blocks of `size` numbers at `rows`, ascending, to the front.
template <class T>
void keepBlocks(std::vector<T>& values, std::span<const int64_t> rows, size_t size) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto from = values.begin() + rows[i] * static_cast<int64_t>(size);
    std::copy(from, from + static_cast<int64_t>(size), values.begin() + static_cast<int64_t>(i * size));
  }
  values.resize(rows.size() * size);
}

// The same for the elements of a ragged group.
void keepElements(feature::GroupTensor& group, std::span<const int64_t> rows) {
  const auto numColumns = static_cast<size_t>(group.numColumns);
  int64_t kept = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t first = group.offsets[static_cast<size_t>(rows[i])];
    const auto from = group.values.begin() + first * group.numColumns;
    const int64_t count = group.offsets[static_cast<size_t>(rows[i]) + 1] - first;
    std::copy(from, from + count * group.numColumns, group.values.begin() + kept * group.numColumns);
    group.offsets[i] = kept;
    kept += count;
  }
  group.offsets.resize(rows.size() + 1);
  group.offsets.back() = kept;
  group.values.resize(static_cast<size_t>(kept) * numColumns);
}

// Leaves the rows of a subsample in `hashes` and `block`.
void keepSubsample(double fraction, std::vector<uint64_t>& hashes, feature::FeatureBlock& block) {
  if (fraction >= 1) return;
  const std::vector<int64_t> rows = rowsInSubsample(hashes, fraction);
  keepBlocks(hashes, rows, 1);
  keepBlocks(block.entries, rows, 1);
  feature::Tensors& tensors = block.tensors;
  tensors.rows = static_cast<int64_t>(rows.size());
  keepBlocks(tensors.scalars, rows, static_cast<size_t>(tensors.numScalars));
  for (auto& group : tensors.groups) {
    if (!group.offsets.empty()) keepElements(group, rows);
    keepBlocks(group.count, rows, 1);
  }
  for (Column& extra : block.extras) extra = table::takeRows(extra, rows);
}

std::vector<ReadUnit> unitsOf(const std::vector<DataFile>& files) {
  std::vector<ReadUnit> units;
  for (uint32_t i = 0; i < files.size(); ++i) {
    for (const table::EntryRange& range : files[i].ranges) units.push_back({i, files[i].sample, range});
  }
  return units;
}

}  // namespace

RowSource::RowSource(DatasetConfig config, SampleFiles files, std::stop_token stop)
    : config_(std::move(config)),
      files_(std::move(files)),
      stop_(std::move(stop)),
      layout_(RowLayout::of(files_.features, hasEventLabels(config_), config_.targets.size())),
      plan_(MemoryPlan::of(files_.memoryBytes)),
      units_(unitsOf(files_.files)) {
  int64_t numEntries = 0;
  for (const DataFile& file : files_.files) {
    workingBytes_ = std::max(workingBytes_, file.workingBytes);
    numEntries += file.table->numEntries();
  }
  damage_ = std::make_unique<DamageLog>(config_.damaged, numEntries);
}

Result<std::optional<RowSource::Loaded>> RowSource::load(size_t unit) const {
  auto loaded = read(unit);
  if (loaded.ok()) return std::optional(*std::move(loaded));
  MLAAS_CHECK(damage_->skip(unit, units_[unit].range.size(), std::move(loaded).error()));
  return std::optional<Loaded>();
}

Result<RowSource::Loaded> RowSource::read(size_t unit) const {
  if (stop_.stop_requested()) return Error(ErrorCode::kCancelled, "stopped while reading");
  const ReadUnit& where = units_[unit];
  const DataFile& file = files_.files[where.file];
  auto made = file.maker.process(*file.table, where.range, feature::GroupForm::kRagged);
  if (!made.ok()) return std::move(made).error().within(file.table->url());
  const size_t numIdentity = config_.identity.size();
  Loaded loaded;
  MLAAS_TRY(auto hashes, identityHashes(std::span(made->extras).first(numIdentity), config_.split.seed));
  keepSubsample(config_.samples[where.sample].subsample, hashes, *made);
  const size_t numRows = hashes.size();
  for (const uint64_t hash : hashes) loaded.rows.parts.push_back(partOfHash(hash, config_.split));
  loaded.rows.rowNumbers.resize(numRows);
  for (size_t i = 0; i < numRows; ++i) loaded.rows.rowNumbers[i] = file.firstRow + made->entries[i];
  const Sample& sample = config_.samples[where.sample];
  MLAAS_TRY(loaded.rows.labels, labelsOf(sample, made->extras, loaded.rows.rowNumbers));
  MLAAS_TRY(loaded.rows.targets, targetsOf(sample, made->extras, loaded.rows.rowNumbers));
  std::vector<double> weights(numRows, 1.0);
  if (!sample.weight.empty()) weights = columnNumbers(made->extras[numIdentity]);
  if (!files_.weightScale.empty()) {
    for (double& weight : weights) weight *= files_.weightScale[where.sample];
  }
  reweight(made->extras, loaded.rows, sample, weights);
  loaded.rows.weights.resize(numRows);
  if (!sample.labelExpression.empty()) loaded.byClass.resize(static_cast<size_t>(numClasses(config_)));
  for (size_t i = 0; i < numRows; ++i) {
    loaded.rows.weights[i] = static_cast<float>(weights[i]);
    if (!std::isfinite(loaded.rows.weights[i])) {
      return Error(ErrorCode::kInvalidArgument,
                   sample.whereIs("weight") + ": the weight '" + sample.weight + "' of sample '" + sample.name +
                       "' is " + std::to_string(weights[i]) + " in " + describeRow(loaded.rows.rowNumbers[i]) +
                       "; weights must be finite: exclude such events with select or change the expression");
    }
    loaded.sums.add(loaded.rows.parts[i], weights[i]);
    if (!loaded.byClass.empty()) {
      loaded.byClass[static_cast<size_t>(loaded.rows.labels[i])].add(loaded.rows.parts[i], weights[i]);
    }
  }
  loaded.hashes = std::move(hashes);
  loaded.rows.features = std::move(made->tensors);
  return loaded;
}

Result<std::vector<int32_t>> RowSource::labelsOf(const Sample& sample, std::span<const Column> extras,
                                                 std::span<const int64_t> rowNumbers) const {
  std::vector<int32_t> labels;
  if (layout_.labelOffset == 0) return labels;
  labels.assign(rowNumbers.size(), static_cast<int32_t>(sample.label));
  if (sample.labelExpression.empty()) return labels;
  const Column& column = extras[config_.identity.size() + (sample.weight.empty() ? 0 : 1)];
  if (column.type.isString) {
    return Error(ErrorCode::kInvalidArgument, sample.whereIs("label") + ": the label '" + sample.labelExpression +
                                                  "' of sample '" + sample.name +
                                                  "' is a string, expected an integer or a truth value for each event");
  }
  const auto found = columnNumbers(column);
  const auto numLabels = static_cast<double>(numClasses(config_));
  for (size_t i = 0; i < labels.size(); ++i) {
    if (!(found[i] >= 0 && found[i] < numLabels && found[i] == std::floor(found[i]))) {
      return Error(ErrorCode::kInvalidArgument,
                   sample.whereIs("label") + ": the label '" + sample.labelExpression + "' of sample '" + sample.name +
                       "' is " + nlohmann::json(found[i]).dump() + " in " + describeRow(rowNumbers[i]) +
                       ", expected 0 to " + std::to_string(numClasses(config_) - 1) +
                       ", as dataset.classes says; exclude such events with select or change the expression");
    }
    labels[i] = static_cast<int32_t>(found[i]);
  }
  return labels;
}

Result<feature::Tensors> RowSource::targetsOf(const Sample& sample, std::span<const Column> extras,
                                              std::span<const int64_t> rowNumbers) const {
  feature::Tensors targets;
  const size_t numTargets = config_.targets.size();
  if (numTargets == 0) return targets;
  targets.rows = static_cast<int64_t>(rowNumbers.size());
  targets.numScalars = static_cast<int64_t>(numTargets);
  targets.scalars.resize(rowNumbers.size() * numTargets);
  const size_t first = config_.identity.size() + expressionsOf(sample).size();
  for (size_t t = 0; t < numTargets; ++t) {
    const std::string where = config_.whereIs("target " + config_.targets[t]);
    if (extras[first + t].type.isString) {
      return Error(ErrorCode::kInvalidArgument,
                   where + ": the target '" + config_.targets[t] + "' is a string, expected a number of each event");
    }
    const auto values = columnNumbers(extras[first + t]);
    for (size_t row = 0; row < rowNumbers.size(); ++row) {
      const auto value = static_cast<float>(values[row]);
      if (!std::isfinite(value)) {
        return Error(
            ErrorCode::kInvalidArgument,
            where + ": the target '" + config_.targets[t] + "' is " + std::to_string(value) + " in " +
                describeRow(rowNumbers[row]) +
                "; targets must be finite: exclude such events with select or define a column that replaces it");
      }
      targets.scalars[row * numTargets + t] = value;
    }
  }
  return targets;
}

// Multiplies the weights of training and validation by the factors of their bins; the variables are the last extras.
void RowSource::reweight(std::span<const Column> extras, const LoadedRows& rows, const Sample& sample,
                         std::vector<double>& weights) const {
  if (!files_.reweighting || rows.parts.empty()) return;
  const auto& [bins, factors] = *files_.reweighting;
  std::vector<std::vector<double>> values;
  for (const Column& extra : extras.last(bins.numVariables())) values.push_back(columnNumbers(extra));
  std::vector<double> row(values.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    if (rows.parts[i] == Part::kTest) continue;
    for (size_t k = 0; k < row.size(); ++k) row[k] = values[k][i];
    const int64_t label = rows.labels.empty() ? sample.label : rows.labels[i];
    weights[i] *= factors[static_cast<size_t>(label)][bins.find(row)];
  }
}

size_t RowSource::window(size_t numThreads, size_t workBytes) const {
  return std::clamp<size_t>(workBytes / bytesInWork(), 1, numThreads + 2);
}

std::string RowSource::describeRow(int64_t row) const {
  const auto& files = files_.files;
  const auto after =
      std::upper_bound(files.begin(), files.end(), row, [](int64_t r, const DataFile& f) { return r < f.firstRow; });
  const DataFile& file = *(after - 1);
  return file.table->url() + " at entry " + std::to_string(row - file.firstRow);
}

}  // namespace mlaas::dataset
