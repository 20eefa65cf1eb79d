// Statistics that are kept in a file, and the key that says what they follow from: the contents of every file that is
// read, byte for byte, and the request. Kept statistics are used again only under the same key, and only as long as the
// file that holds them is whole.
// Errors:  those of reading; kIo where a file changed between identifyFiles() and checkUnchanged().
// Threads: called from one thread, which is none of the pool's; hashes on the pool.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mlaas/base/error.h"
#include "mlaas/base/task_pool.h"
#include "mlaas/dataset/workflow.h"
#include "mlaas/table/chain/file_reference.h"
#include "mlaas/table/table.h"

namespace mlaas::dataset {

// One file's contents; for a local file also what the system says of it, by which a change is noticed later.
struct FileContents {
  std::string url;
  uint64_t sizeBytes = 0;
  std::string hash;  // XXH3 with 128 bits, hexadecimal
  struct Stamp {
    uint64_t device = 0;
    uint64_t inode = 0;
    int64_t modifiedNanoseconds = 0;
    int64_t changedNanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  std::optional<Stamp> stamp;
};

// The files that reading `table` touches: its own and those that hold baskets of it. kUnsupported where it declares
// friends in further files: which of these are read is not known here.
Result<std::vector<std::string>> filesOfTable(const table::Table& table);

// The files that `patterns` name, with those of their tables.
Result<std::vector<std::string>> filesOfReferences(const std::vector<std::string>& patterns, const std::string& tree);

// Reads all files, each once.
Result<std::vector<FileContents>> identifyFiles(std::vector<std::string> urls, TaskPool& pool,
                                                const std::stop_token& stop);
Result<void> checkUnchanged(const std::vector<FileContents>& files);

// 32 hexadecimal digits for files and a request, which names all that decides the result beside them.
std::string statisticsKey(const std::vector<FileContents>& files, const nlohmann::ordered_json& request);

// The statistics that `path` keeps under `key`; nothing where there is no such file, or it is of another key, or damaged.
std::optional<nlohmann::ordered_json> readKeptStatistics(const std::string& path, const std::string& key);
// Writes `path` as a whole, with the folders above it.
Result<void> keepStatistics(const std::string& path, const std::string& key, const std::vector<FileContents>& files,
                            const nlohmann::ordered_json& statistics);

}  // namespace mlaas::dataset
