#include "mlaas/table/writer/column_files.h"

#include <algorithm>
#include <filesystem>

namespace mlaas::table {

std::vector<std::string> columnFileNames(const std::string& columnName, const ColumnType& type) {
  std::string stem = columnName;
  std::ranges::replace(stem, '/', '.');
  std::vector<std::string> names = {stem + ".npy"};
  for (int level = 0; level < type.jaggedDepth; ++level)
    names.push_back(stem + ".offsets" + (type.jaggedDepth == 1 ? "" : std::to_string(level)) + ".npy");
  return names;
}

Result<ColumnFiles> ColumnFiles::create(const std::string& directory, const std::string& columnName, ColumnType type) {
  std::filesystem::path folder(directory);
  auto names = columnFileNames(columnName, type);
  MLAAS_TRY(auto values, NpyWriter::create((folder / names[0]).string(), type.dtype, type.shape));
  ColumnFiles files(std::move(type), std::move(values));
  for (size_t level = 1; level < names.size(); ++level) {
    MLAAS_TRY(auto offsets, NpyWriter::create((folder / names[level]).string(), DType::kInt64));
    int64_t first[] = {0};
    MLAAS_CHECK(offsets.append(std::span<const int64_t>(first)));
    files.offsets_.push_back(std::move(offsets));
    files.ends_.push_back(0);
  }
  return files;
}

Result<void> ColumnFiles::append(const Column& rows) {
  for (size_t level = 0; level < offsets_.size(); ++level) {
    auto offsets = rows.offsetsAt(level).subspan(1);
    std::vector<int64_t> moved(offsets.begin(), offsets.end());
    for (int64_t& offset : moved) offset += ends_[level];
    MLAAS_CHECK(offsets_[level].append(std::span<const int64_t>(moved)));
    if (!moved.empty()) ends_[level] = moved.back();
  }
  auto numBytes = static_cast<size_t>(rows.numElements()) * type_.valuesPerElement() * dtypeBytes(type_.dtype);
  if (numBytes == 0) return {};
  return values_.append(rows.values->bytes().first(numBytes));
}

Result<void> ColumnFiles::close() {
  for (NpyWriter& offsets : offsets_) MLAAS_CHECK(offsets.close());
  return values_.close();
}

}  // namespace mlaas::table
