#include "mlaas/io/byte_source.h"

#include <future>

namespace mlaas::io {

Result<void> ByteSource::readNow(std::vector<ReadRequest> requests) {
  // The promise is shared: the thread that fulfils it may be its last user.
  auto promise = std::make_shared<std::promise<Result<void>>>();
  auto future = promise->get_future();
  read(std::move(requests), [promise](Result<void> result) { promise->set_value(std::move(result)); });
  return future.get();
}

Result<void> checkWithin(const ByteSource& source, std::span<const ReadRequest> requests) {
  const uint64_t size = source.sizeBytes();
  for (const ReadRequest& request : requests) {
    if (request.offset <= size && request.destination.size() <= size - request.offset) continue;
    return Error(ErrorCode::kCorrupt, source.url() + ": cannot read " + std::to_string(request.destination.size()) +
                                          " bytes at byte " + std::to_string(request.offset) + ": the file has " +
                                          std::to_string(size) + " bytes; it is damaged or incomplete");
  }
  return {};
}

}  // namespace mlaas::io
