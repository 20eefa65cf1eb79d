#include "mlaas/table/chain/chain_columns.h"

#include <utility>

namespace mlaas::table {

void ChainColumns::add(const Table& table) {
  const size_t number = tables_.size();
  tables_.push_back(table.url() + ": tree " + table.name());
  for (ColumnInfo column : table.columns()) {
    if (const auto own = std::exchange(column.ownEntries, std::nullopt); own && column.unsupported.empty()) {
      column.unsupported = "it has " + std::to_string(*own) + " entries in " + tables_.back() + ", which has " +
                           std::to_string(table.numEntries());
    }
    const auto [found, isNew] = index_.emplace(column.name, columns_.size());
    if (!isNew) {
      merge(column, found->second, table);
      continue;
    }
    columns_.push_back(column);
    origins_.push_back({number, number});
    if (number > 0 && column.unsupported.empty()) {
      columns_.back().unsupported = "it is in " + tables_[number] + " but not in " + tables_.front();
    }
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (origins_[i].lastTable == number || !columns_[i].unsupported.empty()) continue;
    columns_[i].unsupported = "it is in " + tables_[origins_[i].firstTable] + " but not in " + tables_[number];
  }
}

void ChainColumns::merge(const ColumnInfo& column, size_t index, const Table& table) {
  ColumnInfo& known = columns_[index];
  origins_[index].lastTable = tables_.size() - 1;
  known.compressedBytes += column.compressedBytes;
  known.uncompressedBytes += column.uncompressedBytes;
  if (known.compression.empty()) known.compression = column.compression;
  if (known.counter != column.counter) known.counter.clear();
  if (!known.unsupported.empty()) return;
  if (!column.unsupported.empty()) {
    known.unsupported = column.unsupported + " (in " + table.url() + ")";
  } else if (column.type != known.type) {
    known.unsupported = "it is " + known.type.name() + " in " + tables_[origins_[index].firstTable] + " but " +
                        column.type.name() + " in " + tables_.back() + ": all files must have the same type";
  }
}

std::vector<ColumnInfo> ChainColumns::take() { return std::move(columns_); }

}  // namespace mlaas::table
