// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/command.hpp"

namespace eidtool::cli {

/// `eidtool --help`.
std::string help(const Program& program);

/// `eidtool COMMAND --help`: what it does, how it is called, its commonest uses, its options.
std::string help(const Program& program, const Command& command);

}  // namespace eidtool::cli
