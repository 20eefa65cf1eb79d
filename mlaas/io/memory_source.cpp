#include "mlaas/io/memory_source.h"

#include <algorithm>

namespace mlaas::io {

Result<void> MemorySource::readNow(std::vector<ReadRequest> requests) {
  MLAAS_CHECK(checkWithin(*this, requests));
  for (const ReadRequest& request : requests) {
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(request.offset), request.destination.size(),
                request.destination.begin());
  }
  return {};
}

}  // namespace mlaas::io
