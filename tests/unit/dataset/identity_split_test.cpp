#include "mlaas/dataset/identity_split.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace mlaas::dataset {
namespace {

TEST(IdentitySplit, FractionsAreBinomial) {
  const Split split{0.64, 0.16, 0.20, 3};
  constexpr int64_t kEvents = 200'000;
  std::array<int64_t, 3> counts{};
  for (uint64_t event = 0; event < kEvents; ++event) {
    const std::array<uint64_t, 3> identity = {1, event / 1000, event};
    ++counts[static_cast<size_t>(partOf(identity, split))];
  }
  const std::array<double, 3> fractions = {split.train, split.validation, split.test};
  for (size_t part = 0; part < 3; ++part) {
    const double expected = fractions[part] * kEvents;
    const double sigma = std::sqrt(expected * (1 - fractions[part]));
    EXPECT_NEAR(static_cast<double>(counts[part]), expected, 4 * sigma) << part;
  }
}

// Worked by hand from the documented formula with Python's integers, so that a change of the split is noticed.
TEST(IdentitySplit, KnownParts) {
  const Split split{0.64, 0.16, 0.20, 1};
  const auto part = [&](uint64_t run, uint64_t block, uint64_t event) {
    return partOf(std::array<uint64_t, 3>{run, block, event}, split);
  };
  std::string parts;  // t: train, v: validation, T: test
  for (uint64_t event = 0; event < 24; ++event) {
    parts += "tvT"[static_cast<size_t>(part(1, 2, (uint64_t{1} << 53) + event))];
  }
  EXPECT_EQ(parts, "tTttttvTvtvttttvvvttTttT");
}

TEST(IdentitySplit, SeedAndEveryColumnMatter) {
  const Split one{0.5, 0, 0.5, 1};
  const Split two{0.5, 0, 0.5, 2};
  int seed = 0;
  int order = 0;
  constexpr int kEvents = 10'000;
  for (uint64_t i = 0; i < kEvents; ++i) {
    const std::array<uint64_t, 2> identity = {7, i};
    const std::array<uint64_t, 2> swapped = {i, 7};
    seed += partOf(identity, one) != partOf(identity, two) ? 1 : 0;
    order += partOf(identity, one) != partOf(swapped, one) ? 1 : 0;
  }
  EXPECT_NEAR(seed, kEvents / 2, 200);
  EXPECT_NEAR(order, kEvents / 2, 200);
}

TEST(IdentitySplit, EmptyPartsStayEmpty) {
  const Split noTest{0.9, 0.1 - 1e-9, 0, 1};
  const Split all{1 - 1e-9, 0, 0, 1};
  for (uint64_t i = 0; i < 50'000; ++i) {
    const std::array<uint64_t, 1> identity = {i};
    EXPECT_NE(partOf(identity, noTest), Part::kTest);
    EXPECT_EQ(partOf(identity, all), Part::kTrain);
  }
}

TEST(IdentitySplit, ColumnsGiveWhatValuesGive) {
  const Split split{0.64, 0.16, 0.20, 5};
  std::vector<int32_t> run;
  std::vector<uint64_t> event;
  for (int i = 0; i < 1000; ++i) {
    run.push_back(i % 3 - 1);
    event.push_back((uint64_t{1} << 60) + static_cast<uint64_t>(i));
  }
  const std::vector<Column> columns = {makeFlatColumn<int32_t>(run), makeFlatColumn<uint64_t>(event)};
  const auto parts = partsOf(columns, split).value();
  ASSERT_EQ(parts.size(), 1000U);
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::array<uint64_t, 2> identity = {static_cast<uint64_t>(static_cast<int64_t>(run[i])), event[i]};
    EXPECT_EQ(parts[i], partOf(identity, split));
  }
}

TEST(IdentitySplit, RefusesFloatingIdentity) {
  const std::vector<Column> columns = {makeFlatColumn<double>(std::vector<double>{1.0})};
  const auto parts = partsOf(columns, Split{});
  ASSERT_FALSE(parts.ok());
  EXPECT_NE(std::string(parts.error().what()).find("float64"), std::string::npos);
}

TEST(IdentitySplit, FoldsDivideEventsAndSubsamplesNest) {
  constexpr uint64_t kEvents = 20'000;
  std::array<int64_t, 4> tested = {};
  int64_t validation = 0;
  int64_t small = 0;
  for (uint64_t event = 0; event < kEvents; ++event) {
    const std::array<uint64_t, 2> identity = {1, event};
    for (int64_t fold = 0; fold < 4; ++fold) {
      const Split split = {.validation = 0.25, .seed = 3, .folds = 4, .fold = fold};
      const Part part = partOf(identity, split);
      if (part == Part::kTest) ++tested[static_cast<size_t>(fold)];
      if (part == Part::kValidation) ++validation;
    }
    const uint64_t hash = identityHash(identity, 3);
    EXPECT_TRUE(isInSubsample(hash, 1));
    if (!isInSubsample(hash, 0.1)) continue;
    ++small;
    EXPECT_TRUE(isInSubsample(hash, 0.3));
    EXPECT_EQ(rowsInSubsample(std::array{~hash, hash}, 0.1).back(), 1);
  }
  const auto n = static_cast<double>(kEvents);
  for (const int64_t count : tested) EXPECT_NEAR(static_cast<double>(count), n / 4, 5 * std::sqrt(n * 3 / 16));
  EXPECT_EQ(tested[0] + tested[1] + tested[2] + tested[3], static_cast<int64_t>(kEvents));
  EXPECT_NEAR(static_cast<double>(validation), 3 * n / 4, 5 * std::sqrt(3 * n / 4));
  EXPECT_NEAR(static_cast<double>(small), n / 10, 5 * std::sqrt(n * 0.09));
}

}  // namespace
}  // namespace mlaas::dataset
