// Formats of files with one table that are not ROOT's, known by the ends of their names.
//   parquet  .parquet .pq            csv  .csv       each text format also with .gz or .zst behind
//   tsv      .tsv                    ndjson  .ndjson .jsonl .json
// Threads: register before others open files.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mlaas/io/byte_source.h"
#include "mlaas/table/table.h"

namespace mlaas::table {

struct FileFormat {
  std::string name;
  std::function<Result<std::shared_ptr<const Table>>(std::shared_ptr<io::ByteSource>)> open;
  std::function<Result<std::string>(std::shared_ptr<io::ByteSource>)> writtenBy;  // empty where files do not say
};

// Replaces an earlier one of that name.
void registerFormat(FileFormat format);

// The name of the format that a file's name tells; empty for ROOT files.
std::string_view formatOfName(std::string_view url);

// kUnsupported where the program was built without it.
Result<FileFormat> findFormat(std::string_view name);

}  // namespace mlaas::table
