// SPDX-License-Identifier: Apache-2.0
#include "base/sudden_end.hpp"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "base/files.hpp"

namespace eidtool {

namespace {

/// -1: there is none, or nobody remembered it. Never closed: a handler may need it at any time.
int terminal = -1;
termios settings_before{};

constexpr tcflag_t echo_flag = ECHO;
constexpr tcflag_t line_flag = ICANON;

bool is_hidden(const termios& settings) {
  return (settings.c_lflag & echo_flag) == 0 && (settings.c_lflag & line_flag) != 0;
}

void end_by_signal(int signal_number) {
  remove_temporaries();
  restore_terminal();
  (void)::signal(signal_number, SIG_DFL);
  (void)::raise(signal_number);
}

}  // namespace

void remember_terminal() {
  if (terminal >= 0) return;
  const int opened = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (opened < 0) return;
  if (::tcgetattr(opened, &settings_before) != 0 || (settings_before.c_lflag & echo_flag) == 0) {
    ::close(opened);
    return;
  }
  terminal = opened;
}

void restore_terminal() noexcept {
  const int error_before = errno;
  termios settings{};
  // In the background it is another's, and setting it would stop this process.
  const bool is_ours = terminal >= 0 && ::tcgetpgrp(terminal) == ::getpgrp();
  if (is_ours && ::tcgetattr(terminal, &settings) == 0 && is_hidden(settings)) {
    (void)::tcsetattr(terminal, TCSANOW, &settings_before);
  }
  errno = error_before;
}

void tidy_up_at_signals() {
  static std::once_flag installed;
  std::call_once(installed, [] {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF,
                             SIGIO, SIGPWR, SIGSTKFLT}) {
      struct sigaction current {};
      ::sigaction(number, nullptr, &current);
      if (current.sa_handler == SIG_DFL) (void)::signal(number, end_by_signal);
    }
  });
}

}  // namespace eidtool
