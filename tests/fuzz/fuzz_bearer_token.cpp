// Fuzzes JSON Web Tokens and key sets. Input: a token; or, behind a first byte '{', a key set. The tokens are checked
// against the key of RFC 7515, A.3, of which nobody has signed a token for this audience: none may be found good.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mlaas/serve/json_web_token.h"

namespace {

constexpr std::string_view kKeys =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"a3","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

std::vector<mlaas::serve::Issuer> issuers() {
  std::vector<mlaas::serve::Issuer> all;
  all.push_back({"joe", mlaas::serve::KeySet::parse(kKeys).value()});
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto trusted = issuers();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with('{')) {
    const auto keys = mlaas::serve::KeySet::parse(text);
    if (keys.ok() && keys->verify("ES256", "a3", "text", std::string(64, 'x')).ok()) std::abort();
    return 0;
  }
  const std::chrono::system_clock::time_point past(std::chrono::seconds(1));
  if (mlaas::serve::verifyToken(text, trusted, "mlaas", past).ok()) std::abort();
  return 0;
}
