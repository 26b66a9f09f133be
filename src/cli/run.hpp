// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

namespace eidtool::cli {

/// Runs a command line from main() and returns the exit status; throws nothing.
int run(const Program& program, int argc, char** argv);

}  // namespace eidtool::cli
