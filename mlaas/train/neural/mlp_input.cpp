#include "mlaas/train/neural/mlp_input.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace mlaas::train {

namespace {

// Transforms one row.
void fillScalars(std::span<const feature::Transform> transforms, const float* from, float* to) {
  for (size_t i = 0; i < transforms.size(); ++i) {
    const feature::Transform& one = transforms[i];
    to[i] = one.isLinear() ? (from[i] - one.mean) * one.inverseScale : one(from[i]);
  }
}

void fillGroup(std::span<const feature::Transform> transform, const feature::GroupTensor& group, size_t row,
               float* to) {
  const auto columns = static_cast<size_t>(group.numColumns);
  const auto length = static_cast<size_t>(group.length);
  const auto count = static_cast<size_t>(group.count[row]);
  const float* from = group.values.data() + row * length * columns;
  for (size_t element = 0; element < count; ++element) {
    fillScalars(transform, from + element * columns, to + element * columns);
  }
  std::fill(to + count * columns, to + length * columns, 0.F);
}

}  // namespace

Result<MlpInput> MlpInput::make(const feature::FeatureSpec& spec, const dataset::Statistics& statistics,
                                const std::vector<Scaling>& scalings) {
  size_t next = 0;
  const auto transforms = [&](const std::vector<dataset::FeatureStatistics>& features) {
    Result<std::vector<feature::Transform>> result = std::vector<feature::Transform>();
    for (const auto& one : features) {
      auto transform = transformOf(scalings[next++], one);
      if (!transform.ok()) return Result<std::vector<feature::Transform>>(std::move(transform).error());
      result->push_back(*std::move(transform));
    }
    return result;
  };
  MlpInput input;
  MLAAS_TRY(input.scalars, transforms(statistics.scalars));
  for (const auto& group : statistics.groups) {
    MLAAS_TRY(auto columns, transforms(group));
    input.groups.push_back(std::move(columns));
  }
  for (const auto& group : spec.groups) input.lengths.push_back(group.length);
  return input;
}

int64_t MlpInput::width() const {
  auto width = static_cast<int64_t>(scalars.size());
  for (size_t g = 0; g < groups.size(); ++g) width += lengths[g] * static_cast<int64_t>(groups[g].size());
  return width;
}

void MlpInput::flatten(const feature::Tensors& tensors, std::vector<float>& out) const {
  assert(tensors.numScalars == static_cast<int64_t>(scalars.size()) && tensors.groups.size() == groups.size());
  const auto rowWidth = static_cast<size_t>(width());
  out.resize(static_cast<size_t>(tensors.rows) * rowWidth);
  for (size_t row = 0; row < static_cast<size_t>(tensors.rows); ++row) {
    float* to = out.data() + row * rowWidth;
    fillScalars(scalars, tensors.scalars.data() + row * scalars.size(), to);
    to += scalars.size();
    for (size_t g = 0; g < groups.size(); ++g) {
      fillGroup(groups[g], tensors.groups[g], row, to);
      to += static_cast<size_t>(lengths[g]) * groups[g].size();
    }
  }
}

}  // namespace mlaas::train
