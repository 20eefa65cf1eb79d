#include "mlaas/infer/missing_rows.h"

#include <algorithm>
#include <cmath>

namespace mlaas::infer {

namespace {

bool anyNan(const float* values, int64_t count) {
  return std::any_of(values, values + count, [](float value) { return std::isnan(value); });
}

}  // namespace

bool hasNan(const feature::Tensors& tensors, int64_t row) {
  if (anyNan(tensors.scalars.data() + row * tensors.numScalars, tensors.numScalars)) return true;
  return std::ranges::any_of(tensors.groups, [row](const feature::GroupTensor& group) {
    const float* values = group.values.data() + row * group.length * group.numColumns;
    return anyNan(values, group.count[static_cast<size_t>(row)] * group.numColumns);
  });
}

}  // namespace mlaas::infer
