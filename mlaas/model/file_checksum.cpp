#include "mlaas/model/file_checksum.h"

#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace mlaas::model {

Result<std::string> fileChecksum(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
    return Error(code, path + ": cannot be opened: " + std::strerror(errno));
  }
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), &XXH3_freeState);
  XXH3_64bits_reset(state.get());
  std::array<char, 65536> piece{};
  size_t got = 0;
  while ((got = std::fread(piece.data(), 1, piece.size(), file.get())) > 0) {
    XXH3_64bits_update(state.get(), piece.data(), got);
  }
  if (std::ferror(file.get()) != 0) return Error(ErrorCode::kIo, path + ": reading failed: " + std::strerror(errno));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "xxh3:%016llx",
                static_cast<unsigned long long>(XXH3_64bits_digest(state.get())));
  return std::string(text.data());
}

}  // namespace mlaas::model
