#include "mlaas/root/writer/output_column.h"

#include <set>

namespace mlaas::root {

namespace {

bool isLegal(char c) {
  auto code = static_cast<unsigned char>(c);
  return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || code == '_' ||
         code >= 0x80;
}

}  // namespace

Result<void> checkRows(const std::string& table, std::span<const OutputColumn> columns, std::span<const Column> rows) {
  if (rows.size() != columns.size())
    return Error(ErrorCode::kInvalidArgument, "'" + table + "' has " + std::to_string(columns.size()) +
                                                  " columns, rows came with " + std::to_string(rows.size()));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].type != columns[i].type)
      return Error(ErrorCode::kInvalidArgument, "column '" + columns[i].name + "' of '" + table + "': expected " +
                                                    columns[i].type.name() + ", rows came with " + rows[i].type.name());
    if (rows[i].length != rows[0].length)
      return Error(ErrorCode::kInvalidArgument,
                   "column '" + columns[i].name + "' of '" + table + "': expected " + std::to_string(rows[0].length) +
                       " rows as the first column has, found " + std::to_string(rows[i].length));
  }
  return {};
}

std::string legalColumnName(std::string_view name) {
  size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) {
    std::string_view parent = name.substr(0, slash);
    std::string_view child = name.substr(slash + 1);
    std::string_view above = parent.substr(parent.rfind('/') + 1);  // npos + 1 is 0: all of it
    while (above.ends_with('.')) above.remove_suffix(1);
    if (child.size() > above.size() + 1 && child.starts_with(above) && child[above.size()] == '.') name = child;
  }
  std::string legal;
  for (char c : name) legal += isLegal(c) ? c : '_';
  return legal.empty() ? "_" : legal;
}

std::vector<std::string> legalColumnNames(std::span<const std::string> names) {
  std::vector<std::string> legal;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    std::string stem = legalColumnName(name);
    std::string unique = stem;
    for (int i = 2; !taken.insert(unique).second; ++i) unique = stem + "_" + std::to_string(i);
    legal.push_back(unique);
  }
  return legal;
}

}  // namespace mlaas::root
