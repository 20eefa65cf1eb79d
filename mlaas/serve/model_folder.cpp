#include "mlaas/serve/model_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <system_error>

#include "mlaas/base/nearest_name.h"

namespace mlaas::serve {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostFiles = 100000;
constexpr std::array<std::string_view, 5> kModelEndings = {".onnx", ".pb", ".tflite", ".pt", ".ubj"};
// Files that make a folder a model.
constexpr std::array<std::string_view, 4> kModelFiles = {"bundle.json", "params.json", "model.json", "model.txt"};

bool isThere(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool isFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool isHidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

bool isModelFile(const fs::path& path) {
  const std::string ending = path.extension().string();
  return std::find(kModelEndings.begin(), kModelEndings.end(), ending) != kModelEndings.end();
}

std::vector<fs::path> entriesOf(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (!isHidden(at->path())) entries.push_back(at->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

// "12" as a number; nothing for what is none, or 0.
std::optional<uint32_t> versionNumber(const std::string& text) {
  uint32_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || end != text.data() + text.size() || number == 0 || text.front() == '0') {
    return std::nullopt;
  }
  return number;
}

// FNV-1a.
class Fingerprint {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) value_ = (value_ ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  }
  template <class Number>
  void addNumber(Number number) {
    add({reinterpret_cast<const char*>(&number), sizeof number});
  }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xCBF29CE484222325;
};

void addFile(Fingerprint& fingerprint, uint64_t& bytes, const fs::path& path, const fs::path& base) {
  struct ::stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  fingerprint.add(path.lexically_relative(base).string());
  fingerprint.addNumber(status.st_size);
  fingerprint.addNumber(status.st_ino);
  fingerprint.addNumber(status.st_mtim.tv_sec);
  fingerprint.addNumber(status.st_mtim.tv_nsec);
  bytes += static_cast<uint64_t>(status.st_size);
}

FoundVersion describe(std::string version, const fs::path& path) {
  Fingerprint fingerprint;
  uint64_t bytes = 0;
  std::vector<fs::path> files;
  if (isFolder(path)) {
    std::error_code failed;
    for (fs::recursive_directory_iterator at(path, failed), end; !failed && at != end && files.size() < kMostFiles;
         at.increment(failed)) {
      files.push_back(at->path());
    }
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  for (const auto& file : files) addFile(fingerprint, bytes, file, path);
  return {std::move(version), path, fingerprint.value(), bytes};
}

std::string textOf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

// Reads serving.json into `model`.
class SettingsReader {
 public:
  explicit SettingsReader(FoundModel& model) : model_(model) {}

  void read(const fs::path& file) {
    if (!isThere(file)) return;
    const std::string text = textOf(file);
    Fingerprint fingerprint;
    fingerprint.add(text);
    model_.settingsFingerprint = fingerprint.value();
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return fail("is not a JSON object");
    FoundModel before = model_;
    for (const auto& [key, value] : json.items()) {
      if (!take(key, value)) {
        before.problem = model_.problem;
        model_ = std::move(before);
        return;
      }
    }
  }

 private:
  void fail(const std::string& message) { model_.problem = "serving.json " + message; }

  bool takeNumber(const std::string& key, const nlohmann::json& value, int64_t least, int64_t& to) {
    if (!value.is_number_integer() || value.get<int64_t>() < least || value.get<int64_t>() > int64_t{1} << 40) {
      fail("has \"" + key + "\": " + value.dump().substr(0, 100) + ", expected a whole number from " +
           std::to_string(least));
      return false;
    }
    to = value.get<int64_t>();
    return true;
  }

  bool take(const std::string& key, const nlohmann::json& value) {
    auto& batching = model_.batching;
    int64_t number = 0;
    if (key == "max_batch_rows") return takeNumber(key, value, 1, batching.maxRows);
    if (key == "max_waiting_requests") return takeNumber(key, value, 1, batching.maxWaitingRequests);
    if (key == "max_waiting_rows") return takeNumber(key, value, 1, batching.maxWaitingRows);
    if (key == "max_delay_us") {
      if (!takeNumber(key, value, 0, number)) return false;
      batching.maxDelay = std::chrono::microseconds(number);
      return true;
    }
    if (key == "timeout_ms") {
      if (!takeNumber(key, value, 0, number)) return false;
      batching.timeout = std::chrono::milliseconds(number);
      return true;
    }
    if (key == "aliases") return takeAliases(value);
    const std::vector<std::string> known{"aliases",          "max_batch_rows", "max_delay_us", "max_waiting_requests",
                                         "max_waiting_rows", "timeout_ms"};
    fail("has an unknown key \"" + key.substr(0, 100) + "\"" + suggestNames(key.substr(0, 100), known));
    return false;
  }

  bool takeAliases(const nlohmann::json& value) {
    if (!value.is_object()) {
      fail("has \"aliases\" that is not an object of names and versions");
      return false;
    }
    for (const auto& [alias, version] : value.items()) {
      const std::string number = version.is_string() ? version.get<std::string>() : version.dump();
      const bool known = std::any_of(model_.versions.begin(), model_.versions.end(),
                                     [&](const FoundVersion& one) { return one.version == number; });
      if (!known || versionNumber(alias) || !checkModelName(alias).ok()) {
        fail("has an alias \"" + alias.substr(0, 100) + "\" for version " + number.substr(0, 100) +
             ", which is not there, or whose name is a number");
        return false;
      }
      model_.aliases.emplace(alias, number);
    }
    return true;
  }

  FoundModel& model_;
};

Result<void> syncOne(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = file >= 0 && ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (done) return {};
  return Error(ErrorCode::kIo,
               "cannot write " + path.string() + " to disk: " + std::generic_category().message(reason));
}

// Everything below `folder` reaches the disk before it is renamed.
Result<void> syncFiles(const fs::path& folder) {
  std::error_code failed;
  for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    MLAAS_CHECK(syncOne(at->path()));
  }
  if (failed) return Error(ErrorCode::kIo, "cannot list " + folder.string() + ": " + failed.message());
  return syncOne(folder);
}

}  // namespace

bool isModel(const fs::path& path) {
  if (!isFolder(path)) return isThere(path) && isModelFile(path);
  for (const auto& file : kModelFiles) {
    if (isThere(path / file)) return true;
  }
  const auto entries = entriesOf(path);
  return std::any_of(entries.begin(), entries.end(), [](const fs::path& entry) {
    // In Triton's repositories a SavedModel has a folder of its own.
    return isFolder(entry) ? entry.filename() == "model.savedmodel" : isModelFile(entry);
  });
}

bool isSingleModel(const fs::path& path) {
  if (!isFolder(path)) return isModel(path);
  if (isThere(path / "saved_model.pb")) return true;
  return std::any_of(kModelFiles.begin(), kModelFiles.end(), [&](const auto& file) { return isThere(path / file); });
}

FoundModel scanModel(const fs::path& path, const std::string& name) {
  FoundModel model;
  model.name = name;
  model.folder = path;
  if (isModel(path)) {
    model.versions.push_back(describe("1", path));
  } else {
    std::vector<std::pair<uint32_t, fs::path>> numbered;
    for (const auto& entry : entriesOf(path)) {
      const auto number = versionNumber(entry.filename().string());
      if (number && isModel(entry)) numbered.emplace_back(*number, entry);
    }
    std::sort(numbered.begin(), numbered.end());
    for (const auto& [number, entry] : numbered) model.versions.push_back(describe(std::to_string(number), entry));
  }
  SettingsReader(model).read(path / "serving.json");
  return model;
}

Result<std::vector<FoundModel>> scanModels(const fs::path& directory) {
  std::error_code failed;
  const fs::directory_iterator readable(directory, failed);
  if (failed) {
    const bool absent = failed == std::errc::no_such_file_or_directory || failed == std::errc::not_a_directory;
    return Error(absent ? ErrorCode::kNotFound : ErrorCode::kIo,
                 "the folder of models '" + directory.string() + "' cannot be read: " + failed.message() +
                     "; --models takes a bundle or a folder of bundles, as `mlaas train` writes them");
  }
  std::vector<FoundModel> models;
  for (const auto& entry : entriesOf(directory)) {
    const bool folder = isFolder(entry);
    if (!folder && !isModelFile(entry)) continue;
    auto model = scanModel(entry, (folder ? entry.filename() : entry.stem()).string());
    if (!model.versions.empty()) models.push_back(std::move(model));
  }
  return models;
}

Result<void> checkModelName(const std::string& name) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || std::strchr("-_.+@", c) != nullptr; };
  if (!name.empty() && name.size() <= 128 && name.front() != '.' && std::all_of(name.begin(), name.end(), allowed)) {
    return {};
  }
  return Error(ErrorCode::kInvalidArgument, "'" + name.substr(0, 200) +
                                                "' is no name for a model: 1 to 128 letters, digits and -_.+@, not "
                                                "beginning with a dot");
}

Result<std::string> readParams(const fs::path& path, const std::string& name) {
  const fs::path file = (isFolder(path) ? path : path.parent_path()) / "params.json";
  if (!isFolder(path) || !isThere(file)) {
    const nlohmann::ordered_json made = {{"name", name}, {"model", path.filename().string()}, {"labels", ""}};
    return made.dump();
  }
  std::string text = textOf(file);
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return Error(ErrorCode::kCorrupt, file.string() + " is not a JSON object");
  return text;
}

std::vector<std::string> readLabels(const fs::path& path, const std::string& params) {
  const auto json = nlohmann::json::parse(params, nullptr, false);
  const bool named = json.is_object() && json.contains("labels") && json["labels"].is_string();
  const std::string given = named ? json["labels"].get<std::string>() : "";
  std::vector<std::string> labels;
  // The name comes from outside: its folder, if it has one, does not count.
  std::ifstream stream(path / (given.empty() ? fs::path("labels.txt") : fs::path(given).filename()));
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    labels.push_back(std::move(line));
  }
  return labels;
}

Result<void> putInPlace(const fs::path& staged, const fs::path& place) {
  MLAAS_CHECK(syncFiles(staged));
  std::error_code failed;
  const bool replaces = isThere(place);
  const unsigned flags = replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  fs::permissions(staged, fs::perms(0755), failed);
  if (::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, place.c_str(), flags) != 0) {
    return Error(ErrorCode::kIo, "cannot rename to " + place.string() + ": " + std::generic_category().message(errno));
  }
  if (replaces) fs::remove_all(staged, failed);
  return syncOne(place.parent_path());
}

}  // namespace mlaas::serve
