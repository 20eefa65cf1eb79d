// Parquet, CSV, TSV and NDJSON files behind openTable(), through Arrow C++.
#pragma once

namespace mlaas::table {

// Makes openTable() and inspectFile() take these files, by the ends of their names.
void registerArrowFormats();

}  // namespace mlaas::table
