// The range of entries that trees and ntuples share.
#pragma once

#include "mlaas/root/entry_range.h"
