#include "mlaas/table/named_columns.h"

namespace mlaas::table {

NamedColumns nameColumns(const Table& table) {
  NamedColumns named;
  const auto add = [&](const std::string& name, const ColumnInfo& column) {
    if (column.unsupported.empty()) {
      named.readable.push_back({name, column.type});
    } else {
      named.unreadable[name] = column.unsupported;
    }
  };
  for (const ColumnInfo& column : table.columns()) add(column.name, column);
  for (const ColumnAlias& alias : table.aliases()) add(alias.name, table.columns()[alias.column]);
  return named;
}

}  // namespace mlaas::table
