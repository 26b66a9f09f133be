// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/pin.hpp"
#include "cli/command.hpp"

namespace eidtool::cli {

/// --pin-prompt, --pin-file, --pin-fd, --pin-env, --allow-final-try.
void declare_pin_options(OptionSet& options);

/// The source that the options name; `uri_pin_file` is the path of a URI's `pin-source=file:…`.
/// Throws usage for more than one source (--pin-prompt wins over the others) and for --pin-prompt with
/// --no-input. A file, descriptor or variable is looked at only when the PIN is wanted, but a file that
/// is not there is an error at once.
std::unique_ptr<PinSource> pin_source(const Arguments& arguments, Context& context,
                                      const std::optional<std::string>& uri_pin_file);

}  // namespace eidtool::cli
