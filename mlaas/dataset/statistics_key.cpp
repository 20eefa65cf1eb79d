#include "mlaas/dataset/statistics_key.h"

#include <sys/stat.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include "mlaas/dataset/read_ahead.h"
#include "mlaas/io/opener.h"
#include "mlaas/io/output_file.h"
#include "mlaas/table/side_file_list.h"

namespace mlaas::dataset {

namespace {

// Raised whenever the same data and request give other statistics than before.
constexpr int kFormat = 1;
constexpr size_t kPieceBytes = size_t{1} << 20;
constexpr size_t kMostKeptBytes = size_t{1} << 30;

std::string hexadecimal(XXH128_hash_t hash) {
  std::array<char, 33> text = {};
  std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return text.data();
}

std::string hashOf(const std::string& text) { return hexadecimal(XXH3_128bits(text.data(), text.size())); }

std::optional<FileContents::Stamp> stampOf(const std::string& path) {
  struct stat found = {};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  const auto nanoseconds = [](const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; };
  return FileContents::Stamp{found.st_dev, found.st_ino, nanoseconds(found.st_mtim), nanoseconds(found.st_ctim)};
}

Result<FileContents> identifyFile(const std::string& url, const std::stop_token& stop) {
  FileContents contents;
  contents.url = url;
  contents.stamp = stampOf(url);
  MLAAS_TRY(const auto source, io::open(url));
  contents.sizeBytes = source->sizeBytes();
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), &XXH3_freeState);
  XXH3_128bits_reset(state.get());
  std::vector<std::byte> piece(kPieceBytes);
  for (uint64_t offset = 0; offset < contents.sizeBytes; offset += kPieceBytes) {
    if (stop.stop_requested()) return Error(ErrorCode::kCancelled, "stopped while reading");
    const auto bytes = std::span(piece).first(std::min<uint64_t>(kPieceBytes, contents.sizeBytes - offset));
    MLAAS_CHECK(source->readNow({{offset, bytes}}));
    XXH3_128bits_update(state.get(), bytes.data(), bytes.size());
  }
  contents.hash = hexadecimal(XXH3_128bits_digest(state.get()));
  return contents;
}

nlohmann::ordered_json filesJson(const std::vector<FileContents>& files) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& file : files) json.push_back({{"file", file.url}, {"bytes", file.sizeBytes}, {"xxh3", file.hash}});
  return json;
}

// Text that is valid JSON whatever bytes names have.
std::string textOf(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

Result<std::vector<std::string>> filesOfTable(const table::Table& table) {
  for (const auto& declared : table.links().friends) {
    if (declared.file.empty()) continue;
    return Error(ErrorCode::kUnsupported, table.url() + ": " + table.name() + " declares the friend '" +
                                              declared.alias + "' in another file, " + declared.file);
  }
  MLAAS_TRY(auto files, table::listSideFiles(table.url(), table.name()));
  files.insert(files.begin(), table.url());
  return files;
}

Result<std::vector<std::string>> filesOfReferences(const std::vector<std::string>& patterns, const std::string& tree) {
  MLAAS_TRY(const auto references, table::expandFileReferences(patterns, tree));
  std::vector<std::string> files;
  for (const auto& reference : references) {
    MLAAS_TRY(const auto opened, table::openTable(reference.url, reference.tree));
    MLAAS_TRY(const auto touched, filesOfTable(*opened));
    files.insert(files.end(), touched.begin(), touched.end());
  }
  return files;
}

Result<std::vector<FileContents>> identifyFiles(std::vector<std::string> urls, TaskPool& pool,
                                                const std::stop_token& stop) {
  std::set<std::string> seen;
  std::erase_if(urls, [&](const std::string& url) { return !seen.insert(url).second; });
  ReadAhead<FileContents> results(pool, urls.size(), pool.numThreads(),
                                  [&](size_t i) { return identifyFile(urls[i], stop); });
  std::vector<FileContents> files;
  for (size_t i = 0; i < urls.size(); ++i) {
    MLAAS_TRY(auto contents, results.next());
    files.push_back(std::move(contents));
  }
  return files;
}

Result<void> checkUnchanged(const std::vector<FileContents>& files) {
  for (const auto& file : files) {
    if (!file.stamp || stampOf(file.url) == file.stamp) continue;
    return Error(ErrorCode::kIo, file.url + ": changed while it was read; run again when it is complete");
  }
  return {};
}

std::string statisticsKey(const std::vector<FileContents>& files, const nlohmann::ordered_json& request) {
  return hashOf(
      textOf({{"format", kFormat}, {"version", MLAAS_VERSION}, {"files", filesJson(files)}, {"request", request}}, -1));
}

std::optional<nlohmann::ordered_json> readKeptStatistics(const std::string& path, const std::string& key) {
  std::error_code failure;
  const auto bytes = std::filesystem::file_size(path, failure);
  if (failure || bytes > kMostKeptBytes) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string text(bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(bytes));
  if (!file) return std::nullopt;
  auto kept = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!kept.is_object() || !kept.contains("key") || !kept.contains("digest") || !kept.contains("statistics")) {
    return std::nullopt;
  }
  if (kept["key"] != key || kept["digest"] != hashOf(textOf(kept["statistics"], -1))) return std::nullopt;
  return std::move(kept["statistics"]);
}

Result<void> keepStatistics(const std::string& path, const std::string& key, const std::vector<FileContents>& files,
                            const nlohmann::ordered_json& statistics) {
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code failure;
  if (!folder.empty()) std::filesystem::create_directories(folder, failure);
  if (failure) {
    return Error(ErrorCode::kIo, path + ": its folder cannot be made: " + failure.message());
  }
  const nlohmann::ordered_json kept = {{"key", key},
                                       {"files", filesJson(files)},
                                       {"digest", hashOf(textOf(statistics, -1))},
                                       {"statistics", statistics}};
  MLAAS_TRY(auto file, io::OutputFile::create(path));
  MLAAS_CHECK(file.write(textOf(kept, 1) + "\n"));
  return file.commit();
}

}  // namespace mlaas::dataset
