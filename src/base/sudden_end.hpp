// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// What is put right before the process ends in the middle of something.
namespace eidtool {

/// Remembers how the terminal of the session is set: a module that asks there by itself may switch the echo off and
/// never come back.
void remember_terminal();

/// Sets it as it was, where its echo is off and was on. A terminal that does not edit lines either is left alone: a
/// pager in the same pipeline has set it so. A signal handler may call it.
void restore_terminal() noexcept;

/// While one lives the first SIGINT does not end the process but is remembered, so that what is at hand can be
/// finished; `notice` is written to the standard error then. The second ends the process as ever. Where SIGINT is
/// ignored it stays so. One at a time.
class Interruption {
 public:
  explicit Interruption(std::string notice);
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  static bool is_wanted() noexcept;
};

/// Ends the process by SIGINT, so that a shell's loop ends with it.
[[noreturn]] void end_by_interrupt();

/// From now on signals that would end the process unlink OutputFile's temporaries and restore the terminal first.
void tidy_up_at_signals();

}  // namespace eidtool
