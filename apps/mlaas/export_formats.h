// What `mlaas export` writes: numpy files or a ROOT file.
// Errors:  kInvalidArgument, kIo, those of reading. Threads: one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/mlaas/export_rows.h"
#include "mlaas/root/writer/table_writer.h"

namespace mlaas::command {

// Takes out the columns that cannot be written, each with a line on standard error that names it; the value says
// whether there was any.
bool dropUnwritable(const table::Table& table, std::vector<size_t>& columns,
                    const std::function<std::string(const table::ColumnInfo&)>& whyNot);

// Why a column that has other entries than the table cannot stand beside those of the table; empty for one that can.
std::string otherLength(const table::Table& table, const table::ColumnInfo& column);

// Whether a column's own bytes are to blame, so that others may still be read.
bool concernsColumns(const Error& error);

// What an export ends with that left damaged columns out.
Error someDamaged(const table::Table& table);

struct NumpyTarget {
  std::string directory;
};

// The value says whether some columns could not be written.
Result<bool> exportNumpy(const ExportRows& rows, std::vector<size_t> columns, const NumpyTarget& target);

struct RootTarget {
  std::string path;
  root::TableKind kind = root::TableKind::kTTree;
  std::string tableName;
  std::string title;
  root::CompressionSetting compression;
};

Result<bool> exportRoot(const ExportRows& rows, std::vector<size_t> columns, const RootTarget& target);

}  // namespace mlaas::command
