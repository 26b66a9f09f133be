// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

namespace eidtool::commands {

/// eidtool itself: its name and its commands.
const cli::Program& program();

}  // namespace eidtool::commands
