// Arrow's side of reading: our byte sources as Arrow files, its failures as our errors, a bound on its memory.
// Threads: any.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include <memory>
#include <string>
#include <vector>

#include "mlaas/io/byte_source.h"

namespace mlaas::table {

// `status`, which is no success, as an Error: kCorrupt unless Arrow says that it does not support something, ran out of
// memory, or that reading failed.
Error errorOf(const arrow::Status& status);

template <class T>
Result<T> resultOf(arrow::Result<T> result) {
  if (!result.ok()) return errorOf(result.status());
  return std::move(result).ValueUnsafe();
}

// Calls `function`, which returns a Result; what Arrow throws on damaged input becomes an Error.
template <class Function>
auto withoutThrowing(Function&& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kCorrupt, "asks for more memory than there is");
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return Error(ErrorCode::kCorrupt, error.what());
  }
}

// Memory for what is decoded at one time: a damaged size fails instead of taking all.
arrow::MemoryPool* decodingMemory();

// Ranges of a source that were fetched before they are asked for.
struct FetchedBytes {
  uint64_t offset = 0;
  std::vector<std::byte> bytes;
};

// `source` as a file of Arrow's; what `fetched` holds is not read again.
std::shared_ptr<arrow::io::RandomAccessFile> arrowFile(std::shared_ptr<io::ByteSource> source,
                                                       std::vector<FetchedBytes> fetched = {});

}  // namespace mlaas::table
