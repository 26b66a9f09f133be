// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"

#include <unistd.h>

#include <utility>

#include "base/status_line.hpp"
#include "base/text.hpp"

namespace eidtool::cli {

namespace {
constexpr const char* red = "\x1b[1;31m";
constexpr const char* yellow = "\x1b[1;33m";
constexpr const char* blue = "\x1b[1;34m";
}  // namespace

Console::Console(std::string program, Verbosity verbosity, bool colored)
    : program_(std::move(program)), verbosity_(verbosity), colored_(colored) {}

void Console::error(const Error& error) {
  line("error", red, error.what());
  if (!error.hint().empty()) hint(error.hint());
}

void Console::warning(const std::string& message) { line("warning", yellow, message); }

std::string Console::error_text(const Error& error) const {
  auto text = text_of("error", red, error.what());
  if (!error.hint().empty()) text += text_of("hint", blue, error.hint());
  return text;
}

std::string Console::warning_text(const std::string& message) const { return text_of("warning", yellow, message); }

void Console::hint(const std::string& message) {
  // A hint may hold several lines: the candidates, ready to paste.
  for (const auto& part : split(message, '\n')) line("hint", blue, part);
}

void Console::notice(const std::string& message) {
  if (verbosity_ != Verbosity::quiet) line("notice", blue, message);
}

void Console::detail(const std::string& message) {
  if (verbosity_ == Verbosity::verbose) line("detail", blue, message);
}

std::string Console::text_of(const char* kind, const char* color, const std::string& message) const {
  const auto label = std::string(kind) + ":";
  return program_ + ": " + (colored_ ? color + label + "\x1b[0m" : label) + " " + printable(message) + "\n";
}

void Console::line(const char* kind, const char* color, const std::string& message) {
  const auto text = text_of(kind, color, message);
  const status_line::Hidden hidden;
  // One write(), so that lines of programs in one pipeline do not mix. Where the standard error is
  // gone there is nobody left to tell.
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace eidtool::cli
