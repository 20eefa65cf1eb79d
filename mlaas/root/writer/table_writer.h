// What every writer of rows offers: a table of a ROOT file that grows column block by column block.
// Errors:  kInvalidArgument (rows that do not fit the columns), kIo.
// Threads: one.
// Owns:    the file, which is absent until close(): without it nothing is left behind.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/root/writer/compression_setting.h"
#include "mlaas/root/writer/file_writer.h"
#include "mlaas/root/writer/output_column.h"

namespace mlaas::root {

struct TableWriterOptions {
  std::string title;
  CompressionSetting compression;
  int64_t clusterEntries = 1 << 16;  // rows that a reader gets as one piece, and that stay in memory while written
  FileStamp stamp;
};

class TableWriter {
 public:
  virtual ~TableWriter() = default;

  // Appends rows: one column for each of those that the writer was made with, in that order, all of the same length.
  virtual Result<void> append(std::span<const Column> columns) = 0;

  virtual int64_t numEntries() const = 0;

  // Writes the rest and gives the file its name.
  virtual Result<void> close() = 0;
};

enum class TableKind : uint8_t { kTTree, kRNTuple };

// Why a table of this kind cannot hold columns of this type; empty if it can.
std::string whyNotWritable(TableKind kind, const ColumnType& type);

// A writer of the table `name` into the new file `path`. kUnsupported for a column of a type that the kind cannot hold.
Result<std::unique_ptr<TableWriter>> makeTableWriter(TableKind kind, const std::string& path, const std::string& name,
                                                     std::vector<OutputColumn> columns, TableWriterOptions options);

// Rows of these columns that make a cluster of about 32 MiB, from the bytes that a row takes.
int64_t clusterEntriesFor(uint64_t bytesPerEntry);

}  // namespace mlaas::root
