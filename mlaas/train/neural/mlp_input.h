// From raw physics values to the matrix that a perceptron multiplies: scale, mask, flatten.
// Shapes: [rows, width], width = scalars + sum of length * columns; a group's values element by element.
// The arithmetic is that of the exported graph: feature::Transform in float32, and 0 for padding.
// Threads: a value; flatten() from any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "mlaas/dataset/dataset.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/row_scaler.h"
#include "mlaas/feature/tensors.h"
#include "mlaas/feature/transform.h"
#include "mlaas/train/neural/feature_scaling.h"

namespace mlaas::train {

struct MlpInput {
  std::vector<feature::Transform> scalars;
  std::vector<std::vector<feature::Transform>> groups;  // [group][column]
  feature::RowScaler scaler;                            // of these

  // `scalings` has one for each of momentNames(spec).
  static Result<MlpInput> make(const feature::FeatureSpec& spec, const dataset::Statistics& statistics,
                               const std::vector<Scaling>& scalings);

  int64_t width() const { return scaler.width(); }
  // Fills `out`, resized to rows * width().
  void flatten(const feature::Tensors& tensors, std::vector<float>& out) const { scaler.fill(tensors, out); }
};

}  // namespace mlaas::train
