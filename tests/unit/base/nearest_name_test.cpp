#include "mlaas/base/nearest_name.h"

#include <gtest/gtest.h>

namespace mlaas {
namespace {

const std::vector<std::string> kNames = {"Jet_pt", "Jet_eta", "met", "ht"};

TEST(NearestName, OffersTheNearestFirst) {
  EXPECT_EQ(nearestNames("jet_Pt", kNames).front(), "Jet_pt");
  EXPECT_EQ(suggestNames("Jet_ptt", kNames).find("; did you mean 'Jet_pt'"), 0U);
}

TEST(NearestName, ListsAllWhenNothingIsNear) {
  EXPECT_EQ(suggestNames("completely_different", kNames), "; there are: Jet_pt, Jet_eta, met, ht");
  EXPECT_EQ(suggestNames("x", {}), "");
}

}  // namespace
}  // namespace mlaas
