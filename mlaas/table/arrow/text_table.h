// CSV and NDJSON files as Tables: blocks of about 4 MiB of text are the clusters.
// A file is read once when it is opened, to find where records end and which types the columns have: integers that fit
// int64, else uint64 (CSV), else float64; true and false; dates and times; text. Gzip and Zstandard are recognised.
// CSV:     the first line names the columns; RFC 4180 quotes. NDJSON: one object a line; lists and objects in it as in
//          arrow_columns.h.
// Errors:  kCorrupt with the rows of the block in which a line cannot be read.
// Threads: as Table.
#pragma once

#include <memory>

#include "mlaas/io/byte_source.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

enum class TextFormat { kCsv, kTsv, kNdjson };

Result<std::shared_ptr<const Table>> openText(std::shared_ptr<io::ByteSource> source, TextFormat format);

}  // namespace mlaas::table
