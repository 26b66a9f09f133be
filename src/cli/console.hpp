// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/error.hpp"

namespace eidtool::cli {

enum class Verbosity { quiet, normal, verbose };

/// Everything on the standard error: `eidtool: error: …`, one line each, made printable.
class Console {
 public:
  Console(std::string program, Verbosity verbosity, bool colored);

  /// The message, and the hint on a line of its own.
  void error(const Error& error);
  void warning(const std::string& message);
  /// What these write.
  std::string error_text(const Error& error) const;
  std::string warning_text(const std::string& message) const;
  void hint(const std::string& message);
  /// What was decided for the person: which key, which digest. Left out with --quiet.
  void notice(const std::string& message);
  /// Only with --verbose.
  void detail(const std::string& message);

 private:
  std::string text_of(const char* kind, const char* color, const std::string& message) const;
  void line(const char* kind, const char* color, const std::string& message);

  std::string program_;
  Verbosity verbosity_;
  bool colored_;
};

}  // namespace eidtool::cli
