// Damaged files: an error or values, within bounded time and memory, never a crash.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "mlaas/base/random.h"
#include "mlaas/io/memory_source.h"
#include "mlaas/io/opener.h"
#include "mlaas/table/table.h"
#include "tests/unit/table/real_files.h"

namespace mlaas::table {
namespace {

using Bytes = std::vector<std::byte>;

Bytes readFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> characters((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  Bytes bytes(characters.size());
  std::transform(characters.begin(), characters.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

// Makes openTable("damaged://file") see `bytes`.
void serve(Bytes bytes) {
  auto source = std::make_shared<io::MemorySource>("damaged://file", std::move(bytes));
  io::registerScheme("damaged", [source](const std::string&) -> Result<std::shared_ptr<io::ByteSource>> {
    return std::shared_ptr<io::ByteSource>(source);
  });
}

// Reads every column of every table; returns how many were read.
size_t readAll(Bytes bytes) {
  serve(std::move(bytes));
  const auto info = inspectFile("damaged://file");
  if (!info.ok()) return 0;
  size_t numRead = 0;
  for (const TableInfo& tableInfo : info->tables) {
    const auto table = openTable("damaged://file", tableInfo.name);
    if (!table.ok()) continue;
    for (size_t column = 0; column < (*table)->columns().size(); ++column) {
      // A damaged count may promise more than is worth reading.
      const int64_t last = std::min<int64_t>((*table)->numEntries(), 1000000);
      numRead += (*table)->read({0, last}, {column}).ok();
    }
  }
  return numRead;
}

bool isSame(const SharedBuffer& a, const SharedBuffer& b) { return std::ranges::equal(a->bytes(), b->bytes()); }

void expectSame(const Column& read, const Column& right) {
  ASSERT_EQ(read.type, right.type);
  EXPECT_EQ(read.length, right.length);
  for (size_t level = 0; level < right.offsets.size(); ++level) {
    EXPECT_TRUE(isSame(read.offsets[level], right.offsets[level]));
  }
  EXPECT_TRUE(isSame(read.values, right.values));
}

class DamagedFile : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    whole_ = readFile(sampleFile(GetParam()));
    numColumns_ = readAll(whole_);
    ASSERT_GT(numColumns_, 20U);
  }
  Bytes whole_;
  size_t numColumns_ = 0;
};

TEST_P(DamagedFile, TruncatedAnywhereIsAnErrorOrTheRightValues) {
  serve(whole_);
  const auto whole = openTable("damaged://file", "Events").value();
  for (size_t i = 0; i < 50; ++i) {
    const size_t length = whole_.size() * i / 50;
    serve(Bytes(whole_.begin(), whole_.begin() + static_cast<std::ptrdiff_t>(length)));
    const auto table = openTable("damaged://file", "Events");
    if (!table.ok()) {
      const ErrorCode code = table.error().code();
      EXPECT_TRUE(code == ErrorCode::kCorrupt || code == ErrorCode::kNotFound) << length << table.error().what();
      continue;
    }
    ASSERT_LE((*table)->numEntries(), whole->numEntries()) << length;
    const EntryRange range{0, (*table)->numEntries()};
    for (size_t column = 0; column < (*table)->columns().size(); ++column) {
      const auto read = (*table)->read(range, {column});
      if (!read.ok()) {
        EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt) << read.error().what();
        continue;
      }
      const size_t same = whole->findColumn((*table)->columns()[column].name).value();
      expectSame(read->front(), whole->read(range, {same}).value().front());
    }
  }
}

// The header corrected to the shorter length, as recovery would: what is left must still be read within bounds.
TEST_P(DamagedFile, TruncatedWithACorrectedHeader) {
  for (size_t i = 2; i < 50; ++i) {
    Bytes bytes(whole_.begin(), whole_.begin() + static_cast<std::ptrdiff_t>(whole_.size() * i / 50));
    for (size_t byte = 0; byte < 4; ++byte) bytes[12 + byte] = static_cast<std::byte>(bytes.size() >> (24 - 8 * byte));
    EXPECT_LE(readAll(std::move(bytes)), numColumns_);
  }
}

TEST_P(DamagedFile, FlippedBytes) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    Bytes bytes = whole_;
    for (uint64_t i = 0; i <= seed % 4; ++i) {
      // Every other seed hits what is not compressed: the header, and the records at the end.
      const size_t span = seed % 2 == 0 ? bytes.size() : 300;
      const size_t at = random.below(span);
      bytes[seed % 4 == 3 ? bytes.size() - 1 - at : at] ^= static_cast<std::byte>(1 + random.below(255));
    }
    EXPECT_LE(readAll(std::move(bytes)), 10 * numColumns_) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Sample, DamagedFile, testing::Values("multijet_1.root", "multijet_2.root"));

}  // namespace
}  // namespace mlaas::table
