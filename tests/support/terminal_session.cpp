// SPDX-License-Identifier: Apache-2.0
#include "support/terminal_session.hpp"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <stdexcept>

namespace eidtool::tests {

TerminalSession::Ends TerminalSession::open(const Shape& shape) {
  int controller = -1;
  int device = -1;
  winsize size{};
  size.ws_row = shape.rows;
  size.ws_col = shape.columns;
  if (::openpty(&controller, &device, nullptr, nullptr, &size) != 0) throw std::runtime_error("cannot open a pty");
  ::fcntl(controller, F_SETFD, FD_CLOEXEC);
  ::fcntl(device, F_SETFD, FD_CLOEXEC);
  return {FileDescriptor(controller), FileDescriptor(device)};
}

Child::Terminal TerminalSession::terminal_of(const Ends& ends, const Shape& shape) {
  return {ends.device.number(), ends.controller.number(), shape.input, shape.output, shape.errors};
}

TerminalSession::TerminalSession(const Program& program, const Shape& shape)
    : ends_(open(shape)), child_(program, terminal_of(ends_, shape)) {}

void TerminalSession::expect(const std::string& text) {
  const auto& shown = child_.so_far().terminal;
  // This side keeps the device open, to ask for its settings; so the end of the program is no end of
  // the terminal, and has to be looked for.
  child_.exchange([&] { return shown.find(text, seen_) != std::string::npos || child_.has_ended(); });
  const auto found = shown.find(text, seen_);
  if (found == std::string::npos) {
    throw std::runtime_error("the terminal never showed '" + text + "' but:\n" + shown + "\n--- errors\n" +
                             child_.so_far().errors);
  }
  seen_ = found + text.size();
}

void TerminalSession::send(const std::string& text) {
  if (::write(ends_.controller.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("cannot type");
  }
}

void TerminalSession::wait_until(const std::function<bool()>& done) {
  child_.exchange([&] { return done() || child_.has_ended(); });
  if (!done()) throw std::runtime_error("the program ended too early:\n" + child_.so_far().terminal);
}

bool TerminalSession::echoes() const {
  termios settings{};
  if (::tcgetattr(ends_.controller.number(), &settings) != 0) throw std::runtime_error("cannot ask the terminal");
  return (settings.c_lflag & static_cast<tcflag_t>(ECHO)) != 0;
}

void TerminalSession::send_signal(int number) { ::kill(child_.id(), number); }

Outcome TerminalSession::wait() {
  child_.exchange([&] { return child_.has_ended(); });
  echoed_at_end_ = echoes();
  ends_.device.close();
  return child_.wait();
}

}  // namespace eidtool::tests
