#include "mlaas/serve/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace mlaas::serve {

namespace {

constexpr size_t kLongestKey = 200;
constexpr size_t kMostRegions = 1024;  // each holds a file descriptor
constexpr size_t kQuoted = 200;

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, message}; }
std::string inQuotes(std::string_view text) { return "'" + std::string(text.substr(0, kQuoted)) + "'"; }

// The key without its slash; empty where it is none.
std::string_view objectName(std::string_view key) {
  if (key.starts_with('/')) key.remove_prefix(1);
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  const bool named =
      !key.empty() && key.size() <= kLongestKey && key.front() != '.' && std::all_of(key.begin(), key.end(), allowed);
  return named ? key : std::string_view();
}

}  // namespace

// An open shared-memory object.
class SharedMemory::Object {
 public:
  explicit Object(int descriptor) : descriptor_(descriptor) {}
  ~Object() { ::close(descriptor_); }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

Result<void> SharedMemory::add(const SharedRegion& region) {
  if (!enabled_) {
    return Error(ErrorCode::kForbidden, "shared memory is not enabled; the server needs the option --shared-memory");
  }
  const std::string_view name = objectName(region.key);
  if (region.name.empty() || region.name.size() > kLongestKey) {
    return invalid("a shared-memory region needs a name of 1 to " + std::to_string(kLongestKey) + " bytes");
  }
  if (name.empty()) {
    return invalid("the key " + inQuotes(region.key) +
                   " is not the name of a shared-memory object: letters, digits, '_', '-' and '.', as in /my_input");
  }
  const int descriptor = ::shm_open(("/" + std::string(name)).c_str(), O_RDWR | O_CLOEXEC, 0);
  if (descriptor < 0) {
    return Error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInvalidArgument,
                 "the shared-memory object " + inQuotes(region.key) +
                     " cannot be opened: " + std::generic_category().message(errno));
  }
  const auto object = std::make_shared<const Object>(descriptor);
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  const uint64_t size = known ? static_cast<uint64_t>(status.st_size) : 0;
  if (region.bytes == 0 || region.bytes > size || region.offset > size - region.bytes) {
    return invalid("the region " + inQuotes(region.name) + " of " + std::to_string(region.bytes) + " bytes from byte " +
                   std::to_string(region.offset) + " on is not within the object " + inQuotes(region.key) +
                   ", which has " + std::to_string(size));
  }
  std::lock_guard lock(mutex_);
  if (entries_.contains(region.name)) {
    return invalid("a shared-memory region " + inQuotes(region.name) + " is registered already; unregister it first");
  }
  if (entries_.size() >= kMostRegions) {
    return Error(ErrorCode::kOverloaded, std::to_string(kMostRegions) +
                                             " shared-memory regions are registered; "
                                             "unregister some");
  }
  entries_.emplace(region.name, Entry{region, object});
  return {};
}

void SharedMemory::remove(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (name.empty()) {
    entries_.clear();
  } else {
    entries_.erase(name);
  }
}

Result<std::vector<SharedRegion>> SharedMemory::list(const std::string& name) const {
  std::vector<SharedRegion> regions;
  std::lock_guard lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    if (name.empty() || key == name) regions.push_back(entry.region);
  }
  if (regions.empty() && !name.empty()) {
    return Error(ErrorCode::kNotFound, "there is no shared-memory region " + inQuotes(name));
  }
  return regions;
}

Result<SharedMemory::Entry> SharedMemory::find(const SharedPlace& place) const {
  Entry entry;
  {
    std::lock_guard lock(mutex_);
    const auto found = entries_.find(place.region);
    if (found == entries_.end()) {
      return invalid("there is no shared-memory region " + inQuotes(place.region) + "; register it first");
    }
    entry = found->second;
  }
  const uint64_t size = entry.region.bytes;
  if (place.bytes > size || place.offset > size - place.bytes) {
    return invalid(std::to_string(place.bytes) + " bytes from byte " + std::to_string(place.offset) +
                   " on are not within the shared-memory region " + inQuotes(place.region) + " of " +
                   std::to_string(size));
  }
  return entry;
}

Result<std::string> SharedMemory::read(const SharedPlace& place) const {
  MLAAS_TRY(const Entry entry, find(place));
  std::string bytes(place.bytes, '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const auto at = static_cast<off_t>(entry.region.offset + place.offset + done);
    const ssize_t got = ::pread(entry.object->descriptor(), bytes.data() + done, bytes.size() - done, at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return invalid("the shared-memory object " + inQuotes(entry.region.key) + " is shorter than it was");
    done += static_cast<size_t>(got);
  }
  return bytes;
}

Result<void> SharedMemory::write(const SharedPlace& place, std::string_view bytes) const {
  MLAAS_TRY(const Entry entry, find(place));
  if (bytes.size() > place.bytes) {
    return invalid("the output has " + std::to_string(bytes.size()) + " bytes, its place in the shared-memory region " +
                   inQuotes(place.region) + " holds " + std::to_string(place.bytes));
  }
  // Writing past the end would make a shortened object longer: what it has now decides.
  struct stat status {};
  const bool known = ::fstat(entry.object->descriptor(), &status) == 0;
  const uint64_t begin = entry.region.offset + place.offset;
  if (!known || begin + bytes.size() > static_cast<uint64_t>(status.st_size)) {
    return invalid("the shared-memory object " + inQuotes(entry.region.key) + " is shorter than it was");
  }
  size_t done = 0;
  while (done < bytes.size()) {
    const auto at = static_cast<off_t>(begin + done);
    const ssize_t put = ::pwrite(entry.object->descriptor(), bytes.data() + done, bytes.size() - done, at);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      return Error(ErrorCode::kIo, "the shared-memory object " + inQuotes(entry.region.key) + " cannot be written");
    }
    done += static_cast<size_t>(put);
  }
  return {};
}

}  // namespace mlaas::serve
