// From raw physics values to the matrices that a network multiplies: scale, mask, and either flatten or pack.
// Shapes:  flat [rows, width], width = scalars + sum of length * columns, a group's values element by element, padding
//          0; or scalars [rows, S] and each group's elements [elements, columns] without padding.
// The arithmetic is that of the exported graph: feature::Transform in float32.
// Threads: a value; prepare() from any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "mlaas/dataset/dataset.h"
#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/row_scaler.h"
#include "mlaas/feature/tensors.h"
#include "mlaas/feature/transform.h"
#include "mlaas/model/network.h"
#include "mlaas/train/neural/feature_scaling.h"

namespace mlaas::train {

// Some events as a network takes them: only what it has an input for is filled.
struct NetworkRows {
  struct Group {
    std::vector<float> elements;
    std::vector<int64_t> offsets;  // of elements, rows + 1
    // [pairs, 4] of each event's elements i and j <= i, in the order (0, 0), (1, 0), (1, 1), (2, 0)...
    std::vector<float> pairs = {};
  };
  int64_t rows = 0;
  std::vector<float> flat;
  std::vector<float> scalars;
  std::vector<Group> groups;
};

struct NetworkInput {
  std::vector<feature::Transform> scalars;
  std::vector<std::vector<feature::Transform>> groups;  // [group][column]
  feature::RowScaler scaler;                            // of these

  // `scalings` has one for each of momentNames(spec).
  static Result<NetworkInput> make(const feature::FeatureSpec& spec, const dataset::Statistics& statistics,
                                   const std::vector<Scaling>& scalings);

  // Of the flat matrix.
  int64_t width() const { return scaler.width(); }
  // Fills `out`, whose memory is used again, with what `network` has inputs for.
  void prepare(const model::Network& network, const feature::Tensors& tensors, NetworkRows& out) const;
};

}  // namespace mlaas::train
