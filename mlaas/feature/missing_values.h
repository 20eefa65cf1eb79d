// Puts the fills of a feature list in the place of missing values: the one way for training, predicting and serving.
// The exported graph of a network does the same by itself.
// Threads: immutable after construction.
#pragma once

#include <vector>

#include "mlaas/feature/feature_spec.h"
#include "mlaas/feature/tensors.h"

namespace mlaas::feature {

class MissingValues {
 public:
  // The fills of `spec` have their values.
  explicit MissingValues(const FeatureSpec& spec);

  // Nothing is ever filled.
  bool empty() const { return scalars_.empty() && groups_.empty(); }
  // Fills scalars and the elements in front of each count; padding stays.
  void fill(Tensors& tensors) const;

 private:
  struct At {
    size_t group = 0;
    size_t column = 0;
    Fill fill;
  };
  std::vector<At> scalars_;
  std::vector<At> groups_;
};

}  // namespace mlaas::feature
