// docs/errors.md is the published table of exit codes and HTTP status: it must say what the code does.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "mlaas/base/error.h"

namespace mlaas {
namespace {

TEST(ErrorsDocument, ListsEveryCodeWithItsNumbers) {
  std::ostringstream text;
  text << std::ifstream(MLAAS_SOURCE_DIR "/docs/errors.md").rdbuf();
  const std::string document = text.str();
  for (ErrorCode code : kAllErrorCodes) {
    std::regex row("\\| `" + std::string(errorCodeName(code)) + "` \\| [^|]+ \\| " + std::to_string(exitCode(code)) +
                   " \\| " + std::to_string(httpStatus(code)) + " \\|");
    EXPECT_TRUE(std::regex_search(document, row)) << errorCodeName(code);
  }
}

}  // namespace
}  // namespace mlaas
