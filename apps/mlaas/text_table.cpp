#include "apps/mlaas/text_table.h"

#include <algorithm>

namespace mlaas::command {

namespace {

constexpr const char* kGap = "  ";

// Characters, not bytes: UTF-8 continuation bytes take no place.
size_t displayWidth(const std::string& text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, size_t width, Align align) {
  std::string space(width - std::min(width, displayWidth(text)), ' ');
  return align == Align::kLeft ? text + space : space + text;
}

}  // namespace

TextTable::TextTable(std::vector<std::string> header, std::vector<Align> alignment)
    : rows_{std::move(header)}, alignment_(std::move(alignment)) {}

void TextTable::addRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

std::string TextTable::render(const std::string& indent) const {
  std::vector<size_t> widths(alignment_.size());
  for (const auto& row : rows_)
    for (size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], displayWidth(row[i]));
  std::string text;
  for (size_t r = 0; r < rows_.size(); ++r) {
    std::string line = indent;
    for (size_t i = 0; i < widths.size(); ++i)
      line += (i == 0 ? "" : kGap) + padded(rows_[r][i], widths[i], alignment_[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
    if (r > 0) continue;
    text += indent;
    for (size_t i = 0; i < widths.size(); ++i) text += (i == 0 ? "" : kGap) + std::string(widths[i], '-');
    text += "\n";
  }
  return text;
}

}  // namespace mlaas::command
