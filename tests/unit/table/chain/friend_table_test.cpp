#include "mlaas/table/chain/friend_table.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <random>

#include "mlaas/table/chain/friend_options.h"
#include "mlaas/table/chain/partner_rows.h"
#include "tests/unit/table/chain/memory_table.h"

namespace mlaas::table {
namespace {

using Columns = std::vector<std::pair<std::string, Column>>;

std::shared_ptr<MemoryTable> events(int32_t count = 6) {
  std::vector<int32_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return std::make_shared<MemoryTable>("e.root", "E", Columns{{"id", flatColumn(numbers)}, {"x", flatColumn(numbers)}});
}

// Row i belongs to the event ids[i], with i as `row` and i numbers in `list`.
std::shared_ptr<MemoryTable> scores(const std::vector<int64_t>& ids, const std::string& url = "s.root") {
  std::vector<int32_t> rows(ids.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<std::vector<float>> lists;
  for (size_t i = 0; i < ids.size(); ++i) lists.emplace_back(i, static_cast<float>(i));
  return std::make_shared<MemoryTable>(
      url, "S", Columns{{"id", flatColumn(ids)}, {"row", flatColumn(rows)}, {"list", jaggedColumn(lists)}});
}

FriendLink byEntry(std::string alias, std::shared_ptr<const Table> table) {
  const int64_t entries = table->numEntries();
  return {std::move(alias), std::move(table), {0, entries}, nullptr, std::nullopt};
}

class FriendTableTest : public testing::Test {
 protected:
  FriendLink byIndex(std::string alias, std::shared_ptr<const Table> table, std::optional<double> missing = {}) {
    auto index = FriendIndex::build(*table, {"id"}, budget_, {}).value();
    return {std::move(alias), std::move(table), {}, std::move(index), missing};
  }
  static Column read(const Table& table, const std::string& name, EntryRange range) {
    return table.read(range, {table.findColumn(name).value()}).value().front();
  }

  MemoryBudget budget_{size_t{1} << 20};
};

TEST_F(FriendTableTest, PutsColumnsSideBySide) {
  const auto joined = attachFriends(events(), {byEntry("s", scores({9, 8, 7, 6, 5, 4}))}).value();
  EXPECT_EQ(joined->numEntries(), 6);
  EXPECT_EQ(valuesOf<int64_t>(read(*joined, "s.id", {2, 5})), (std::vector<int64_t>{7, 6, 5}));
  EXPECT_EQ(valuesOf<int32_t>(read(*joined, "row", {4, 6})), (std::vector<int32_t>{4, 5}));
  EXPECT_EQ(valuesOf<int32_t>(read(*joined, "id", {0, 2})), (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(joined->columns()[joined->findColumn("row").value()].name, "s.row");
  EXPECT_EQ(attachFriends(events(), {}).value()->columns().size(), 2U);
}

TEST_F(FriendTableTest, ReadsASliceOfALongerFriend) {
  auto link = byEntry("s", scores({0, 1, 2, 3, 4, 5, 6, 7}));
  link.entries = {2, 8};
  const auto joined = attachFriends(events(), {link}).value();
  EXPECT_EQ(valuesOf<int64_t>(read(*joined, "s.id", {0, 6})), (std::vector<int64_t>{2, 3, 4, 5, 6, 7}));
}

TEST_F(FriendTableTest, IsCutWhereTheTableOrAFriendIs) {
  auto link = byEntry("s", scores({0, 1, 2, 3, 4, 5, 6, 7}));
  link.entries = {2, 8};
  const auto joined = attachFriends(events(), {link}).value();
  const size_t ofFriend = joined->findColumn("s.id").value();
  for (const std::vector<size_t>& columns : {std::vector<size_t>{0}, {ofFriend}, {0, ofFriend}}) {
    EXPECT_EQ(joined->cut({1, 6}, columns, {2, 2}), (std::vector<EntryRange>{{1, 3}, {3, 5}, {5, 6}}));
  }
}

TEST_F(FriendTableTest, FetchesOnlyWhatIsAskedFor) {
  const auto own = events();
  const auto other = scores({0, 1, 2, 3, 4, 5});
  const auto indexed = scores({5, 4, 3, 2, 1, 0}, "i.root");
  const auto joined = attachFriends(own, {byEntry("s", other), byIndex("i", indexed)}).value();
  const size_t before = indexed->fetched().size();
  read(*joined, "s.row", {0, 6});
  EXPECT_TRUE(own->fetched().empty());
  EXPECT_EQ(other->fetched(), (std::vector<size_t>{1}));
  EXPECT_EQ(indexed->fetched().size(), before);
  read(*joined, "i.row", {0, 6});
  EXPECT_EQ(own->fetched(), (std::vector<size_t>{0}));  // the key
}

TEST_F(FriendTableTest, AgreesWithALoopOverKeys) {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    std::vector<int64_t> ids(8);
    std::iota(ids.begin(), ids.end(), -1);
    std::shuffle(ids.begin(), ids.end(), random);
    const auto joined = attachFriends(events(), {byIndex("s", scores(ids))}).value();
    for (int64_t first = 0; first < 6; ++first) {
      const auto rows = valuesOf<int32_t>(read(*joined, "s.row", {first, 6}));
      const auto lists = listsOf<float>(read(*joined, "s.list", {first, 6}));
      ASSERT_EQ(rows.size(), static_cast<size_t>(6 - first));
      for (size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(ids[static_cast<size_t>(rows[i])], first + static_cast<int64_t>(i));
        EXPECT_EQ(lists[i], std::vector<float>(static_cast<size_t>(rows[i]), static_cast<float>(rows[i])));
      }
    }
  }
}

TEST_F(FriendTableTest, FillsWhatHasNoPartner) {
  const auto joined = attachFriends(events(), {byIndex("s", scores({4, 1}), -1.0)}).value();
  EXPECT_EQ(valuesOf<int32_t>(read(*joined, "s.row", {0, 6})), (std::vector<int32_t>{-1, 1, -1, -1, 0, -1}));
  EXPECT_EQ(listsOf<float>(read(*joined, "s.list", {0, 3})), (std::vector<std::vector<float>>{{}, {1}, {}}));
  EXPECT_EQ(valuesOf<int32_t>(read(*joined, "s.row", {2, 4})), (std::vector<int32_t>{-1, -1}));
  EXPECT_EQ(read(*joined, "s.row", {3, 3}).length, 0);
  const auto without = attachFriends(events(), {byIndex("s", scores({4, 1}))}).value();
  EXPECT_EQ(valuesOf<int32_t>(read(*without, "s.row", {4, 5})), (std::vector<int32_t>{0}));
  const auto missing = without->read({0, 6}, {without->findColumn("s.row").value()});
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(std::string(missing.error().what()).find("entry 0 (id 0) has no partner in friend 's'"), std::string::npos);
}

TEST_F(FriendTableTest, DecodesOnSeveralThreads) {
  const auto joined = attachFriends(events(), {byIndex("s", scores({5, 4, 3, 2, 1, 0}))}).value();
  TaskPool pool(4);
  for (int round = 0; round < 50; ++round) {
    const auto columns = joined->read({0, 6}, {0, 2, 3, 4}, &pool).value();
    EXPECT_EQ(valuesOf<int32_t>(columns[2]), (std::vector<int32_t>{5, 4, 3, 2, 1, 0}));
  }
}

TEST_F(FriendTableTest, NamesWithoutAnAliasStandForOneColumn) {
  const auto ids = std::vector<int64_t>{0, 1, 2, 3, 4, 5};
  const auto joined = attachFriends(events(), {byEntry("a", scores(ids)), byEntry("b", scores(ids))}).value();
  EXPECT_EQ(joined->findColumn("row").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(joined->columns()[joined->findColumn("id").value()].name, "id");
  EXPECT_TRUE(joined->findColumn("b.row").ok());
  EXPECT_TRUE(joined->aliases().empty());
}

TEST_F(FriendTableTest, ChecksLengthsAndAliases) {
  const auto message = [](const Result<std::shared_ptr<const Table>>& result) {
    return result.ok() ? std::string() : std::string(result.error().what());
  };
  const auto shorter = message(attachFriends(events(), {byEntry("s", scores({0, 1}))}));
  EXPECT_NE(shorter.find("6 entries"), std::string::npos);
  EXPECT_NE(shorter.find("has 2"), std::string::npos);
  const auto same = byEntry("s", scores({0, 1, 2, 3, 4, 5}));
  EXPECT_NE(message(attachFriends(events(), {same, same})).find("two friends"), std::string::npos);
  const auto hiding =
      std::make_shared<MemoryTable>("h.root", "H", Columns{{"s.id", flatColumn<float>({1, 2, 3, 4, 5, 6})}});
  EXPECT_NE(message(attachFriends(hiding, {same})).find("'s.id' of its own"), std::string::npos);
  EXPECT_NE(message(attachFriends(hiding, {byIndex("t", scores({0}))})).find("'id'"), std::string::npos);
}

TEST_F(FriendTableTest, CountsTheIndexToTheBudget) {
  const auto table = scores({3, 1, 2});
  {
    const auto index = FriendIndex::build(*table, {"id"}, budget_, {}).value();
    EXPECT_EQ(budget_.usedBytes(), 3U * 24);
  }
  EXPECT_EQ(budget_.usedBytes(), 0U);
  MemoryBudget small(50);
  const auto tooLarge = FriendIndex::build(*table, {"id"}, small, {});
  ASSERT_FALSE(tooLarge.ok());
  EXPECT_NE(std::string(tooLarge.error().what()).find("3 entries needs 72 B"), std::string::npos);
  EXPECT_EQ(small.usedBytes(), 0U);
}

TEST_F(FriendTableTest, RefusesIndicesThatAreNone) {
  const auto error = [&](const MemoryTable& table, const std::vector<std::string>& columns) {
    const auto result = FriendIndex::build(table, columns, budget_, {});
    return result.ok() ? std::string() : std::string(result.error().what());
  };
  EXPECT_NE(error(*scores({1, 2, 1}), {"id"}).find("1 of its 3 entries repeat a key, first id 1 in entries 0 and 2"),
            std::string::npos);
  EXPECT_EQ(error(*scores({1, 2, 1}), {"id", "row"}), "");
  EXPECT_NE(error(*scores({1}), {"list"}).find("found var * float32"), std::string::npos);
  EXPECT_NE(error(*scores({1}), {}).find("one or two columns"), std::string::npos);
  EXPECT_NE(error(*scores({1}), {"no"}).find("unknown column 'no'"), std::string::npos);
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(FriendIndex::build(*scores({1}), {"id"}, budget_, stopped.get_token()).error().code(),
            ErrorCode::kCancelled);
}

TEST(PartnerRows, KnowsWhatATypeCanHold) {
  const auto holds = [](DType type, double value) { return canHold({type, 0, {}, false}, value); };
  EXPECT_TRUE(holds(DType::kInt8, -128));
  EXPECT_FALSE(holds(DType::kInt8, 128));
  EXPECT_FALSE(holds(DType::kUInt64, -1));
  EXPECT_TRUE(holds(DType::kUInt64, 0x1.fffffffffffffp63));
  EXPECT_FALSE(holds(DType::kUInt64, 0x1p64));
  EXPECT_TRUE(holds(DType::kInt64, -0x1p63));
  EXPECT_FALSE(holds(DType::kInt32, 0.5));
  EXPECT_FALSE(holds(DType::kInt32, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_TRUE(holds(DType::kFloat32, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(holds(DType::kBool, 2));
  EXPECT_TRUE(canHold({DType::kUInt8, 1, {}, true}, -999));  // an empty string
  EXPECT_EQ(fillColumn({DType::kFloat32, 2, {}, false}, 1).numElements(), 0);
  EXPECT_EQ(valuesOf<double>(fillColumn({DType::kFloat64, 0, {2, 2}, false}, 3)), (std::vector<double>(4, 3.0)));
}

TEST(FriendOptions, ParsesSpellings) {
  const auto parse = [](const std::string& text) { return parseFriend(text).value(); };
  EXPECT_EQ(parse("s.root:Scores=a").alias, "a");
  EXPECT_EQ(parse("s.root:Scores=a").files, (std::vector<std::string>{"s.root:Scores"}));
  EXPECT_EQ(parse("s_*.root=a").files, (std::vector<std::string>{"s_*.root"}));
  EXPECT_EQ(parse("s.root:d/T").alias, "");
  EXPECT_EQ(parse("https://h/s.root?token=abc").alias, "");
  EXPECT_EQ(parse("a=b/s.root").files, (std::vector<std::string>{"a=b/s.root"}));
  EXPECT_FALSE(parseFriend("s.root:=a").ok());
  EXPECT_FALSE(parseFriend("").ok());
  EXPECT_EQ(aliasOf(parse("s.root:d/T;2")), "T");
  EXPECT_EQ(parseMissing("-999").value(), -999);
  EXPECT_FALSE(parseMissing("1x").ok());
  EXPECT_TRUE(isAlias("_a1"));
  EXPECT_FALSE(isAlias("1a"));
  EXPECT_FALSE(isAlias("a.b"));
}

}  // namespace
}  // namespace mlaas::table
