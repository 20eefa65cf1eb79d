#include "mlaas/dataset/statistics_scan.h"

#include <algorithm>
#include <utility>

#include "mlaas/base/random.h"
#include "mlaas/dataset/identity_split.h"
#include "mlaas/dataset/read_ahead.h"
#include "mlaas/table/range_reader.h"
#include "mlaas/table/row_filter.h"

namespace mlaas::dataset {

namespace {

constexpr uint32_t kSketchSize = 2048;
// What a sketch takes for each of its size, see quantile_sketch.h; lists have one for their lengths too.
constexpr size_t kSketchBytes = 4 * sizeof(double);
// Decoded columns, their numbers as float64 and their weights.
constexpr size_t kCopies = 4;

struct Unit {
  uint32_t table = 0;
  uint32_t sample = 0;
  table::EntryRange range;
};

struct OpenTable {
  const table::Table* table;
  RowColumns columns;
};

struct UnitResult {
  SampleScan scan;
  Correlations correlations{0};
  std::vector<uint64_t> hashes;  // of the selected rows' identities
  std::vector<int64_t> entries;  // of these rows
};

// Leaves the rows of a subsample.
void keepSubsample(double fraction, std::vector<uint64_t>& hashes, RowColumns::Rows& rows) {
  if (fraction >= 1) return;
  const std::vector<int64_t> kept = rowsInSubsample(hashes, fraction);
  const auto keep = [&](auto& values) {
    for (size_t i = 0; i < kept.size() && !values.empty(); ++i) values[i] = values[static_cast<size_t>(kept[i])];
    values.resize(std::min(values.size(), kept.size()));
  };
  keep(hashes);
  keep(rows.entries);
  keep(rows.weights);
  for (Column& column : rows.columns) column = table::takeRows(column, kept);
}

class Scan {
 public:
  Scan(const ScanRequest& request, TaskPool& pool, MemoryBudget& budget, const std::stop_token& stop)
      : request_(request), pool_(pool), budget_(budget), stop_(stop) {}

  Result<ScanResult> run(const std::function<void(int64_t)>& progress) {
    MLAAS_CHECK(openTables());
    MLAAS_CHECK(planMemory());
    planUnits();
    chooseCorrelated();
    ScanResult result = emptyResult();
    ReadAhead<UnitResult> results(pool_, units_.size(), window_, [&](size_t unit) { return readUnit(units_[unit]); });
    for (const Unit& unit : units_) {
      MLAAS_TRY(const auto piece, results.next());
      merge(piece, result.samples[unit.sample]);
      findDuplicates(piece, unit, result.samples[unit.sample]);
      result.correlations.merge(piece.correlations);
      progress(unit.range.size());
    }
    for (const auto& sample : result.samples) {
      for (size_t i = 0; i < result.columns.size(); ++i) result.columns[i].merge(sample.columns[i]);
    }
    return result;
  }

 private:
  Result<void> openTables() {
    for (const auto& sample : request_.samples) {
      RowColumnsSpec spec{request_.defines, request_.select, request_.columns, sample.weight};
      spec.columns.insert(spec.columns.end(), request_.identity.begin(), request_.identity.end());
      for (const auto& [table, entryBytes] : sample.tables) {
        auto columns = RowColumns::make(spec, *table);
        if (!columns.ok()) return std::move(columns).error().within(table->name()).within(table->url());
        MLAAS_CHECK(checkTypes(*columns, *table));
        tables_.push_back({table.get(), *std::move(columns)});
      }
    }
    return {};
  }

  // Lists may not be numbers elsewhere; numbers may be of another size.
  Result<void> checkTypes(const RowColumns& columns, const table::Table& table) const {
    if (tables_.empty()) return {};
    const auto& first = tables_.front().columns.types();
    for (size_t i = 0; i < request_.columns.size(); ++i) {
      const ColumnType& found = columns.types()[i];
      if (found.jaggedDepth == first[i].jaggedDepth && found.isString == first[i].isString) continue;
      return Error(ErrorCode::kInvalidArgument, "column '" + request_.columns[i] + "' is of type " + found.name() +
                                                    ", but " + first[i].name() + " in " + tables_.front().table->url())
          .within(table.name())
          .within(table.url());
    }
    return {};
  }

  // A quarter of the memory is for sketches, a half for what is read; the sizes of pieces and sketches must not follow
  // from the number of threads.
  Result<void> planMemory() {
    size_t numSketches = 0;
    if (!tables_.empty()) {
      for (const ColumnType& type : columnTypes()) numSketches += 1 + static_cast<size_t>(type.jaggedDepth);
    }
    numSketches *= request_.samples.size() + 1;
    const size_t memory = budget_.limitBytes() - budget_.usedBytes();
    const size_t size = memory / 4 / kSketchBytes / std::max<size_t>(1, numSketches);
    if (size < QuantileSketch::kLeastSize) {
      return Error(ErrorCode::kInvalidArgument, "the statistics of " + std::to_string(request_.columns.size()) +
                                                    " columns in " + std::to_string(request_.samples.size()) +
                                                    " sample(s) do not fit into " + formatByteSize(memory) +
                                                    "; raise the memory or choose fewer columns");
    }
    sketchSize_ = static_cast<uint32_t>(std::min<size_t>(size, kSketchSize));
    bytes_.most = memory / 64;
    bytes_.preferred = bytes_.most / 4;
    window_ = std::clamp<size_t>(memory / 2 / (kCopies * bytes_.most) / 2, 1, pool_.numThreads() + 2);
    MLAAS_TRY(reading_, budget_.reserve(2 * window_ * kCopies * bytes_.most, "reading for the statistics"));
    duplicateBytes_ = memory / 8 / std::max<size_t>(1, request_.samples.size());
    MLAAS_TRY(kept_, budget_.reserve(numSketches * sketchSize_ * kSketchBytes + memory / 8, "the statistics"));
    return {};
  }

  void planUnits() {
    uint32_t index = 0;
    for (uint32_t sample = 0; sample < request_.samples.size(); ++sample) {
      for (const auto& table : request_.samples[sample].tables) {
        for (const auto& range : rangesOf(table, tables_[index].columns.inputs())) {
          units_.push_back({index, sample, range});
        }
        ++index;
      }
    }
  }

  std::vector<table::EntryRange> rangesOf(const ScannedTable& scanned, const std::vector<size_t>& columns) const {
    const table::Table& table = *scanned.table;
    const uint64_t found = table.entryBytes(columns);
    const uint64_t entryBytes = scanned.entryBytes == 0 ? found : scanned.entryBytes;
    // As many entries as fit by entryBytes, in the units of the table.
    const auto scaled = [&](uint64_t bytes) { return std::max<uint64_t>(1, bytes / entryBytes) * found; };
    return table::readingRanges(table, {0, table.numEntries()}, columns,
                                {scaled(bytes_.preferred), scaled(bytes_.most)});
  }

  void chooseCorrelated() {
    if (tables_.empty()) return;
    const auto types = columnTypes();
    for (size_t i = 0; i < types.size(); ++i) {
      if (types[i].isFlat()) correlated_.push_back(i);
    }
    if (correlated_.size() > request_.mostCorrelated) correlated_.clear();
  }

  // `salt` makes the coins of each piece's sketches their own.
  std::vector<ColumnStatistics> emptyColumns(std::span<const ColumnType> types, uint64_t salt) const {
    std::vector<ColumnStatistics> columns;
    for (size_t i = 0; i < types.size(); ++i) {
      columns.emplace_back(request_.columns[i], types[i], SketchOptions{sketchSize_, combineSeeds(salt, i)});
    }
    return columns;
  }

  ScanResult emptyResult() const {
    ScanResult result;
    const auto types = tables_.empty() ? std::span<const ColumnType>{} : columnTypes();
    for (size_t i = 0; i < request_.samples.size(); ++i) {
      auto& sample = result.samples.emplace_back();
      sample.name = request_.samples[i].name;
      sample.columns = emptyColumns(types, i + 1);
      if (!request_.identity.empty()) sample.duplicates.emplace(duplicateBytes_);
    }
    result.columns = emptyColumns(types, 0);
    for (const size_t column : correlated_) result.correlated.push_back(request_.columns[column]);
    result.correlations = Correlations(correlated_.size());
    return result;
  }

  // Of the request's columns, in the first table.
  std::span<const ColumnType> columnTypes() const {
    return std::span(tables_.front().columns.types()).first(request_.columns.size());
  }

  // The hashes of the rows' identities, whose columns stand last, and what the sample makes of the rows.
  Result<std::vector<uint64_t>> identify(const ScannedSample& sample, RowColumns::Rows& rows) const {
    std::vector<uint64_t> hashes;
    const size_t numColumns = request_.columns.size();
    if (!request_.identity.empty() && !rows.entries.empty()) {
      MLAAS_TRY(hashes, identityHashes(std::span(rows.columns).subspan(numColumns), request_.seed));
      rows.columns.resize(numColumns);
      keepSubsample(sample.subsample, hashes, rows);
    }
    if (sample.weightScale != 1) {
      if (rows.weights.empty()) rows.weights.assign(rows.entries.size(), 1.0);
      for (double& weight : rows.weights) weight *= sample.weightScale;
    }
    return hashes;
  }

  Result<UnitResult> readUnit(const Unit& unit) const {
    if (stop_.stop_requested()) return Error(ErrorCode::kCancelled, "stopped while reading");
    const OpenTable& open = tables_[unit.table];
    auto rows = open.columns.read(*open.table, unit.range);
    if (!rows.ok()) return std::move(rows).error();
    UnitResult result;
    MLAAS_TRY(result.hashes, identify(request_.samples[unit.sample], *rows));
    result.entries = rows->entries;
    result.scan.arithmetic = std::move(rows->arithmetic);
    SampleScan& scan = result.scan;
    scan.numEntries = unit.range.size();
    scan.numSelected = static_cast<int64_t>(rows->entries.size());
    scan.sumWeights = rows->weights.empty() ? static_cast<double>(scan.numSelected) : 0;
    scan.sumSquaredWeights = scan.sumWeights;
    for (const double weight : rows->weights) {
      scan.sumWeights += weight;
      scan.sumSquaredWeights += weight * weight;
      if (weight < 0) ++scan.numNegative;
    }
    const auto types = std::span(open.columns.types()).first(request_.columns.size());
    scan.columns = emptyColumns(types, combineSeeds(unit.table, static_cast<uint64_t>(unit.range.first)));
    result.correlations = Correlations(correlated_.size());
    std::vector<std::vector<double>> numbers(correlated_.size());
    size_t next = 0;
    for (size_t i = 0; i < rows->columns.size(); ++i) {
      const bool wanted = next < correlated_.size() && correlated_[next] == i;
      scan.columns[i].add(rows->columns[i], rows->weights, wanted ? &numbers[next++] : nullptr);
    }
    result.correlations.add(std::vector<std::span<const double>>(numbers.begin(), numbers.end()));
    return result;
  }

  static void merge(const UnitResult& piece, SampleScan& sample) {
    sample.numEntries += piece.scan.numEntries;
    sample.numSelected += piece.scan.numSelected;
    sample.numNegative += piece.scan.numNegative;
    sample.sumWeights += piece.scan.sumWeights;
    sample.sumSquaredWeights += piece.scan.sumSquaredWeights;
    for (const auto& [place, counts] : piece.scan.arithmetic) sample.arithmetic[place] += counts;
    for (size_t i = 0; i < sample.columns.size(); ++i) sample.columns[i].merge(piece.scan.columns[i]);
  }

  void findDuplicates(const UnitResult& piece, const Unit& unit, SampleScan& sample) const {
    for (size_t i = 0; i < piece.hashes.size(); ++i) {
      if (!sample.duplicates->add(piece.hashes[i])) continue;
      sample.duplicates->describe(piece.hashes[i],
                                  tables_[unit.table].table->url() + " at entry " + std::to_string(piece.entries[i]));
    }
  }

  const ScanRequest& request_;
  TaskPool& pool_;
  MemoryBudget& budget_;
  const std::stop_token& stop_;
  std::vector<OpenTable> tables_;  // of all samples, one after the other
  std::vector<Unit> units_;
  std::vector<size_t> correlated_;  // in request_.columns, ascending
  uint32_t sketchSize_ = kSketchSize;
  table::RangeBytes bytes_;
  size_t window_ = 1;
  size_t duplicateBytes_ = 0;  // for each sample
  MemoryBudget::Reservation reading_;
  MemoryBudget::Reservation kept_;
};

nlohmann::ordered_json columnsJson(const std::vector<ColumnStatistics>& columns) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& column : columns) json.push_back(column.toJson());
  return json;
}

}  // namespace

nlohmann::ordered_json ScanResult::toJson() const {
  nlohmann::ordered_json json;
  json["samples"] = nlohmann::ordered_json::array();
  for (const auto& sample : samples) {
    nlohmann::ordered_json one = {{"name", sample.name},
                                  {"entries", sample.numEntries},
                                  {"selected", sample.numSelected},
                                  {"sum_weights", sample.sumWeights},
                                  {"sum_squared_weights", sample.sumSquaredWeights},
                                  {"negative_weights", sample.numNegative}};
    one["arithmetic"] = nlohmann::ordered_json::object();
    for (const auto& [place, counts] : sample.arithmetic) {
      if (counts == table::ArithmeticCounts{}) continue;
      one["arithmetic"][place] = {
          {"division_by_zero", counts.divisionsByZero}, {"invalid", counts.invalid}, {"overflow", counts.overflows}};
    }
    if (sample.duplicates) one["identity"] = sample.duplicates->toJson();
    if (samples.size() > 1) one["columns"] = columnsJson(sample.columns);
    json["samples"].push_back(std::move(one));
  }
  json["columns"] = columnsJson(columns);
  auto matrix = nlohmann::ordered_json::array();
  for (size_t i = 0; i < correlated.size(); ++i) {
    auto row = nlohmann::ordered_json::array();
    for (size_t j = 0; j < correlated.size(); ++j) {
      const auto coefficient = correlations.coefficient(i, j);
      row.push_back(coefficient ? nlohmann::ordered_json(*coefficient) : nlohmann::ordered_json(nullptr));
    }
    matrix.push_back(std::move(row));
  }
  json["correlations"] = {{"columns", correlated}, {"coefficients", std::move(matrix)}};
  return json;
}

Result<ScanResult> scanStatistics(const ScanRequest& request, TaskPool& pool, MemoryBudget& budget,
                                  const std::stop_token& stop, const std::function<void(int64_t)>& progress) {
  return Scan(request, pool, budget, stop).run(progress);
}

}  // namespace mlaas::dataset
