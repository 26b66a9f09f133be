// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_status.hpp"

namespace eidtool::cli {

int exit_status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return exit_status::usage;
    case ErrorKind::io:
    case ErrorKind::malformed:
    case ErrorKind::unsupported: return exit_status::file;
    case ErrorKind::not_found:
    case ErrorKind::ambiguous: return exit_status::not_found;
    case ErrorKind::pin_required:
    case ErrorKind::pin_incorrect:
    case ErrorKind::pin_locked:
    case ErrorKind::pin_refused:
    case ErrorKind::cancelled: return exit_status::pin;
    case ErrorKind::token_removed:
    case ErrorKind::token_unsupported:
    case ErrorKind::module_failed:
    case ErrorKind::bad_module_signature: return exit_status::token;
    case ErrorKind::internal: return exit_status::bug;
  }
  return exit_status::bug;
}

}  // namespace eidtool::cli
