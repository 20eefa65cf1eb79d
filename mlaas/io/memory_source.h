// A byte source over bytes in memory: what was received as a whole, or made by a program.
// Threads: any; done is called before read() returns.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mlaas/io/byte_source.h"

namespace mlaas::io {

class MemorySource : public ByteSource {
 public:
  // `url` is what messages show.
  MemorySource(std::string url, std::vector<std::byte> bytes) : url_(std::move(url)), bytes_(std::move(bytes)) {}

  const std::string& url() const override { return url_; }
  uint64_t sizeBytes() const override { return bytes_.size(); }
  void read(std::vector<ReadRequest> requests, ReadDone done) override { done(readNow(std::move(requests))); }
  Result<void> readNow(std::vector<ReadRequest> requests) override;

 private:
  const std::string url_;
  const std::vector<std::byte> bytes_;
};

}  // namespace mlaas::io
