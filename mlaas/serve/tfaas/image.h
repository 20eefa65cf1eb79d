// A picture to the numbers that a network takes, as TFaaS makes them: PNG or JPEG to [height, width, channels] of 0 to
// 255, without resizing or scaling.
// Source:  the operations DecodePng and DecodeJpeg of TensorFlow, which TFaaS uses.
// Threads: functions of their arguments.
// Errors:  kInvalidArgument.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::serve {

struct Image {
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
  std::vector<uint8_t> values;  // row by row, a pixel's channels together
};

enum class ImageFormat { kPng, kJpeg };

// `channels` is 1 (grey), 3 (red, green, blue) or, for PNG, 4. At most 64 million values.
Result<Image> decodeImage(std::string_view file, ImageFormat format, int64_t channels);

// By the name's ending, as TFaaS does: png, else JPEG.
ImageFormat imageFormatOf(std::string_view filename);

}  // namespace mlaas::serve
