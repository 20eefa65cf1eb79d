#include "mlaas/table/writer/npy_writer.h"

#include <bit>
#include <limits>

namespace mlaas::table {

namespace {

constexpr size_t kAlignment = 64;  // of the first value in the file
constexpr size_t kMagicBytes = 8;  // "\x93NUMPY", version 1.0
constexpr size_t kLengthBytes = 2;

static_assert(std::endian::native == std::endian::little, "numpyDescriptor() names little-endian types");

}  // namespace

NpyWriter::NpyWriter(io::OutputFile file, DType dtype, std::vector<uint32_t> shape)
    : file_(std::move(file)), dtype_(dtype), shape_(std::move(shape)), rowBytes_(dtypeBytes(dtype)) {
  for (uint32_t dimension : shape_) rowBytes_ *= dimension;
  // As long as the header of the longest array possible, so that the number of rows always fits.
  headerBytes_ = header(std::numeric_limits<uint64_t>::max()).size();
}

Result<NpyWriter> NpyWriter::create(const std::string& path, DType dtype, std::vector<uint32_t> shape) {
  MLAAS_TRY(auto file, io::OutputFile::create(path));
  NpyWriter writer(std::move(file), dtype, std::move(shape));
  MLAAS_CHECK(writer.file_.write(writer.header(0)));
  return writer;
}

// At least headerBytes_ long, padded with spaces to a multiple of kAlignment.
std::string NpyWriter::header(uint64_t numRows) const {
  std::string dictionary = "{'descr': '" + std::string(numpyDescriptor(dtype_)) +
                           "', 'fortran_order': False, 'shape': (" + std::to_string(numRows) + ",";
  for (uint32_t dimension : shape_) dictionary += " " + std::to_string(dimension) + ",";
  dictionary += "), }";
  size_t before = kMagicBytes + kLengthBytes;
  size_t total = (before + dictionary.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  total = std::max<size_t>(total, headerBytes_);
  dictionary.resize(total - before - 1, ' ');
  dictionary += '\n';
  std::string text("\x93NUMPY\x01\x00", kMagicBytes);
  text += static_cast<char>(dictionary.size() & 0xFF);
  text += static_cast<char>(dictionary.size() >> 8);
  return text + dictionary;
}

Result<void> NpyWriter::append(std::span<const std::byte> values) { return file_.write(values); }

Result<void> NpyWriter::close() {
  uint64_t numRows = rowBytes_ == 0 ? 0 : (file_.size() - headerBytes_) / rowBytes_;
  std::string text = header(numRows);
  MLAAS_CHECK(file_.writeAt(0, std::as_bytes(std::span(text))));
  return file_.commitWithoutWaiting();  // an export makes a file or more for each column
}

}  // namespace mlaas::table
