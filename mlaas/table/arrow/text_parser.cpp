#include "mlaas/table/arrow/text_parser.h"

#include <arrow/csv/reader.h>
#include <arrow/io/memory.h>
#include <arrow/json/reader.h>

#include <algorithm>
#include <limits>

#include "mlaas/table/arrow/arrow_input.h"

namespace mlaas::table {

namespace {

using TypePtr = std::shared_ptr<arrow::DataType>;

constexpr uint64_t kMostHeaderBytes = uint64_t{4} << 20;

bool isNumber(const arrow::DataType& type) { return arrow::is_integer(type.id()) || arrow::is_floating(type.id()); }

TypePtr commonNumber(const TypePtr& a, const TypePtr& b) {
  const bool integers = arrow::is_integer(a->id()) && arrow::is_integer(b->id());
  return integers ? arrow::uint64() : arrow::float64();
}

std::shared_ptr<arrow::Field> commonField(const std::shared_ptr<arrow::Field>& a,
                                          const std::shared_ptr<arrow::Field>& b) {
  return a->WithType(commonType(a->type(), b->type()));
}

arrow::FieldVector commonFields(const arrow::FieldVector& a, const arrow::FieldVector& b) {
  arrow::FieldVector fields = a;
  for (const auto& field : b) {
    const auto found = std::ranges::find_if(fields, [&](const auto& own) { return own->name() == field->name(); });
    if (found == fields.end()) {
      fields.push_back(field);
    } else {
      *found = commonField(*found, field);
    }
  }
  return fields;
}

}  // namespace

std::shared_ptr<arrow::DataType> commonType(const TypePtr& a, const TypePtr& b) {
  if (a->Equals(*b) || b->id() == arrow::Type::NA) return a;
  if (a->id() == arrow::Type::NA) return b;
  if (isNumber(*a) && isNumber(*b)) return commonNumber(a, b);
  if (a->id() == arrow::Type::LIST && b->id() == arrow::Type::LIST) {
    return arrow::list(commonType(a->field(0)->type(), b->field(0)->type()));
  }
  if (a->id() == arrow::Type::STRUCT && b->id() == arrow::Type::STRUCT) {
    return arrow::struct_(commonFields(a->fields(), b->fields()));
  }
  return arrow::utf8();
}

std::shared_ptr<arrow::Schema> commonSchema(const arrow::Schema& a, const arrow::Schema& b) {
  return arrow::schema(commonFields(a.fields(), b.fields()));
}

Result<uint64_t> TextParser::readHeader(io::ByteSource& text) {
  if (format_ == TextFormat::kNdjson) return uint64_t{0};
  std::string start(static_cast<size_t>(std::min(text.sizeBytes(), kMostHeaderBytes)), '\0');
  MLAAS_CHECK(text.readNow({{0, std::as_writable_bytes(std::span(start))}}));
  bool inQuotes = false;
  size_t end = 0;
  while (end < start.size() && (inQuotes || start[end] != '\n')) inQuotes ^= start[end++] == '"';
  if (end == start.size() && text.sizeBytes() > kMostHeaderBytes) {
    return Error(ErrorCode::kCorrupt, "its first line, which names the columns, has more than 4 MiB");
  }
  end = std::min(end + 1, start.size());
  if (start.find_first_not_of(" \r\n") >= end) {
    return Error(ErrorCode::kCorrupt, "has no first line that names the columns");
  }
  auto line =
      std::make_shared<arrow::Buffer>(reinterpret_cast<const uint8_t*>(start.data()), static_cast<int64_t>(end));
  MLAAS_TRY(const auto table, parseCsv(line, nullptr));
  for (const auto& name : table->schema()->field_names()) {
    if (std::ranges::find(names_, name) != names_.end()) {
      return Error(ErrorCode::kCorrupt, "its first line names the column '" + name + "' twice");
    }
    names_.push_back(name);
  }
  return static_cast<uint64_t>(end);
}

Result<std::shared_ptr<arrow::Table>> TextParser::parseCsv(std::shared_ptr<arrow::Buffer> block,
                                                           const arrow::Schema* schema) const {
  auto read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;
  read.block_size = static_cast<int32_t>(std::min<int64_t>(block->size() + 1, std::numeric_limits<int32_t>::max()));
  read.column_names = names_;
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = format_ == TextFormat::kTsv ? '\t' : ',';
  parse.newlines_in_values = true;
  auto convert = arrow::csv::ConvertOptions::Defaults();
  if (schema != nullptr) {
    convert.include_columns = schema->field_names();
    for (const auto& field : schema->fields()) convert.column_types[field->name()] = field->type();
  }
  MLAAS_TRY(const auto reader, resultOf(arrow::csv::TableReader::Make(
                                   arrow::io::IOContext(decodingMemory()),
                                   std::make_shared<arrow::io::BufferReader>(std::move(block)), read, parse, convert)));
  return resultOf(reader->Read());
}

Result<std::shared_ptr<arrow::Table>> TextParser::parseJson(std::shared_ptr<arrow::Buffer> block,
                                                            const std::shared_ptr<arrow::Schema>& schema) const {
  auto read = arrow::json::ReadOptions::Defaults();
  read.use_threads = false;
  read.block_size = static_cast<int32_t>(std::min<int64_t>(block->size() + 1, std::numeric_limits<int32_t>::max()));
  auto parse = arrow::json::ParseOptions::Defaults();
  parse.explicit_schema = schema;
  if (schema != nullptr) parse.unexpected_field_behavior = arrow::json::UnexpectedFieldBehavior::Ignore;
  MLAAS_TRY(const auto reader,
            resultOf(arrow::json::TableReader::Make(
                decodingMemory(), std::make_shared<arrow::io::BufferReader>(std::move(block)), read, parse)));
  return resultOf(reader->Read());
}

// Integers beyond int64 are inferred as float64; where all values of a column are whole numbers that uint64 holds, it
// becomes that.
Result<void> TextParser::findLargeIntegers(const std::shared_ptr<arrow::Buffer>& block, const arrow::Schema& known,
                                           std::shared_ptr<arrow::Table>& table) const {
  for (int i = 0; i < table->num_columns(); ++i) {
    const auto field = table->schema()->field(i);
    const auto before = known.GetFieldByName(field->name());
    if (field->type()->id() != arrow::Type::DOUBLE || (before && before->type()->id() == arrow::Type::DOUBLE)) continue;
    const auto wanted = arrow::schema({field->WithType(arrow::uint64())});
    const auto whole = parseCsv(block, wanted.get());
    if (!whole.ok()) continue;
    MLAAS_TRY(table, resultOf(table->SetColumn(i, field->WithType(arrow::uint64()), (*whole)->column(0))));
  }
  return {};
}

Result<std::shared_ptr<arrow::Table>> TextParser::infer(std::shared_ptr<arrow::Buffer> block,
                                                        const arrow::Schema& known) const {
  return withoutThrowing([&]() -> Result<std::shared_ptr<arrow::Table>> {
    if (format_ == TextFormat::kNdjson) return parseJson(std::move(block), nullptr);
    MLAAS_TRY(auto table, parseCsv(block, nullptr));
    MLAAS_CHECK(findLargeIntegers(block, known, table));
    return table;
  });
}

Result<std::shared_ptr<arrow::Table>> TextParser::parse(std::shared_ptr<arrow::Buffer> block,
                                                        const std::shared_ptr<arrow::Schema>& schema) const {
  return withoutThrowing([&]() -> Result<std::shared_ptr<arrow::Table>> {
    if (format_ == TextFormat::kNdjson) return parseJson(std::move(block), schema);
    return parseCsv(std::move(block), schema.get());
  });
}

}  // namespace mlaas::table
