// An Arrow IPC stream in memory, as requests to a server carry it, from and to columns.
// Source:  Arrow Columnar Format 1.5, "IPC Streaming Format"; columns under the rules of arrow_columns.h.
// Errors:  kCorrupt, kUnsupported.
// Threads: any.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "mlaas/table/column_stream.h"

namespace mlaas::table {

Result<StreamColumns> readArrowStream(std::string_view bytes, std::span<const std::string> wanted);

// Flat columns of one length as a stream of one batch.
Result<std::string> writeArrowStream(std::span<const std::string> names, std::span<const Column> columns);

}  // namespace mlaas::table
