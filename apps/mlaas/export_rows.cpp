#include "apps/mlaas/export_rows.h"

#include <algorithm>

#include "mlaas/table/named_columns.h"
#include "mlaas/table/range_reader.h"
#include "mlaas/table/row_filter.h"

namespace mlaas::command {

namespace {

constexpr uint64_t kPieceBytes = uint64_t{32} << 20;  // decoded columns in memory

// The kept rows of one piece; nothing where none is kept.
Result<std::vector<Column>> readPiece(const ExportRows& rows, table::EntryRange piece,
                                      const std::vector<size_t>& columns) {
  const auto& tested = rows.selection.columns();
  MLAAS_TRY(auto testedValues, rows.table.read(piece, tested, &rows.pool));
  MLAAS_TRY(auto kept, rows.selection.rows(testedValues, piece));
  if (kept.empty()) return std::vector<Column>{};
  std::vector<size_t> others;
  for (size_t column : columns)
    if (std::ranges::find(tested, column) == tested.end()) others.push_back(column);
  MLAAS_TRY(auto otherValues, rows.table.read(piece, others, &rows.pool));
  bool all = static_cast<int64_t>(kept.size()) == piece.size();
  std::vector<Column> values;
  size_t nextOther = 0;
  for (size_t column : columns) {
    auto found = std::ranges::find(tested, column);
    const Column& whole =
        found == tested.end() ? otherValues[nextOther++] : testedValues[static_cast<size_t>(found - tested.begin())];
    values.push_back(all ? whole : table::takeRows(whole, kept));
  }
  return values;
}

}  // namespace

Result<RowSelection> RowSelection::compile(const table::Table& table, const std::string& text) {
  RowSelection selection;
  if (text.empty()) return selection;
  auto within = [&](Error error) {
    return std::move(error).within("--select").within(table.name()).within(table.url());
  };
  auto used = table::namesUsed(text);
  if (!used.ok()) return within(std::move(used).error());
  const table::NamedColumns names = table::nameColumns(table);
  for (const std::string& name : *used) {
    const auto unreadable = names.unreadable.find(name);
    if (unreadable == names.unreadable.end()) continue;
    return within({ErrorCode::kUnsupported, "column '" + name + "' cannot be read: " + unreadable->second});
  }
  auto expression = table::Expression::compile(text, names.readable);
  if (!expression.ok()) return within(std::move(expression).error());
  const ColumnType& type = expression->type();
  if (type.dtype != DType::kBool || !type.isFlat())
    return within({ErrorCode::kInvalidArgument,
                   "'" + text + "' is of type " + type.name() + ", but a selection is one bool for each entry; " +
                       (type.isFlat() ? "compare it, as in x != 0" : "reduce it with any() or all()")});
  for (const std::string& name : expression->columns()) {
    MLAAS_TRY(size_t index, table.findColumn(name));
    selection.columns_.push_back(index);
  }
  selection.expression_ = *std::move(expression);
  return selection;
}

Result<std::vector<int64_t>> RowSelection::rows(std::span<const Column> values, table::EntryRange range) const {
  MLAAS_TRY(auto passes, expression_->evaluate(values, range.size(), {range.first, {}}));
  std::vector<int64_t> kept;
  auto flags = passes.valuesAs<bool>();
  for (int64_t row = 0; row < range.size(); ++row)
    if (flags[static_cast<size_t>(row)]) kept.push_back(row);
  return kept;
}

Result<void> forEachPiece(const ExportRows& rows, const std::vector<size_t>& columns, const WriteRows& write,
                          table::EntryRange* failed) {
  std::vector<size_t> needed = columns;
  needed.insert(needed.end(), rows.selection.columns().begin(), rows.selection.columns().end());
  const auto pieces = table::readingRanges(rows.table, rows.range, needed, {kPieceBytes / 2, 2 * kPieceBytes});
  const auto stopped = [&] { return Error(ErrorCode::kCancelled, "export of '" + rows.table.url() + "' was stopped"); };
  const auto advance = [&](table::EntryRange piece) {
    rows.progress.advance(piece.size() * static_cast<int64_t>(columns.size()));
  };
  if (rows.selection.keepsAll()) {
    table::RangeReader reader(rows.table, pieces, columns, {.pool = &rows.pool});
    for (size_t i = 0;; ++i) {
      if (rows.stop.stop_requested()) return stopped();
      if (failed != nullptr && i < pieces.size()) *failed = pieces[i];
      MLAAS_TRY(auto block, reader.next());
      if (!block) return {};
      MLAAS_CHECK(write(block->columns));
      advance(block->range);
    }
  }
  for (table::EntryRange piece : pieces) {
    if (rows.stop.stop_requested()) return stopped();
    if (failed != nullptr) *failed = piece;
    MLAAS_TRY(auto values, readPiece(rows, piece, columns));
    if (!values.empty()) MLAAS_CHECK(write(values));
    advance(piece);
  }
  return {};
}

}  // namespace mlaas::command
