#include "mlaas/table/chain/partner_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "mlaas/table/row_filter.h"

namespace mlaas::table {

PartnerRows::PartnerRows(const std::vector<int64_t>& entries) : positions_(entries.size()) {
  wanted_ = entries;
  std::sort(wanted_.begin(), wanted_.end());
  wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
  if (!wanted_.empty() && wanted_.front() < 0) wanted_.erase(wanted_.begin());
  for (size_t row = 0; row < entries.size(); ++row) {
    const auto found = entries[row] < 0 ? wanted_.end() : std::ranges::lower_bound(wanted_, entries[row]);
    positions_[row] = found - wanted_.begin();
    isInOrder_ = isInOrder_ && positions_[row] == static_cast<int64_t>(row);
  }
}

Result<Column> PartnerRows::read(const Table& table, size_t column, const std::optional<double>& missing) const {
  std::vector<Column> parts;
  const auto& clusters = table.clusters();
  for (size_t next = 0; next < wanted_.size();) {
    const auto cluster = std::ranges::upper_bound(clusters, wanted_[next], {}, &EntryRange::last);
    if (cluster == clusters.end()) {
      return Error(ErrorCode::kInternal, table.url() + ": no cluster has entry " + std::to_string(wanted_[next]));
    }
    std::vector<int64_t> rows;
    const int64_t first = wanted_[next];
    for (; next < wanted_.size() && wanted_[next] < cluster->last; ++next) rows.push_back(wanted_[next] - first);
    MLAAS_TRY(const auto read, table.read({first, first + rows.back() + 1}, {column}));
    const bool whole = static_cast<int64_t>(rows.size()) == rows.back() + 1;
    parts.push_back(whole ? read.front() : takeRows(read.front(), rows));
  }
  if (missing || parts.empty()) parts.push_back(fillColumn(table.columns()[column].type, missing.value_or(0)));
  const Column joined = concatenateColumns(parts);
  if (isInOrder_ && joined.length == static_cast<int64_t>(positions_.size())) return joined;
  return takeRows(joined, positions_);
}

bool canHold(const ColumnType& type, double value) {
  if (type.jaggedDepth > 0 || isFloating(type.dtype)) return true;
  return visitDType(type.dtype, [value](auto zero) {
    using Value = decltype(zero);
    // The upper end, one above the largest value, is exact as a double.
    const double end = std::ldexp(1.0, std::numeric_limits<Value>::digits);
    return std::trunc(value) == value && value >= static_cast<double>(std::numeric_limits<Value>::lowest()) &&
           value < end;
  });
}

Column fillColumn(const ColumnType& type, double value) {
  Column column{type, 1, {}, nullptr};
  constexpr std::array<int64_t, 2> kEmptyList = {0, 0};
  constexpr std::array<int64_t, 1> kNoList = {0};
  for (int level = 0; level < type.jaggedDepth; ++level) {
    column.offsets.push_back(level == 0 ? copyToBuffer(std::span<const int64_t>(kEmptyList))
                                        : copyToBuffer(std::span<const int64_t>(kNoList)));
  }
  const size_t count = type.jaggedDepth > 0 ? 0 : type.valuesPerElement();
  auto values = std::make_shared<Buffer>(count * dtypeBytes(type.dtype));
  visitDType(type.dtype, [&](auto zero) {
    using Value = decltype(zero);
    std::ranges::fill(values->as<Value>(), static_cast<Value>(value));
  });
  column.values = std::move(values);
  return column;
}

}  // namespace mlaas::table
