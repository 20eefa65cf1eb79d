#include "mlaas/root/recovery.h"

#include <gtest/gtest.h>

#include "mlaas/io/memory_source.h"
#include "mlaas/root/directory.h"
#include "tests/unit/root/big_endian_writer.h"

namespace mlaas::root {
namespace {

constexpr uint32_t kBegin = 64;

// A file whose records follow each other; its header names no list of keys.
class UnclosedFile {
 public:
  UnclosedFile() { add("TFile", "x.root", 0, 1, BigEndianWriter().text("x.root").text("").append(folder(kBegin))); }

  // Appends a record and returns its place. A folder's header lies behind its key.
  uint32_t add(std::string_view className, std::string_view name, uint32_t parent, uint16_t cycle,
               const BigEndianWriter& object) {
    const auto place = static_cast<uint32_t>(kBegin + records_.size());
    const auto keyBytes = static_cast<uint16_t>(26 + className.size() + 1 + name.size() + 1 + 1);
    records_.number(static_cast<uint32_t>(keyBytes + object.size()))
        .number(uint16_t{4})
        .number(static_cast<uint32_t>(object.size()))
        .number(uint32_t{0})
        .number(keyBytes)
        .number(cycle)
        .number(place)
        .number(parent)
        .text(className)
        .text(name)
        .text("")
        .append(object);
    return place;
  }
  uint32_t addFolder(std::string_view name, uint32_t parent) {
    return add("TDirectoryFile", name, parent, 1, folder(static_cast<uint32_t>(kBegin + records_.size())));
  }
  void addFreeRoom(int32_t bytes) {
    records_.number(-bytes);
    for (int32_t i = 4; i < bytes; ++i) records_.number(uint8_t{0});
  }
  std::vector<std::byte> bytes() const {
    BigEndianWriter file;
    file.characters("root").number(uint32_t{64000}).number(kBegin).number(kBegin);
    for (int i = 0; i < 3; ++i) file.number(uint32_t{0});  // free segments
    file.number(uint32_t{60}).number(uint8_t{4}).number(uint32_t{101}).number(uint32_t{0}).number(uint32_t{0});
    while (file.size() < kBegin) file.number(uint8_t{0});
    return file.append(records_).bytes();
  }

 private:
  static BigEndianWriter folder(uint32_t place) {
    BigEndianWriter written;
    written.number(uint16_t{5}).number(uint64_t{0}).number(uint64_t{0}).number(place).number(kBegin);
    return written.number(uint32_t{0}).number(uint64_t{0});
  }
  BigEndianWriter records_;
};

std::shared_ptr<const File> openBytes(std::vector<std::byte> bytes) {
  return File::open(std::make_shared<io::MemorySource>("test.root", std::move(bytes))).value();
}

std::vector<std::string> pathsOf(const File& file) {
  std::vector<std::string> paths;
  const auto entries = listKeys(file).value();
  for (const auto& entry : entries) paths.push_back(entry.path + ";" + std::to_string(entry.key.cycle));
  return paths;
}

UnclosedFile sample() {
  UnclosedFile file;
  file.add("TTree", "t", kBegin, 1, BigEndianWriter().text("first"));
  file.add("TBasket", "x", kBegin, 1, BigEndianWriter().text("values"));
  const uint32_t folder = file.addFolder("dir", kBegin);
  file.addFreeRoom(50);
  file.add("TTree", "t", folder, 1, BigEndianWriter().text("below"));
  file.add("TDirectoryFile", "dir", folder, 1, BigEndianWriter().number(uint32_t{1}));  // its list of keys
  file.add("TList", "StreamerInfo", kBegin, 1, BigEndianWriter().text("info"));
  file.add("TTree", "t", kBegin, 2, BigEndianWriter().text("second"));
  return file;
}

TEST(Recovery, FindsWhatWasWrittenBeforeAFileWasClosed) {
  const auto file = openBytes(sample().bytes());
  EXPECT_NE(file->damage().find("never closed"), std::string::npos);
  EXPECT_EQ(pathsOf(*file), (std::vector<std::string>{"t;2", "dir;1", "dir/t;1"}));
  EXPECT_TRUE(file->hasStreamerInfo());
  EXPECT_EQ(findKey(*file, "t")->key.cycle, 2);
  EXPECT_EQ(findKey(*file, "t;1")->key.cycle, 1);
  EXPECT_EQ(findKey(*file, "t;3").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(findKey(*file, "dir/t")->key.className, "TTree");
}

TEST(Recovery, KeepsWhatIsWholeInAFileOfAnyLength) {
  const auto whole = sample().bytes();
  size_t previous = 0;
  for (size_t length = kBegin + 26; length <= whole.size(); ++length) {
    auto opened = File::open(std::make_shared<io::MemorySource>(
        "test.root", std::vector<std::byte>(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length))));
    const size_t found = opened.ok() ? listKeys(**opened)->size() : 0;
    EXPECT_TRUE(opened.ok() || opened.error().code() == ErrorCode::kCorrupt);
    EXPECT_GE(found, previous) << length;
    previous = found;
  }
  EXPECT_EQ(previous, 3U);
}

TEST(Recovery, StopsAtDamagedRecords) {
  auto bytes = sample().bytes();
  const auto second = findKey(*openBytes(bytes), "dir/t").value().key.offset;
  for (const uint8_t length : {1, 127, 128}) {
    bytes[second] = std::byte{length};
    EXPECT_EQ(pathsOf(*openBytes(bytes)), (std::vector<std::string>{"t;1", "dir;1"})) << int{length};
  }
}

}  // namespace
}  // namespace mlaas::root
