// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace eidtool {

/// What a caller can act on. cli/exit_status.cpp maps each to the exit status.
enum class ErrorKind {
  usage,
  io,
  malformed,
  unsupported,
  not_found,
  ambiguous,
  pin_required,
  pin_incorrect,
  pin_locked,
  pin_refused,
  cancelled,
  token_removed,
  token_unsupported,
  module_failed,
  bad_module_signature,
  internal,
};

/// As it stands in JSON: `pin_incorrect`.
std::string_view name(ErrorKind kind);

/// The one exception type: what happened, to which file, token or key (lower case, no full stop),
/// and a hint on what to try next.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, std::string hint = {});

  ErrorKind kind() const noexcept { return kind_; }
  /// Empty where there is nothing to suggest.
  const std::string& hint() const noexcept { return hint_; }

  /// The file the error is about; empty where there is none.
  const std::string& file() const noexcept { return file_; }
  Error& with_file(std::string file);

  /// The Cryptoki function that failed and its CK_RV; empty and absent for other errors, and no CK_RV where the
  /// function never answered.
  const std::string& function() const noexcept { return function_; }
  std::optional<std::uint64_t> rv() const noexcept { return rv_; }
  Error& with_function(std::string function, std::optional<std::uint64_t> rv);

 private:
  ErrorKind kind_;
  std::string hint_;
  std::string file_;
  std::string function_;
  std::optional<std::uint64_t> rv_;
};

/// An Error of kind malformed.
Error malformed(const std::string& message, std::string hint = {});

/// An Error of kind io for the errno of a system call: `cannot open 'doc.pdf': no such file or directory`.
Error io_error(const std::string& what_failed, const std::string& file, int error_number);

}  // namespace eidtool
