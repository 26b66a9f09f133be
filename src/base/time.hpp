// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace eidtool {

/// A moment in UTC, to the second.
using Time = std::chrono::sys_seconds;

Time now();

/// `2026-11-23T09:30:00Z` (RFC 3339, UTC).
std::string to_rfc3339(Time time);

}  // namespace eidtool
