// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/files.hpp"
#include "base/pin.hpp"

namespace eidtool::cli {

/// The terminal of the session (/dev/tty), whatever the standard streams are: where a person is asked.
class Terminal {
 public:
  /// Nothing where the process has no terminal.
  static std::optional<Terminal> open();

  /// A line of text of our own.
  void say(const std::string& text);

  /// Shows `prompt`, reads one line without echo. The echo is back afterwards however this ends: by
  /// Enter, by Ctrl-C (throws cancelled) or Ctrl-D (throws cancelled), by a signal that stops or ends
  /// the process.
  Pin ask_pin(const std::string& prompt);

 private:
  explicit Terminal(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
  FileDescriptor descriptor_;
};

}  // namespace eidtool::cli
