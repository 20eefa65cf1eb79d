#include "mlaas/table/arrow/text_blocks.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mlaas/base/random.h"
#include "mlaas/io/memory_source.h"

namespace mlaas::table {
namespace {

io::MemorySource sourceOf(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {"text.csv", std::vector<std::byte>(bytes.begin(), bytes.end())};
}

std::vector<std::string> cut(const std::string& text, bool hasQuotes, uint64_t blockBytes) {
  auto source = sourceOf(text);
  std::vector<std::string> parts;
  const auto blocks = cutIntoBlocks(source, hasQuotes, blockBytes).value();
  for (const TextBlock& block : blocks) {
    parts.push_back(text.substr(block.offset, block.bytes));
  }
  return parts;
}

using Parts = std::vector<std::string>;

TEST(TextBlocks, EndBehindTheFirstLineThatFillsThem) {
  EXPECT_EQ(cut("a\nb\nc", false, 1), (Parts{"a\n", "b\n", "c"}));
  EXPECT_EQ(cut("a\nb\nc\n", false, 3), (Parts{"a\nb\n", "c\n"}));
  EXPECT_EQ(cut("a\nb\n", true, 100), (Parts{"a\nb\n"}));
  EXPECT_EQ(cut("", true, 100), Parts{});
}

TEST(TextBlocks, DoNotEndBetweenQuotes) {
  EXPECT_EQ(cut("\"a\nb\"\nc\n", true, 1), (Parts{"\"a\nb\"\n", "c\n"}));
  EXPECT_EQ(cut("\"a\nb\"\nc\n", false, 1), (Parts{"\"a\n", "b\"\n", "c\n"}));
  EXPECT_EQ(cut("\"a\"\"\n\"\nc\n", true, 1), (Parts{"\"a\"\"\n\"\n", "c\n"}));
}

TEST(TextBlocks, RefuseAQuoteThatStaysOpen) {
  auto source = sourceOf("a\n\"b\n");
  EXPECT_EQ(cutIntoBlocks(source, true, 1).error().code(), ErrorCode::kCorrupt);
}

// The blocks of a text are the text, and each but the last ends with a line break that an even number of quotes precedes.
TEST(TextBlocks, AreTheTextWhereverPiecesOfItEnd) {
  Random random(7);
  std::string text;
  bool inQuotes = false;
  for (int i = 0; i < 3'000'000; ++i) {
    const char c = "ab,\n\n\""[random.below(6)];
    inQuotes ^= c == '"';
    text += c;
  }
  if (inQuotes) text += '"';
  const Parts parts = cut(text, true, 10'000);
  EXPECT_GT(parts.size(), 100U);
  std::string joined;
  size_t quotes = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    joined += parts[i];
    quotes += static_cast<size_t>(std::ranges::count(parts[i], '"'));
    if (i + 1 == parts.size()) break;
    ASSERT_EQ(parts[i].back(), '\n');
    ASSERT_EQ(quotes % 2, 0U);
    ASSERT_GE(parts[i].size(), 10'000U);
  }
  EXPECT_EQ(joined, text);
}

TEST(PlainText, LeavesTextAsItIs) {
  const auto source = std::make_shared<io::MemorySource>(sourceOf("a,b\n1,2\n"));
  EXPECT_EQ(plainText(source).value(), source);
}

}  // namespace
}  // namespace mlaas::table
