// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/files.hpp"
#include "cli/command.hpp"

namespace eidtool::commands {

/// Whether a name given on the command line is the standard input: `-`, /dev/stdin, a link to it.
bool is_standard_input(const std::string& name);

/// A document by its name; `-` is the standard input. Throws io.
InputFile open_document(const std::string& name);

/// Reports a file of a batch that failed, on the standard error and as a JSON record in the place of its result; the
/// exit status it stands for. Where that cannot be written this is told too, and context.output.has_failed().
int report_failure(const Error& error, cli::Context& context);
/// The record alone, of a failure that was told on the standard error when it was found.
int record_failure(const Error& error, cli::Context& context);

/// Whether a batch goes on of which `rest` are left: not where nobody takes results any more. That is told, `what`
/// being one that is left; where others are at work, on what nobody will see and maybe for long, the process ends at
/// once.
bool goes_on(cli::Context& context, std::size_t rest, const std::string& what, bool are_others_at_work, int status);

/// The result itself on the standard output: throws usage with --json, and on a terminal unless it is
/// text or `-` was asked for by name.
enum class Content { binary, text };
enum class Asked { by_default, by_name };
void check_standard_output(const cli::Context& context, Content content, Asked asked);

/// Writes a file that appears whole or not at all.
void write_file(const std::filesystem::path& path, BytesView bytes, IfExists if_exists);

}  // namespace eidtool::commands
