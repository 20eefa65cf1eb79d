// A table whose columns lie in memory and that remembers what was read, for the tests of the feature layer.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mlaas/table/table.h"
#include "tests/unit/table/expression_fixture.h"

namespace mlaas::feature::test {

class MemoryTable final : public table::Table {
 public:
  MemoryTable& add(const std::string& name, Column column) {
    if (data_.empty()) clusters_ = {{0, column.length}};
    table::ColumnInfo info;
    info.name = name;
    info.type = column.type;
    infos_.push_back(info);
    data_.push_back(std::move(column));
    return *this;
  }
  MemoryTable& addUnreadable(const std::string& name, const std::string& why) {
    table::ColumnInfo info;
    info.name = name;
    info.unsupported = why;
    infos_.push_back(info);
    data_.emplace_back();
    return *this;
  }

  const std::string& url() const override { return url_; }
  const std::string& name() const override { return name_; }
  int64_t numEntries() const override { return clusters_.front().last; }
  const std::vector<table::ColumnInfo>& columns() const override { return infos_; }
  const std::vector<table::EntryRange>& clusters() const override { return clusters_; }

  void fetch(table::EntryRange range, std::vector<size_t> columns, table::FetchDone done) const override {
    std::vector<std::string> names;
    for (size_t column : columns) names.push_back(infos_[column].name);
    fetches_.push_back(std::move(names));
    done(std::unique_ptr<table::FetchedRange>(std::make_unique<Fetched>(*this, range)));
  }

  const Column& data(const std::string& name) const {
    const auto found = std::find_if(infos_.begin(), infos_.end(), [&](const auto& info) { return info.name == name; });
    return data_[static_cast<size_t>(found - infos_.begin())];
  }

  // The names of each fetch() so far.
  std::vector<std::vector<std::string>> takeFetches() { return std::exchange(fetches_, {}); }

 private:
  class Fetched final : public table::FetchedRange {
   public:
    Fetched(const MemoryTable& table, table::EntryRange range) : table_(table), range_(range) {}
    Result<Column> decode(size_t column) override {
      return sliceColumn(table_.data_[column], range_.first, range_.last);
    }

   private:
    const MemoryTable& table_;
    table::EntryRange range_;
  };

  std::string url_ = "memory.root";
  std::string name_ = "Events";
  std::vector<table::ColumnInfo> infos_;
  std::vector<Column> data_;
  std::vector<table::EntryRange> clusters_;
  mutable std::vector<std::vector<std::string>> fetches_;
};

}  // namespace mlaas::feature::test
