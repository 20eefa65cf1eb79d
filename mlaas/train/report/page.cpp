#include "mlaas/train/report/page.h"

#include "mlaas/train/report/html_text.h"
#include "mlaas/train/report/plots_library.h"
#include "mlaas/train/report/report_style.h"

namespace mlaas::train {

namespace {

std::string rowHtml(const std::string& tag, const std::vector<std::string>& cells) {
  std::string html = "<tr>";
  for (const auto& cell : cells) html += "<" + tag + ">" + escapeHtml(cell) + "</" + tag + ">";
  return html + "</tr>";
}

}  // namespace

std::string pageHtml(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>" +
         escapeHtml(title) + "</title><style>" + std::string(reportStyle()) + "</style></head><body>\n" + body +
         "\n<footer>Made by mlaas4hep. This page needs no network.</footer>" + plotsScript() + "</body></html>\n";
}

std::string tableHtml(const std::vector<std::string>& heads, const std::vector<std::vector<std::string>>& rows) {
  std::string html = "<div class=\"scroll\"><table><thead>" + rowHtml("th", heads) + "</thead><tbody>";
  for (const auto& row : rows) html += rowHtml("td", row);
  return html + "</tbody></table></div>";
}

}  // namespace mlaas::train
