#include "mlaas/root/writer/object_writer.h"

namespace mlaas::root {

namespace {

constexpr uint32_t kByteCountMask = 0x40000000;
constexpr uint32_t kNewClassTag = 0xFFFFFFFF;
constexpr uint32_t kClassMask = 0x80000000;
constexpr size_t kLongString = 255;

void appendText(std::vector<std::byte>& bytes, std::string_view text) {
  auto characters = std::as_bytes(std::span(text));
  bytes.insert(bytes.end(), characters.begin(), characters.end());
}

}  // namespace

void appendCountedString(std::vector<std::byte>& bytes, std::string_view text) {
  if (text.size() < kLongString) {
    appendBig(bytes, static_cast<uint8_t>(text.size()));
  } else {
    appendBig(bytes, uint8_t{kLongString});
    appendBig(bytes, static_cast<int32_t>(text.size()));
  }
  appendText(bytes, text);
}

size_t countedStringBytes(std::string_view text) { return text.size() + (text.size() < kLongString ? 1 : 5); }

size_t ObjectWriter::beginCount() {
  size_t start = bytes_.size();
  number(uint32_t{0});
  return start;
}

void ObjectWriter::endCount(size_t start) {
  auto count = static_cast<uint32_t>(bytes_.size() - start - sizeof(uint32_t)) | kByteCountMask;
  for (size_t i = 0; i < sizeof count; ++i) bytes_[start + i] = static_cast<std::byte>(count >> (24 - 8 * i));
}

void ObjectWriter::classRecord(const std::string& className) {
  auto position = static_cast<uint32_t>(keyBytes_ + bytes_.size() + kMapOffset);
  auto [known, isNew] = classes_.emplace(className, position);
  if (!isNew) return number(known->second | kClassMask);
  number(kNewClassTag);
  appendText(bytes_, className);
  number(uint8_t{0});
}

void ObjectWriter::rootObject(uint32_t bits) {
  number(int16_t{1});
  number(uint32_t{0});  // fUniqueID
  number(bits);
}

void ObjectWriter::named(std::string_view name, std::string_view title, uint32_t bits) {
  frame(1, [&] {
    rootObject(bits);
    text(name);
    text(title);
  });
}

}  // namespace mlaas::root
