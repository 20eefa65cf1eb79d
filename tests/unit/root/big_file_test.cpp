// Files over 2 GB: each of header, directory and key has a version of its own that makes its places wide.
#include <gtest/gtest.h>

#include <map>

#include "mlaas/root/directory.h"
#include "tests/unit/root/big_endian_writer.h"

namespace mlaas::root {
namespace {

constexpr uint64_t kFileBytes = uint64_t{6} << 30;
constexpr uint64_t kListPlace = uint64_t{5} << 30;
constexpr uint64_t kFolderPlace = (uint64_t{3} << 30) + 7;
constexpr uint64_t kObjectPlace = (uint64_t{4} << 30) + 123;
constexpr uint64_t kProcessBits = uint64_t{0xABCD} << 48;  // kept in the top of a wide fSeekPdir

// Zeros but for some pieces.
class SparseSource : public io::ByteSource {
 public:
  explicit SparseSource(std::map<uint64_t, BigEndianWriter> pieces) : pieces_(std::move(pieces)) {}
  const std::string& url() const override { return url_; }
  uint64_t sizeBytes() const override { return kFileBytes; }
  void read(std::vector<io::ReadRequest> requests, io::ReadDone done) override { done(readNow(std::move(requests))); }
  Result<void> readNow(std::vector<io::ReadRequest> requests) override {
    MLAAS_CHECK(io::checkWithin(*this, requests));
    for (const auto& [offset, destination] : requests) {
      for (size_t i = 0; i < destination.size(); ++i) destination[i] = at(offset + i);
    }
    return {};
  }

 private:
  std::byte at(uint64_t offset) const {
    auto piece = pieces_.upper_bound(offset);
    if (piece == pieces_.begin()) return std::byte{0};
    --piece;
    const auto& bytes = piece->second.bytes();
    return offset - piece->first < bytes.size() ? bytes[offset - piece->first] : std::byte{0};
  }
  const std::string url_ = "big.root";
  const std::map<uint64_t, BigEndianWriter> pieces_;
};

BigEndianWriter wideKey(std::string_view className, std::string_view name, uint64_t place, uint64_t parent,
                        uint32_t objectBytes) {
  const auto keyBytes = static_cast<uint16_t>(34 + className.size() + 1 + name.size() + 1 + 1);
  BigEndianWriter key;
  return key.number(keyBytes + objectBytes)
      .number(uint16_t{1004})
      .number(objectBytes)
      .number(uint32_t{0})
      .number(keyBytes)
      .number(uint16_t{1})
      .number(place)
      .number(parent | kProcessBits)
      .text(className)
      .text(name)
      .text("");
}

// A list of one key as a record.
BigEndianWriter keyList(const BigEndianWriter& key, uint64_t place) {
  BigEndianWriter object;
  object.number(uint32_t{1}).append(key);
  return wideKey("TFile", "big.root", place, 100, static_cast<uint32_t>(object.size())).append(object);
}

BigEndianWriter wideFolder(uint64_t own, uint64_t list, size_t listBytes) {
  BigEndianWriter folder;
  return folder.number(uint16_t{1005})
      .number(uint64_t{0})  // dates
      .number(static_cast<uint32_t>(listBytes))
      .number(uint32_t{0})
      .number(own)
      .number(uint64_t{100})
      .number(list);
}

std::map<uint64_t, BigEndianWriter> piecesOfFile() {
  const auto object = wideKey("TNamed", "far", kObjectPlace, kFolderPlace, 5).characters("hello");
  const auto inner = keyList(wideKey("TNamed", "far", kObjectPlace, kFolderPlace, 5), kListPlace + 4096);
  const auto folderKey = wideKey("TDirectoryFile", "dir", kFolderPlace, 100, 60);
  auto folder = folderKey;
  folder.append(wideFolder(kFolderPlace, kListPlace + 4096, inner.size()));
  const auto outer = keyList(folderKey, kListPlace);
  BigEndianWriter header;
  header.characters("root").number(uint32_t{1064000}).number(uint32_t{100}).number(kFileBytes).number(kFileBytes - 64);
  header.number(uint32_t{64}).number(uint32_t{1}).number(uint32_t{58}).number(uint8_t{8}).number(uint32_t{101});
  header.number(uint64_t{0}).number(uint32_t{0});
  return {{0, header},
          {158, wideFolder(100, kListPlace, outer.size())},
          {kFolderPlace, folder},
          {kObjectPlace, object},
          {kListPlace, outer},
          {kListPlace + 4096, inner}};
}

TEST(BigFile, FindsWhatLiesFarBehindTwoGigabytes) {
  const auto opened = File::open(std::make_shared<SparseSource>(piecesOfFile()));
  ASSERT_TRUE(opened.ok()) << opened.error().what();
  const File& file = **opened;
  EXPECT_EQ(file.writtenBy(), "ROOT 6.40.00");
  EXPECT_TRUE(file.damage().empty());
  const auto keys = listKeys(file);
  ASSERT_TRUE(keys.ok()) << keys.error().what();
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[1].path, "dir/far");
  const Key key = findKey(file, "dir/far").value().key;
  EXPECT_EQ(key.offset, kObjectPlace);
  EXPECT_EQ(key.parentOffset, kFolderPlace);
  const auto record = file.readRecord(key.offset, key.recordBytes);
  ASSERT_TRUE(record.ok()) << record.error().what();
  EXPECT_EQ(record->bytes, BigEndianWriter().characters("hello").bytes());
}

}  // namespace
}  // namespace mlaas::root
