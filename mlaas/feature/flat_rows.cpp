#include "mlaas/feature/flat_rows.h"

#include <algorithm>
#include <cmath>

namespace mlaas::feature {

namespace {

size_t asSize(int64_t value) { return static_cast<size_t>(value); }

size_t valuesPerRow(const GroupTensor& group) { return asSize(group.length * group.numColumns); }

Tensors emptyTensors(const FeatureSpec& spec, size_t rows) {
  Tensors tensors;
  tensors.rows = static_cast<int64_t>(rows);
  tensors.numScalars = static_cast<int64_t>(spec.scalars.size());
  tensors.scalars.resize(rows * spec.scalars.size());
  for (const JaggedGroup& from : spec.groups) {
    GroupTensor& group = tensors.groups.emplace_back();
    group.length = from.length;
    group.numColumns = static_cast<int64_t>(from.columns.size());
    group.values.resize(rows * valuesPerRow(group));
    group.count.resize(rows);
  }
  return tensors;
}

}  // namespace

Result<Tensors> tensorsFromFlatRows(const FeatureSpec& spec, std::span<const float> rows) {
  const size_t width = asSize(spec.flatWidth());
  if (width == 0 || rows.size() % width != 0) {
    return Error(ErrorCode::kInvalidArgument,
                 std::to_string(rows.size()) + " values are no whole rows of " + std::to_string(width) + " features");
  }
  const size_t numRows = rows.size() / width;
  Tensors tensors = emptyTensors(spec, numRows);
  const float* from = rows.data();
  for (size_t row = 0; row < numRows; ++row) {
    std::copy_n(from, spec.scalars.size(), tensors.scalars.data() + row * spec.scalars.size());
    from += spec.scalars.size();
    for (size_t g = 0; g < tensors.groups.size(); ++g) {
      GroupTensor& group = tensors.groups[g];
      const size_t perRow = valuesPerRow(group);
      const float count = from[perRow];
      if (!(count >= 0 && count <= static_cast<float>(group.length) && count == std::floor(count))) {
        return Error(ErrorCode::kInvalidArgument,
                     "row " + std::to_string(row) + ": '" + spec.groups[g].name + "_count' is " +
                         std::to_string(count) + ", expected a whole number from 0 to " + std::to_string(group.length));
      }
      group.count[row] = static_cast<int32_t>(count);
      std::copy_n(from, asSize(group.count[row]) * asSize(group.numColumns), group.values.data() + row * perRow);
      from += perRow + 1;
    }
  }
  return tensors;
}

std::vector<float> flatRowsFromTensors(const Tensors& tensors) {
  size_t width = asSize(tensors.numScalars);
  for (const GroupTensor& group : tensors.groups) width += valuesPerRow(group) + 1;
  std::vector<float> rows(asSize(tensors.rows) * width);
  float* to = rows.data();
  for (size_t row = 0; row < asSize(tensors.rows); ++row) {
    to = std::copy_n(tensors.scalars.data() + row * asSize(tensors.numScalars), tensors.numScalars, to);
    for (const GroupTensor& group : tensors.groups) {
      to = std::copy_n(group.values.data() + row * valuesPerRow(group), valuesPerRow(group), to);
      *to++ = static_cast<float>(group.count[row]);
    }
  }
  return rows;
}

void treeMatrix(const Tensors& tensors, float missing, std::vector<float>& out) {
  size_t width = asSize(tensors.numScalars);
  for (const GroupTensor& group : tensors.groups) width += valuesPerRow(group);
  out.resize(asSize(tensors.rows) * width);
  float* to = out.data();
  for (size_t row = 0; row < asSize(tensors.rows); ++row) {
    to = std::copy_n(tensors.scalars.data() + row * asSize(tensors.numScalars), tensors.numScalars, to);
    for (const GroupTensor& group : tensors.groups) {
      const size_t present = asSize(group.count[row] * group.numColumns);
      to = std::copy_n(group.values.data() + row * valuesPerRow(group), present, to);
      to = std::fill_n(to, valuesPerRow(group) - present, missing);
    }
  }
}

std::vector<std::string> treeFeatureNames(const FeatureSpec& spec) {
  const std::vector<std::string> all = spec.flatNames();
  auto from = all.begin() + static_cast<int64_t>(spec.scalars.size());
  std::vector<std::string> names(all.begin(), from);
  for (const JaggedGroup& group : spec.groups) {
    const auto count = from + group.length * static_cast<int64_t>(group.columns.size());
    names.insert(names.end(), from, count);
    from = count + 1;
  }
  return names;
}

}  // namespace mlaas::feature
