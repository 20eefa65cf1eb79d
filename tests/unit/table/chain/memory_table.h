// A table of columns in memory, for tests.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "mlaas/table/table.h"

namespace mlaas::table {

class MemoryTable : public Table {
 public:
  MemoryTable(std::string url, std::string name, std::vector<std::pair<std::string, Column>> columns,
              int64_t clusterEntries = 2)
      : url_(std::move(url)), name_(std::move(name)) {
    for (auto& [columnName, column] : columns) {
      ColumnInfo info;
      info.name = columnName;
      info.type = column.type;
      info.compressedBytes = column.sizeBytes();
      info.uncompressedBytes = column.sizeBytes();
      infos_.push_back(std::move(info));
      values_.push_back(std::move(column));
    }
    for (int64_t first = 0; first < numEntries(); first += clusterEntries) {
      clusters_.push_back({first, std::min(first + clusterEntries, numEntries())});
    }
  }

  const std::string& url() const override { return url_; }
  const std::string& name() const override { return name_; }
  int64_t numEntries() const override { return values_.front().length; }
  const std::vector<ColumnInfo>& columns() const override { return infos_; }
  const std::vector<EntryRange>& clusters() const override { return clusters_; }
  void fetch(EntryRange range, std::vector<size_t> columns, FetchDone done) const override {
    {
      const std::lock_guard lock(*mutex_);
      fetched_.insert(fetched_.end(), columns.begin(), columns.end());
    }
    done(std::unique_ptr<FetchedRange>(std::make_unique<Fetched>(*this, range)));
  }

  // Marks a column as one that cannot be read.
  void spoil(size_t column, std::string reason) { infos_[column].unsupported = std::move(reason); }
  // Every column of every fetch so far; to be called while nothing is fetched.
  const std::vector<size_t>& fetched() const { return fetched_; }

 private:
  class Fetched : public FetchedRange {
   public:
    Fetched(const MemoryTable& table, EntryRange range) : table_(table), range_(range) {}
    Result<Column> decode(size_t column) override {
      return sliceColumn(table_.values_[column], range_.first, range_.last);
    }

   private:
    const MemoryTable& table_;
    const EntryRange range_;
  };

  const std::string url_;
  const std::string name_;
  std::vector<ColumnInfo> infos_;
  std::vector<Column> values_;
  std::vector<EntryRange> clusters_;
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();  // tables are moved
  mutable std::vector<size_t> fetched_;                                 // written under mutex_
};

template <class T>
Column flatColumn(const std::vector<T>& values) {
  return makeFlatColumn(std::span<const T>(values));
}

template <class T>
Column jaggedColumn(const std::vector<std::vector<T>>& lists) {
  std::vector<int64_t> offsets = {0};
  std::vector<T> values;
  for (const auto& list : lists) {
    values.insert(values.end(), list.begin(), list.end());
    offsets.push_back(static_cast<int64_t>(values.size()));
  }
  return makeJaggedColumn(std::span<const int64_t>(offsets), std::span<const T>(values));
}

template <class T>
std::vector<T> valuesOf(const Column& column) {
  const auto values = column.valuesAs<T>();
  return {values.begin(), values.end()};
}

template <class T>
std::vector<std::vector<T>> listsOf(const Column& column) {
  std::vector<std::vector<T>> lists;
  const auto offsets = column.offsetsAt(0);
  const auto values = valuesOf<T>(column);
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    lists.emplace_back(values.begin() + offsets[i], values.begin() + offsets[i + 1]);
  }
  return lists;
}

}  // namespace mlaas::table
