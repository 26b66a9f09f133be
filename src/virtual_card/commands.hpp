// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

namespace eidtool::virtual_card {

/// Each in a .cpp of its own.
const cli::Command& provision();

}  // namespace eidtool::virtual_card
