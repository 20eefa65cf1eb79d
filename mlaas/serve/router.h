// Finds the handler of a path: "/v2/models/{model}/infer" matches one segment for each name in braces.
// Threads: built once, then read by all serving threads.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/serve/http_message.h"

namespace mlaas::serve {

// The decoded segments that the pattern's braces stand for, in their order.
using PathParameters = std::span<const std::string>;
// Answers at once.
using RouteHandler = std::function<Response(const Request&, PathParameters)>;
// Answers now or later; the parameters live for the call only.
using LateRouteHandler = std::function<void(const Request&, PathParameters, Answer)>;

// What a route's handler can take as the request's Content-Encoding.
enum class BodyEncoding { kPlain, kAny };

class Router {
 public:
  // Adds a route; HEAD goes where GET goes.
  void add(std::string method, std::string pattern, RouteHandler handler);
  void addLate(std::string method, std::string pattern, LateRouteHandler handler,
               BodyEncoding encoding = BodyEncoding::kPlain);

  struct Match {
    size_t route = 0;                           // index into patterns()
    const LateRouteHandler* handler = nullptr;  // null where `refusal` is the answer
    std::vector<std::string> parameters;
    Response refusal;
    BodyEncoding encoding = BodyEncoding::kPlain;
  };
  // 404 with the nearest routes where no pattern matches, 405 with Allow where only the method fails.
  Match find(const Request& request) const;

  // "/json", ... of every route, and one more for requests that match none.
  std::vector<std::string> patterns() const;
  size_t unmatchedRoute() const { return routes_.size(); }

 private:
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    LateRouteHandler handler;
    BodyEncoding encoding;
  };
  Response unmatched(const Request& request, const std::vector<std::string>& allowed) const;
  // "; did you mean '/v2/models/{model}'?"
  std::string suggestRoutes(const std::string& path) const;
  std::vector<Route> routes_;
};

}  // namespace mlaas::serve
