#include "mlaas/serve/access_rights.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <unordered_map>

#include "mlaas/serve/json_web_token.h"

namespace mlaas::serve {

namespace {

using Digest = std::array<unsigned char, 32>;
using std::chrono::system_clock;

constexpr size_t kMostRemembered = 10000;
constexpr size_t kMostFileBytes = size_t{1} << 20;
constexpr size_t kLeastTokenCharacters = 16;

Digest digestOf(std::string_view token) {
  Digest digest{};
  EVP_Digest(token.data(), token.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

struct DigestHash {
  size_t operator()(const Digest& digest) const {
    size_t hash = 0;
    std::copy_n(digest.data(), sizeof hash, reinterpret_cast<unsigned char*>(&hash));
    return hash;
  }
};

Result<std::string> readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return Error(ErrorCode::kIo, "'" + path + "' cannot be read");
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMostFileBytes) return Error(ErrorCode::kInvalidArgument, "'" + path + "' is larger than 1 MiB");
  return text;
}

struct StaticToken {
  Digest digest;
  Rights rights;
};

std::optional<Rights> parseRights(std::string_view text) {
  if (text == "read") return Rights{true, false};
  if (text == "upload") return Rights{false, true};
  if (text == "read,upload" || text == "upload,read") return Rights{true, true};
  return std::nullopt;
}

Result<std::vector<StaticToken>> readTokens(const std::string& path) {
  std::vector<StaticToken> tokens;
  if (path.empty()) return tokens;
  MLAAS_TRY(const std::string text, readFile(path));
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) != 0) {
    return Error(ErrorCode::kInvalidArgument, "everybody on this machine may read '" + path + "'; chmod o-r it");
  }
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string rights;
    std::string token;
    std::string more;
    words >> rights >> token >> more;
    if (rights.empty()) continue;
    const auto parsed = parseRights(rights);
    if (!parsed || token.size() < kLeastTokenCharacters || !more.empty()) {
      return Error(ErrorCode::kInvalidArgument,
                   path + ":" + std::to_string(number) +
                       ": expected 'read TOKEN', 'upload TOKEN' or 'read,upload TOKEN' with a token of at least 16 "
                       "characters");
    }
    tokens.push_back({digestOf(token), *parsed});
  }
  if (tokens.empty()) return Error(ErrorCode::kInvalidArgument, "'" + path + "' has no token");
  return tokens;
}

Result<std::vector<Issuer>> readIssuers(const AccessOptions& options) {
  std::vector<Issuer> issuers;
  for (const auto& [url, keyFile] : options.issuers) {
    MLAAS_TRY(const std::string text, readFile(keyFile));
    auto keys = KeySet::parse(text);
    if (!keys.ok()) return Error(keys.error()).within(keyFile);
    issuers.push_back({url, *std::move(keys)});
  }
  return issuers;
}

// What stands behind "Bearer "; nothing for another scheme.
std::optional<std::string_view> bearerToken(const Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  const auto value = request.header("Authorization");
  if (value.size() <= kScheme.size()) return std::nullopt;
  const bool isBearer = std::equal(kScheme.begin(), kScheme.end(), value.begin(),
                                   [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b); });
  if (!isBearer) return std::nullopt;
  auto token = value.substr(kScheme.size());
  while (!token.empty() && token.front() == ' ') token.remove_prefix(1);
  return token;
}

Response challenge(int status, std::string_view message, const std::string& attributes) {
  Response response = errorResponse(status, message);
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"mlaas\"" + attributes);
  return response;
}

bool startsWithSegment(std::string_view path, std::string_view segments) {
  return path.starts_with(segments) && (path.size() == segments.size() || path[segments.size()] == '/');
}

}  // namespace

Rights neededRights(std::string_view method, std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const bool onlyLooks = method == "GET" || method == "HEAD";
  if (onlyLooks && (path == "/" || path == "/favicon.ico" || startsWithSegment(path, "/v2/health"))) return {};
  if (startsWithSegment(path, "/v2/repository") && path != "/v2/repository/index") return {false, true};
  if (!onlyLooks) {
    for (const char* changing : {"/upload", "/delete", "/params", "/v2/logging", "/v2/trace", "/v2/systemsharedmemory",
                                 "/v2/cudasharedmemory"}) {
      if (startsWithSegment(path, changing)) return {false, true};
    }
    if (path.ends_with("/trace/setting")) return {false, true};
    // Whatever is taken away or put is a change, on routes of today and later.
    if (method != "POST" && method != "OPTIONS") return {false, true};
  }
  return {true, false};
}

struct AccessRights::State {
  struct Remembered {
    Rights rights;
    system_clock::time_point expires;
  };
  AccessOptions options;
  mutable std::shared_mutex mutex;
  std::vector<StaticToken> tokens;  // under mutex, as is what follows
  std::vector<Issuer> issuers;
  std::unordered_map<Digest, Remembered, DigestHash> remembered;
  uint64_t generation = 0;  // of tokens and issuers
};

AccessRights::AccessRights(std::unique_ptr<State> state) : state_(std::move(state)) {}
AccessRights::~AccessRights() = default;

Result<std::shared_ptr<AccessRights>> AccessRights::make(const AccessOptions& options) {
  if (!options.issuers.empty() && options.audience.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "tokens of an issuer need an audience, which says that they are for this "
                 "server; give it with --token-audience");
  }
  auto state = std::make_unique<State>();
  state->options = options;
  std::shared_ptr<AccessRights> rights(new AccessRights(std::move(state)));
  MLAAS_CHECK(rights->reload());
  return rights;
}

Result<void> AccessRights::reload() {
  MLAAS_TRY(auto tokens, readTokens(state_->options.tokenFile));
  MLAAS_TRY(auto issuers, readIssuers(state_->options));
  std::unique_lock lock(state_->mutex);
  state_->tokens = std::move(tokens);
  state_->issuers = std::move(issuers);
  state_->remembered.clear();
  ++state_->generation;
  return {};
}

size_t AccessRights::numRemembered() const {
  std::shared_lock lock(state_->mutex);
  return state_->remembered.size();
}

Result<Rights> AccessRights::rightsOf(std::string_view token) {
  const Digest digest = digestOf(token);
  const auto now = state_->options.now();
  TokenClaims claims;
  uint64_t generation = 0;
  {
    std::shared_lock lock(state_->mutex);
    generation = state_->generation;
    Rights rights;
    bool known = false;
    // All are compared, so that the time says nothing about them.
    for (const auto& entry : state_->tokens) {
      const bool same = CRYPTO_memcmp(entry.digest.data(), digest.data(), digest.size()) == 0;
      known = known || same;
      rights.read = rights.read || (same && entry.rights.read);
      rights.upload = rights.upload || (same && entry.rights.upload);
    }
    if (known) return rights;
    const auto found = state_->remembered.find(digest);
    if (found != state_->remembered.end() && found->second.expires > now) return found->second.rights;
    if (state_->issuers.empty()) return Error(ErrorCode::kUnauthenticated, "the token is not known here");
    MLAAS_TRY(claims, verifyToken(token, state_->issuers, state_->options.audience, now));
  }
  const auto has = [&](const std::string& scope) {
    return std::find(claims.scopes.begin(), claims.scopes.end(), scope) != claims.scopes.end();
  };
  const Rights rights{has(state_->options.readScope), has(state_->options.uploadScope)};
  std::unique_lock lock(state_->mutex);
  if (generation != state_->generation) return rights;  // of keys that may be gone: not remembered
  auto& remembered = state_->remembered;
  if (remembered.size() >= kMostRemembered) {
    std::erase_if(remembered, [&](const auto& entry) { return entry.second.expires <= now; });
    if (remembered.size() >= kMostRemembered) remembered.clear();
  }
  remembered[digest] = {rights, claims.expires};
  return rights;
}

std::optional<Response> AccessRights::refusal(const Request& request, std::string_view path) {
  const Rights needed = neededRights(request.method, path);
  if (!needed.read && !needed.upload) return std::nullopt;
  const auto token = bearerToken(request);
  if (!token) return challenge(401, "this needs a token: send the header 'Authorization: Bearer TOKEN'", "");
  const auto rights = rightsOf(*token);
  if (!rights.ok()) return challenge(401, rights.error().what(), ", error=\"invalid_token\"");
  if ((needed.read && !rights->read) || (needed.upload && !rights->upload)) {
    const std::string scope = needed.upload ? state_->options.uploadScope : state_->options.readScope;
    return challenge(403, std::string("the token does not give the right to ") + (needed.upload ? "upload" : "read"),
                     ", error=\"insufficient_scope\", scope=\"" + scope + "\"");
  }
  return std::nullopt;
}

}  // namespace mlaas::serve
