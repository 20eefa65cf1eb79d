// The subcommands of `mlaas`, one file each, named after it.
#pragma once

#include "apps/mlaas/program.h"

namespace mlaas::command {}  // namespace mlaas::command
