// SPDX-License-Identifier: Apache-2.0
#include "base/sudden_end.hpp"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "base/status_line.hpp"

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
  status_line::end();
  restore_terminal();
  (void)::signal(signal_number, SIG_DFL);
  (void)::raise(signal_number);
}

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);
std::string interruption_words;
struct sigaction interrupt_before;

void remember_interrupt(int number) {
  const int error_before = errno;
  interrupted = true;
  (void)::sigaction(number, &interrupt_before, nullptr);
  status_line::wipe();
  (void)!::write(STDERR_FILENO, interruption_words.data(), interruption_words.size());
  errno = error_before;
}

sigset_t interrupt_alone() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

Interruption::Interruption(std::string words) {
  tidy_up_at_signals();  // what the second SIGINT does
  interrupted = false;
  interruption_words = std::move(words);
  ::sigaction(SIGINT, nullptr, &interrupt_before);

  sigset_t all_but_one;
  ::sigfillset(&all_but_one);
  ::sigdelset(&all_but_one, SIGINT);
  ::pthread_sigmask(SIG_SETMASK, &all_but_one, &mask_before_);
  try {
    taker_ = std::thread([this] { wait(); });
  } catch (const std::system_error&) {
    // Without one Ctrl-C ends a batch at once, which loses nothing.
  }
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  if (!taker_.joinable()) return;
  const auto one = interrupt_alone();
  ::pthread_sigmask(SIG_BLOCK, &one, nullptr);

  if (interrupt_before.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = remember_interrupt;
  // Where nobody reads the standard error the second one is to be heard while the first waits to be told.
  action.sa_flags = SA_RESTART | SA_NODEFER;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
}

Interruption::~Interruption() {
  if (!taker_.joinable()) return;
  ::sigaction(SIGINT, &interrupt_before, nullptr);
  {
    const std::scoped_lock lock(mutex_);
    is_over_ = true;
  }
  ending_.notify_one();
  taker_.join();
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void Interruption::wait() {
  std::unique_lock lock(mutex_);
  ending_.wait(lock, [this] { return is_over_; });
}

bool Interruption::is_wanted() noexcept { return interrupted; }

void end_by_interrupt() noexcept {
  const auto one = interrupt_alone();
  ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  end_by_signal(SIGINT);
  ::_exit(status_of_interrupt);
}

void end_at_once(int status) noexcept {
  remove_temporaries();
  status_line::end();
  restore_terminal();
  ::_exit(status);
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
