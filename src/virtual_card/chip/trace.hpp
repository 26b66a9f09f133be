// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace eidtool::virtual_card::chip {

/// A command and its response as one line: what it means, what came of it, then both in hex,
///
///   VERIFY 81: wrong, 2 tries left        00200081 08 **************** -> 63c2
///
/// Whatever could be a PIN or a PUK, in whatever shape the command is, stands as asterisks.
std::string trace_line(BytesView command, BytesView response);

}  // namespace eidtool::virtual_card::chip
