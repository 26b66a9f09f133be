// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/error.hpp"
#include "base/status_line.hpp"
#include "base/sudden_end.hpp"

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
  /// A signal handler may call it.
  void restore() const { ::tcsetattr(descriptor_, TCSAFLUSH, &before_); }

 private:
  int descriptor_;
  termios before_{};
};

/// Where the handler below writes to; -1: nobody listens.
std::atomic<int> signal_pipe = -1;

/// Sent by the processor where an instruction fails: it is no use to go on and read them later.
constexpr std::array crash_signals = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
/// Sent to those in the background, from where nobody can switch the echo off.
constexpr std::array background_signals = {SIGTTIN, SIGTTOU};
/// Which nobody can catch, or which do nothing by default.
constexpr std::array other_signals = {SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGWINCH, SIGURG};

bool is_read(int number) {
  const auto is_one_of = [&](const auto& list) { return std::ranges::find(list, number) != list.end(); };
  // glibc keeps those between the others and SIGRTMIN for itself.
  const bool is_real = number < 32 || number >= SIGRTMIN;
  return is_real && !is_one_of(crash_signals) && !is_one_of(background_signals) && !is_one_of(other_signals);
}

extern "C" void write_signal(int number) {
  const int before = errno;
  const auto byte = static_cast<std::uint8_t>(number);
  // A pipe that is full holds signals enough.
  (void)!::write(signal_pipe, &byte, 1);
  errno = before;
}

/// Signals that would end or stop the process arrive as reads of a descriptor while this lives, so that the echo
/// can be restored first. They are caught and not blocked: a module may have threads of its own (OpenSC 0.26 has),
/// and a signal that one thread blocks goes to another and ends the process there.
class SignalsAsReads {
 public:
  SignalsAsReads() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw io_error("cannot make", "a pipe", errno);
    reading_ = FileDescriptor(ends[0]);
    writing_ = FileDescriptor(ends[1]);
    signal_pipe = writing_.number();
    for (int number = 1; number <= SIGRTMAX; ++number) {
      Caught caught{number, {}};
      if (!is_read(number) || ::sigaction(number, nullptr, &caught.before) != 0) continue;
      before_.push_back(caught);
      catch_it(number, caught.before);
    }
  }
  SignalsAsReads(const SignalsAsReads&) = delete;
  SignalsAsReads& operator=(const SignalsAsReads&) = delete;
  ~SignalsAsReads() {
    for (const auto& [number, action] : before_) ::sigaction(number, &action, nullptr);
    signal_pipe = -1;
  }

  int descriptor() const { return reading_.number(); }

  int take() {
    std::uint8_t number = 0;
    return ::read(reading_.number(), &number, 1) == 1 ? number : 0;
  }

  /// Lets the signal do what it does by itself; returns where it only stopped the process.
  void deliver(int number) {
    for (const auto& [one, action] : before_) {
      if (one != number) continue;
      ::sigaction(number, &action, nullptr);
      (void)::raise(number);
      catch_it(number, action);
    }
  }

 private:
  struct Caught {
    int number;
    struct sigaction before;
  };

  static void catch_it(int number, const struct sigaction& before) {
    if (before.sa_handler == SIG_IGN) return;
    struct sigaction action {};
    action.sa_handler = write_signal;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);
  }

  FileDescriptor reading_;
  FileDescriptor writing_;
  std::vector<Caught> before_;
};

/// The echo comes back before a crash ends the process.
class EchoAfterCrash {
 public:
  explicit EchoAfterCrash(const WithoutEcho& echo) {
    hidden_ = &echo;
    // A module's thread may call exit() meanwhile.
    static const bool is_registered = std::atexit(restore_at_exit) == 0;
    (void)is_registered;
    struct sigaction action {};
    action.sa_sigaction = restore;
    action.sa_flags = SA_SIGINFO;
    for (std::size_t index = 0; index < crash_signals.size(); ++index) {
      ::sigaction(crash_signals[index], &action, &before_[index]);
    }
  }
  EchoAfterCrash(const EchoAfterCrash&) = delete;
  EchoAfterCrash& operator=(const EchoAfterCrash&) = delete;
  ~EchoAfterCrash() {
    hidden_ = nullptr;
    for (const int number : crash_signals) give_back(number);
  }

 private:
  static void give_back(int number) {
    const auto place = std::ranges::find(crash_signals, number) - crash_signals.begin();
    ::sigaction(number, &before_[static_cast<std::size_t>(place)], nullptr);
  }
  static void restore_at_exit() {
    if (hidden_ != nullptr) hidden_->restore();
  }
  static void restore(int number, siginfo_t* information, void*) {
    restore_at_exit();
    give_back(number);
    // What an instruction caused happens again by itself.
    if (information->si_code <= 0) (void)::raise(number);
  }

  static inline const WithoutEcho* hidden_ = nullptr;
  static inline std::array<struct sigaction, crash_signals.size()> before_;
};

/// Appends one byte of what the terminal has; true at the end of the line. The kernel edits the line (backspace,
/// Ctrl-U) and hands it over whole, or at Ctrl-D a part of it: the rest is waited for where signals are seen.
bool read_byte(int descriptor, Pin& pin) {
  char byte = 0;
  const auto size = ::read(descriptor, &byte, 1);
  // Ctrl-C and the like throw away what poll() has seen: a read that waited would hold up the signal until Enter.
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (size <= 0) throw cancelled();
  if (byte == '\n' || byte == '\r') return true;
  if (!pin.append(byte)) throw Error(ErrorKind::pin_refused, "the PIN is too long: nothing was sent to the token");
  return false;
}

}  // namespace

std::optional<Terminal> Terminal::open() {
  FileDescriptor descriptor(::open(terminal_name, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!descriptor) return std::nullopt;
  return Terminal(std::move(descriptor));
}

void Terminal::say(const std::string& text) {
  const status_line::Hidden hidden;
  write_all(descriptor_.number(), as_bytes(text), terminal_name);
}

Pin Terminal::ask_pin(const std::string& prompt) {
  if (Interruption::is_wanted()) throw cancelled();
  const status_line::Hidden hidden;
  SignalsAsReads signals;
  WithoutEcho echo(descriptor_.number());
  const EchoAfterCrash after_crash(echo);
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
      pin = Pin();  // what was typed before is typed again
      say(prompt);
    } else if (events[0].revents != 0 && read_byte(descriptor_.number(), pin)) {
      say("\n");
      return pin;
    }
  }
}

}  // namespace eidtool::cli
