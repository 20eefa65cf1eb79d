#include "mlaas/train/report/plots_library.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace mlaas::train {

namespace {

using Json = nlohmann::ordered_json;

#ifdef MLAAS_PLOTS_LIBRARY
// Base64 of what gzip makes of the script, in pieces.
constexpr auto kLibrary = std::to_array<std::string_view>({
#include MLAAS_PLOTS_LIBRARY
});
#else
constexpr std::array<std::string_view, 0> kLibrary = {};
#endif

std::string_view styleName(PlotSeries::Style style) {
  switch (style) {
    case PlotSeries::Style::kPoints:
      return "points";
    case PlotSeries::Style::kSteps:
      return "steps";
    case PlotSeries::Style::kFilledSteps:
      return "filled";
    case PlotSeries::Style::kLine:
      break;
  }
  return "line";
}

// Five digits are more than a screen shows.
Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) {
    if (!std::isfinite(value)) {
      list.push_back(nullptr);
      continue;
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.5g", value);
    list.push_back(std::strtod(text, nullptr));
  }
  return list;
}

Json seriesJson(const PlotSeries& series) {
  return {{"style", styleName(series.style)}, {"name", series.name},    {"colour", series.colour},
          {"dashed", series.dashed},          {"x", numbers(series.x)}, {"y", numbers(series.y)},
          {"error", numbers(series.error)}};
}

// Text of a page's script must not end it.
std::string withoutTags(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '<') {
      result += "\\u003c";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

bool hasPlotsLibrary() { return !kLibrary.empty(); }

std::string plotData(const Plot& plot) {
  if (!hasPlotsLibrary()) return "";
  Json json = {{"title", plot.title}, {"xLabel", plot.xLabel}, {"yLabel", plot.yLabel}, {"logY", plot.logY}};
  if (plot.xRange) json["xRange"] = {plot.xRange->first, plot.xRange->second};
  if (plot.yRange) json["yRange"] = {plot.yRange->first, plot.yRange->second};
  json["series"] = Json::array();
  for (const auto& series : plot.series) json["series"].push_back(seriesJson(series));
  return "<script type=\"application/json\">" + withoutTags(json.dump(-1, ' ', false, Json::error_handler_t::replace)) +
         "</script>";
}

std::string plotsScript() {
  if (!hasPlotsLibrary()) return "";
  std::string html = "\n<script type=\"text/plain\" id=\"plots-library\">";
  for (const auto piece : kLibrary) html += piece;
  return html + R"html(</script>
<script>
(async () => {
  if (!('DecompressionStream' in globalThis)) return;
  const text = document.getElementById('plots-library').textContent;
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const script = document.createElement('script');
  script.textContent = await new Response(stream).text();
  document.body.append(script);
})();
</script>)html";
}

}  // namespace mlaas::train
