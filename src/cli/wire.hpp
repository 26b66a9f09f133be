// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "cli/record.hpp"

/// What a process of eidtool tells the one that made it, line by line: nothing is lost on the way, strings that are not
/// UTF-8 and headings neither.
namespace eidtool::cli {

/// The last line: so many tokens were looked at, and all went well.
struct WireEnd {
  std::int64_t token_count = 0;
};

using WireLine = std::variant<Record, Error, WireEnd>;

/// A line without its end; ASCII.
std::string to_wire(const WireLine& line);
/// Throws malformed for what to_wire() does not write: whoever has the descriptor can write there, and names and
/// headings are shown as they are.
WireLine from_wire(std::string_view line);

}  // namespace eidtool::cli
