#include "mlaas/serve/json_web_token.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace mlaas::serve {

namespace {

using Json = nlohmann::json;
using std::chrono::system_clock;

constexpr size_t kMostTokenBytes = 16384;
constexpr size_t kMostKeys = 100;
constexpr int kMostDepth = 16;
// What clocks may differ by.
constexpr std::chrono::seconds kSkew{60};
constexpr size_t kCoordinateBytes = 32;
constexpr size_t kMostModulusBytes = 1024;
constexpr size_t kLeastModulusBytes = 256;
constexpr std::string_view kAnyAudience = "https://wlcg.cern.ch/jwt/v1/any";
// After this second (year 9999) a time point of nanoseconds would overflow long ago.
constexpr double kLatestSecond = 9.2e9;

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(OSSL_PARAM_BLD* p) const { OSSL_PARAM_BLD_free(p); }
  void operator()(OSSL_PARAM* p) const { OSSL_PARAM_free(p); }
  void operator()(BIGNUM* p) const { BN_free(p); }
  void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Error refused(const std::string& reason) { return Error(ErrorCode::kUnauthenticated, "the token " + reason); }

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  return c == '_' ? 63 : -1;
}

// base64url without padding; nothing where it is malformed.
std::optional<std::string> decoded(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int numBits = 0;
  for (const char c : text) {
    const int six = sextet(c);
    if (six < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(six);
    numBits += 6;
    if (numBits < 8) continue;
    numBits -= 8;
    out += static_cast<char>((bits >> numBits) & 0xffU);
  }
  if ((bits & ((1U << numBits) - 1)) != 0) return std::nullopt;  // one text for one value
  return out;
}

// A JSON object that is not deep; nothing else.
std::optional<Json> object(std::string_view text) {
  const auto shallow = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kMostDepth) throw std::length_error("deep");
    return true;
  };
  try {
    auto json = Json::parse(text, shallow, true);
    if (json.is_object()) return json;
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return std::nullopt;
}

std::string text(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Owned<EVP_PKEY> keyFrom(const char* kind, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) return nullptr;
  return Owned<EVP_PKEY>(key);
}

Owned<EVP_PKEY> rsaKey(const Json& json) {
  const auto modulus = decoded(text(json, "n"));
  const auto exponent = decoded(text(json, "e"));
  if (!modulus || !exponent || modulus->size() < kLeastModulusBytes || modulus->size() > kMostModulusBytes) return {};
  if (exponent->empty() || exponent->size() > sizeof(uint64_t)) return {};
  const Owned<BIGNUM> n(BN_bin2bn(bytes(*modulus), static_cast<int>(modulus->size()), nullptr));
  const Owned<BIGNUM> e(BN_bin2bn(bytes(*exponent), static_cast<int>(exponent->size()), nullptr));
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return keyFrom("RSA", builder.get());
}

Owned<EVP_PKEY> ellipticKey(const Json& json) {
  const auto x = decoded(text(json, "x"));
  const auto y = decoded(text(json, "y"));
  if (text(json, "crv") != "P-256" || !x || !y) return {};
  if (x->size() != kCoordinateBytes || y->size() != kCoordinateBytes) return {};
  const std::string point = "\x04" + *x + *y;  // uncompressed
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return keyFrom("EC", builder.get());
}

// An ECDSA signature in the form that OpenSSL takes, from r and s behind each other.
std::string derSignature(std::string_view signature) {
  if (signature.size() != 2 * kCoordinateBytes) return {};
  const Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(bytes(signature), kCoordinateBytes, nullptr);
  BIGNUM* s = BN_bin2bn(bytes(signature) + kCoordinateBytes, kCoordinateBytes, nullptr);
  ECDSA_SIG_set0(pair.get(), r, s);  // owns them now
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(pair.get(), &der);
  std::string out = length > 0 ? std::string(reinterpret_cast<const char*>(der), static_cast<size_t>(length)) : "";
  OPENSSL_free(der);
  return out;
}

std::vector<std::string> scopesOf(const Json& claims) {
  std::vector<std::string> scopes;
  const std::string all = text(claims, "scope");
  for (size_t from = 0; from < all.size();) {
    const size_t end = std::min(all.find(' ', from), all.size());
    if (end > from) scopes.push_back(all.substr(from, end - from));
    from = end + 1;
  }
  return scopes;
}

bool isMeantFor(const Json& claims, std::string_view audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  const auto matches = [&](const Json& name) { return name.is_string() && (name == audience || name == kAnyAudience); };
  return found->is_array() ? std::any_of(found->begin(), found->end(), matches) : matches(*found);
}

// A time claim; nothing where it is not a plausible number.
std::optional<system_clock::time_point> timeOf(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const double seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= kLatestSecond)) return std::nullopt;
  return system_clock::time_point(std::chrono::seconds(static_cast<int64_t>(seconds)));
}

Result<system_clock::time_point> checkTimes(const Json& claims, system_clock::time_point now) {
  const auto expires = timeOf(claims, "exp");
  if (!expires) return refused("has no time 'exp'");
  if (*expires <= now) return refused("has expired");
  for (const char* name : {"nbf", "iat"}) {
    if (!claims.contains(name)) continue;
    const auto from = timeOf(claims, name);
    if (!from || *from > now + kSkew) return refused("is not valid yet");
  }
  return *expires;
}

struct TokenParts {
  std::string_view signedText;
  Json header;
  Json claims;
  std::string signature;
};

Result<TokenParts> split(std::string_view token) {
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (token.size() > kMostTokenBytes || second == std::string_view::npos) return refused("is not a JSON Web Token");
  const auto header = decoded(token.substr(0, first));
  const auto claims = decoded(token.substr(first + 1, second - first - 1));
  auto signature = decoded(token.substr(second + 1));
  auto headerJson = header ? object(*header) : std::nullopt;
  auto claimsJson = claims ? object(*claims) : std::nullopt;
  if (!headerJson || !claimsJson || !signature) return refused("is not a JSON Web Token");
  return TokenParts{token.substr(0, second), *std::move(headerJson), *std::move(claimsJson), *std::move(signature)};
}

}  // namespace

struct KeySet::Key {
  std::string id;
  std::string algorithm;
  Owned<EVP_PKEY> key;
};

KeySet::KeySet() = default;
KeySet::~KeySet() = default;
KeySet::KeySet(KeySet&&) noexcept = default;
KeySet& KeySet::operator=(KeySet&&) noexcept = default;

Result<KeySet> KeySet::parse(std::string_view json) {
  const auto document = object(json);
  if (!document || !document->contains("keys") || !(*document)["keys"].is_array()) {
    return Error(ErrorCode::kInvalidArgument, "not a JSON Web Key Set: expected an object with a list \"keys\"");
  }
  KeySet set;
  for (const auto& entry : (*document)["keys"]) {
    if (!entry.is_object() || text(entry, "use") == "enc" || text(entry, "kid").empty()) continue;
    const bool isRsa = text(entry, "kty") == "RSA";
    auto key = isRsa ? rsaKey(entry) : text(entry, "kty") == "EC" ? ellipticKey(entry) : Owned<EVP_PKEY>();
    if (!key || set.keys_.size() >= kMostKeys) continue;
    set.keys_.push_back(std::make_unique<Key>(Key{text(entry, "kid"), isRsa ? "RS256" : "ES256", std::move(key)}));
  }
  if (set.keys_.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "the JSON Web Key Set has no usable key; expected RSA of 2048 bits or more, or EC P-256, with a kid");
  }
  return set;
}

Result<void> KeySet::verify(std::string_view algorithm, std::string_view keyId, std::string_view text,
                            std::string_view signature) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [&](const auto& key) { return key->id == keyId && key->algorithm == algorithm; });
  if (found == keys_.end()) return refused("is signed with a key that its issuer does not have");
  const std::string der = algorithm == "ES256" ? derSignature(signature) : std::string(signature);
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const bool good = !der.empty() && context &&
                    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, (*found)->key.get()) == 1 &&
                    EVP_DigestVerify(context.get(), bytes(der), der.size(), bytes(text), text.size()) == 1;
  if (!good) return refused("has a wrong signature");
  return {};
}

Result<TokenClaims> verifyToken(std::string_view token, const std::vector<Issuer>& issuers, std::string_view audience,
                                system_clock::time_point now) {
  MLAAS_TRY(const TokenParts parts, split(token));
  const std::string issuer = text(parts.claims, "iss");
  const auto trusted = std::find_if(issuers.begin(), issuers.end(), [&](const Issuer& i) { return i.url == issuer; });
  if (trusted == issuers.end()) return refused("is of an issuer that is not trusted here");
  const std::string algorithm = text(parts.header, "alg");
  if (algorithm != "RS256" && algorithm != "ES256") return refused("is not signed with RS256 or ES256");
  if (parts.header.contains("crit")) return refused("asks for extensions that are not known");
  MLAAS_CHECK(trusted->keys.verify(algorithm, text(parts.header, "kid"), parts.signedText, parts.signature));
  if (!isMeantFor(parts.claims, audience)) return refused("is meant for another audience");
  MLAAS_TRY(const auto expires, checkTimes(parts.claims, now));
  return TokenClaims{issuer, text(parts.claims, "sub"), scopesOf(parts.claims), expires};
}

}  // namespace mlaas::serve
