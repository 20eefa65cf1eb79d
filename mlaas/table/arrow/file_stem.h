// The name of the one table of a file that does not name its tables: the file's name without folders and suffixes.
#pragma once

#include <string>

namespace mlaas::table {

// "data/events.csv.gz" gives "events".
inline std::string fileStem(const std::string& url) {
  const size_t slash = url.find_last_of('/');
  const std::string name = slash == std::string::npos ? url : url.substr(slash + 1);
  const size_t dot = name.find('.', 1);
  return name.substr(0, dot);
}

}  // namespace mlaas::table
