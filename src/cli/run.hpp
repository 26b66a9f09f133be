// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

namespace eidtool::cli {

/// Runs a command line from main() and returns the exit status; throws nothing.
int run(const Program& program, int argc, char** argv);

/// The command of a command line, for one module alone; its results go to the standard output as wire.hpp has them,
/// those of a failure too.
int run_for_module(const Program& program, const std::vector<std::string>& words, const AskedModule& asked);

}  // namespace eidtool::cli
