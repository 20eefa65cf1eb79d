#include "mlaas/table/arrow/arrow_stream.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/table.h>
#include <arrow/type_traits.h>

#include <algorithm>

#include "mlaas/table/arrow/arrow_columns.h"
#include "mlaas/table/arrow/arrow_input.h"

namespace mlaas::table {

namespace {

Result<std::shared_ptr<arrow::Table>> readBatches(std::string_view bytes) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.memory_pool = decodingMemory();
  options.use_threads = false;
  const auto buffer = std::make_shared<arrow::Buffer>(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                      static_cast<int64_t>(bytes.size()));
  auto input = std::make_shared<arrow::io::BufferReader>(buffer);
  MLAAS_TRY(const auto reader, resultOf(arrow::ipc::RecordBatchStreamReader::Open(std::move(input), options)));
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (const auto read = reader->ReadNext(&batch); !read.ok()) return errorOf(read);
    if (batch == nullptr) break;
    if (const auto valid = batch->ValidateFull(); !valid.ok()) return errorOf(valid);
    batches.push_back(std::move(batch));
  }
  return resultOf(arrow::Table::FromRecordBatches(reader->schema(), batches));
}

Result<Column> readLeaf(ArrowLeaf& leaf, const arrow::Table& table) {
  const auto& array = *table.column(leaf.field);
  MLAAS_TRY(const bool missing, hasMissing(leaf, array));
  if (missing) readAsFloat(leaf);
  return columnOf(leaf, array);
}

Result<std::shared_ptr<arrow::Array>> arrayOf(const Column& column) {
  return visitStoredDType(column.type.dtype, [&](auto zero) -> Result<std::shared_ptr<arrow::Array>> {
    using Value = decltype(zero);
    const auto values = column.valuesAs<Value>();
    if (column.type.dtype == DType::kBool) {
      arrow::BooleanBuilder builder;
      const auto appended =
          builder.AppendValues(reinterpret_cast<const uint8_t*>(values.data()), static_cast<int64_t>(values.size()));
      if (!appended.ok()) return errorOf(appended);
      return resultOf(builder.Finish());
    }
    typename arrow::CTypeTraits<Value>::BuilderType builder;
    const auto appended = builder.AppendValues(values.data(), static_cast<int64_t>(values.size()));
    if (!appended.ok()) return errorOf(appended);
    return resultOf(builder.Finish());
  });
}

}  // namespace

Result<StreamColumns> readArrowStream(std::string_view bytes, std::span<const std::string> wanted) {
  auto read = withoutThrowing([&]() -> Result<StreamColumns> {
    MLAAS_TRY(const auto table, readBatches(bytes));
    StreamColumns found;
    found.rows = table->num_rows();
    for (ArrowLeaf& leaf : leavesOf(*table->schema())) {
      found.names.push_back(leaf.info.name);
      if (std::ranges::find(wanted, leaf.info.name) == wanted.end()) continue;
      const std::string place = "column '" + leaf.info.name + "'";
      if (!leaf.info.unsupported.empty()) return Error(ErrorCode::kUnsupported, place + ": " + leaf.info.unsupported);
      auto column = readLeaf(leaf, *table);
      if (!column.ok()) return std::move(column).error().within(place);
      found.types.push_back({leaf.info.name, column->type});
      found.columns.push_back(*std::move(column));
    }
    return found;
  });
  if (!read.ok()) return std::move(read).error().within("Arrow IPC stream");
  return read;
}

Result<std::string> writeArrowStream(std::span<const std::string> names, std::span<const Column> columns) {
  return withoutThrowing([&]() -> Result<std::string> {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (size_t i = 0; i < names.size(); ++i) {
      MLAAS_TRY(auto array, arrayOf(columns[i]));
      fields.push_back(arrow::field(names[i], array->type()));
      arrays.push_back(std::move(array));
    }
    const int64_t rows = columns.empty() ? 0 : columns.front().length;
    const auto batch = arrow::RecordBatch::Make(arrow::schema(fields), rows, arrays);
    MLAAS_TRY(const auto sink, resultOf(arrow::io::BufferOutputStream::Create()));
    MLAAS_TRY(const auto writer, resultOf(arrow::ipc::MakeStreamWriter(sink, batch->schema())));
    if (const auto written = writer->WriteRecordBatch(*batch); !written.ok()) return errorOf(written);
    if (const auto closed = writer->Close(); !closed.ok()) return errorOf(closed);
    MLAAS_TRY(const auto buffer, resultOf(sink->Finish()));
    return buffer->ToString();
  });
}

}  // namespace mlaas::table
