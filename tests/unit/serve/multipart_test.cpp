#include "mlaas/serve/multipart.h"

#include <gtest/gtest.h>

namespace mlaas::serve {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=xyz";

std::string messageOf(std::string_view type, std::string_view body) {
  const auto parts = readMultipart(type, body);
  return parts.ok() ? "" : parts.error().what();
}

TEST(Multipart, ReadsFieldsAndFiles) {
  const std::string body =
      "--xyz\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nhiggs\r\n"
      "--xyz\r\nContent-Disposition: form-data; name=\"model\"; filename=\"m.pb\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n" +
      std::string("\0\r\n--xy", 7) +
      "\r\n--xyz\r\ncontent-disposition: form-data; filename=\"\"; name=empty\r\n\r\n\r\n--xyz--\r\n";
  const auto parts = readMultipart(kType, body).value();
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].name, "name");
  EXPECT_EQ(parts[0].contents, "higgs");
  EXPECT_EQ(parts[1].filename, "m.pb");
  EXPECT_EQ(parts[1].contents, std::string_view("\0\r\n--xy", 7));
  EXPECT_EQ(parts[2].name, "empty");
  EXPECT_EQ(parts[2].contents, "");
  EXPECT_EQ(findPart(parts, "model"), &parts[1]);
  EXPECT_EQ(findPart(parts, "other"), nullptr);
}

TEST(Multipart, TakesAQuotedBoundaryAPreambleAndEscapedNames) {
  const auto parts =
      readMultipart("Multipart/Form-Data; charset=utf-8; boundary=\"a b\"",
                    "ignored\r\n--a b \t\r\nContent-Disposition: form-data; name=\"q\\\"uote;d\"\r\n\r\nx\r\n--a b--")
          .value();
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].name, "q\"uote;d");
  EXPECT_EQ(parts[0].contents, "x");
}

TEST(Multipart, AFormMayBeEmpty) { EXPECT_TRUE(readMultipart(kType, "--xyz--\r\n").value().empty()); }

TEST(Multipart, SaysWhatIsWrong) {
  EXPECT_EQ(messageOf("multipart/form-data", ""), "the form has no boundary of 1 to 70 characters in its Content-Type");
  EXPECT_EQ(messageOf(kType, "hello"), "the form does not contain its boundary 'xyz'");
  EXPECT_EQ(messageOf(kType, "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx"),
            "the form ends within its part 'a'");
  EXPECT_EQ(messageOf(kType, "--xyz\r\nContent-Type: text/plain\r\n\r\nx\r\n--xyz--"),
            "the form has a part without Content-Disposition");
  EXPECT_EQ(messageOf(kType, "--xyz\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xyz--"),
            "the form has a part without a name");
  EXPECT_EQ(messageOf(kType, "--xyz\r\nX: " + std::string(9000, 'x')),
            "the form has a part whose head does not end within 8 kB");
  EXPECT_EQ(messageOf(kType, "--xyz?\r\n"), "the form has something else than a line's end behind a boundary");
  std::string many;
  for (int i = 0; i < 65; ++i) many += "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
  EXPECT_EQ(messageOf(kType, many + "--xyz--"), "the form has more than 64 parts");
}

TEST(Multipart, KnowsForms) {
  EXPECT_TRUE(isMultipart(" multipart/form-data; boundary=x"));
  EXPECT_FALSE(isMultipart("application/x-www-form-urlencoded"));
  EXPECT_FALSE(isMultipart(""));
}

}  // namespace
}  // namespace mlaas::serve
