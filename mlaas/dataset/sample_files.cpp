#include "mlaas/dataset/sample_files.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "mlaas/dataset/feature_resolution.h"
#include "mlaas/dataset/read_ahead.h"
#include "mlaas/dataset/read_units.h"
#include "mlaas/dataset/row_block.h"
#include "mlaas/dataset/variation.h"
#include "mlaas/table/chain/declared_friends.h"
#include "mlaas/table/chain/file_reference.h"
#include "mlaas/table/chain/friend_options.h"
#include "mlaas/table/chain/table_pool.h"

namespace mlaas::dataset {

namespace {

// Less than this would leave too little for reading: the workflow's own limit.
constexpr size_t kLeastMemoryBytes = size_t{1} << 20;

struct ListedFile {
  table::FileReference file;
  uint32_t sample = 0;
};

std::string sampleName(const Sample& sample) { return sample.where + ": sample '" + sample.name + "'"; }

Result<std::vector<ListedFile>> listFiles(const DatasetConfig& config) {
  std::vector<ListedFile> files;
  for (uint32_t i = 0; i < config.samples.size(); ++i) {
    const Sample& sample = config.samples[i];
    std::set<std::string> seen;
    auto references = table::expandFileReferences(sample.files, sample.tree.empty() ? config.tree : sample.tree);
    if (!references.ok()) return std::move(references).error().within(sampleName(sample));
    for (auto& reference : *references) {
      if (!seen.insert(reference.text()).second) {
        return Error(ErrorCode::kInvalidArgument, sampleName(sample) + " lists " + reference.url +
                                                      " twice; its events would count twice, so list it once");
      }
      files.push_back({std::move(reference), i});
    }
  }
  return files;
}

Result<void> checkIdentity(const DatasetConfig& config, const table::Table& table) {
  for (const auto& name : config.identity) {
    auto index = table.findColumn(name);
    if (!index.ok()) return std::move(index).error().within("identity");
    const ColumnType& type = table.columns()[*index].type;
    if (type.isFlat() && !isFloating(type.dtype) && type.dtype != DType::kBool) continue;
    return Error(ErrorCode::kInvalidArgument,
                 "the identity column '" + name + "' must hold one integer an event, found " + type.name())
        .within("identity");
  }
  return {};
}

// The friends of one sample and how far its files have come beside them.
class SampleFriends {
 public:
  SampleFriends(const Sample& sample, table::TablePool& pool, MemoryBudget& budget, const std::stop_token& stop)
      : sample_(sample), pool_(pool), budget_(budget), stop_(stop) {}

  // The next file with its friends: those of the workflow, and those that the file declares where `names` need them.
  Result<std::shared_ptr<const table::Table>> attach(std::shared_ptr<const table::Table> file,
                                                     const std::vector<std::string>& names) {
    if (links_.size() < sample_.friends.size()) MLAAS_CHECK(open(*file));
    const table::EntryRange entries{numEntries_, numEntries_ + file->numEntries()};
    numEntries_ = entries.last;
    std::vector<table::FriendLink> links = links_;
    std::vector<std::string> taken;
    for (table::FriendLink& link : links) {
      taken.push_back(link.alias);
      if (link.index) continue;
      if (entries.last > link.table->numEntries()) return lengthError(link);
      link.entries = entries;
    }
    MLAAS_TRY(file, table::attachDeclaredFriends(std::move(file), names, taken, pool_, budget_, stop_));
    return table::attachFriends(std::move(file), std::move(links));
  }

  // All files have been attached: friends by entry must be used up.
  Result<void> finish() const {
    for (const table::FriendLink& link : links_) {
      if (!link.index && link.table->numEntries() != numEntries_) return lengthError(link);
    }
    return {};
  }

 private:
  Result<void> open(const table::Table& first) {
    for (const SampleFriend& one : sample_.friends) {
      auto link = table::openFriend(one.options, first, pool_, budget_, stop_);
      if (!link.ok()) return std::move(link).error().within(one.where + ": friend");
      links_.push_back(*std::move(link));
    }
    return {};
  }

  Error lengthError(const table::FriendLink& link) const {
    const bool isShort = numEntries_ > link.table->numEntries();
    return Error(ErrorCode::kInvalidArgument, "the files of " + sampleName(sample_) + " have " +
                                                  std::to_string(numEntries_) + (isShort ? " or more" : "") +
                                                  " entries, but friend '" + link.alias + "' (" + link.table->url() +
                                                  ") has " + std::to_string(link.table->numEntries()) +
                                                  "; friends by entry have the same number, others need an index");
  }

  const Sample& sample_;
  table::TablePool& pool_;
  MemoryBudget& budget_;
  const std::stop_token& stop_;
  std::vector<table::FriendLink> links_;  // of sample_.friends
  int64_t numEntries_ = 0;                // of the files so far
};

// Bytes of an entry of `columns` of `table`, the first of which are those of `file`: the list that tables of a pool share
// has the sizes of another file.
size_t entryBytesOf(const table::Table& table, const table::Table& file, const std::vector<size_t>& columns) {
  std::vector<size_t> own;
  std::vector<size_t> ofFriends;
  for (const size_t column : columns) (column < file.columns().size() ? own : ofFriends).push_back(column);
  uint64_t bytes = file.entryBytes(own);
  if (!ofFriends.empty()) bytes += table.entryBytes(ofFriends);
  return static_cast<size_t>(bytes);
}

// Elements of a group in an entry, on average; all that it may have, or a guess, where they are computed.
int32_t meanCount(const feature::JaggedGroup& group, const table::Table& table) {
  constexpr int64_t kGuess = 16;
  double most = 0;
  for (const auto& name : group.columns) {
    const auto column = table.findColumn(name);
    if (!column.ok()) return static_cast<int32_t>(group.isRagged() ? kGuess : group.length);
    const ColumnType& type = table.columns()[*column].type;
    const auto bytes = static_cast<double>(table.entryBytes({*column}) - sizeof(int64_t));
    most = std::max(most, std::ceil(bytes / static_cast<double>(dtypeBytes(type.dtype))));
  }
  constexpr double kMostMean = 1 << 24;
  return static_cast<int32_t>(std::min(most, group.isRagged() ? kMostMean : static_cast<double>(group.length)));
}

size_t rowBytesOf(const DatasetConfig& config, const feature::FeatureSpec& features, const table::Table& table) {
  std::vector<int32_t> counts;
  for (const auto& group : features.groups) counts.push_back(meanCount(group, table));
  return RowLayout::of(features, hasEventLabels(config), config.targets.size()).recordBytes(counts);
}

// `table` is `file` with its friends.
Result<DataFile> prepareFile(const DatasetConfig& config, const feature::FeatureSpec& features,
                             std::shared_ptr<const table::Table> table, const table::Table& file, uint32_t sample) {
  MLAAS_CHECK(checkIdentity(config, *table));
  const auto extras = extrasOf(config, config.samples[sample]);
  MLAAS_TRY(auto maker, feature::FeatureMaker::make(features, *table, extras, true));
  MLAAS_TRY(auto columns, columnsRead(features, extras, *table));
  const size_t entryBytes = entryBytesOf(*table, file, columns);
  const size_t rowBytes = rowBytesOf(config, features, *table);
  return DataFile{std::move(table), std::move(maker), sample, 0, std::move(columns), entryBytes, rowBytes, {}, 0};
}

void cutFile(DataFile& file, const MemoryPlan& plan) {
  file.ranges = unitRanges(*file.table, file.columns, {file.entryBytes, file.rowBytes}, plan);
  file.workingBytes = workingBytes(*file.table, file.columns, file.ranges);
}

Result<size_t> memoryLeft(const MemoryBudget& budget) {
  const size_t left = budget.limitBytes() - budget.usedBytes();
  if (left >= kLeastMemoryBytes) return left;
  return Error(ErrorCode::kInvalidArgument, "the indices of friends take " + formatByteSize(budget.usedBytes()) +
                                                " of dataset.memory, " + formatByteSize(budget.limitBytes()) +
                                                "; raise it");
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

// Opens one file after the other in the order of samples.
class SampleOpener {
 public:
  SampleOpener(const DatasetConfig& config, table::TablePool& pool, MemoryBudget& budget, const std::stop_token& stop)
      : config_(config), pool_(pool), budget_(budget), stop_(stop) {}

  Result<void> add(const table::TablePool::Opened& opened, uint32_t sample) {
    if (!friends_ || sample != sample_) {
      MLAAS_CHECK(finishSample());
      sample_ = sample;
      friends_.emplace(config_.samples[sample], pool_, budget_, stop_);
      MLAAS_TRY(names_, namesAsked(config_.samples[sample]));
    }
    auto added = addFile(opened, sample);
    if (!added.ok()) return placed(std::move(added).error(), config_.samples[sample]);
    return {};
  }

  Result<SampleFiles> finish() {
    MLAAS_CHECK(finishSample());
    MLAAS_CHECK(checkSamplesHaveEntries(config_, result_.files));
    const size_t before = result_.memoryBytes;
    MLAAS_TRY(result_.memoryBytes, memoryLeft(budget_));
    const MemoryPlan plan = MemoryPlan::of(result_.memoryBytes);
    if (result_.memoryBytes != before) {  // a later friend took some
      for (DataFile& file : result_.files) cutFile(file, plan);
    }
    // The plan leaves room for it.
    result_.openFiles = budget_.tryReserve(std::min(openBytes_, plan.openFilesBytes));
    return std::move(result_);
  }

 private:
  // With the place of the expression or feature that is wrong, else with that of the sample.
  Error placed(Error error, const Sample& sample) const {
    for (const std::string& part : error.places()) {
      std::string where = config_.whereIs(part);
      if (part == "'" + sample.weight + "'") where = sample.whereIs("weight");
      if (part == "'" + sample.labelExpression + "'") where = sample.whereIs("label");
      for (const auto& target : config_.targets) {
        if (part == "'" + target + "'") where = config_.whereIs("target " + target);
      }
      if (!where.empty()) return std::move(error).within("sample '" + sample.name + "'").within(where);
    }
    return std::move(error).within(sampleName(sample));
  }

  // The variation that is read of this sample.
  const Variation* variationOf(const Sample& sample) const {
    const auto& has = sample.variations;
    if (has && std::find(has->begin(), has->end(), config_.variation) == has->end()) return nullptr;
    const auto found = std::find_if(config_.variations.begin(), config_.variations.end(),
                                    [&](const Variation& one) { return one.name == config_.variation; });
    return found == config_.variations.end() ? nullptr : &*found;
  }

  Result<void> addFile(const table::TablePool::Opened& opened, uint32_t sample) {
    MLAAS_TRY(auto table, friends_->attach(opened.pooled, names_));
    if (const Variation* variation = variationOf(config_.samples[sample]); variation != nullptr) {
      MLAAS_TRY(table, varyTable(std::move(table), *variation));
    }
    if (result_.files.empty()) {
      MLAAS_TRY(result_.features, resolveFeatures(config_, *table));
    }
    auto file = prepareFile(config_, result_.features, std::move(table), *opened.direct, sample);
    if (!file.ok()) return std::move(file).error().within(opened.direct->url());
    MLAAS_TRY(const size_t memoryBytes, memoryLeft(budget_));
    if (result_.files.empty()) result_.memoryBytes = memoryBytes;
    cutFile(*file, MemoryPlan::of(result_.memoryBytes));
    openBytes_ += opened.direct->metadataBytes();
    file->firstRow = firstRow_;
    firstRow_ += file->table->numEntries();
    result_.files.push_back(*std::move(file));
    return {};
  }

  Result<std::vector<std::string>> namesAsked(const Sample& sample) const {
    auto asked = expressionsOf(sample);
    asked.insert(asked.end(), config_.targets.begin(), config_.targets.end());
    MLAAS_TRY(auto names, feature::columnNames(config_.features, asked));
    names.insert(names.end(), config_.identity.begin(), config_.identity.end());
    if (const Variation* variation = variationOf(sample); variation != nullptr) {
      for (const auto& [column, by] : variation->replacements) names.push_back(by);
    }
    return names;
  }

  Result<void> finishSample() const { return friends_ ? friends_->finish() : Result<void>{}; }

  const DatasetConfig& config_;
  table::TablePool& pool_;
  MemoryBudget& budget_;
  const std::stop_token& stop_;
  SampleFiles result_;
  uint32_t sample_ = 0;                   // that friends_ belong to
  std::optional<SampleFriends> friends_;  // of the sample whose files are opened
  std::vector<std::string> names_;        // that it asks for
  int64_t firstRow_ = 0;
  size_t openBytes_ = 0;  // known of all files while they are open
};

}  // namespace

std::vector<std::string> expressionsOf(const Sample& sample) {
  std::vector<std::string> expressions;
  if (!sample.weight.empty()) expressions.push_back(sample.weight);
  if (!sample.labelExpression.empty()) expressions.push_back(sample.labelExpression);
  return expressions;
}

std::vector<std::string> extrasOf(const DatasetConfig& config, const Sample& sample) {
  std::vector<std::string> extras = config.identity;
  const auto expressions = expressionsOf(sample);
  extras.insert(extras.end(), expressions.begin(), expressions.end());
  extras.insert(extras.end(), config.targets.begin(), config.targets.end());
  if (!config.reweighting) return extras;
  for (const auto& variable : config.reweighting->variables) extras.push_back(variable.name);
  return extras;
}

Result<SampleFiles> openSampleFiles(const DatasetConfig& config, TaskPool& pool, MemoryBudget& budget,
                                    const std::stop_token& stop) {
  MLAAS_TRY(const auto listed, listFiles(config));
  const auto tables = table::TablePool::make({.mostBytes = MemoryPlan::of(budget.limitBytes()).openFilesBytes});
  ReadAhead<table::TablePool::Opened> opened(pool, listed.size(), 2 * pool.numThreads(),
                                             [&](size_t i) { return tables->open(listed[i].file); });
  SampleOpener opener(config, *tables, budget, stop);
  for (const ListedFile& file : listed) {
    if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "stopped while opening files");
    auto table = opened.next();
    if (!table.ok()) return std::move(table).error().within(sampleName(config.samples[file.sample]));
    MLAAS_CHECK(opener.add(*table, file.sample));
  }
  return opener.finish();
}

}  // namespace mlaas::dataset
