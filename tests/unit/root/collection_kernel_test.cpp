#include "mlaas/root/ttree/collection_kernel.h"

#include <gtest/gtest.h>

#include <vector>

namespace mlaas::root {
namespace {

// A basket's data with the entries {1, 2, 3}, {} and {n, n-1, ..., 1} of T, and where they begin.
template <class T>
struct Basket {
  explicit Basket(uint32_t last) {
    add({1, 2, 3}, 0x40000000, 9);
    add({}, 0x40000000, 9);
    std::vector<T> many;
    for (uint32_t i = last; i > 0; --i) many.push_back(static_cast<T>(i));
    add(many, 0x40000000, 9);
  }
  void add(const std::vector<T>& values, uint32_t mask, uint16_t version) {
    append<uint32_t>(mask | static_cast<uint32_t>(6 + values.size() * sizeof(T)));
    append<uint16_t>(version);
    append<uint32_t>(static_cast<uint32_t>(values.size()));
    for (const T value : values) append<T>(value);
    offsets.push_back(static_cast<int64_t>(data.size()));
  }
  template <class Number>
  void append(Number value) {
    for (size_t i = sizeof(Number); i-- > 0;) data.push_back(static_cast<std::byte>(value >> (8 * i)));
  }
  std::vector<std::byte> data;
  std::vector<int64_t> offsets = {0};
};

template <class T>
void expectPlaced() {
  const Basket<T> basket(40);
  std::vector<int64_t> ends(4, 0);
  ends[0] = 7;
  std::vector<T> values(basket.data.size() / sizeof(T) + 1);
  const auto placed = placeCollections(basket.data, basket.offsets, sizeof(T), ends.data(),
                                       reinterpret_cast<std::byte*>(values.data()));
  ASSERT_TRUE(placed.has_value());
  EXPECT_EQ(*placed, 43 * sizeof(T));
  EXPECT_EQ(ends, (std::vector<int64_t>{7, 10, 10, 50}));
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[2], 3);
  EXPECT_EQ(values[3], 40);
  EXPECT_EQ(values[42], 1);
}

TEST(CollectionKernel, PlacesNumbersOfEachWidth) {
  expectPlaced<uint8_t>();
  expectPlaced<uint16_t>();
  expectPlaced<uint32_t>();
  expectPlaced<uint64_t>();
}

TEST(CollectionKernel, LeavesWhatIsNotOfItsKind) {
  std::vector<int64_t> ends(5, 0);
  std::vector<std::byte> to(4096);
  const auto place = [&](const Basket<uint32_t>& basket, size_t width = 4) {
    return placeCollections(basket.data, basket.offsets, width, ends.data(), to.data());
  };
  ASSERT_TRUE(place(Basket<uint32_t>(2)));
  EXPECT_FALSE(place(Basket<uint32_t>(2), 8));
  EXPECT_FALSE(place(Basket<uint32_t>(2), 3));
  Basket<uint32_t> memberWise(2);
  memberWise.add({1}, 0x40000000, 0x4009);
  EXPECT_FALSE(place(memberWise));
  Basket<uint32_t> noByteCount(2);
  noByteCount.add({1}, 0, 9);
  EXPECT_FALSE(place(noByteCount));
  Basket<uint32_t> tooLong(2);
  tooLong.offsets.back() += 4;
  EXPECT_FALSE(place(tooLong));
  Basket<uint32_t> cut(2);
  cut.data.pop_back();
  EXPECT_FALSE(place(cut));
  Basket<uint32_t> shortEntry(2);
  shortEntry.offsets.insert(shortEntry.offsets.begin() + 1, 5);
  EXPECT_FALSE(place(shortEntry));
}

TEST(CollectionKernel, TakesEntriesWithoutAnyByteAsEmpty) {
  Basket<uint32_t> basket(2);
  basket.offsets.push_back(basket.offsets.back());
  std::vector<int64_t> ends(5, 0);
  std::vector<std::byte> to(4096);
  EXPECT_TRUE(placeCollections(basket.data, basket.offsets, 4, ends.data(), to.data()));
  EXPECT_EQ(ends.back(), ends[3]);
}

}  // namespace
}  // namespace mlaas::root
