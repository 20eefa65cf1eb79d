#include "mlaas/serve/tfaas/image.h"

#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

namespace mlaas::serve {

namespace {

constexpr int64_t kMostValues = int64_t{1} << 26;

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, "the image " + message}; }

Result<void> checkSize(int64_t height, int64_t width, int64_t channels) {
  if (height > 0 && width > 0 && height <= kMostValues / channels / width) return {};
  return invalid("has " + std::to_string(width) + " x " + std::to_string(height) + " pixels; at most " +
                 std::to_string(kMostValues / channels) + " are taken");
}

// What libpng reads from and where it writes its message to.
struct PngInput {
  std::string_view left;
  std::string message;
};

void readPng(png_structp png, png_bytep to, size_t size) {
  auto& input = *static_cast<PngInput*>(png_get_io_ptr(png));
  if (input.left.size() < size) png_error(png, "the file ends too early");
  std::memcpy(to, input.left.data(), size);
  input.left.remove_prefix(size);
}

[[noreturn]] void failPng(png_structp png, png_const_charp message) {
  static_cast<PngInput*>(png_get_error_ptr(png))->message = message;
  png_longjmp(png, 1);
}

void ignoreWarning(png_structp /*png*/, png_const_charp /*message*/) {}

// Asks libpng for 8 bits and the channels that are wanted.
void convertPng(png_structp png, png_infop info, int64_t channels) {
  const auto colour = png_get_color_type(png, info);
  const bool transparent = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  if (png_get_bit_depth(png, info) == 16) png_set_strip_16(png);
  if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (colour == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (transparent) png_set_tRNS_to_alpha(png);
  const bool alpha = (colour & PNG_COLOR_MASK_ALPHA) != 0 || transparent;
  if (channels == 4 && !alpha) png_set_add_alpha(png, 0xFF, PNG_FILLER_AFTER);
  if (channels != 4 && alpha) png_set_strip_alpha(png);
  const bool grey = (colour & PNG_COLOR_MASK_COLOR) == 0;
  if (channels >= 3 && grey) png_set_gray_to_rgb(png);
  if (channels == 1 && !grey) png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, PNG_RGB_TO_GRAY_DEFAULT, 0);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

// Between setjmp and longjmp nothing with a destructor may live: what is made lies with the caller.
bool decodePngInto(png_structp png, png_infop info, int64_t channels, Image& image, std::vector<png_bytep>& rows,
                   Result<void>& size) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_read_info(png, info);
  image.height = png_get_image_height(png, info);
  image.width = png_get_image_width(png, info);
  image.channels = channels;
  size = checkSize(image.height, image.width, channels);
  if (!size.ok()) return true;
  convertPng(png, info, channels);
  const auto rowBytes = static_cast<size_t>(image.width * channels);
  if (png_get_rowbytes(png, info) != rowBytes) png_error(png, "its pixels cannot be converted");
  image.values.resize(rowBytes * static_cast<size_t>(image.height));
  for (int64_t row = 0; row < image.height; ++row)
    rows.push_back(image.values.data() + static_cast<size_t>(row) * rowBytes);
  png_read_image(png, rows.data());
  return true;
}

Result<Image> decodePng(std::string_view file, int64_t channels) {
  PngInput input{file, {}};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &input, failPng, ignoreWarning);
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  if (info == nullptr) {
    png_destroy_read_struct(&png, nullptr, nullptr);
    return Error(ErrorCode::kOverloaded, "the server has no memory for the image");
  }
  png_set_read_fn(png, &input, readPng);
  Image image;
  std::vector<png_bytep> rows;
  Result<void> size;
  const bool decoded = decodePngInto(png, info, channels, image, rows, size);
  png_destroy_read_struct(&png, &info, nullptr);
  if (!decoded) return invalid("is no PNG file that can be read: " + input.message);
  MLAAS_CHECK(std::move(size));
  return image;
}

struct CloseJpeg {
  void operator()(void* decoder) const { tjDestroy(decoder); }
};

Result<Image> decodeJpeg(std::string_view file, int64_t channels) {
  if (channels == 4) return invalid("is JPEG, which has 1 or 3 channels; the model's img_channels is 4");
  const std::unique_ptr<void, CloseJpeg> decoder(tjInitDecompress());
  if (!decoder) return Error(ErrorCode::kOverloaded, "the server has no memory for the image");
  int width = 0;
  int height = 0;
  int sampling = 0;
  int colours = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
  if (tjDecompressHeader3(decoder.get(), bytes, file.size(), &width, &height, &sampling, &colours) != 0) {
    return invalid(std::string("is no JPEG file that can be read: ") + tjGetErrorStr2(decoder.get()));
  }
  MLAAS_CHECK(checkSize(height, width, channels));
  Image image{height, width, channels, {}};
  image.values.resize(static_cast<size_t>(image.height * image.width * channels));
  const int format = channels == 1 ? TJPF_GRAY : TJPF_RGB;
  if (tjDecompress2(decoder.get(), bytes, file.size(), image.values.data(), width, 0, height, format,
                    TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING) != 0) {
    return invalid(std::string("is a damaged JPEG file: ") + tjGetErrorStr2(decoder.get()));
  }
  return image;
}

}  // namespace

Result<Image> decodeImage(std::string_view file, ImageFormat format, int64_t channels) {
  if (channels != 1 && channels != 3 && channels != 4) {
    return invalid("cannot be made to " + std::to_string(channels) +
                   " channels; img_channels of params.json is 1 or 3");
  }
  return format == ImageFormat::kPng ? decodePng(file, channels) : decodeJpeg(file, channels);
}

ImageFormat imageFormatOf(std::string_view filename) {
  const std::string_view ending = filename.substr(std::min(filename.rfind('.') + 1, filename.size()));
  return ending == "png" ? ImageFormat::kPng : ImageFormat::kJpeg;
}

}  // namespace mlaas::serve
