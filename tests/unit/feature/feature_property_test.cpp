// Features of random events against a plain loop that treats one event after the other, whatever range is processed.
#include <gtest/gtest.h>

#include "mlaas/base/random.h"
#include "mlaas/feature/feature_maker.h"
#include "tests/unit/feature/memory_table.h"

namespace mlaas::feature {
namespace {

using table::test::flat;
using table::test::flatBools;
using table::test::jagged;
using test::MemoryTable;

constexpr size_t kNumEvents = 5000;
constexpr int64_t kLength = 4;

struct Events {
  std::vector<float> met;
  std::vector<uint8_t> flag;
  std::vector<int64_t> number;
  std::vector<std::vector<float>> pt;
  std::vector<std::vector<int16_t>> id;
};

Events randomEvents() {
  Random random(7);
  Events events;
  for (size_t i = 0; i < kNumEvents; ++i) {
    events.met.push_back(static_cast<float>(100 * random.uniform()));
    events.flag.push_back(static_cast<uint8_t>(random.below(2)));
    events.number.push_back(static_cast<int64_t>(random.bits()));
    events.pt.emplace_back();
    events.id.emplace_back();
    for (uint64_t k = random.below(8); k > 0; --k) {
      events.pt.back().push_back(static_cast<float>(100 * random.uniform()));
      events.id.back().push_back(static_cast<int16_t>(random.below(7)));
    }
  }
  return events;
}

// What the features of one event must be.
struct Expected {
  std::vector<float> scalars;
  std::vector<float> values;
  int32_t count = 0;
};

Expected expectedOf(const Events& events, size_t i) {
  double sum = 0;
  for (float x : events.pt[i]) sum += x;
  Expected expected;
  expected.scalars = {events.met[i], events.flag[i] != 0 ? 1.0F : 0.0F, static_cast<float>(sum),
                      static_cast<float>(events.number[i])};
  expected.count = static_cast<int32_t>(std::min<size_t>(events.pt[i].size(), kLength));
  expected.values.assign(3 * kLength, 0);
  for (size_t k = 0; k < static_cast<size_t>(expected.count); ++k) {
    expected.values[3 * k] = events.pt[i][k];
    expected.values[3 * k + 1] = events.id[i][k];
    expected.values[3 * k + 2] = static_cast<float>(double{events.pt[i][k]} / double{events.met[i]});
  }
  return expected;
}

void expectEvent(const FeatureBlock& block, size_t row, const Expected& expected) {
  const auto slice = [](const std::vector<float>& all, size_t first, size_t count) {
    const auto begin = all.begin() + static_cast<int64_t>(first);
    return std::vector<float>(begin, begin + static_cast<int64_t>(count));
  };
  EXPECT_EQ(slice(block.tensors.scalars, row * 4, 4), expected.scalars);
  EXPECT_EQ(slice(block.tensors.groups[0].values, row * 3 * kLength, 3 * kLength), expected.values);
  EXPECT_EQ(block.tensors.groups[0].count[row], expected.count);
}

class FeatureProperty : public testing::TestWithParam<const char*> {};

TEST_P(FeatureProperty, EveryRangeGivesThePlainLoopsFeatures) {
  const Events events = randomEvents();
  MemoryTable table;
  table.add("met", flat(events.met))
      .add("flag", flatBools(events.flag))
      .add("number", flat(events.number))
      .add("pt", jagged(events.pt))
      .add("id", jagged(events.id));
  FeatureSpec spec;
  spec.defines = {{"sumPt", "sum(pt)"}, {"relative", "pt / met"}, {"isSoft", "sumPt < 100"}};
  spec.select = GetParam();
  spec.scalars = {"met", "flag", "sumPt", "number"};
  spec.groups = {{"jets", {"pt", "id", "relative"}, kLength}};
  const auto maker = FeatureMaker::make(spec, table, {"number", "met * 2", "isSoft"}, true).value();
  const auto selected = [&](size_t i) {
    const std::string select = GetParam();
    if (select == "met > 50") return events.met[i] > 50;
    if (select == "isSoft && flag") return expectedOf(events, i).scalars[2] < 100 && events.flag[i] != 0;
    return select != "met < 0";
  };
  for (const auto& [first, last] : {std::pair{0, 5000}, {0, 1}, {17, 1000}, {4999, 5000}, {100, 100}}) {
    const auto block = maker.process(table, {first, last}).value();
    size_t row = 0;
    for (int64_t entry = first; entry < last; ++entry) {
      const auto i = static_cast<size_t>(entry);
      if (!selected(i)) continue;
      ASSERT_LT(row, block.entries.size());
      ASSERT_EQ(block.entries[row], entry);
      expectEvent(block, row, expectedOf(events, i));
      EXPECT_EQ(block.extras[0].valuesAs<int64_t>()[row], events.number[i]);
      EXPECT_EQ(block.extras[1].valuesAs<double>()[row], 2.0 * double{events.met[i]});
      EXPECT_EQ(block.extras[2].valuesAs<bool>()[row], expectedOf(events, i).scalars[2] < 100);
      ++row;
      if (HasFailure()) return;
    }
    EXPECT_EQ(row, block.entries.size());
    EXPECT_EQ(block.tensors.rows, static_cast<int64_t>(row));
  }
}

INSTANTIATE_TEST_SUITE_P(Selections, FeatureProperty,
                         testing::Values("", "true", "met > 50", "isSoft && flag", "met < 0"));

}  // namespace
}  // namespace mlaas::feature
