// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "cli/command.hpp"

namespace eidtool::commands {

/// --jobs.
void declare_jobs(cli::OptionSet& options, const std::string& description);

/// --jobs, or as many as this process may use cores of; no more than it may open files for. Throws usage.
std::size_t jobs_from(const cli::Arguments& arguments);

}  // namespace eidtool::commands
