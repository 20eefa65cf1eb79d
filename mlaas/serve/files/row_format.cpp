#include "mlaas/serve/files/row_format.h"

#include <cstring>

#include "mlaas/serve/json_cells.h"
#include "mlaas/serve/json_text.h"
#include "mlaas/table/writer/csv_writer.h"

namespace mlaas::serve {

namespace {

class JsonLines final : public RowFormat {
 public:
  explicit JsonLines(const ColumnNames& columns) {
    for (const auto& [name, type] : columns) {
      auto& key = keys_.emplace_back(keys_.empty() ? "{" : ",");
      appendJsonString(key, name);
      key += ':';
    }
  }
  std::string_view mediaType() const override { return "application/x-ndjson"; }
  std::string head(int64_t /*rows*/) const override { return {}; }
  void append(std::string& out, std::span<const Column> columns) const override {
    const auto rows = static_cast<size_t>(columns.front().length);
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = 0; i < keys_.size(); ++i) {
        out += keys_[i];
        appendCell(out, columns[i], row);
      }
      out += "}\n";
    }
  }

 private:
  std::vector<std::string> keys_;  // with what stands before each
};

class CsvLines final : public RowFormat {
 public:
  explicit CsvLines(const ColumnNames& columns) {
    for (const auto& [name, type] : columns) names_.push_back(name);
  }
  std::string_view mediaType() const override { return "text/csv; charset=utf-8"; }
  std::string head(int64_t /*rows*/) const override { return table::csvHeader(names_); }
  void append(std::string& out, std::span<const Column> columns) const override { table::appendCsvRows(out, columns); }

 private:
  std::vector<std::string> names_;
};

class NumpyRecords final : public RowFormat {
 public:
  static Result<std::unique_ptr<RowFormat>> make(const ColumnNames& columns) {
    auto made = std::make_unique<NumpyRecords>();
    for (const auto& [name, type] : columns) {
      // The header is a Python literal in Latin-1.
      for (const char c : name) {
        if (c >= 0x20 && c != '\'' && c != '\\' && c != 0x7F) continue;
        return Error(ErrorCode::kInvalidArgument,
                     "format npy holds no column named '" + name + "'; choose ndjson or csv");
      }
      made->fields_ += "('" + name + "', '" + std::string(numpyDescriptor(type.dtype)) + "'), ";
      made->rowBytes_ += dtypeBytes(type.dtype);
    }
    if (made->fields_.size() > kMostFields) {
      return Error(ErrorCode::kInvalidArgument, "format npy holds no columns with names that long; choose csv");
    }
    return std::unique_ptr<RowFormat>(std::move(made));
  }
  std::string_view mediaType() const override { return "application/octet-stream"; }

  std::string head(int64_t rows) const override {
    constexpr size_t kBefore = 10;  // magic, version, length
    constexpr size_t kAlignment = 64;
    std::string text =
        "{'descr': [" + fields_ + "], 'fortran_order': False, 'shape': (" + std::to_string(rows) + ",), }";
    text.resize((kBefore + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - kBefore - 1, ' ');
    text += '\n';
    std::string head("\x93NUMPY\x01\x00", 8);
    head += static_cast<char>(text.size() & 0xFF);
    head += static_cast<char>(text.size() >> 8);
    return head + text;
  }

  void append(std::string& out, std::span<const Column> columns) const override {
    const auto rows = static_cast<size_t>(columns.front().length);
    size_t to = out.size();
    out.resize(to + rows * rowBytes_);
    for (size_t row = 0; row < rows; ++row) {
      for (const Column& column : columns) {
        const size_t size = dtypeBytes(column.type.dtype);
        std::memcpy(out.data() + to, column.values->data() + row * size, size);
        to += size;
      }
    }
  }

 private:
  static constexpr size_t kMostFields = 60000;  // of the 65,535 bytes of a header
  std::string fields_;
  size_t rowBytes_ = 0;
};

}  // namespace

Result<std::unique_ptr<RowFormat>> makeRowFormat(std::string_view name, const ColumnNames& columns) {
  if (name == "ndjson") return std::unique_ptr<RowFormat>(std::make_unique<JsonLines>(columns));
  if (name == "csv") return std::unique_ptr<RowFormat>(std::make_unique<CsvLines>(columns));
  if (name == "npy") return NumpyRecords::make(columns);
  return Error(ErrorCode::kInvalidArgument, "\"format\" is '" + std::string(name) + "', expected ndjson, csv or npy");
}

}  // namespace mlaas::serve
