#include "mlaas/dataset/sample_files.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mlaas/dataset/feature_resolution.h"
#include "mlaas/dataset/read_ahead.h"
#include "mlaas/io/opener.h"

namespace mlaas::dataset {

namespace {

struct ListedFile {
  std::string url;
  uint32_t sample = 0;
};

std::string sampleName(const Sample& sample) { return sample.where + ": sample '" + sample.name + "'"; }

Result<std::vector<ListedFile>> listFiles(const DatasetConfig& config) {
  std::vector<ListedFile> files;
  for (uint32_t i = 0; i < config.samples.size(); ++i) {
    const Sample& sample = config.samples[i];
    std::set<std::string> seen;
    for (const auto& pattern : sample.files) {
      auto urls = io::expandPattern(pattern);
      if (!urls.ok()) return std::move(urls).error().within(sampleName(sample));
      for (auto& url : *urls) {
        if (!seen.insert(url).second) {
          return Error(ErrorCode::kInvalidArgument,
                       sampleName(sample) + " lists " + url + " twice; its events would count twice, so list it once");
        }
        files.push_back({std::move(url), i});
      }
    }
  }
  return files;
}

Result<void> checkIdentity(const DatasetConfig& config, const table::Table& table) {
  for (const auto& name : config.identity) {
    MLAAS_TRY(const size_t index, table.findColumn(name));
    const ColumnType& type = table.columns()[index].type;
    if (type.isFlat() && !isFloating(type.dtype) && type.dtype != DType::kBool) continue;
    return Error(ErrorCode::kInvalidArgument,
                 "the identity column '" + name + "' must hold one integer an event, found " + type.name());
  }
  return {};
}

Result<DataFile> prepareFile(const DatasetConfig& config, const feature::FeatureSpec& features,
                             std::shared_ptr<const table::Table> table, uint32_t sample) {
  MLAAS_CHECK(checkIdentity(config, *table));
  std::vector<std::string> extras = config.identity;
  const std::string& weight = config.samples[sample].weight;
  if (!weight.empty()) extras.push_back(weight);
  MLAAS_TRY(auto maker, feature::FeatureMaker::make(features, *table, extras, true));
  MLAAS_TRY(const auto columns, columnsRead(features, extras, *table));
  uint64_t bytes = 0;
  for (const size_t column : columns) bytes += table->columns()[column].uncompressedBytes;
  const auto entries = static_cast<uint64_t>(std::max<int64_t>(1, table->numEntries()));
  return DataFile{std::move(table), std::move(maker), sample, 0, static_cast<size_t>(bytes / entries)};
}

Result<void> checkSamplesHaveEntries(const DatasetConfig& config, const std::vector<DataFile>& files) {
  for (size_t i = 0; i < config.samples.size(); ++i) {
    int64_t entries = 0;
    size_t numFiles = 0;
    for (const auto& file : files) {
      if (file.sample != i) continue;
      entries += file.table->numEntries();
      ++numFiles;
    }
    if (entries > 0) continue;
    return Error(ErrorCode::kInvalidArgument, sampleName(config.samples[i]) + " is empty: its " +
                                                  std::to_string(numFiles) +
                                                  " file(s) hold no entry; list others or leave the sample out");
  }
  return {};
}

}  // namespace

Result<SampleFiles> openSampleFiles(const DatasetConfig& config, TaskPool& pool, const std::stop_token& stop) {
  MLAAS_TRY(const auto listed, listFiles(config));
  SampleFiles result;
  ReadAhead<std::shared_ptr<const table::Table>> opened(pool, listed.size(), 2 * pool.numThreads(), [&](size_t i) {
    return table::openTable(listed[i].url, config.tree);
  });
  int64_t firstRow = 0;
  for (size_t i = 0; i < listed.size(); ++i) {
    if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "stopped while opening files");
    const std::string place = sampleName(config.samples[listed[i].sample]);
    auto table = opened.next();
    if (!table.ok()) return std::move(table).error().within(place);
    if (i == 0) {
      MLAAS_TRY(result.features, resolveFeatures(config, **table));
    }
    auto file = prepareFile(config, result.features, *std::move(table), listed[i].sample);
    if (!file.ok()) return std::move(file).error().within(place + ": " + listed[i].url);
    file->firstRow = firstRow;
    firstRow += file->table->numEntries();
    result.files.push_back(*std::move(file));
  }
  MLAAS_CHECK(checkSamplesHaveEntries(config, result.files));
  return result;
}

}  // namespace mlaas::dataset
