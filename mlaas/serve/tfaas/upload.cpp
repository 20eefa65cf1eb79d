#include "mlaas/serve/tfaas/upload.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mlaas/serve/model_archive.h"
#include "mlaas/serve/multipart.h"

namespace mlaas::serve {

namespace fs = std::filesystem;

namespace {

constexpr size_t kQuoted = 200;

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, message}; }
std::string inQuotes(std::string_view text) { return "'" + std::string(text.substr(0, kQuoted)) + "'"; }

// A folder that is removed at the end where it is still there.
class Staging {
 public:
  static Result<Staging> make(const ModelRepository& models) {
    MLAAS_TRY(fs::path folder, models.stage());
    return Staging(std::move(folder));
  }
  Staging(Staging&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  Staging& operator=(Staging&&) = delete;
  ~Staging() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  const fs::path& folder() const { return folder_; }

 private:
  explicit Staging(fs::path folder) : folder_(std::move(folder)) {}
  fs::path folder_;
};

Result<void> writeFile(const fs::path& path, std::string_view contents) {
  std::ofstream out(path, std::ios::binary);
  out.write(contents.data(), static_cast<std::streamsize>(contents.size()));
  out.close();
  if (out) return {};
  return Error(ErrorCode::kIo, "cannot write " + path.string() + "; is the disk full?");
}

// The name that a file of the form gets: the last part of what the client calls it.
Result<std::string> storedName(const FormPart& part) {
  const size_t slash = part.filename.find_last_of("/\\");
  std::string name = slash == std::string::npos ? part.filename : part.filename.substr(slash + 1);
  const bool strange = name.empty() || name.front() == '.' || name.size() > kQuoted ||
                       std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
  if (strange) return invalid("file " + inQuotes(part.filename) + " of the form cannot be stored under its name");
  return name;
}

struct FreeContext {
  void operator()(EVP_ENCODE_CTX* context) const { EVP_ENCODE_CTX_free(context); }
};

// Base64 with line ends anywhere.
Result<std::string> base64Decoded(std::string_view text) {
  const std::unique_ptr<EVP_ENCODE_CTX, FreeContext> context(EVP_ENCODE_CTX_new());
  EVP_DecodeInit(context.get());
  std::string decoded(text.size(), '\0');
  auto* to = reinterpret_cast<unsigned char*>(decoded.data());
  int written = 0;
  int rest = 0;
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  if (EVP_DecodeUpdate(context.get(), to, &written, from, static_cast<int>(text.size())) < 0 ||
      EVP_DecodeFinal(context.get(), to + written, &rest) < 0) {
    return invalid("the model is not base64, which the request's Content-Encoding says");
  }
  decoded.resize(static_cast<size_t>(written + rest));
  return decoded;
}

// params.json as the client sent it, if it is what clients of the model need.
Result<void> checkParams(std::string_view text, const std::string& name) {
  const auto params = nlohmann::json::parse(text, nullptr, false);
  if (!params.is_object()) return invalid("the file params of the form is not a JSON object");
  const auto found = params.find("name");
  if (found == params.end() || !found->is_string() || *found != name) {
    return invalid("the form's name is " + inQuotes(name) + ", the \"name\" in its params is " +
                   inQuotes(found == params.end() ? "absent" : found->dump()) + "; both must be the same");
  }
  return {};
}

Result<const FormPart*> fileOf(const std::vector<FormPart>& parts, std::string_view field) {
  const FormPart* part = findPart(parts, field);
  if (part != nullptr) return part;
  return invalid("the form has no file " + inQuotes(field) + "; expected name, params, model and labels");
}

}  // namespace

Result<void> uploadForm(ModelRepository& models, std::string_view contentType, std::string_view contentEncoding,
                        std::string_view body) {
  MLAAS_TRY(const auto parts, readMultipart(contentType, body));
  const FormPart* name = findPart(parts, "name");
  if (name == nullptr || name->contents.empty()) return invalid("the form has no field 'name', the model's name");
  const std::string model(name->contents);
  MLAAS_TRY(const FormPart* params, fileOf(parts, "params"));
  MLAAS_CHECK(checkParams(params->contents, model));
  MLAAS_TRY(const Staging staging, Staging::make(models));
  MLAAS_CHECK(writeFile(staging.folder() / "params.json", params->contents));
  for (const char* field : {"model", "labels"}) {
    MLAAS_TRY(const FormPart* part, fileOf(parts, field));
    MLAAS_TRY(const std::string file, storedName(*part));
    if (file == "params.json") return invalid("file " + inQuotes(field) + " of the form is called params.json");
    std::string decoded;
    std::string_view contents = part->contents;
    if (contentEncoding == "base64" && std::string_view(field) == "model") {
      MLAAS_TRY(decoded, base64Decoded(contents));
      contents = decoded;
    }
    MLAAS_CHECK(writeFile(staging.folder() / file, contents));
  }
  MLAAS_TRY(const auto served, models.install(model, staging.folder()));
  return models.setDefault(served->name());
}

Result<void> uploadArchive(ModelRepository& models, std::string_view body) {
  MLAAS_TRY(const Staging staging, Staging::make(models));
  MLAAS_CHECK(unpackArchive(body, staging.folder()));
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(staging.folder())) {
    if (!entry.is_directory()) {
      return invalid("the archive has a file " + inQuotes(entry.path().filename().string()) +
                     " beside folders; expected a folder for each model");
    }
    folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const auto& folder : folders) {
    MLAAS_TRY(const auto served, models.install(folder.filename().string(), folder));
  }
  return {};
}

}  // namespace mlaas::serve
