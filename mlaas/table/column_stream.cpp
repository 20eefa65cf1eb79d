#include "mlaas/table/column_stream.h"

#include <map>
#include <mutex>

namespace mlaas::table {

namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, ColumnStream, std::less<>> formats;
};
Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

void registerColumnStream(std::string mediaType, ColumnStream format) {
  const std::lock_guard lock(registry().mutex);
  registry().formats.insert_or_assign(std::move(mediaType), std::move(format));
}

Result<ColumnStream> findColumnStream(std::string_view mediaType) {
  const std::lock_guard lock(registry().mutex);
  const auto found = registry().formats.find(mediaType);
  if (found != registry().formats.end()) return found->second;
  return Error(ErrorCode::kUnsupported, "'" + std::string(mediaType) +
                                            "' needs Arrow, and this program was built without it; see HACKING.md, or "
                                            "send JSON");
}

}  // namespace mlaas::table
