// A table of text for people: columns as wide as their widest cell.
// Threads: one.
#pragma once

#include <string>
#include <vector>

namespace mlaas::command {

enum class Align { kLeft, kRight };

class TextTable {
 public:
  // One alignment for each column.
  TextTable(std::vector<std::string> header, std::vector<Align> alignment);

  void addRow(std::vector<std::string> cells);

  // The lines, each after `indent`; the header is underlined.
  std::string render(const std::string& indent) const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the header first
  std::vector<Align> alignment_;
};

}  // namespace mlaas::command
