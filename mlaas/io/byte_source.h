// Bytes from anywhere: asynchronous, vectored reads of ranges.
// Remote and local sources implement ByteSource; caches, retries and faults for tests decorate it. Readers of formats
// know this interface alone and open sources by URL (see opener.h).
// Errors:  kIo (system, network), kCorrupt (fewer bytes than the source's size promises), kCancelled.
// Threads: read() may be called from any thread, many at a time; done is called exactly once, on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::io {

// Fill all of `destination` with the bytes from `offset` on.
struct ReadRequest {
  uint64_t offset = 0;
  std::span<std::byte> destination;
};

using ReadDone = std::function<void(Result<void>)>;

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // What was opened, as messages show it; without credentials.
  virtual const std::string& url() const = 0;
  virtual uint64_t sizeBytes() const = 0;

  // Starts to fill the destinations; they must live until done is called. The requests may overlap and come in any
  // order. A request past the end of the source fails with kCorrupt and no byte of it is promised.
  virtual void read(std::vector<ReadRequest> requests, ReadDone done) = 0;

  // Reads and waits; a source that reads without waiting for others overrides it to stay on the caller's thread.
  virtual Result<void> readNow(std::vector<ReadRequest> requests);
};

// kCorrupt naming the first request that goes past the source's end.
Result<void> checkWithin(const ByteSource& source, std::span<const ReadRequest> requests);

}  // namespace mlaas::io
