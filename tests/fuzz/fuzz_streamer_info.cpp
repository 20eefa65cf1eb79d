// Input: the object of a file's streamer info, uncompressed: a TList of TStreamerInfo. It is put into a file of its own
// and read from there; every description that comes out is looked up by its name, version and checksum.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "mlaas/io/memory_source.h"
#include "mlaas/root/streamer/streamer_info.h"
#include "tests/fuzz/mutate_in_place.h"

namespace {

// The bytes of a big-endian file, appended.
class Writer {
 public:
  Writer& number(uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) bytes_.push_back(static_cast<std::byte>(value >> shift));
    return *this;
  }
  Writer& text(std::string_view value) {
    number(value.size(), 1);
    for (char character : value) bytes_.push_back(static_cast<std::byte>(character));
    return *this;
  }
  Writer& raw(std::string_view value) {
    for (char character : value) bytes_.push_back(static_cast<std::byte>(character));
    return *this;
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

constexpr uint32_t kFirstRecord = 100;
constexpr uint32_t kKeyBytes = 64;

// docs/formats/tfile.md: a header, then one record whose object is the input.
std::vector<std::byte> makeFile(const uint8_t* data, size_t size) {
  const auto objectBytes = static_cast<uint32_t>(size);
  const uint32_t end = kFirstRecord + kKeyBytes + objectBytes;
  Writer writer;
  writer.raw("root").number(64000, 4).number(kFirstRecord, 4).number(end, 4).number(0, 4).number(0, 4).number(0, 4);
  writer.number(kKeyBytes, 4).number(4, 1).number(0, 4).number(kFirstRecord, 4).number(kKeyBytes + objectBytes, 4);
  std::vector<std::byte> bytes = writer.take();
  bytes.resize(kFirstRecord);
  Writer key;
  key.number(kKeyBytes + objectBytes, 4).number(4, 2).number(objectBytes, 4).number(0, 4).number(kKeyBytes, 2);
  key.number(1, 2).number(kFirstRecord, 4).number(kFirstRecord, 4).text("TList").text("StreamerInfo").text("Doubly");
  std::vector<std::byte> keyBytes = key.take();
  keyBytes.resize(kKeyBytes);
  bytes.insert(bytes.end(), keyBytes.begin(), keyBytes.end());
  const auto* object = reinterpret_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), object, object + size);
  return bytes;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned int seed) {
  return mlaas::fuzz::mutateInPlace(data, size, most, seed, "");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mlaas;
  if (size > (1U << 20)) return 0;
  const auto file = root::File::open(std::make_shared<io::MemorySource>("fuzz", makeFile(data, size)));
  if (!file.ok()) return 0;
  const auto registry = root::readStreamerInfo(**file);
  if (!registry.ok()) return 0;
  for (const auto& [name, versions] : (*registry)->all()) {
    for (const auto& one : versions) static_cast<void>((*registry)->find(name, one.version, one.checksum));
  }
  return 0;
}
