// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "support/desk.hpp"

namespace eidtool::tests {

/// Runs a command that has to be refused and checks what every refusal owes: the exit status, the
/// message behind `eidtool: error: `, nothing on the standard output, and the working folder exactly as
/// it was: no output file, no temporary one.
Outcome check_refused(const Desk& desk, const std::string& line, int status, const std::string& message,
                      const std::string& input = {});
Outcome check_refused(const Desk& desk, const Program& program, int status, const std::string& message);

/// The lines of an outcome's errors that begin with `eidtool: KIND: `, without that.
std::vector<std::string> said(const Outcome& outcome, const std::string& kind);

/// Whether one of said() has that part.
bool says(const Outcome& outcome, const std::string& kind, const std::string& part);

}  // namespace eidtool::tests
