#include "mlaas/dataset/compat/compat_inputs.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "mlaas/dataset/yaml_tree.h"

namespace mlaas::dataset {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxEntries = 100'000;

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kSpaces) - first + 1));
}

bool isListFile(const std::string& text) {
  std::error_code failure;
  return !text.ends_with(".root") && fs::is_regular_file(text, failure);
}

}  // namespace

Result<std::string> readCompatText(const std::string& option, const std::string& path) {
  std::error_code failure;
  std::ifstream file(path, std::ios::binary);
  if (!file || !fs::is_regular_file(path, failure)) {
    return Error(ErrorCode::kNotFound, option + ": " + path + " cannot be opened; is the path right?");
  }
  std::string text(kMaxYamlBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Error(ErrorCode::kIo, option + ": " + path + " cannot be read");
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMaxYamlBytes) {
    return Error(ErrorCode::kInvalidArgument, option + ": " + path + " has more than " + std::to_string(kMaxYamlBytes) +
                                                  " bytes; is it the right file?");
  }
  return text;
}

Result<std::vector<std::string>> readCompatList(const std::string& option, const std::string& text) {
  std::string content = text;
  char separator = ',';
  if (isListFile(text)) {
    MLAAS_TRY(content, readCompatText(option, text));
    separator = '\n';
  }
  std::vector<std::string> entries;
  for (size_t begin = 0; begin <= content.size();) {
    const size_t end = std::min(content.find(separator, begin), content.size());
    std::string entry = trimmed(std::string_view(content).substr(begin, end - begin));
    begin = end + 1;
    if (entry.empty() || (separator == '\n' && entry.front() == '#')) continue;
    if (findBadUtf8(entry) != entry.size()) {
      return Error(ErrorCode::kInvalidArgument, option + ": an entry of " + text + " is no UTF-8 text");
    }
    entries.push_back(std::move(entry));
    if (entries.size() > kMaxEntries) {
      return Error(ErrorCode::kInvalidArgument, option + ": more than " + std::to_string(kMaxEntries) + " entries");
    }
  }
  if (entries.empty()) return Error(ErrorCode::kInvalidArgument, option + ": '" + text + "' lists nothing");
  return entries;
}

Result<CompatLabels> readCompatLabels(const std::string& text, size_t numFiles) {
  MLAAS_TRY(const auto entries, readCompatList("--labels", text));
  CompatLabels labels;
  for (const auto& entry : entries) {
    int64_t label = 0;
    const auto [end, status] = std::from_chars(entry.data(), entry.data() + entry.size(), label);
    if (status == std::errc() && end == entry.data() + entry.size()) {
      labels.ofFiles.push_back(label);
      continue;
    }
    if (entries.size() == 1) return CompatLabels{{}, entry};
    return Error(ErrorCode::kInvalidArgument, "--labels: expected an integer for each file, found '" + entry +
                                                  "'; the branch that holds the label of each event stands alone");
  }
  if (labels.ofFiles.size() != numFiles) {
    return Error(ErrorCode::kInvalidArgument, "--labels: " + std::to_string(labels.ofFiles.size()) + " labels for " +
                                                  std::to_string(numFiles) +
                                                  " files; give one for each file, in their order");
  }
  return labels;
}

std::string compatLocation(const std::string& file, const std::string& redirector) {
  std::error_code failure;
  const bool isPattern = file.find_first_of("*?[") != std::string::npos;
  if (redirector.empty() || isPattern || file.find("://") != std::string::npos || fs::exists(file, failure)) {
    return file;
  }
  return redirector + (redirector.ends_with('/') ? "" : "/") + file;
}

}  // namespace mlaas::dataset
