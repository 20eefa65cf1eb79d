// Who may do what, by the bearer token of a request: static tokens from a file, or JSON Web Tokens of trusted issuers.
// Two rights that do not include each other: reading (asking models, their descriptions and metrics) and uploading
// (changing what is served). Health and the page itself are for everybody.
// Tokens:  kept and compared as SHA-256; good ones of issuers are remembered by it until they expire.
// Threads: any.
// Errors:  kIo (a file cannot be read), kInvalidArgument (its contents, or others may read the tokens).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/serve/http_message.h"

namespace mlaas::serve {

struct AccessOptions {
  std::string tokenFile;  // lines "read TOKEN", "upload TOKEN", "read,upload TOKEN"; empty: none
  struct TrustedIssuer {
    std::string url;
    std::string keyFile;  // JSON Web Key Set
  };
  std::vector<TrustedIssuer> issuers;
  std::string audience;
  std::string readScope = "mlaas.read";
  std::string uploadScope = "mlaas.upload";
  // The clock.
  std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
};

struct Rights {
  bool read = false;
  bool upload = false;
};

class AccessRights {
 public:
  static Result<std::shared_ptr<AccessRights>> make(const AccessOptions& options);
  ~AccessRights();
  AccessRights(const AccessRights&) = delete;
  AccessRights& operator=(const AccessRights&) = delete;

  // 401 or 403 where the request is not allowed. `path` is without the server's prefix.
  std::optional<Response> refusal(const Request& request, std::string_view path);
  // Reads the files again; where one is wrong all stays as it was.
  Result<void> reload();
  // Tokens whose verdict is remembered, for tests and metrics.
  size_t numRemembered() const;

 private:
  struct State;
  explicit AccessRights(std::unique_ptr<State> state);
  Result<Rights> rightsOf(std::string_view token);
  std::unique_ptr<State> state_;
};

// What a request needs: neither for health and the page.
Rights neededRights(std::string_view method, std::string_view path);

}  // namespace mlaas::serve
