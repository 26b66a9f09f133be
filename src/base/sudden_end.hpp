// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

/// What is put right before the process ends in the middle of something.
namespace eidtool {

/// Remembers how the terminal of the session is set: a module that asks there by itself may switch the echo off and
/// never come back.
void remember_terminal();

/// Sets it as it was, where its echo is off and was on. A terminal that does not edit lines either is left alone: a
/// pager in the same pipeline has set it so. A signal handler may call it.
void restore_terminal() noexcept;

/// While one lives the first SIGINT does not end the process but is remembered, so that what is at hand can be
/// finished; `words` are written to the standard error then. The second ends the process as ever. A thread of its own
/// takes the signals: the one that made it, and what it calls, is not disturbed. Where SIGINT is ignored it stays so.
/// One at a time. Where there is no thread to be had SIGINT ends the process as ever.
class Interruption {
 public:
  explicit Interruption(std::string words);
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  /// Whether one was remembered.
  static bool is_wanted() noexcept;

 private:
  void wait();

  sigset_t mask_before_{};
  std::mutex mutex_;
  std::condition_variable ending_;
  bool is_over_ = false;
  std::thread taker_;
};

/// 128 + SIGINT, as shells have it.
inline constexpr int status_of_interrupt = 130;

/// Ends the process by SIGINT, so that a shell's loop ends with it. A signal handler may call it.
[[noreturn]] void end_by_interrupt() noexcept;

/// Ends the process without waiting for threads that are at work. OutputFile's temporaries are unlinked and the
/// terminal restored first.
[[noreturn]] void end_at_once(int status) noexcept;

/// From now on signals that would end the process unlink OutputFile's temporaries and restore the terminal first.
void tidy_up_at_signals();

}  // namespace eidtool
