#include "mlaas/serve/multipart.h"

#include <algorithm>
#include <optional>

namespace mlaas::serve {

namespace {

constexpr size_t kMostParts = 64;
constexpr size_t kLongestBoundary = 70;
constexpr size_t kLongestHead = 8192;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, "the form " + message}; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool startsWith(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The value of a quoted string that begins behind the first quote; within it a backslash escapes a quote.
std::string quoted(std::string_view& rest) {
  std::string value;
  while (!rest.empty() && rest.front() != '"') {
    if (rest.front() == '\\' && rest.size() > 1 && (rest[1] == '"' || rest[1] == '\\')) rest.remove_prefix(1);
    value += rest.front();
    rest.remove_prefix(1);
  }
  if (!rest.empty()) rest.remove_prefix(1);
  return value;
}

// The parameter `wanted` of a header's value: form-data; name="a"; filename="b".
std::optional<std::string> parameter(std::string_view header, std::string_view wanted) {
  std::string_view rest = header;
  for (;;) {
    const size_t next = rest.find(';');
    if (next == std::string_view::npos) return std::nullopt;
    rest = trimmed(rest.substr(next + 1));
    const size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = trimmed(rest.substr(0, equals));
    rest = trimmed(rest.substr(equals + 1));
    std::string value;
    if (!rest.empty() && rest.front() == '"') {
      rest.remove_prefix(1);
      value = quoted(rest);
    } else {
      value = std::string(trimmed(rest.substr(0, std::min(rest.find(';'), rest.size()))));
    }
    if (name.size() == wanted.size() && startsWith(name, wanted)) return value;
  }
}

// Reads a part's head: the lines before the empty one.
Result<FormPart> readHead(std::string_view head) {
  constexpr std::string_view kDisposition = "content-disposition:";
  while (!head.empty()) {
    const size_t end = std::min(head.find(kLineEnd), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(head.size(), end + kLineEnd.size()));
    if (!startsWith(line, kDisposition)) continue;
    const auto name = parameter(line, "name");
    if (!name) return invalid("has a part without a name");
    return FormPart{*name, parameter(line, "filename").value_or(""), {}};
  }
  return invalid("has a part without Content-Disposition");
}

}  // namespace

bool isMultipart(std::string_view contentType) { return startsWith(trimmed(contentType), "multipart/form-data"); }

Result<std::vector<FormPart>> readMultipart(std::string_view contentType, std::string_view body) {
  const auto boundary = parameter(contentType, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kLongestBoundary) {
    return invalid("has no boundary of 1 to 70 characters in its Content-Type");
  }
  const std::string delimiter = "--" + *boundary;
  if (!body.starts_with(delimiter)) {
    const size_t first = body.find("\r\n" + delimiter);
    if (first == std::string_view::npos) return invalid("does not contain its boundary '" + *boundary + "'");
    body.remove_prefix(first + kLineEnd.size());
  }
  std::vector<FormPart> parts;
  const std::string between = "\r\n" + delimiter;
  for (;;) {
    body.remove_prefix(delimiter.size());
    if (body.starts_with("--")) return parts;
    if (parts.size() == kMostParts) return invalid("has more than " + std::to_string(kMostParts) + " parts");
    const size_t lineEnd = body.find(kLineEnd);
    if (lineEnd == std::string_view::npos || !trimmed(body.substr(0, lineEnd)).empty()) {
      return invalid("has something else than a line's end behind a boundary");
    }
    body.remove_prefix(lineEnd);
    const size_t headEnd = body.substr(0, kLongestHead).find(kHeadEnd);
    if (headEnd == std::string_view::npos) return invalid("has a part whose head does not end within 8 kB");
    MLAAS_TRY(FormPart part, readHead(body.substr(std::min(headEnd, kLineEnd.size()), headEnd)));
    body.remove_prefix(headEnd + kHeadEnd.size());
    const size_t end = body.starts_with(delimiter) ? 0 : body.find(between);
    if (end == std::string_view::npos) return invalid("ends within its part '" + part.name.substr(0, 200) + "'");
    part.contents = body.substr(0, end);
    parts.push_back(std::move(part));
    body.remove_prefix(body.starts_with(delimiter) ? 0 : end + kLineEnd.size());
  }
}

const FormPart* findPart(const std::vector<FormPart>& parts, std::string_view name) {
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const FormPart& part) { return part.name == name; });
  return found == parts.end() ? nullptr : &*found;
}

}  // namespace mlaas::serve
