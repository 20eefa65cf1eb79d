#include "mlaas/train/report/svg_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "mlaas/train/report/html_text.h"

namespace mlaas::train {

namespace {

constexpr double kWidth = 640;
constexpr double kHeight = 420;
constexpr double kLeft = 78;
constexpr double kRight = 18;
constexpr double kTop = 40;
constexpr double kBottom = 58;
constexpr double kLegendLine = 20;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return !(low <= high); }
  void widen() {
    if (low < high) return;
    const double by = low == 0 ? 1 : std::abs(low) * 0.1;
    low -= by;
    high += by;
  }
};

std::string coordinate(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

// Where values lie on the page.
struct Frame {
  Range x;
  Range y;
  bool logY = false;

  double toX(double value) const { return kLeft + (value - x.low) / (x.high - x.low) * (kWidth - kLeft - kRight); }
  double toY(double value) const {
    const double low = logY ? std::log10(y.low) : y.low;
    const double high = logY ? std::log10(y.high) : y.high;
    const double scaled = logY ? std::log10(std::max(value, y.low)) : value;
    const double share = std::clamp((scaled - low) / (high - low), 0.0, 1.0);
    return kHeight - kBottom - share * (kHeight - kTop - kBottom);
  }
  std::string point(double px, double py) const { return coordinate(toX(px)) + "," + coordinate(toY(py)); }
};

Frame frameOf(const Plot& plot) {
  Frame frame;
  frame.logY = plot.logY;
  for (const auto& series : plot.series) {
    for (const double value : series.x) frame.x.include(value);
    for (size_t i = 0; i < series.y.size(); ++i) {
      const double error = i < series.error.size() ? series.error[i] : 0;
      if (plot.logY && !(series.y[i] > 0)) continue;
      frame.y.include(series.y[i] + error);
      if (!plot.logY || series.y[i] - error > 0) frame.y.include(series.y[i] - error);
    }
  }
  if (plot.xRange) frame.x = {plot.xRange->first, plot.xRange->second};
  if (frame.x.empty() || frame.y.empty()) return frame;
  if (plot.yRange) {
    frame.y = {plot.yRange->first, plot.yRange->second};
  } else if (plot.logY) {
    frame.y.low /= 1.5;
    frame.y.high *= 4;
  } else {
    const double margin = 0.08 * (frame.y.high - frame.y.low);
    frame.y = {frame.y.low >= 0 && frame.y.low < 0.3 * frame.y.high ? 0 : frame.y.low - margin, frame.y.high + margin};
  }
  frame.x.widen();
  frame.y.widen();
  return frame;
}

std::vector<double> powersOfTen(double low, double high) {
  std::vector<double> ticks;
  const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
  const int step = std::max(1, (last - first) / 7);
  for (int power = first; power <= last; power += step) ticks.push_back(std::pow(10, power));
  return ticks;
}

std::string text(double x, double y, const std::string& anchor, const std::string& what, const std::string& more = "") {
  return "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" text-anchor=\"" + anchor + "\"" + more + ">" +
         escapeHtml(what) + "</text>";
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line class=\"" + style + "\" x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) + "\" x2=\"" +
         coordinate(x2) + "\" y2=\"" + coordinate(y2) + "\"/>";
}

std::string drawAxes(const Plot& plot, const Frame& frame) {
  const double bottom = kHeight - kBottom;
  const double right = kWidth - kRight;
  std::string svg;
  for (const double tick : roundTicks(frame.x.low, frame.x.high, 6)) {
    svg += line(frame.toX(tick), kTop, frame.toX(tick), bottom, "grid");
    svg += text(frame.toX(tick), bottom + 20, "middle", formatNumber(tick));
  }
  const auto ticks = plot.logY ? powersOfTen(frame.y.low, frame.y.high) : roundTicks(frame.y.low, frame.y.high, 6);
  for (const double tick : ticks) {
    svg += line(kLeft, frame.toY(tick), right, frame.toY(tick), "grid");
    svg += text(kLeft - 8, frame.toY(tick) + 5, "end", formatNumber(tick));
  }
  svg += "<rect class=\"frame\" x=\"" + coordinate(kLeft) + "\" y=\"" + coordinate(kTop) + "\" width=\"" +
         coordinate(right - kLeft) + "\" height=\"" + coordinate(bottom - kTop) + "\"/>";
  svg += text((kLeft + right) / 2, kHeight - 14, "middle", plot.xLabel);
  const std::string turned = " transform=\"rotate(-90 18 " + coordinate((kTop + bottom) / 2) + ")\"";
  svg += text(18, (kTop + bottom) / 2, "middle", plot.yLabel, turned);
  svg += text(kLeft, 26, "start", plot.title, " class=\"title\"");
  return svg;
}

std::string colourClass(const PlotSeries& series) {
  return (series.colour < 0 ? std::string("faint") : "c" + std::to_string(series.colour % 6)) +
         (series.dashed ? " dashed" : "");
}

// The corners of a histogram, without gaps.
std::string stepPath(const PlotSeries& series, const Frame& frame) {
  std::string path;
  for (size_t i = 0; i < series.y.size(); ++i) {
    path += (i == 0 ? "M" : " L") + frame.point(series.x[i], series.y[i]);
    path += " L" + frame.point(series.x[i + 1], series.y[i]);
  }
  return path;
}

std::string linePath(const PlotSeries& series, const Frame& frame) {
  std::string path;
  bool open = false;
  for (size_t i = 0; i < series.y.size(); ++i) {
    const bool drawable = std::isfinite(series.x[i]) && std::isfinite(series.y[i]) && (!frame.logY || series.y[i] > 0);
    if (drawable) path += (open ? " L" : " M") + frame.point(series.x[i], series.y[i]);
    open = drawable;
  }
  return path;
}

std::string drawPoints(const PlotSeries& series, const Frame& frame) {
  std::string svg;
  for (size_t i = 0; i < series.y.size(); ++i) {
    if (!std::isfinite(series.y[i]) || (frame.logY && !(series.y[i] > 0))) continue;
    const double x = frame.toX(series.x[i]);
    if (i < series.error.size() && series.error[i] > 0) {
      svg += line(x, frame.toY(series.y[i] - series.error[i]), x, frame.toY(series.y[i] + series.error[i]),
                  colourClass(series));
    }
    svg += "<circle class=\"" + colourClass(series) + " dot\" cx=\"" + coordinate(x) + "\" cy=\"" +
           coordinate(frame.toY(series.y[i])) + "\" r=\"3.2\"/>";
  }
  return svg;
}

std::string drawSeries(const PlotSeries& series, const Frame& frame) {
  if (series.y.empty()) return "";
  switch (series.style) {
    case PlotSeries::Style::kPoints:
      return drawPoints(series, frame);
    case PlotSeries::Style::kLine:
      return "<path class=\"line " + colourClass(series) + "\" d=\"" + linePath(series, frame) + "\"/>";
    case PlotSeries::Style::kSteps:
      return "<path class=\"line " + colourClass(series) + "\" d=\"" + stepPath(series, frame) + "\"/>";
    case PlotSeries::Style::kFilledSteps: {
      const std::string base = " L" + coordinate(frame.toX(series.x.back())) + "," + coordinate(kHeight - kBottom) +
                               " L" + coordinate(frame.toX(series.x.front())) + "," + coordinate(kHeight - kBottom);
      const std::string path = stepPath(series, frame);
      return "<path class=\"fill " + colourClass(series) + "\" d=\"" + path + base + " Z\"/><path class=\"line " +
             colourClass(series) + "\" d=\"" + path + "\"/>";
    }
  }
  return "";
}

// The sample of a series in the legend, at the right end of a line of text.
std::string drawKey(const PlotSeries& series, double x, double y) {
  switch (series.style) {
    case PlotSeries::Style::kPoints:
      return "<circle class=\"" + colourClass(series) + " dot\" cx=\"" + coordinate(x + 12) + "\" cy=\"" +
             coordinate(y - 5) + "\" r=\"3.6\"/>";
    case PlotSeries::Style::kFilledSteps:
      return "<rect class=\"fill " + colourClass(series) + "\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y - 12) +
             "\" width=\"24\" height=\"13\"/>";
    default:
      return line(x, y - 5, x + 24, y - 5, "line " + colourClass(series));
  }
}

std::string drawLegend(const Plot& plot) {
  size_t longest = 0;
  size_t lines = 0;
  for (const auto& series : plot.series) {
    if (series.name.empty()) continue;
    longest = std::max(longest, series.name.size());
    ++lines;
  }
  if (lines == 0) return "";
  const double width = 40 + 7.4 * static_cast<double>(longest);
  const double x = plot.legend == Plot::Legend::kTopLeft ? kLeft + 12 : kWidth - kRight - 8 - width;
  double y = kTop + 22;
  if (plot.legend == Plot::Legend::kBottomRight)
    y = kHeight - kBottom - 12 - kLegendLine * static_cast<double>(lines - 1);
  std::string svg;
  for (const auto& series : plot.series) {
    if (series.name.empty()) continue;
    svg += drawKey(series, x, y) + text(x + 32, y, "start", series.name);
    y += kLegendLine;
  }
  return svg;
}

}  // namespace

std::vector<double> roundTicks(double first, double last, int count) {
  std::vector<double> ticks;
  if (!(last > first) || !std::isfinite(last - first)) return ticks;
  const double raw = (last - first) / std::max(count, 1);
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double step = power * (raw / power < 1.5 ? 1 : raw / power < 3.5 ? 2 : raw / power < 7.5 ? 5 : 10);
  const double begin = std::ceil(first / step - 1e-9);
  for (int i = 0; i < 100; ++i) {
    const double tick = (begin + i) * step;
    if (tick > last + 1e-9 * step) break;
    ticks.push_back(std::abs(tick) < 1e-9 * step ? 0 : tick);
  }
  return ticks;
}

std::string renderSvg(const Plot& plot) {
  std::string svg =
      "<svg class=\"plot\" viewBox=\"0 0 640 420\" role=\"img\" aria-label=\"" + escapeHtml(plot.title) + "\">";
  const Frame frame = frameOf(plot);
  if (frame.x.empty() || frame.y.empty()) {
    return svg + text(kLeft, 26, "start", plot.title, " class=\"title\"") +
           text(kWidth / 2, kHeight / 2, "middle", "nothing to show") + "</svg>";
  }
  svg += drawAxes(plot, frame);
  for (const auto& series : plot.series) svg += drawSeries(series, frame);
  return svg + drawLegend(plot) + "</svg>";
}

}  // namespace mlaas::train
