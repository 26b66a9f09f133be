// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/time.hpp"

namespace eidtool::cli {

/// What a date without a time of day stands for, in UTC.
enum class OfDay { beginning, end };

/// The value of an option as a time: RFC 3339 without fractions of seconds, or a date alone. Throws usage, naming the
/// option.
Time time_option(const std::string& option, const std::string& text, OfDay of_day);

}  // namespace eidtool::cli
