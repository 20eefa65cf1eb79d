#include "mlaas/serve/json_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "mlaas/base/random.h"

namespace mlaas::serve {
namespace {

std::string floatText(float value) {
  std::string text;
  appendFloat(text, value);
  return text;
}

// The texts are those of Go's encoding/json for float32 (rules of encoding/json/encode.go, floatEncoder).
TEST(JsonText, WritesFloatsAsGoDoes) {
  EXPECT_EQ(floatText(0.08601278F), "0.08601278");
  EXPECT_EQ(floatText(2.815438e-8F), "2.815438e-8");
  EXPECT_EQ(floatText(1e-6F), "0.000001");
  EXPECT_EQ(floatText(9.9e-7F), "9.9e-7");
  EXPECT_EQ(floatText(1), "1");
  EXPECT_EQ(floatText(-1.5F), "-1.5");
  EXPECT_EQ(floatText(0), "0");
  EXPECT_EQ(floatText(-0.0F), "-0");
  EXPECT_EQ(floatText(123456.79F), "123456.79");
  EXPECT_EQ(floatText(1e20F), "100000000000000000000");
  EXPECT_EQ(floatText(1e21F), "1e+21");
  EXPECT_EQ(floatText(3.4028235e38F), "3.4028235e+38");
  EXPECT_EQ(floatText(1e-45F), "1e-45");
}

TEST(JsonText, FloatsReadBackAsTheSameBits) {
  Random random(3);
  for (int i = 0; i < 200000; ++i) {
    const auto bits = static_cast<uint32_t>(random.bits());
    float value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(std::strtof(floatText(value).c_str(), nullptr), value) << floatText(value);
  }
}

TEST(JsonText, EscapesStrings) {
  std::string text;
  appendJsonString(text, "a\"b\\c\n\x01\xC3\xA9");
  EXPECT_EQ(text, "\"a\\\"b\\\\c\\n\\u0001\xC3\xA9\"");
}

TEST(JsonText, KnowsWhatJsonCannotCarry) {
  const std::vector<float> fine{0, 1, -3};
  const std::vector<float> wrong{0, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_TRUE(allFinite(fine));
  EXPECT_FALSE(allFinite(wrong));
}

}  // namespace
}  // namespace mlaas::serve
