#include "mlaas/train/neural/mlp_input.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace mlaas::train {

namespace {

// Copies one column of `from` (numColumns wide) into one of `to` (width wide), standardised.
void fillScalars(std::span<const feature::Standardisation> transform, const float* from, float* to) {
  for (size_t i = 0; i < transform.size(); ++i) to[i] = (from[i] - transform[i].mean) * transform[i].inverseScale;
}

void fillGroup(std::span<const feature::Standardisation> transform, const feature::GroupTensor& group, size_t row,
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

// [minimum, maximum] becomes [0, 1].
std::vector<feature::Standardisation> scaleToUnit(const std::vector<dataset::FeatureStatistics>& features) {
  std::vector<feature::Standardisation> result;
  for (const auto& one : features) {
    const auto inverse = static_cast<float>(1 / (one.maximum - one.minimum));
    const bool varies = one.minimum < one.maximum && std::isfinite(inverse);
    result.push_back(varies ? feature::Standardisation{static_cast<float>(one.minimum), inverse}
                            : feature::Standardisation{});
  }
  return result;
}

}  // namespace

MlpInput MlpInput::make(const feature::FeatureSpec& spec, const dataset::Statistics& statistics, Scaling scaling) {
  const auto transform = scaling == Scaling::kMinMax ? scaleToUnit : dataset::standardise;
  MlpInput input;
  input.scalars = transform(statistics.scalars);
  for (const auto& group : statistics.groups) input.groups.push_back(transform(group));
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
