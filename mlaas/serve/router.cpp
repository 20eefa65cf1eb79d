#include "mlaas/serve/router.h"

#include <algorithm>

#include "mlaas/base/nearest_name.h"

namespace mlaas::serve {

namespace {

template <class Text>
std::vector<Text> splitPath(std::string_view path) {
  std::vector<Text> segments;
  size_t from = 1;
  while (from <= path.size()) {
    const size_t end = std::min(path.find('/', from), path.size());
    segments.emplace_back(path.substr(from, end - from));
    from = end + 1;
  }
  return segments;
}

bool isParameter(const std::string& segment) { return !segment.empty() && segment.front() == '{'; }

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string_view>& path) {
  return std::equal(pattern.begin(), pattern.end(), path.begin(), path.end(),
                    [](const std::string& p, std::string_view s) { return isParameter(p) ? !s.empty() : p == s; });
}

}  // namespace

void Router::add(std::string method, std::string pattern, RouteHandler handler) {
  addLate(std::move(method), std::move(pattern),
          [run = std::move(handler)](const Request& request, PathParameters parameters, const Answer& answer) {
            answer(run(request, parameters));
          });
}

void Router::addLate(std::string method, std::string pattern, LateRouteHandler handler, BodyEncoding encoding) {
  auto segments = splitPath<std::string>(pattern);
  routes_.push_back({std::move(method), std::move(pattern), std::move(segments), std::move(handler), encoding});
}

Router::Match Router::find(const Request& request) const {
  std::string_view path = request.path;
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const auto segments = splitPath<std::string_view>(path);
  const std::string_view method = request.method == "HEAD" ? "GET" : request.method;
  std::vector<std::string> allowed;
  for (size_t r = 0; r < routes_.size(); ++r) {
    const Route& route = routes_[r];
    if (!matches(route.segments, segments)) continue;
    if (route.method != method) {
      allowed.push_back(route.method);
      continue;
    }
    Match match{r, &route.handler, {}, {}, route.encoding};
    for (size_t s = 0; s < segments.size(); ++s) {
      if (!isParameter(route.segments[s])) continue;
      auto decoded = percentDecoded(segments[s]);
      if (!decoded.ok()) return {r, nullptr, {}, errorResponse(decoded.error())};
      match.parameters.push_back(*std::move(decoded));
    }
    return match;
  }
  return {unmatchedRoute(), nullptr, {}, unmatched(request, allowed)};
}

Response Router::unmatched(const Request& request, const std::vector<std::string>& allowed) const {
  const auto path = percentDecoded(request.path);
  if (!path.ok()) return errorResponse(path.error());
  if (!allowed.empty()) {
    std::string methods;
    for (const auto& method : allowed) methods += (methods.empty() ? "" : ", ") + method;
    Response response = errorResponse(405, *path + " takes " + methods);
    response.headers.emplace_back("Allow", methods);
    return response;
  }
  return errorResponse(404, "there is no route '" + *path + "'" + suggestRoutes(*path));
}

std::string Router::suggestRoutes(const std::string& path) const {
  const auto asked = splitPath<std::string>(path);
  std::vector<std::string> patterns;
  std::vector<std::string> filled;  // with what was asked in the place of names in braces
  for (const Route& route : routes_) {
    if (std::find(patterns.begin(), patterns.end(), route.pattern) != patterns.end()) continue;
    patterns.push_back(route.pattern);
    std::string text;
    for (size_t i = 0; i < route.segments.size(); ++i) {
      text += '/' + (isParameter(route.segments[i]) && i < asked.size() ? asked[i] : route.segments[i]);
    }
    filled.push_back(std::move(text));
  }
  std::string meant;
  for (const auto& near : nearestNames(path, filled)) {
    const auto at = std::find(filled.begin(), filled.end(), near) - filled.begin();
    meant += (meant.empty() ? "; did you mean '" : " or '") + patterns[static_cast<size_t>(at)] + "'";
  }
  return meant.empty() ? "; GET / lists the routes" : meant + "?";
}

std::vector<std::string> Router::patterns() const {
  std::vector<std::string> names;
  for (const Route& route : routes_) names.push_back(route.pattern);
  names.emplace_back("none");
  return names;
}

}  // namespace mlaas::serve
