// One array in numpy's .npy format, version 1.0, written block by block: the number of rows is filled in at the end.
// Errors:  kIo, kInvalidArgument.
// Threads: one.
// Owns:    the file, which is absent until close().
// Source:  numpy.lib.format, "Format Version 1.0".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/column.h"
#include "mlaas/base/error.h"
#include "mlaas/io/output_file.h"

namespace mlaas::table {

class NpyWriter {
 public:
  // An array of shape [rows, shape...].
  static Result<NpyWriter> create(const std::string& path, DType dtype, std::vector<uint32_t> shape = {});

  // Appends whole rows.
  Result<void> append(std::span<const std::byte> values);
  template <class T>
  Result<void> append(std::span<const T> values) {
    return append(std::as_bytes(values));
  }

  Result<void> close();

 private:
  NpyWriter(io::OutputFile file, DType dtype, std::vector<uint32_t> shape);
  std::string header(uint64_t numRows) const;

  io::OutputFile file_;
  DType dtype_;
  std::vector<uint32_t> shape_;
  uint64_t rowBytes_ = 0;
  uint64_t headerBytes_ = 0;
};

}  // namespace mlaas::table
