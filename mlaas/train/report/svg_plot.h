// Draws a plot as inline SVG: lines, histograms, points with errors; linear or logarithmic y.
// Colours, fonts and dark mode come from the page's style (see report_style.h); the plot scales with its width.
// Threads: functions of their arguments.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlaas::train {

struct PlotSeries {
  enum class Style { kLine, kSteps, kFilledSteps, kPoints };
  Style style = Style::kLine;
  std::string name;  // in the legend; empty leaves it out
  int colour = 0;    // 0 to 5, or -1 for a faint grey
  bool dashed = false;
  std::vector<double> x;      // steps: n + 1 edges
  std::vector<double> y;      // n
  std::vector<double> error;  // n or none
};

struct Plot {
  std::string title;
  std::string xLabel;
  std::string yLabel;
  bool logY = false;
  std::optional<std::pair<double, double>> xRange;  // else from the data
  std::optional<std::pair<double, double>> yRange;
  enum class Legend { kTopRight, kTopLeft, kBottomRight } legend = Legend::kTopRight;
  std::vector<PlotSeries> series;
};

// The <svg> element; a plot without a finite value says so.
std::string renderSvg(const Plot& plot);

// About `count` round numbers from `first` to `last`.
std::vector<double> roundTicks(double first, double last, int count);

}  // namespace mlaas::train
