#include "mlaas/train/checkpoint.h"

#include <xxhash.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "mlaas/io/output_file.h"

namespace mlaas::train {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kMagic = "mlaasckp";
constexpr uint64_t kVersion = 1;
constexpr size_t kPrefixBytes = 3 * sizeof(uint64_t);  // magic, version, length of the header
constexpr size_t kChecksumBytes = sizeof(uint64_t);
constexpr double kLeastSeconds = 5;  // between states after epochs that are shorter

void append(std::string& bytes, uint64_t number) {
  for (size_t i = 0; i < sizeof number; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
}

uint64_t numberAt(std::string_view bytes, size_t offset) {
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof number; ++i) {
    number |= uint64_t{static_cast<unsigned char>(bytes[offset + i])} << (8 * i);
  }
  return number;
}

Error damaged(const std::string& source, const std::string& what) {
  return {ErrorCode::kCorrupt, source + ": the checkpoint is damaged: " + what + "; remove it and train anew"};
}

Result<std::string> readFile(const std::string& path) {
  std::error_code failure;
  const auto size = fs::file_size(path, failure);
  if (failure) return Error(ErrorCode::kIo, path + " cannot be read: " + failure.message());
  std::ifstream file(path, std::ios::binary);
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!file) return Error(ErrorCode::kIo, path + " cannot be read");
  return bytes;
}

// The first places where two keys differ, at most three: "workflow/training/epochs (20 then, 30 now)".
std::string differences(const Json& then, const Json& now) {
  constexpr size_t kMostNamed = 3;
  constexpr size_t kMostCharacters = 60;
  const auto shown = [](const Json& json, const std::string& path) {
    const Json::json_pointer pointer(path);
    std::string text = json.contains(pointer) ? json[pointer].dump() : "absent";
    return text.size() > kMostCharacters ? text.substr(0, kMostCharacters) + "..." : text;
  };
  const Json changes = Json::diff(then, now);
  std::string text;
  for (size_t i = 0; i < std::min(changes.size(), kMostNamed); ++i) {
    const auto path = changes[i]["path"].get<std::string>();
    text += (i == 0 ? "" : ", ") + path.substr(1) + " (" + shown(then, path) + " then, " + shown(now, path) + " now)";
  }
  if (changes.size() > kMostNamed) text += " and " + std::to_string(changes.size() - kMostNamed) + " more";
  return text;
}

Result<TrainingState> takeBlobs(const Json& header, std::string_view bytes, const std::string& source) {
  TrainingState state;
  state.values = header["values"];
  for (const auto& blob : header["blobs"]) {
    const auto size = blob.at("bytes").get<uint64_t>();
    if (size > bytes.size()) return damaged(source, "it is shorter than it says");
    state.blobs[blob.at("name").get<std::string>()] = std::string(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  if (!bytes.empty()) return damaged(source, "it is longer than it says");
  return state;
}

}  // namespace

std::string blobOf(std::span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

Result<void> readBlob(const TrainingState& state, const std::string& name, std::span<float> values) {
  const auto found = state.blobs.find(name);
  if (found == state.blobs.end() || found->second.size() != values.size_bytes()) {
    return Error(ErrorCode::kCorrupt, "the checkpoint has no " + std::to_string(values.size()) + " numbers of '" +
                                          name + "'; remove it and train anew");
  }
  if (!values.empty()) std::memcpy(values.data(), found->second.data(), values.size_bytes());
  return {};
}

std::string digestOf(const std::string& text) {
  std::array<char, 17> digits = {};
  std::snprintf(digits.data(), digits.size(), "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  return digits.data();
}

std::string encodeState(const Json& key, const TrainingState& state) {
  Json header = {{"key", key}, {"values", state.values}, {"blobs", Json::array()}};
  for (const auto& [name, blob] : state.blobs) header["blobs"].push_back({{"name", name}, {"bytes", blob.size()}});
  const std::string text = header.dump();
  std::string bytes(kMagic);
  append(bytes, kVersion);
  append(bytes, text.size());
  bytes += text;
  for (const auto& [name, blob] : state.blobs) bytes += blob;
  append(bytes, XXH3_64bits(bytes.data(), bytes.size()));
  return bytes;
}

Result<DecodedState> decodeState(const std::string& bytes, const std::string& source) {
  if (bytes.size() < kPrefixBytes + kChecksumBytes || !bytes.starts_with(kMagic)) {
    return damaged(source, "it does not begin as one");
  }
  if (const uint64_t version = numberAt(bytes, kMagic.size()); version != kVersion) {
    return Error(ErrorCode::kUnsupported, source + ": the checkpoint has version " + std::to_string(version) +
                                              ", this mlaas reads " + std::to_string(kVersion) +
                                              "; resume with the mlaas that wrote it, or remove it");
  }
  const size_t end = bytes.size() - kChecksumBytes;
  if (numberAt(bytes, end) != XXH3_64bits(bytes.data(), end)) return damaged(source, "its checksum is another");
  const uint64_t headerBytes = numberAt(bytes, 2 * sizeof(uint64_t));
  if (headerBytes > end - kPrefixBytes) return damaged(source, "it is shorter than it says");
  const auto header = Json::parse(std::string_view(bytes).substr(kPrefixBytes, headerBytes), nullptr, false);
  if (!header.is_object() || !header.contains("key") || !header.contains("values") || !header.contains("blobs")) {
    return damaged(source, "its header is none");
  }
  const size_t first = kPrefixBytes + headerBytes;
  try {
    MLAAS_TRY(auto state, takeBlobs(header, std::string_view(bytes).substr(first, end - first), source));
    return DecodedState{header["key"], std::move(state)};
  } catch (const Json::exception& failure) {
    return damaged(source, failure.what());
  }
}

Checkpoints::Checkpoints(std::string folder, Json key, CheckpointOptions options)
    : folder_(std::move(folder)), key_(std::move(key)), options_(options) {}

Checkpoints Checkpoints::part(const std::string& name, Json key) const {
  return {folder_ + "/" + name, std::move(key), options_};
}

bool Checkpoints::exists() const {
  std::error_code failure;
  if (fs::exists(path(), failure)) return true;
  for (const auto& entry : fs::directory_iterator(folder_, failure)) {
    if (entry.is_directory(failure) && fs::exists(entry.path() / "state", failure)) return true;
  }
  return false;
}

Result<void> Checkpoints::resume() {
  std::error_code failure;
  if (!fs::exists(path(), failure)) return {};
  MLAAS_TRY(const std::string bytes, readFile(path()));
  MLAAS_TRY(auto decoded, decodeState(bytes, path()));
  if (decoded.key != key_) {
    return Error(ErrorCode::kInvalidArgument, path() + ": the checkpoint belongs to another training; it differs in " +
                                                  differences(decoded.key, key_) +
                                                  "; make it the same again, or train anew without --resume");
  }
  resumed_ = std::move(decoded.state);
  return {};
}

double Checkpoints::secondsSinceSave() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - saved_).count();
}

bool Checkpoints::dueAfterEpoch() const {
  return options_.enabled && (options_.minutes == 0 || secondsSinceSave() >= kLeastSeconds);
}

bool Checkpoints::dueWithinEpoch() const { return options_.enabled && secondsSinceSave() >= 60 * options_.minutes; }

Result<void> Checkpoints::save(const TrainingState& state) {
  if (!options_.enabled) return {};
  std::error_code failure;
  fs::create_directories(folder_, failure);
  if (failure) return Error(ErrorCode::kIo, folder_ + " cannot be made: " + failure.message());
  MLAAS_TRY(auto file, io::OutputFile::create(path()));
  MLAAS_CHECK(file.write(encodeState(key_, state)));
  MLAAS_CHECK(file.commit());
  saved_ = std::chrono::steady_clock::now();
  return {};
}

Result<void> Checkpoints::discard() const {
  std::error_code failure;
  fs::remove_all(folder_, failure);
  if (failure) return Error(ErrorCode::kIo, folder_ + " cannot be removed: " + failure.message());
  return {};
}

}  // namespace mlaas::train
