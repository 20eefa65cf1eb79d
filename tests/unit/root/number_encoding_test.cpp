#include "mlaas/root/ttree/number_encoding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "mlaas/root/streamer/class_description.h"
#include "tests/unit/root/big_endian_writer.h"

namespace mlaas::root {
namespace {

template <class T>
std::vector<T> decoded(const NumberEncoding& encoding, const BigEndianWriter& data) {
  EXPECT_EQ(dtypeBytes(encoding.dtype), sizeof(T));
  std::vector<T> values(data.size() / encoding.storedBytes());
  decodeNumbers(encoding, data.bytes().data(), values.size(), reinterpret_cast<std::byte*>(values.data()));
  return values;
}

NumberEncoding double32(std::string_view title) { return *encodingOfCode(element_type::kDouble32, title); }
NumberEncoding float16(std::string_view title) { return *encodingOfCode(element_type::kFloat16, title); }

TEST(NumberEncoding, NamesPlainNumbers) {
  EXPECT_EQ(encodingOfLeaf("TLeafB", true, "x")->dtype, DType::kUInt8);
  EXPECT_EQ(encodingOfLeaf("TLeafG", false, "x")->name, "Long_t");
  EXPECT_EQ(encodingOfLeaf("TLeafC", false, "x"), std::nullopt);
  EXPECT_EQ(encodingOfCode(element_type::kCounter, "")->dtype, DType::kUInt32);
  EXPECT_EQ(encodingOfCode(element_type::kTString, ""), std::nullopt);
  EXPECT_EQ(encodingOfName("std::uint16_t")->dtype, DType::kUInt16);
  EXPECT_EQ(encodingOfName("Long64_t")->name, "Long64_t");
  EXPECT_EQ(encodingOfName("Double32_t")->form, NumberForm::kFloat32);
  EXPECT_EQ(encodingOfName("Jet"), std::nullopt);
  EXPECT_EQ(decoded<int16_t>(*encodingOfName("short"), BigEndianWriter().number(int16_t{-2}).number(int16_t{3})),
            (std::vector<int16_t>{-2, 3}));
}

TEST(NumberEncoding, KeepsTheBytesOfBools) {
  EXPECT_EQ(decoded<uint8_t>(*encodingOfName("bool"), BigEndianWriter().number(uint8_t{0}).number(uint8_t{7})),
            (std::vector<uint8_t>{0, 7}));
}

// AsDouble32(0, 10, 8) and AsFloat16(0, 10, 8) of uproot: raw * (high - low) / 2^bits + low.
TEST(NumberEncoding, CountsStepsOfARange) {
  const auto data = BigEndianWriter().number(uint32_t{181}).number(uint32_t{256});
  EXPECT_EQ(double32("x/d[0,10,8]").form, NumberForm::kRange);
  EXPECT_EQ(decoded<double>(double32("x/d[0,10,8]"), data), (std::vector<double>{7.0703125, 10}));
  EXPECT_EQ(decoded<float>(float16("[ -10 , 10 , 9 ]"), data),
            (std::vector<float>{181 * (20.0F / 512) - 10, 256 * (20.0F / 512) - 10}));
  EXPECT_EQ(decoded<double>(double32("[-1,1]"), data),
            (std::vector<double>{181 * (2 / 4294967296.0) - 1, 256 * (2 / 4294967296.0) - 1}));
  // Illegal numbers of bits are 32.
  EXPECT_EQ(double32("[0,1,40]").scale, 1 / 4294967296.0);
  EXPECT_EQ(double32("[0,1,1]").scale, 1 / 4294967296.0);
}

// TBufferFile::ReadWithFactor: raw / (2^bits / (high - low)) + low, with 2^32 - 1 for 32 bits.
TEST(NumberEncoding, CountsAsRootBehindDimensions) {
  const auto data = BigEndianWriter().number(uint32_t{1380});
  EXPECT_EQ(double32("x[n]/d[0,10,12]").form, NumberForm::kRangeRoot);
  EXPECT_EQ(decoded<double>(double32("x[n]/d[0,10,12]"), data), (std::vector<double>{1380 / (4096 / 10.0)}));
  EXPECT_EQ(decoded<double>(double32("x[2][3][-2,3]"), data), (std::vector<double>{1380 / (4294967295.0 / 5) - 2}));
}

TEST(NumberEncoding, KnowsFractionsOfPi) {
  const double pi = std::numbers::pi;
  EXPECT_EQ(double32("[-pi, PI, 8]").low, -pi);
  EXPECT_EQ(double32("[-pi/2,pi/2,8]").low, -pi / 2);
  EXPECT_EQ(double32("[0,2pi,8]").scale, 2 * pi / 256);
  EXPECT_EQ(double32("[0,twopi,8]").scale, 2 * pi / 256);
  EXPECT_EQ(double32("[0,2*pi,8]").scale, 2 * pi / 256);
  EXPECT_EQ(double32("[0,pi/4,8]").scale, pi / 4 / 256);
}

TEST(NumberEncoding, CutsTheMantissa) {
  // 7.046875 with 8 bits: exponent 129, mantissa 1.76171875.
  const auto sevens = BigEndianWriter()
                          .number(uint8_t{129})
                          .number(uint16_t{195})
                          .number(uint8_t{129})
                          .number(static_cast<uint16_t>(195 | 1 << 9));
  EXPECT_EQ(double32("[0,0,8]").storedBytes(), 3U);
  EXPECT_EQ(decoded<double>(double32("[0,0,8]"), sevens), (std::vector<double>{7.046875, -7.046875}));
  EXPECT_EQ(decoded<float>(float16("x/f[0,0,8]"), sevens), (std::vector<float>{7.046875F, -7.046875F}));
  // Without brackets: 12 bits.
  const auto one = BigEndianWriter().number(uint8_t{127}).number(uint16_t{1});
  EXPECT_EQ(decoded<float>(float16("x"), one), (std::vector<float>{1 + std::ldexp(1.0F, -12)}));
  EXPECT_TRUE(
      std::signbit(decoded<float>(float16("x"), BigEndianWriter().number(uint8_t{0}).number(uint16_t{1 << 13}))[0]));
}

TEST(NumberEncoding, KeepsAFloatWithoutRange) {
  const auto data = BigEndianWriter().number(1.1F);
  for (const char* title : {"", "x", "x[3]", "[0,0]", "distance [mm, global]", "[2,1,20]", "[0,0,15]", "[", "[1,2"}) {
    EXPECT_EQ(double32(title).form, NumberForm::kFloat32) << title;
    EXPECT_EQ(decoded<double>(double32(title), data), (std::vector<double>{1.1F}));
  }
  EXPECT_EQ(float16("[0,0,20]").bits, 12);
}

}  // namespace
}  // namespace mlaas::root
