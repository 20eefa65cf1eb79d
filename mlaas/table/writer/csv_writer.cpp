#include "mlaas/table/writer/csv_writer.h"

#include <array>
#include <charconv>

namespace mlaas::table {

namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

void appendValue(std::string& line, const Column& column, size_t row) {
  visitStoredDType(column.type.dtype, [&](auto zero) {
    using T = decltype(zero);
    T value = column.valuesAs<T>()[row];
    if (column.type.dtype == DType::kBool) {
      line += value != 0 ? '1' : '0';
    } else {
      std::array<char, 32> digits;
      auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
      line.append(digits.data(), end);
    }
  });
}

}  // namespace

std::string csvHeader(std::span<const std::string> names) {
  std::string line;
  for (const std::string& name : names) line += (line.empty() ? "" : ",") + quoted(name);
  return line + '\n';
}

void appendCsvRows(std::string& text, std::span<const Column> columns) {
  const size_t numRows = columns.empty() ? 0 : static_cast<size_t>(columns[0].length);
  for (size_t row = 0; row < numRows; ++row) {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) text += ',';
      appendValue(text, columns[i], row);
    }
    text += '\n';
  }
}

Result<CsvWriter> CsvWriter::create(const std::string& path, const std::vector<std::string>& names) {
  MLAAS_TRY(auto file, io::OutputFile::create(path));
  MLAAS_CHECK(file.write(csvHeader(names)));
  return CsvWriter(std::move(file), names.size());
}

Result<void> CsvWriter::append(std::span<const Column> columns) {
  if (columns.size() != numColumns_)
    return Error(ErrorCode::kInvalidArgument, "'" + file_.path() + "' has " + std::to_string(numColumns_) +
                                                  " columns, rows came with " + std::to_string(columns.size()));
  for (const Column& column : columns) {
    if (column.type.isFlat() && column.length == columns[0].length) continue;
    return Error(ErrorCode::kInvalidArgument, "'" + file_.path() + "': expected flat columns of one length, found " +
                                                  column.type.name() + " of " + std::to_string(column.length));
  }
  std::string lines;
  appendCsvRows(lines, columns);
  return file_.write(lines);
}

Result<void> CsvWriter::close() { return file_.commit(); }

}  // namespace mlaas::table
