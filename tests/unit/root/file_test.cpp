#include "mlaas/root/file.h"

#include <gtest/gtest.h>

#include "mlaas/io/memory_source.h"
#include "mlaas/io/opener.h"
#include "mlaas/root/directory.h"

namespace mlaas::root {
namespace {

constexpr const char* kSample = MLAAS_SOURCE_DIR "/examples/tth/data/multijet_1.root";

std::vector<std::byte> sampleBytes() {
  const auto source = io::open(kSample).value();
  std::vector<std::byte> bytes(source->sizeBytes());
  source->readNow({{0, bytes}}).value();
  return bytes;
}

Result<std::shared_ptr<const File>> openBytes(std::vector<std::byte> bytes) {
  return File::open(std::make_shared<io::MemorySource>("test.root", std::move(bytes)));
}

TEST(File, ListsAndFindsKeys) {
  const auto file = openBytes(sampleBytes()).value();
  EXPECT_EQ(file->writtenBy().substr(0, 7), "ROOT 6.");
  const auto keys = listKeys(*file);
  ASSERT_TRUE(keys.ok()) << keys.error().what();
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().path, "Events");
  EXPECT_EQ(keys->front().key.className, "TTree");
  EXPECT_EQ(findKey(*file, "Events")->key.offset, keys->front().key.offset);
  EXPECT_EQ(findKey(*file, "events").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(findKey(*file, "Events/below").error().code(), ErrorCode::kNotFound);
}

TEST(File, ReadsAndDecompressesRecords) {
  const auto file = openBytes(sampleBytes()).value();
  const auto entry = findKey(*file, "Events").value();
  const auto record = file->readRecord(entry.key.offset, entry.key.recordBytes);
  ASSERT_TRUE(record.ok()) << record.error().what();
  EXPECT_EQ(record->bytes.size(), entry.key.objectBytes);
  EXPECT_EQ(record->key.name, "Events");
}

TEST(File, RefusesWhatIsNoRootFile) {
  EXPECT_EQ(openBytes({}).error().code(), ErrorCode::kCorrupt);
  const auto result = openBytes(std::vector<std::byte>(1000, std::byte{'x'}));
  EXPECT_EQ(result.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(std::string(result.error().what()).find("not a ROOT file"), std::string::npos);
}

TEST(File, SaysThatAFileIsTruncated) {
  auto bytes = sampleBytes();
  bytes.resize(bytes.size() - 1);
  // The last record tells free room: nothing is missing that anyone reads.
  const auto almostWhole = openBytes(bytes);
  ASSERT_TRUE(almostWhole.ok()) << almostWhole.error().what();
  EXPECT_NE((*almostWhole)->damage().find("is truncated"), std::string::npos);
  EXPECT_EQ((*almostWhole)->recovered(), nullptr);

  bytes.resize(bytes.size() / 100);
  const auto result = openBytes(std::move(bytes));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(std::string(result.error().what()).find("truncated"), std::string::npos);
}

TEST(File, RefusesRecordsOutsideTheFile) {
  const auto file = openBytes(sampleBytes()).value();
  EXPECT_EQ(file->readRecord(1, UINT32_MAX).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(file->readRecord(UINT64_MAX, 100).error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace mlaas::root
