// JSON Web Tokens signed with RS256 or ES256: signature, issuer, audience and times (WLCG's token profile 1.3).
// Threads: a key set is read by any.
// Errors:  kUnauthenticated with the reason; the token itself is in no message.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/base/error.h"

namespace mlaas::serve {

// The public keys of an issuer.
class KeySet {
 public:
  // From a JSON Web Key Set; keys of other kinds than RSA and EC P-256 are passed over. kInvalidArgument where there is
  // none left.
  static Result<KeySet> parse(std::string_view json);
  ~KeySet();
  KeySet(KeySet&&) noexcept;
  KeySet& operator=(KeySet&&) noexcept;

  // Whether `signature` is that of `text` by the key called `keyId`. `algorithm` is "RS256" or "ES256".
  Result<void> verify(std::string_view algorithm, std::string_view keyId, std::string_view text,
                      std::string_view signature) const;

 private:
  struct Key;
  KeySet();
  std::vector<std::unique_ptr<Key>> keys_;
};

struct Issuer {
  std::string url;  // as the tokens say it, to the letter
  KeySet keys;
};

// What a token that was found good says.
struct TokenClaims {
  std::string issuer;
  std::string subject;
  std::vector<std::string> scopes;
  std::chrono::system_clock::time_point expires;
};

// Checks a token against the issuers that are trusted. `audience` must be among the token's, or be stood for by WLCG's
// "any".
Result<TokenClaims> verifyToken(std::string_view token, const std::vector<Issuer>& issuers, std::string_view audience,
                                std::chrono::system_clock::time_point now);

}  // namespace mlaas::serve
