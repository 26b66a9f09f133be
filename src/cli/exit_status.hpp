// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "base/sudden_end.hpp"

namespace eidtool::cli {

/// The contract with scripts; eidtool(1) prints the same table.
namespace exit_status {
inline constexpr int done = 0;
inline constexpr int no = 1;  // the answer of verify
inline constexpr int usage = 2;
inline constexpr int file = 3;
inline constexpr int not_found = 4;
inline constexpr int pin = 5;
inline constexpr int token = 6;
inline constexpr int bug = 70;
inline constexpr int interrupted = status_of_interrupt;
}  // namespace exit_status

int exit_status_of(ErrorKind kind);

}  // namespace eidtool::cli
