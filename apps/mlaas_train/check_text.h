// What `mlaas check` prints of a workflow that is right.
#pragma once

#include <string>

#include "mlaas/dataset/workflow.h"
#include "mlaas/dataset/workflow_check.h"

namespace mlaas::command {

std::string checkText(const dataset::Workflow& workflow, const dataset::DatasetCheck& check);

// The resolved workflow and what the check found, see docs/command.md.
std::string checkJson(const dataset::Workflow& workflow, const dataset::DatasetCheck& check);

}  // namespace mlaas::command
