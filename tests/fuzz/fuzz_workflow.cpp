// Workflow files. Input: the YAML text; what follows a zero byte are --set options, one a line.
// A workflow that parses must be parsed the same from its canonical text.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "mlaas/dataset/workflow.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMaxInput = 64 * 1024;
  if (size > kMaxInput) return 0;
  std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> settings;
  if (const size_t zero = text.find('\0'); zero != std::string::npos) {
    std::string rest = text.substr(zero + 1);
    text.resize(zero);
    for (size_t begin = 0; begin < rest.size();) {
      const size_t end = std::min(rest.find('\n', begin), rest.size());
      settings.push_back(rest.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  const auto workflow = mlaas::dataset::parseWorkflow(text, "fuzz.yaml", settings);
  if (!workflow.ok()) return 0;
  const auto again = mlaas::dataset::parseWorkflow(workflow->text, "canonical", {});
  if (!again.ok() || again->text != workflow->text) std::abort();
  return 0;
}
