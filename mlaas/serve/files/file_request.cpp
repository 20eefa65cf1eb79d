#include "mlaas/serve/files/file_request.h"

#include "mlaas/base/nearest_name.h"
#include "mlaas/serve/json_request.h"

namespace mlaas::serve {

namespace {

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

Result<std::string> textOf(const simdjson::dom::element& value, const std::string& what) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) {
    return invalid(what + " is " + std::string(jsonKind(value)) + ", expected a string");
  }
  if (text.empty()) return invalid(what + " is empty");
  return std::string(text);
}

Result<std::vector<std::string>> filesOf(const simdjson::dom::element& value) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) {
    return invalid("\"files\" is " + std::string(jsonKind(value)) + ", expected a list of files");
  }
  std::vector<std::string> files;
  for (const auto& one : list) {
    MLAAS_TRY(auto file, textOf(one, "\"files\"[" + std::to_string(files.size()) + "]"));
    files.push_back(std::move(file));
    if (files.size() > FileRequest::kMostFiles) {
      return invalid("more than " + std::to_string(FileRequest::kMostFiles) + " files; send several requests");
    }
  }
  if (files.empty()) return invalid("\"files\" is empty, expected at least one file");
  return files;
}

}  // namespace

Result<FileRequest> readFileRequest(const simdjson::dom::object& request) {
  static const std::vector<std::string> kKeys = {"files", "tree", "format", "out", "out_tree"};
  FileRequest read;
  for (const auto& [name, value] : request) {
    const std::string key(name);
    if (key == "files") {
      MLAAS_TRY(read.files, filesOf(value));
    } else if (key == "tree") {
      MLAAS_TRY(read.tree, textOf(value, "\"tree\""));
    } else if (key == "format") {
      MLAAS_TRY(read.format, textOf(value, "\"format\""));
    } else if (key == "out") {
      MLAAS_TRY(read.out, textOf(value, "\"out\""));
    } else if (key == "out_tree") {
      MLAAS_TRY(read.outTree, textOf(value, "\"out_tree\""));
    } else {
      return invalid("unknown key '" + key + "'" + suggestNames(key, kKeys));
    }
  }
  if (read.files.empty()) return invalid(R"(the request has no "files"; expected {"files":["a.root",...]})");
  if (!read.out.empty() && !read.out.ends_with(".root")) {
    return invalid("\"out\" is '" + read.out + "', expected a name that ends in .root");
  }
  return read;
}

}  // namespace mlaas::serve
