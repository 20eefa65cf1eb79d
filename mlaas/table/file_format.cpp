#include "mlaas/table/file_format.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

namespace mlaas::table {

namespace {

struct Suffix {
  std::string_view suffix;
  std::string_view format;
};
constexpr std::array kSuffixes = {
    Suffix{".parquet", "parquet"}, Suffix{".pq", "parquet"},   Suffix{".csv", "csv"},    Suffix{".tsv", "tsv"},
    Suffix{".ndjson", "ndjson"},   Suffix{".jsonl", "ndjson"}, Suffix{".json", "ndjson"}};
constexpr std::array<std::string_view, 2> kCompressed = {".gz", ".zst"};

struct Registry {
  std::mutex mutex;
  std::map<std::string, FileFormat, std::less<>> formats;
};
Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

void registerFormat(FileFormat format) {
  const std::lock_guard lock(registry().mutex);
  std::string name = format.name;
  registry().formats.insert_or_assign(std::move(name), std::move(format));
}

std::string_view formatOfName(std::string_view url) {
  for (const std::string_view suffix : kCompressed) {
    if (url.ends_with(suffix)) {
      const std::string_view inner = formatOfName(url.substr(0, url.size() - suffix.size()));
      return inner == "parquet" ? std::string_view() : inner;
    }
  }
  const auto* found =
      std::ranges::find_if(kSuffixes, [&](const Suffix& suffix) { return url.ends_with(suffix.suffix); });
  return found == kSuffixes.end() ? std::string_view() : found->format;
}

Result<FileFormat> findFormat(std::string_view name) {
  const std::lock_guard lock(registry().mutex);
  const auto found = registry().formats.find(name);
  if (found != registry().formats.end()) return found->second;
  return Error(ErrorCode::kUnsupported, "is a " + std::string(name) +
                                            " file, and this program was built without Arrow, which reads it; see "
                                            "HACKING.md, or convert it to a ROOT file");
}

}  // namespace mlaas::table
