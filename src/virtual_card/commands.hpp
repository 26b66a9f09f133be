// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

namespace eidtool::virtual_card {

/// Each in a .cpp of its own.
const cli::Command& create();
const cli::Command& insert();
const cli::Command& provision();
const cli::Command& remove();
const cli::Command& status();

}  // namespace eidtool::virtual_card
