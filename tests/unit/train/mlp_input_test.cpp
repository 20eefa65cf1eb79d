#include "mlaas/train/neural/mlp_input.h"

#include <gtest/gtest.h>

namespace mlaas::train {
namespace {

TEST(MlpInput, MinMaxScalesToUnitAndLeavesConstantsAlone) {
  feature::FeatureSpec spec;
  spec.scalars = {"x", "constant"};
  spec.groups = {{"jets", {"pt"}, 2}};
  dataset::Statistics statistics;
  statistics.scalars = {{"x", 3, 0, 1, -2, 6}, {"constant", 3, 5, 0, 5, 5}};
  statistics.groups = {{{"pt", 3, 0, 1, 10, 20}}};
  feature::Tensors tensors{2, 2, {-2, 5, 4, 5}, {{2, 1, {10, 17.5, 20, 0}, {2, 1}}}};
  std::vector<float> out;
  MlpInput::make(spec, statistics, std::vector(3, Scaling::kMinMax)).value().flatten(tensors, out);
  EXPECT_EQ(out, (std::vector<float>{0, 5, 0, 0.75, 0.75, 5, 1, 0}));
  MlpInput::make(spec, statistics, std::vector(3, Scaling::kStandard)).value().flatten(tensors, out);
  EXPECT_EQ(out, (std::vector<float>{-2, 0, 10, 17.5, 4, 0, 20, 0}));
}

}  // namespace
}  // namespace mlaas::train
