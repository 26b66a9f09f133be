// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "support/desk.hpp"

namespace eidtool::tests {

/// Whether strace can interfere with programs here; where not, that is said.
bool can_inject(const Desk& desk);

/// Has `program` run under strace, whose `options` say which system calls fail or end it.
void inject(Program& program, const std::vector<std::string>& options);

}  // namespace eidtool::tests
