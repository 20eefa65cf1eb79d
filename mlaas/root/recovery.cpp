#include "mlaas/root/recovery.h"

#include <algorithm>
#include <map>

namespace mlaas::root {

namespace {

constexpr uint64_t kWindowBytes = uint64_t{256} << 10;
constexpr uint64_t kMostKeyBytes = 4096;  // of a key with long names
constexpr size_t kLeastRecordBytes = 20;
constexpr size_t kMostPathBytes = 4096;
constexpr size_t kMostPathBytesInAll = size_t{64} << 20;  // folders in folders could repeat long names without end
constexpr uint16_t kWideVersion = 1000;

bool isFolder(const Key& key) { return key.className == "TDirectory" || key.className == "TDirectoryFile"; }

// Reads the file from front to back, a window at a time.
class Window {
 public:
  explicit Window(const File& file) : file_(file), fileBytes_(file.source().sizeBytes()) {}

  // The bytes from `offset` on: at least `bytes` of them, or as many as the file has.
  Result<std::span<const std::byte>> at(uint64_t offset, uint64_t bytes) {
    bytes = std::min(bytes, fileBytes_ - std::min(offset, fileBytes_));
    if (offset < start_ || offset + bytes > start_ + bytes_.size()) {
      MLAAS_TRY(bytes_, file_.readRaw(offset, std::min(std::max(bytes, kWindowBytes), fileBytes_ - offset)));
      start_ = offset;
    }
    return std::span<const std::byte>(bytes_).subspan(offset - start_);
  }
  uint64_t fileBytes() const { return fileBytes_; }

 private:
  const File& file_;
  const uint64_t fileBytes_;
  std::vector<std::byte> bytes_;
  uint64_t start_ = 0;
};

class Recovery {
 public:
  explicit Recovery(const File& file) : window_(file), next_(file.firstRecordOffset()) {}

  Result<RecoveredFile> run() {
    // The first record is the file's own: its folder lies behind its key and names.
    folders_[next_] = "";
    while (next_ + kLeastRecordBytes <= window_.fileBytes()) {
      MLAAS_TRY(const auto bytes, window_.at(next_, kMostKeyBytes));
      const auto length = loadNumber<int32_t, std::endian::big>(bytes.data());
      if (length == 0 || length == INT32_MIN) break;
      // Less than zero: free room.
      if (length > 0 && !take(bytes, static_cast<uint64_t>(length))) break;
      next_ += static_cast<uint64_t>(length < 0 ? -length : length);
    }
    return std::move(found_);
  }

 private:
  // Looks at the record at next_; false where it is damaged or cut short.
  bool take(std::span<const std::byte> bytes, uint64_t length) {
    ByteCursor cursor(bytes);
    Key key = readKey(cursor);
    if (!cursor.ok() || key.offset != next_ || length > window_.fileBytes() - next_) return false;
    if (key.className == "TList" && key.name == "StreamerInfo") {
      found_.streamerInfoOffset = key.offset;
      found_.streamerInfoBytes = key.recordBytes;
    } else if (key.className != "TBasket" && key.className != "TFile" && !key.name.empty() && key.parentOffset != 0 &&
               (!isFolder(key) || beginsFolder(key, bytes))) {
      add(std::move(key));
    }
    return true;
  }

  // Whether the record is a folder's own and not its list of keys, which has the same class and name.
  static bool beginsFolder(const Key& key, std::span<const std::byte> bytes) {
    ByteCursor cursor(bytes);
    cursor.seek(std::min<size_t>(key.keyBytes, bytes.size()));
    const auto version = cursor.big<uint16_t>();
    cursor.skip(16);  // dates, lengths
    const uint64_t own = version > kWideVersion ? cursor.big<uint64_t>() : cursor.big<uint32_t>();
    return cursor.ok() && own == key.offset;
  }

  void add(Key key) {
    const auto parent = folders_.find(key.parentOffset);
    if (parent == folders_.end() || parent->second.size() + key.name.size() > kMostPathBytes) return;
    std::string path = parent->second + key.name;
    pathBytes_ += path.size();
    if (pathBytes_ > kMostPathBytesInAll) return;
    if (isFolder(key)) folders_[key.offset] = path + "/";
    found_.entries.push_back({std::move(path), std::move(key)});
  }

  Window window_;
  uint64_t next_;
  size_t pathBytes_ = 0;
  std::map<uint64_t, std::string> folders_;  // place of a folder's record -> prefix of what is in it
  RecoveredFile found_;
};

}  // namespace

Result<RecoveredFile> recoverKeys(const File& file) { return Recovery(file).run(); }

}  // namespace mlaas::root
