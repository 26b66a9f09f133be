// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace eidtool::commands {

/// --files-from, for commands whose operands are files.
void declare_file_list(cli::OptionSet& options);

/// The files of the command line, then those of the list that --files-from names: names as `find -print0` writes them,
/// each ended by NUL, or where there is no NUL one a line. A name in the list is that of a file, also `-`. Throws usage
/// where `placeholder` is left out and there is no list, where the standard input is wanted twice, or by the list;
/// malformed where the list names no file or is larger than 64 MiB; io.
std::vector<std::string> named_files(const cli::Arguments& arguments, const std::string& placeholder);

}  // namespace eidtool::commands
