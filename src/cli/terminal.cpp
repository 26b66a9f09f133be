// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.hpp"

namespace eidtool::cli {

namespace {

const char* const terminal_name = "/dev/tty";

Error cancelled() {
  return Error(ErrorKind::cancelled, "cancelled: no PIN was entered, nothing was sent to the token");
}

/// Echo off while this lives; what was typed ahead is thrown away, so that no stray key becomes a PIN.
class WithoutEcho {
 public:
  explicit WithoutEcho(int descriptor) : descriptor_(descriptor) {
    if (::tcgetattr(descriptor_, &before_) != 0) throw io_error("cannot set up", terminal_name, errno);
    hide();
  }
  WithoutEcho(const WithoutEcho&) = delete;
  WithoutEcho& operator=(const WithoutEcho&) = delete;
  ~WithoutEcho() { restore(); }

  void hide() {
    auto hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
    hidden.c_lflag |= ICANON | ISIG;
    ::tcsetattr(descriptor_, TCSAFLUSH, &hidden);
  }
  void restore() { ::tcsetattr(descriptor_, TCSAFLUSH, &before_); }

 private:
  int descriptor_;
  termios before_{};
};

/// Signals that would end or stop the process arrive as reads of a descriptor while this lives, so
/// that the echo can be restored first. No handler, no flag, no race.
class SignalsAsReads {
 public:
  SignalsAsReads() {
    sigset_t caught;
    ::sigemptyset(&caught);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGALRM, SIGUSR1, SIGUSR2}) {
      struct sigaction current {};
      ::sigaction(number, nullptr, &current);
      if (current.sa_handler != SIG_IGN) ::sigaddset(&caught, number);
    }
    ::pthread_sigmask(SIG_BLOCK, &caught, &before_);
    descriptor_ = FileDescriptor(::signalfd(-1, &caught, SFD_CLOEXEC));
  }
  SignalsAsReads(const SignalsAsReads&) = delete;
  SignalsAsReads& operator=(const SignalsAsReads&) = delete;
  ~SignalsAsReads() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  int descriptor() const { return descriptor_.number(); }

  int take() {
    signalfd_siginfo information{};
    return ::read(descriptor_.number(), &information, sizeof information) == sizeof information
               ? static_cast<int>(information.ssi_signo)
               : 0;
  }

  /// Lets the signal do what it does by itself; returns where it only stopped the process.
  void deliver(int number) {
    sigset_t one;
    ::sigemptyset(&one);
    ::sigaddset(&one, number);
    (void)::raise(number);
    ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
    ::pthread_sigmask(SIG_BLOCK, &one, nullptr);
  }

 private:
  sigset_t before_{};
  FileDescriptor descriptor_;
};

/// Appends what the terminal has; true at the end of the line. The kernel edits the line (backspace,
/// Ctrl-U) and hands it over whole.
bool read_line(int descriptor, Pin& pin) {
  for (;;) {
    char byte = 0;
    const auto size = ::read(descriptor, &byte, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) throw cancelled();
    if (byte == '\n' || byte == '\r') return true;
    if (!pin.append(byte)) throw Error(ErrorKind::pin_refused, "the PIN is too long: nothing was sent to the token");
  }
}

}  // namespace

std::optional<Terminal> Terminal::open() {
  FileDescriptor descriptor(::open(terminal_name, O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!descriptor) return std::nullopt;
  return Terminal(std::move(descriptor));
}

void Terminal::say(const std::string& text) { write_all(descriptor_.number(), as_bytes(text), terminal_name); }

Pin Terminal::ask_pin(const std::string& prompt) {
  SignalsAsReads signals;
  WithoutEcho echo(descriptor_.number());
  Pin pin;
  say(prompt);
  for (;;) {
    std::array<pollfd, 2> events = {pollfd{descriptor_.number(), POLLIN, 0}, pollfd{signals.descriptor(), POLLIN, 0}};
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR)
      throw io_error("cannot read", terminal_name, errno);
    if ((events[1].revents & POLLIN) != 0) {
      const int number = signals.take();
      say("\n");
      if (number == SIGINT) throw cancelled();
      echo.restore();
      signals.deliver(number);
      echo.hide();
      say(prompt);
    } else if (events[0].revents != 0 && read_line(descriptor_.number(), pin)) {
      say("\n");
      return pin;
    }
  }
}

}  // namespace eidtool::cli
