// The subcommands that the program mlaas-train does: it links libtorch and XGBoost, so that the other commands need not.
#pragma once

#include <string>

#include "apps/mlaas/program.h"

namespace mlaas::command {

// Adds a subcommand that hands its whole line over; `program` is what mlaas-train is called as and chooses what it does.
void addTrainerCommand(CLI::App& app, Action& chosen, const std::string& name, const std::string& description,
                       const std::string& program);

}  // namespace mlaas::command
