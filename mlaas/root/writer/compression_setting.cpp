#include "mlaas/root/writer/compression_setting.h"

#include <array>
#include <charconv>

namespace mlaas::root {

namespace {

struct CodecRow {
  std::string_view name;
  OutputCodec codec;
  int algorithm;  // ROOT's number
  int defaultLevel;
  int maxLevel;
};

constexpr std::array<CodecRow, 4> kCodecs = {{{"zstd", OutputCodec::kZstd, 5, 5, 19},
                                              {"zlib", OutputCodec::kZlib, 1, 6, 12},
                                              {"lz4", OutputCodec::kLz4, 4, 4, 12},
                                              {"none", OutputCodec::kNone, 0, 0, 0}}};

Error badSetting(std::string_view text) {
  std::string expected;
  for (const CodecRow& row : kCodecs) {
    expected += (expected.empty() ? "" : ", ") + std::string(row.name);
    if (row.maxLevel > 0) expected += " (or " + std::string(row.name) + ":1 to :" + std::to_string(row.maxLevel) + ")";
  }
  return {ErrorCode::kInvalidArgument, "compression '" + std::string(text) + "': expected one of " + expected};
}

}  // namespace

int32_t CompressionSetting::number() const {
  for (const CodecRow& row : kCodecs)
    if (row.codec == codec) return row.algorithm * 100 + (codec == OutputCodec::kNone ? 0 : level);
  return 0;
}

Result<CompressionSetting> parseCompression(std::string_view text) {
  size_t colon = text.find(':');
  for (const CodecRow& row : kCodecs) {
    if (text.substr(0, colon) != row.name) continue;
    CompressionSetting setting{row.codec, row.defaultLevel};
    if (colon == std::string_view::npos) return setting;
    std::string_view digits = text.substr(colon + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), setting.level);
    bool whole = error == std::errc() && end == digits.data() + digits.size();
    if (whole && 1 <= setting.level && setting.level <= row.maxLevel) return setting;
    return badSetting(text);
  }
  return badSetting(text);
}

}  // namespace mlaas::root
