// Pictures of 3 x 2 pixels, written by zlib and Pillow (tests/unit/serve/make_images.py); the expected numbers are those
// of the picture, or for JPEG those that Pillow decodes.
#include "mlaas/serve/tfaas/image.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/unit/serve/images.inc"

namespace mlaas::serve {
namespace {

std::string_view bytes(const auto& array) { return {reinterpret_cast<const char*>(array), sizeof array}; }

TEST(Image, DecodesPngOfEveryKind) {
  const auto rgb = decodeImage(bytes(kRgbPng), ImageFormat::kPng, 3).value();
  EXPECT_EQ(rgb.height, 2);
  EXPECT_EQ(rgb.width, 3);
  EXPECT_EQ(rgb.values, kRgbValues);
  EXPECT_EQ(decodeImage(bytes(kGreyPng), ImageFormat::kPng, 1).value().values, kGreyValues);
  EXPECT_EQ(decodeImage(bytes(kRgbaPng), ImageFormat::kPng, 3).value().values, kRgbValues);
  EXPECT_EQ(decodeImage(bytes(kPalettePng), ImageFormat::kPng, 3).value().values, kRgbValues);
  EXPECT_EQ(decodeImage(bytes(kGrey16Png), ImageFormat::kPng, 1).value().values, kGreyValues);
  EXPECT_EQ(decodeImage(bytes(kRgbPng), ImageFormat::kPng, 4).value().values, kRgbOpaqueValues);
  std::vector<uint8_t> tripled;
  for (const uint8_t value : kGreyValues) tripled.insert(tripled.end(), 3, value);
  EXPECT_EQ(decodeImage(bytes(kGreyPng), ImageFormat::kPng, 3).value().values, tripled);
}

TEST(Image, DecodesJpeg) {
  EXPECT_EQ(decodeImage(bytes(kRgbJpeg), ImageFormat::kJpeg, 3).value().values, kRgbJpegValues);
  EXPECT_EQ(decodeImage(bytes(kGreyJpeg), ImageFormat::kJpeg, 1).value().values, kGreyJpegValues);
}

TEST(Image, RefusesDamagedFiles) {
  for (size_t length = 0; length < sizeof kRgbPng; ++length) {
    const auto cut = decodeImage(bytes(kRgbPng).substr(0, length), ImageFormat::kPng, 3);
    if (cut.ok()) {
      EXPECT_GE(length, sizeof kRgbPng - 12) << length;  // without the last, empty chunk all pixels are there
    }
  }
  for (size_t length = 0; length + 2 < sizeof kRgbJpeg; ++length) {
    EXPECT_FALSE(decodeImage(bytes(kRgbJpeg).substr(0, length), ImageFormat::kJpeg, 3).ok()) << length;
  }
  EXPECT_FALSE(decodeImage(bytes(kRgbJpeg), ImageFormat::kPng, 3).ok());
  EXPECT_FALSE(decodeImage(bytes(kRgbPng), ImageFormat::kJpeg, 3).ok());
}

TEST(Image, RefusesSizesAndChannels) {
  std::string huge(bytes(kRgbPng));
  huge.replace(16, 4, std::string("\x00\x10\x00\x00", 4));  // width 1,048,576; the chunk's checksum is wrong as well
  EXPECT_FALSE(decodeImage(huge, ImageFormat::kPng, 3).ok());
  EXPECT_FALSE(decodeImage(bytes(kHugePng), ImageFormat::kPng, 3).ok());
  EXPECT_EQ(decodeImage(bytes(kHugePng), ImageFormat::kPng, 3).error().message().substr(0, 41),
            "the image has 100000 x 100000 pixels; at ");
  for (const int64_t channels : {0, 2, 5, -1}) {
    EXPECT_FALSE(decodeImage(bytes(kRgbPng), ImageFormat::kPng, channels).ok());
  }
  EXPECT_FALSE(decodeImage(bytes(kRgbJpeg), ImageFormat::kJpeg, 4).ok());
}

TEST(Image, KnowsFormatsByTheirNames) {
  EXPECT_EQ(imageFormatOf("a.b.png"), ImageFormat::kPng);
  EXPECT_EQ(imageFormatOf("a.jpg"), ImageFormat::kJpeg);
  EXPECT_EQ(imageFormatOf("a.PNG"), ImageFormat::kJpeg);
  EXPECT_EQ(imageFormatOf(""), ImageFormat::kJpeg);
}

}  // namespace
}  // namespace mlaas::serve
