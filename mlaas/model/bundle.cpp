#include "mlaas/model/bundle.h"

#include <fcntl.h>
#include <stdio.h>  // renameat2
#include <stdlib.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "mlaas/base/memory_budget.h"
#include "mlaas/model/bundle_json.h"
#include "mlaas/model/file_checksum.h"

namespace mlaas::model {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kDescription = "bundle.json";
constexpr uintmax_t kLongestDescription = uintmax_t{64} << 20;

Error systemError(const std::string& what) {
  return Error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, what + ": " + std::strerror(errno));
}

Result<std::string> readDescription(const std::string& directory) {
  const fs::path path = fs::path(directory) / kDescription;
  std::error_code status;
  const uintmax_t size = fs::file_size(path, status);
  if (status) {
    return Error(ErrorCode::kNotFound,
                 directory + ": no model bundle there, bundle.json is missing; name a folder that `mlaas train` wrote");
  }
  if (size > kLongestDescription) {
    return Error(ErrorCode::kCorrupt, path.string() + ": " + formatByteSize(size) + " is too long for a description");
  }
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream || !text) return Error(ErrorCode::kIo, path.string() + ": cannot be read");
  return std::move(text).str();
}

// "2026-01-31T12:00:00Z"; SOURCE_DATE_EPOCH replaces the clock, as reproducible builds agree on.
std::string timeStamp() {
  std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (const char* fixed = std::getenv("SOURCE_DATE_EPOCH"); fixed != nullptr) now = std::strtoll(fixed, nullptr, 10);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

// The target's absolute path without a trailing slash.
fs::path targetPath(const std::string& directory) {
  fs::path path = fs::absolute(directory).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

Result<void> checkReplaceable(const fs::path& target) {
  std::error_code status;
  if (!fs::exists(target, status)) return {};
  if (!fs::is_directory(target, status)) {
    return Error(ErrorCode::kInvalidArgument, target.string() + ": is a file, and a bundle is a folder");
  }
  if (fs::is_empty(target, status) || fs::exists(target / kDescription, status)) return {};
  return Error(ErrorCode::kInvalidArgument, target.string() +
                                                ": exists and is not a model bundle (no bundle.json), so it is not "
                                                "replaced; choose another output");
}

// Puts `from` in the place of `to`; an earlier bundle changes places with it in one step and is then removed.
Result<void> replaceDirectory(const fs::path& from, const fs::path& to) {
  std::error_code status;
  if (!fs::exists(to, status)) {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return systemError(to.string() + ": cannot be written");
  }
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
    fs::remove_all(from, status);
    return {};
  }
  // File systems without an exchange (some network ones): the earlier bundle steps aside first.
  const fs::path aside = from.string() + ".old";
  if (::rename(to.c_str(), aside.c_str()) != 0) return systemError(to.string() + ": cannot be replaced");
  if (::rename(from.c_str(), to.c_str()) != 0) {
    Error error = systemError(to.string() + ": cannot be written");
    ::rename(aside.c_str(), to.c_str());
    return error;
  }
  fs::remove_all(aside, status);
  return {};
}

}  // namespace

Result<Bundle> readBundle(const std::string& directory) {
  MLAAS_TRY(const std::string text, readDescription(directory));
  auto parsed = bundleFromJson(text);
  if (!parsed.ok()) return std::move(parsed).error().within(directory);
  Bundle bundle = *std::move(parsed);
  for (const auto& [name, expected] : bundle.checksums) {
    const std::string path = (fs::path(directory) / name).string();
    MLAAS_TRY(const std::string found, fileChecksum(path));
    if (found != expected) {
      return Error(ErrorCode::kCorrupt, path + ": checksum is " + found + " but bundle.json says " + expected +
                                            "; the file was changed or damaged: copy or train the bundle again");
    }
  }
  bundle.directory = directory;
  return bundle;
}

Result<BundleWriter> BundleWriter::begin(const std::string& directory) {
  if (directory.empty()) return Error(ErrorCode::kInvalidArgument, "the bundle's output folder has no name");
  const fs::path target = targetPath(directory);
  MLAAS_CHECK(checkReplaceable(target));
  std::error_code status;
  fs::create_directories(target.parent_path(), status);
  if (status) return Error(ErrorCode::kIo, target.parent_path().string() + ": cannot be made: " + status.message());
  std::string pattern = (target.parent_path() / ("." + target.filename().string() + ".XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) return systemError(pattern + ": cannot be made");
  ::chmod(pattern.c_str(), 0755);
  BundleWriter writer;
  writer.directory_ = target.string();
  writer.temporary_ = std::move(pattern);
  return writer;
}

BundleWriter::BundleWriter(BundleWriter&& other) noexcept
    : directory_(std::move(other.directory_)), temporary_(std::exchange(other.temporary_, {})) {}

BundleWriter& BundleWriter::operator=(BundleWriter&& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(temporary_, other.temporary_);
  return *this;
}

BundleWriter::~BundleWriter() {
  if (temporary_.empty()) return;
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

Result<void> BundleWriter::addFile(const std::string& name, std::string_view contents) {
  const fs::path path = fs::path(temporary_) / name;
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(contents.data(), static_cast<std::streamsize>(contents.size()));
  stream.close();
  if (!stream) return systemError(path.string() + ": cannot be written");
  return {};
}

Result<void> BundleWriter::commit(Bundle bundle) {
  bundle.created = timeStamp();
  std::string labels;
  for (const auto& label : bundle.labels) labels += label + "\n";
  MLAAS_CHECK(addFile("labels.txt", labels));
  MLAAS_CHECK(addFile("params.json", paramsToJson(bundle).dump(2) + "\n"));
  bundle.checksums.clear();
  for (const auto& entry : fs::directory_iterator(temporary_)) {
    MLAAS_TRY(std::string checksum, fileChecksum(entry.path().string()));
    bundle.checksums[entry.path().filename().string()] = std::move(checksum);
  }
  const std::string description = bundleToJson(bundle).dump(2) + "\n";
  // What could not be read back must not replace what can.
  auto readable = bundleFromJson(description);
  if (!readable.ok()) return std::move(readable).error().within(directory_);
  MLAAS_CHECK(addFile(std::string(kDescription), description));
  MLAAS_CHECK(replaceDirectory(temporary_, directory_));
  temporary_.clear();
  return {};
}

}  // namespace mlaas::model
