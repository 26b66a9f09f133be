// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <system_error>
#include <utility>

#include "base/text.hpp"

namespace eidtool {

std::string_view name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return "usage";
    case ErrorKind::io: return "io";
    case ErrorKind::malformed: return "malformed";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::ambiguous: return "ambiguous";
    case ErrorKind::pin_required: return "pin_required";
    case ErrorKind::pin_incorrect: return "pin_incorrect";
    case ErrorKind::pin_locked: return "pin_locked";
    case ErrorKind::pin_refused: return "pin_refused";
    case ErrorKind::cancelled: return "cancelled";
    case ErrorKind::token_removed: return "token_removed";
    case ErrorKind::token_unsupported: return "token_unsupported";
    case ErrorKind::module_failed: return "module_failed";
    case ErrorKind::bad_module_signature: return "bad_module_signature";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

Error::Error(ErrorKind kind, const std::string& message, std::string hint)
    : std::runtime_error(message), kind_(kind), hint_(std::move(hint)) {}

Error& Error::with_file(std::string file) {
  file_ = std::move(file);
  return *this;
}

Error& Error::with_function(std::string function, std::optional<std::uint64_t> rv) {
  function_ = std::move(function);
  rv_ = rv;
  return *this;
}

Error malformed(const std::string& message, std::string hint) {
  return Error(ErrorKind::malformed, message, std::move(hint));
}

Error io_error(const std::string& what_failed, const std::string& file, int error_number) {
  auto reason = std::generic_category().message(error_number);
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z') {
    reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  }
  Error error(ErrorKind::io, what_failed + " " + in_quotes(file) + ": " + reason);
  error.with_file(file);
  return error;
}

}  // namespace eidtool
