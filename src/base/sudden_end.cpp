// SPDX-License-Identifier: Apache-2.0
#include "base/sudden_end.hpp"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <utility>

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

volatile sig_atomic_t interrupted = 0;
std::string interruption_notice;
struct sigaction interrupt_before;

void remember_interrupt(int number) {
  const int error_before = errno;
  interrupted = 1;
  (void)::sigaction(number, &interrupt_before, nullptr);
  (void)!::write(STDERR_FILENO, interruption_notice.data(), interruption_notice.size());
  errno = error_before;
}

}  // namespace

Interruption::Interruption(std::string notice) {
  tidy_up_at_signals();  // what the second SIGINT does
  interrupted = 0;
  interruption_notice = std::move(notice);
  ::sigaction(SIGINT, nullptr, &interrupt_before);
  if (interrupt_before.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = remember_interrupt;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
}

Interruption::~Interruption() { ::sigaction(SIGINT, &interrupt_before, nullptr); }

bool Interruption::is_wanted() noexcept { return interrupted != 0; }

void end_by_interrupt() {
  end_by_signal(SIGINT);
  constexpr int as_shells_tell_it = 130;
  std::_Exit(as_shells_tell_it);  // where it is blocked
}

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
