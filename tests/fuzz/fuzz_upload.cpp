// Input: what a client uploads. The first byte chooses: a form, a tar file, a PNG or JPEG picture, a protobuf row.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "mlaas/serve/model_archive.h"
#include "mlaas/serve/multipart.h"
#include "mlaas/serve/tfaas/image.h"
#include "mlaas/serve/tfaas/proto_row.h"

namespace {

namespace fs = std::filesystem;
using namespace mlaas;

void readForm(std::string_view body) {
  const auto parts = serve::readMultipart("multipart/form-data; boundary=b", body);
  if (!parts.ok()) return;
  for (const auto& part : *parts) {
    const bool within =
        part.contents.empty() || (part.contents.data() >= body.data() &&
                                  part.contents.data() + part.contents.size() <= body.data() + body.size());
    if (!within) std::abort();
  }
}

void unpack(std::string_view archive) {
  std::string pattern = (fs::temp_directory_path() / "fuzz_upload_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  const fs::path folder = fs::path(pattern) / "in";
  fs::create_directory(folder);
  (void)serve::unpackArchive(archive, folder, {uint64_t{1} << 20, 20});
  // Nothing beside the folder.
  for (const auto& entry : fs::directory_iterator(pattern)) {
    if (entry.path() != folder) std::abort();
  }
  fs::remove_all(pattern);
}

void decode(std::string_view file, serve::ImageFormat format) {
  // Pictures of many pixels are within the limit and slow: the size stands in the first bytes.
  if (file.size() > 4096) return;
  const auto image = serve::decodeImage(file, format, 3);
  if (image.ok() && static_cast<int64_t>(image->values.size()) != image->height * image->width * 3) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'f':
      readForm(rest);
      break;
    case 't':
      unpack(rest);
      break;
    case 'p':
      decode(rest, serve::ImageFormat::kPng);
      break;
    case 'j':
      decode(rest, serve::ImageFormat::kJpeg);
      break;
    default:
      (void)serve::readProtoRow(rest);
  }
  return 0;
}
