// The script that makes the plots of a page interactive, as `plots/` bundles it; empty where the build had no npm.
// Threads: constants; functions of their arguments.
#pragma once

#include <string>

#include "mlaas/train/report/svg_plot.h"

namespace mlaas::train {

bool hasPlotsLibrary();

// What the script draws a plot from, as a <script type="application/json"> element; nothing without a library.
std::string plotData(const Plot& plot);

// The elements that unpack and run the library, for the end of the page; nothing without one. It needs a browser that
// has DecompressionStream; in others the pictures stay.
std::string plotsScript();

}  // namespace mlaas::train
