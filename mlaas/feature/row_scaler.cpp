#include "mlaas/feature/row_scaler.h"

#include <algorithm>
#include <cassert>

namespace mlaas::feature {

RowScaler::Run RowScaler::runOf(const std::vector<Transform>& columns, size_t elements) {
  Run run;
  run.numColumns = columns.size();
  for (size_t column = 0; column < columns.size(); ++column) {
    if (!columns[column].isLinear()) run.curved.emplace_back(column, columns[column]);
  }
  for (size_t element = 0; element < elements; ++element) {
    for (const Transform& one : columns) {
      run.mean.push_back(one.mean);
      run.inverseScale.push_back(one.inverseScale);
    }
  }
  return run;
}

RowScaler::RowScaler(const std::vector<Transform>& scalars, const std::vector<Group>& groups)
    : scalars_(runOf(scalars, 1)), width_(scalars.size()) {
  for (const Group& group : groups) {
    groups_.push_back(runOf(group.columns, static_cast<size_t>(group.length)));
    width_ += groups_.back().mean.size();
  }
}

void RowScaler::scale(const Run& run, const float* from, size_t elements, float* to) {
  const float* mean = run.mean.data();
  const float* inverseScale = run.inverseScale.data();
  const size_t count = elements * run.numColumns;
  for (size_t i = 0; i < count; ++i) to[i] = (from[i] - mean[i]) * inverseScale[i];
  for (const auto& [column, transform] : run.curved) {
    for (size_t i = column; i < count; i += run.numColumns) to[i] = transform(from[i]);
  }
}

void RowScaler::fill(const Tensors& tensors, std::vector<float>& out) const {
  assert(tensors.numScalars == static_cast<int64_t>(scalars_.numColumns) && tensors.groups.size() == groups_.size());
  out.resize(static_cast<size_t>(tensors.rows) * width_);
  float* to = out.data();
  for (size_t row = 0; row < static_cast<size_t>(tensors.rows); ++row) {
    scale(scalars_, tensors.scalars.data() + row * scalars_.numColumns, 1, to);
    to += scalars_.numColumns;
    for (size_t g = 0; g < groups_.size(); ++g) {
      const Run& run = groups_[g];
      const size_t values = run.mean.size();
      const auto count = static_cast<size_t>(tensors.groups[g].count[row]);
      scale(run, tensors.groups[g].values.data() + row * values, count, to);
      std::fill(to + count * run.numColumns, to + values, 0.0F);
      to += values;
    }
  }
}

void RowScaler::fillScalars(const Tensors& tensors, std::vector<float>& out) const {
  const auto rows = static_cast<size_t>(tensors.rows);
  const size_t columns = scalars_.numColumns;
  out.resize(rows * columns);
  for (size_t row = 0; row < rows; ++row) {
    scale(scalars_, tensors.scalars.data() + row * columns, 1, out.data() + row * columns);
  }
}

void RowScaler::fillElements(const GroupTensor& tensor, size_t group, std::vector<float>& out) const {
  const Run& run = groups_[group];
  size_t elements = 0;
  for (const int32_t count : tensor.count) elements += static_cast<size_t>(count);
  out.resize(elements * run.numColumns);
  float* to = out.data();
  for (size_t row = 0; row < tensor.count.size(); ++row) {
    const auto count = static_cast<size_t>(tensor.count[row]);
    scale(run, tensor.values.data() + tensor.firstElement(row) * run.numColumns, count, to);
    to += count * run.numColumns;
  }
}

}  // namespace mlaas::feature
