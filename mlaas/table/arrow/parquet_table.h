// A Parquet file as a Table: its row groups are the clusters.
// Source:  Apache Parquet format 2.11, read by Arrow C++.
// Errors:  kCorrupt (metadata or pages that contradict themselves), kUnsupported (encryption, codecs Arrow lacks).
// Threads: as Table; each decode() has a reader of its own over the shared metadata.
#pragma once

#include <memory>

#include "mlaas/io/byte_source.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

Result<std::shared_ptr<const Table>> openParquet(std::shared_ptr<io::ByteSource> source);

// "parquet-cpp-arrow version 26.0.1", as the file names its writer.
Result<std::string> parquetWriter(std::shared_ptr<io::ByteSource> source);

}  // namespace mlaas::table
