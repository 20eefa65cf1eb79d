#include "mlaas/feature/missing_values.h"

namespace mlaas::feature {

namespace {

void fillStrided(const Fill& fill, float* values, size_t count, size_t stride) {
  for (size_t i = 0; i < count; ++i, values += stride) {
    if (fill.replaces(*values)) *values = fill.value;
  }
}

}  // namespace

MissingValues::MissingValues(const FeatureSpec& spec) {
  if (spec.fills.empty()) return;
  for (size_t i = 0; i < spec.scalars.size(); ++i) {
    if (const Fill* fill = spec.fillOf(spec.scalars[i])) scalars_.push_back({0, i, *fill});
  }
  for (size_t g = 0; g < spec.groups.size(); ++g) {
    for (size_t i = 0; i < spec.groups[g].columns.size(); ++i) {
      if (const Fill* fill = spec.fillOf(spec.groups[g].columns[i])) groups_.push_back({g, i, *fill});
    }
  }
}

void MissingValues::fill(Tensors& tensors) const {
  const auto rows = static_cast<size_t>(tensors.rows);
  for (const At& at : scalars_) {
    fillStrided(at.fill, tensors.scalars.data() + at.column, rows, static_cast<size_t>(tensors.numScalars));
  }
  for (const At& at : groups_) {
    GroupTensor& group = tensors.groups[at.group];
    const auto columns = static_cast<size_t>(group.numColumns);
    for (size_t row = 0; row < rows; ++row) {
      float* first = group.values.data() + group.firstElement(row) * columns + at.column;
      fillStrided(at.fill, first, static_cast<size_t>(group.count[row]), columns);
    }
  }
}

}  // namespace mlaas::feature
