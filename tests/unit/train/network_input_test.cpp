#include "mlaas/train/neural/network_input.h"

#include <gtest/gtest.h>

namespace mlaas::train {
namespace {

TEST(NetworkInput, MinMaxScalesToUnitAndLeavesConstantsAlone) {
  feature::FeatureSpec spec;
  spec.scalars = {"x", "constant"};
  spec.groups = {{"jets", {"pt"}, 2}};
  dataset::Statistics statistics;
  statistics.scalars = {{"x", 3, 0, 1, -2, 6}, {"constant", 3, 5, 0, 5, 5}};
  statistics.groups = {{{"pt", 3, 0, 1, 10, 20}}};
  feature::Tensors tensors{2, 2, {-2, 5, 4, 5}, {{2, 1, {10, 17.5, 20, 0}, {2, 1}}}};
  std::vector<float> out;
  NetworkInput::make(spec, statistics, std::vector(3, Scaling::kMinMax)).value().scaler.fill(tensors, out);
  EXPECT_EQ(out, (std::vector<float>{0, 5, 0, 0.75, 0.75, 5, 1, 0}));
  NetworkInput::make(spec, statistics, std::vector(3, Scaling::kStandard)).value().scaler.fill(tensors, out);
  EXPECT_EQ(out, (std::vector<float>{-2, 0, 10, 17.5, 4, 0, 20, 0}));
}

TEST(NetworkInput, PacksTheElementsThatAreThere) {
  feature::FeatureSpec spec;
  spec.scalars = {"x"};
  spec.groups = {{"jets", {"pt", "eta"}, 3}};
  dataset::Statistics statistics;
  statistics.scalars = {{"x", 3, 0, 1, 0, 1}};
  statistics.groups = {{{"pt", 3, 10, 2, 0, 30}, {"eta", 3, 0, 1, -1, 1}}};
  const feature::Tensors tensors{
      3, 1, {4, 5, 6}, {{3, 2, {12, 1, 8, -1, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0.5, 14, 1, 6, 0}, {2, 0, 3}}}};
  const auto input = NetworkInput::make(spec, statistics, std::vector(3, Scaling::kStandard)).value();
  model::Network network;
  network.scalars(1);
  network.elements(0, 2);
  NetworkRows rows;
  input.prepare(network, tensors, rows);
  EXPECT_EQ(rows.rows, 3);
  EXPECT_EQ(rows.scalars, (std::vector<float>{4, 5, 6}));
  EXPECT_EQ(rows.groups[0].elements, (std::vector<float>{1, 1, -1, -1, 0, 0.5, 2, 1, -2, 0}));
  EXPECT_EQ(rows.groups[0].offsets, (std::vector<int64_t>{0, 2, 2, 5}));
  EXPECT_TRUE(rows.flat.empty());
}

}  // namespace
}  // namespace mlaas::train
