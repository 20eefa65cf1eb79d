// The ranges of an ntuple's entries that are cheap to read as a whole.
// Threads: pure function.
// Source:  docs/formats/rntuple.md, "Clusters and pages".
#pragma once

#include <vector>

#include "mlaas/root/rntuple/page_list.h"

namespace mlaas::root {

// Ranges in order that cover all entries without a gap. Small clusters are joined until they have about 1 MiB without
// compression. Clusters above 32 MiB are cut where the pages of nine columns in ten end; where no entry is such a place,
// they stay whole up to 512 MiB and are then cut anywhere: pages on both sides of a cut are read twice.
std::vector<EntryRange> findReadRanges(const Schema& schema, const PageList& pages);

}  // namespace mlaas::root
