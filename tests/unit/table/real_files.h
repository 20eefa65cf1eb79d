// Finds real ROOT files for tests: the sample in examples/ (always there) and those of scikit-hep-testdata.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace mlaas::table {

// The path of a file of the ttH sample.
inline std::string sampleFile(const std::string& name) { return MLAAS_SOURCE_DIR "/examples/tth/data/" + name; }

// Folders of MLAAS_TESTDATA and of the Python package scikit-hep-testdata in .venv-test.
inline std::vector<std::filesystem::path> testDataFolders() {
  std::vector<std::filesystem::path> folders;
  if (const char* list = std::getenv("MLAAS_TESTDATA")) {
    std::istringstream stream(list);
    for (std::string folder; std::getline(stream, folder, ':');) folders.emplace_back(folder);
  }
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(MLAAS_SOURCE_DIR "/.venv-test/lib", ignored)) {
    folders.push_back(entry.path() / "site-packages/skhep_testdata/data");
  }
  return folders;
}

// The path of a file of scikit-hep-testdata, or nothing where it is not there.
inline std::optional<std::string> findTestFile(const std::string& name) {
  std::error_code ignored;
  for (const auto& folder : testDataFolders()) {
    for (const auto& path : {folder / name, folder / "scikit-hep" / name}) {
      if (std::filesystem::exists(path, ignored)) return path.string();
    }
  }
  return std::nullopt;
}

}  // namespace mlaas::table
