#include "apps/mlaas/text_table.h"

#include <gtest/gtest.h>

#include "apps/mlaas/progress.h"

namespace mlaas::command {
namespace {

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCell) {
  TextTable table({"name", "n"}, {Align::kLeft, Align::kRight});
  table.addRow({"a", "100"});
  table.addRow({"größe", "7"});
  EXPECT_EQ(table.render("  "),
            "  name     n\n"
            "  -----  ---\n"
            "  a      100\n"
            "  größe    7\n");
}

TEST(ProgressLine, ShowsShareRateAndTimeLeft) {
  EXPECT_EQ(progressLine("reading", "entries", 500, 1000, 2.0),
            "reading [############............]  50 %  500/1000 entries  250 entries/s  2 s left");
  EXPECT_EQ(progressLine("reading", "entries", 0, 1000, 0.0),
            "reading [........................]   0 %  0/1000 entries");
  EXPECT_EQ(progressLine("reading", "entries", 0, 0, 1.0), "reading [########################] 100 %  0/0 entries");
}

}  // namespace
}  // namespace mlaas::command
