// What each request passes before it reaches the application: prefix of the paths, rate limit, tokens.
// Threads: any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "mlaas/serve/access_rights.h"
#include "mlaas/serve/http_message.h"
#include "mlaas/serve/rate_limit.h"

namespace mlaas::serve {

struct GateOptions {
  std::string base;                      // "/tfaas"; empty: none
  std::optional<Rate> rate;              // of each client
  std::shared_ptr<AccessRights> rights;  // null: everybody may do everything
};

class Gate {
 public:
  Gate(const GateOptions& options, RequestHandler next);

  // Answers by itself, or hands the request on; the answer then carries the limit's headers and the client's trace.
  void handle(const Request& request, Answer answer);
  // From now on the server, and each model, says that it is not ready.
  void beginStop() { stopping_ = true; }

 private:
  std::optional<Response> refusal(const Request& request, std::vector<std::pair<std::string, std::string>>& headers);
  std::optional<Response> tooOften(const Request& request, std::vector<std::pair<std::string, std::string>>& headers);
  std::optional<std::string_view> withoutBase(std::string_view path) const;

  const std::string base_;
  std::unique_ptr<RateLimit> limit_;
  std::shared_ptr<AccessRights> rights_;
  RequestHandler next_;
  std::atomic<bool> stopping_ = false;
};

// "tfaas", "/tfaas/" become "/tfaas"; kInvalidArgument where it has characters that no path has.
Result<std::string> parseBase(std::string_view text);

}  // namespace mlaas::serve
