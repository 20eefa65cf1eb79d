// The examples of RFC 7515, and tokens that are wrong in one way each. Tokens of an issuer are made and asked with in
// tests/integration/test_serve_access.py.
#include "mlaas/serve/json_web_token.h"

#include <gtest/gtest.h>

namespace mlaas::serve {
namespace {

using std::chrono::system_clock;

// RFC 7515, A.3: key, header and payload, signature.
constexpr std::string_view kKeys =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"a3","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";
const std::string kText =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ";
const std::string kSignature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

std::string base64(std::string_view text) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += kLetters[(bits >> (count - 6)) & 63];
  }
  if (count > 0) out += kLetters[(bits << (6 - count)) & 63];
  return out;
}

std::string unbase64(std::string_view text) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = (bits << 6) | static_cast<uint32_t>(kLetters.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count);
  }
  return out;
}

TEST(KeySet, VerifiesTheExampleOfTheStandard) {
  const auto keys = KeySet::parse(kKeys);
  ASSERT_TRUE(keys.ok()) << keys.error().what();
  const std::string signature = unbase64(kSignature);
  EXPECT_TRUE(keys->verify("ES256", "a3", kText, signature).ok());
  EXPECT_FALSE(keys->verify("ES256", "a4", kText, signature).ok());
  EXPECT_FALSE(keys->verify("RS256", "a3", kText, signature).ok());
  EXPECT_FALSE(keys->verify("ES256", "a3", kText + "x", signature).ok());
  for (size_t i = 0; i < signature.size(); ++i) {
    std::string flipped = signature;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(keys->verify("ES256", "a3", kText, flipped).ok()) << i;
  }
  for (const size_t length : {size_t{0}, size_t{1}, size_t{63}}) {
    EXPECT_FALSE(keys->verify("ES256", "a3", kText, signature.substr(0, length)).ok()) << length;
  }
}

TEST(KeySet, RefusesWhatHasNoUsableKey) {
  for (const char* wrong :
       {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":[1]})", R"({"keys":[{"kty":"oct","kid":"a"}]})",
        R"({"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"}]})",
        R"({"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]})",  // 24 bits
        // A point that is not on the curve.
        R"({"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}]})"}) {
    const auto keys = KeySet::parse(wrong);
    ASSERT_FALSE(keys.ok()) << wrong;
    EXPECT_EQ(keys.error().code(), ErrorCode::kInvalidArgument);
  }
}

class TokenTest : public testing::Test {
 protected:
  void SetUp() override { issuers_.push_back({"joe", KeySet::parse(kKeys).value()}); }
  std::string reason(const std::string& token) const {
    const auto claims = verifyToken(token, issuers_, "here", system_clock::time_point(std::chrono::seconds(1)));
    if (claims.ok()) return "good";
    EXPECT_EQ(claims.error().code(), ErrorCode::kUnauthenticated);
    return claims.error().what();
  }
  std::vector<Issuer> issuers_;
};

TEST_F(TokenTest, RefusesWhatIsNoToken) {
  for (const std::string& wrong :
       {std::string(), std::string("a"), std::string("a.b"), std::string("a.b.c"), std::string("..."), kText + ".",
        kText + "." + kSignature + "=", base64("[1]") + "." + base64("{}") + "." + kSignature,
        base64("{") + "." + base64("{}") + "." + kSignature, std::string(100000, 'a'),
        base64(std::string(5000, '[')) + "." + base64("{}") + "." + kSignature,
        kText + "." + kSignature + "." + kSignature}) {
    EXPECT_NE(reason(wrong), "good") << wrong.substr(0, 100);
  }
}

TEST_F(TokenTest, SaysWhatIsWrong) {
  // Signed well, but for nobody: the standard's example has no audience. It has no kid either.
  EXPECT_NE(reason(kText + "." + kSignature).find("a key that its issuer does not have"), std::string::npos);
  const auto token = [](const std::string& header, const std::string& claims) {
    return base64(header) + "." + base64(claims) + "." + kSignature;
  };
  const std::string header = R"({"alg":"ES256","kid":"a3"})";
  EXPECT_NE(reason(token(header, R"({"iss":"eve"})")).find("not trusted"), std::string::npos);
  EXPECT_NE(reason(token(header, "{}")).find("not trusted"), std::string::npos);
  EXPECT_NE(reason(token(header, R"({"iss":"joe"})")).find("wrong signature"), std::string::npos);
  for (const char* algorithm : {"none", "HS256", "", "ES384"}) {
    const std::string other = std::string(R"({"kid":"a3","alg":")") + algorithm + "\"}";
    EXPECT_NE(reason(token(other, R"({"iss":"joe"})")).find("RS256 or ES256"), std::string::npos) << algorithm;
  }
  EXPECT_NE(reason(token(R"({"alg":"ES256","kid":"a3","crit":["x"]})", R"({"iss":"joe"})")).find("extensions"),
            std::string::npos);
}

}  // namespace
}  // namespace mlaas::serve
