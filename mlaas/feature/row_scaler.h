// The matrices that a network multiplies: raw physics values scaled, either a row's features one behind the other with
// padding 0, or scalars and the elements of a group by themselves.
// Shapes:  [rows, width], width = scalars + sum of length * columns, a group's values element by element; or
//          [rows, scalars] and [elements, columns].
// The arithmetic is that of the exported graph: Transform in float32.
// Threads: a value; its const functions from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlaas/feature/tensors.h"
#include "mlaas/feature/transform.h"

namespace mlaas::feature {

class RowScaler {
 public:
  struct Group {
    std::vector<Transform> columns;
    int64_t length = 0;
  };

  RowScaler() = default;
  RowScaler(const std::vector<Transform>& scalars, const std::vector<Group>& groups);

  int64_t width() const { return static_cast<int64_t>(width_); }
  // Resizes `out` to rows * width(). The tensors have the scalars and groups that this was made for, padded.
  void fill(const Tensors& tensors, std::vector<float>& out) const;
  // The scalars alone.
  void fillScalars(const Tensors& tensors, std::vector<float>& out) const;
  // The elements of all rows of one group, one behind the other; none is padding.
  void fillElements(const GroupTensor& tensor, size_t group, std::vector<float>& out) const;

 private:
  // Neighbouring values of a row: all scalars, or the elements of a group.
  struct Run {
    // For each value y = (x - mean) * inverseScale; a group's are repeated for every element.
    std::vector<float> mean;
    std::vector<float> inverseScale;
    size_t numColumns = 0;
    // Columns whose transform is more than that.
    std::vector<std::pair<size_t, Transform>> curved;
  };

  static Run runOf(const std::vector<Transform>& columns, size_t elements);
  static void scale(const Run& run, const float* from, size_t elements, float* to);

  Run scalars_;
  std::vector<Run> groups_;
  size_t width_ = 0;
};

}  // namespace mlaas::feature
