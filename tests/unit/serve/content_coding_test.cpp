#include "mlaas/serve/content_coding.h"

#include <gtest/gtest.h>

namespace mlaas::serve {
namespace {

constexpr size_t kMuch = size_t{1} << 20;

TEST(ContentCodingTest, DecodesWhatItEncodes) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i * i);
  for (const auto coding : {ContentCoding::kIdentity, ContentCoding::kGzip, ContentCoding::kDeflate}) {
    const auto encoded = encodeContent(text, coding).value();
    EXPECT_EQ(decodeContent(encoded, coding, text.size()).value(), text);
    EXPECT_EQ(decodeContent(encodeContent("", coding).value(), coding, 0).value(), "");
  }
  EXPECT_LT(encodeContent(text, ContentCoding::kGzip)->size(), text.size());
}

// gzip.compress(b"abc", mtime=0) and zlib.compress(b"abc") of Python 3.11.
TEST(ContentCodingTest, DecodesWhatOthersEncoded) {
  const std::string gzip("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x4b\x4c\x4a\x06\x00\xc2\x41\x24\x35\x03\x00\x00\x00",
                         23);
  const std::string zlib("\x78\x9c\x4b\x4c\x4a\x06\x00\x02\x4d\x01\x27", 11);
  EXPECT_EQ(decodeContent(gzip, ContentCoding::kGzip, 3).value(), "abc");
  EXPECT_EQ(decodeContent(zlib, ContentCoding::kDeflate, 3).value(), "abc");
  EXPECT_FALSE(decodeContent(zlib, ContentCoding::kGzip, 3).ok());
  for (size_t size = 0; size < gzip.size(); ++size) {
    EXPECT_FALSE(decodeContent(gzip.substr(0, size), ContentCoding::kGzip, kMuch).ok()) << size;
  }
  EXPECT_FALSE(decodeContent(gzip + "x", ContentCoding::kGzip, kMuch).ok());
}

TEST(ContentCodingTest, StopsAtTheLimit) {
  const auto bomb = encodeContent(std::string(64 * kMuch, '0'), ContentCoding::kGzip).value();
  const auto result = decodeContent(bomb, ContentCoding::kGzip, kMuch);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  const auto exact = encodeContent(std::string(kMuch, '0'), ContentCoding::kGzip).value();
  EXPECT_EQ(decodeContent(exact, ContentCoding::kGzip, kMuch)->size(), kMuch);
  EXPECT_FALSE(decodeContent(exact, ContentCoding::kGzip, kMuch - 1).ok());
}

TEST(ContentCodingTest, ReadsHeaders) {
  EXPECT_EQ(contentCodingFrom("").value(), ContentCoding::kIdentity);
  EXPECT_EQ(contentCodingFrom(" GZIP ").value(), ContentCoding::kGzip);
  EXPECT_EQ(contentCodingFrom("deflate").value(), ContentCoding::kDeflate);
  EXPECT_FALSE(contentCodingFrom("br").ok());
  EXPECT_FALSE(contentCodingFrom("gzip, gzip").ok());
  EXPECT_EQ(acceptedCoding("deflate, gzip;q=0.5"), ContentCoding::kGzip);
  EXPECT_EQ(acceptedCoding("gzip;q=0.0, deflate"), ContentCoding::kDeflate);
  EXPECT_EQ(acceptedCoding("br, *"), ContentCoding::kIdentity);
  EXPECT_EQ(acceptedCoding(""), ContentCoding::kIdentity);
}

}  // namespace
}  // namespace mlaas::serve
