#include "mlaas/table/arrow/arrow_formats.h"

#include "mlaas/table/arrow/arrow_stream.h"
#include "mlaas/table/arrow/parquet_table.h"
#include "mlaas/table/arrow/text_table.h"
#include "mlaas/table/file_format.h"

namespace mlaas::table {

namespace {

FileFormat textFormat(std::string name, TextFormat format) {
  return {std::move(name),
          [format](std::shared_ptr<io::ByteSource> source) { return openText(std::move(source), format); },
          [](std::shared_ptr<io::ByteSource> /*source*/) { return Result<std::string>(std::string()); }};
}

}  // namespace

void registerArrowFormats() {
  registerFormat({"parquet", openParquet, parquetWriter});
  registerFormat(textFormat("csv", TextFormat::kCsv));
  registerFormat(textFormat("tsv", TextFormat::kTsv));
  registerFormat(textFormat("ndjson", TextFormat::kNdjson));
  registerColumnStream(std::string(kArrowStreamType), {readArrowStream, writeArrowStream});
}

}  // namespace mlaas::table
