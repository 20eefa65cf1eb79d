// Regions of POSIX shared memory that a client on this machine has registered, for tensors that need not be sent.
// Bytes are copied by pread and pwrite: an object that its owner shortens is an error here, never a signal.
// Threads: any.
// Errors:  kForbidden (not enabled), kInvalidArgument (names, sizes), kNotFound (region, object), kIo.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::serve {

struct SharedRegion {
  std::string name;  // as requests call it
  std::string key;   // of shm_open
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

// Where a tensor lies.
struct SharedPlace {
  std::string region;
  uint64_t offset = 0;  // from the region's beginning
  uint64_t bytes = 0;
};

class SharedMemory {
 public:
  // Clients reach whatever objects the server's user may open: only where the operator says so.
  explicit SharedMemory(bool enabled) : enabled_(enabled) {}
  bool enabled() const { return enabled_; }

  // A key is one name of letters, digits, '_', '-' and '.', with or without a slash before it. The region must lie
  // within the object.
  Result<void> add(const SharedRegion& region);
  // Without effect where there is no such region; an empty name: all.
  void remove(const std::string& name);
  // By name; an empty name: all. kNotFound where there is none of that name.
  Result<std::vector<SharedRegion>> list(const std::string& name) const;

  Result<std::string> read(const SharedPlace& place) const;
  // Writes at the place's beginning; kInvalidArgument where the bytes are more than the place holds.
  Result<void> write(const SharedPlace& place, std::string_view bytes) const;

 private:
  class Object;
  struct Entry {
    SharedRegion region;
    std::shared_ptr<const Object> object;
  };
  Result<Entry> find(const SharedPlace& place) const;

  const bool enabled_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // by name; under mutex_
};

}  // namespace mlaas::serve
