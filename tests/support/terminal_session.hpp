// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "support/process.hpp"

namespace eidtool::tests {

/// A program at a terminal of its own (/dev/tty works), and the person who types. Streams that are
/// pipes are fed and read beside it.
class TerminalSession {
 public:
  struct Shape {
    Child::Stream input = Child::Stream::terminal;
    Child::Stream output = Child::Stream::terminal;
    Child::Stream errors = Child::Stream::terminal;
    unsigned short rows = 24;
    unsigned short columns = 80;
  };
  TerminalSession(const Program& program, const Shape& shape);

  /// Waits until the terminal shows `text` behind what was expected before. Throws where the program
  /// ends without.
  void expect(const std::string& text);
  void send(const std::string& text);
  /// Keeps reading until `done`, or the program ends: then it throws.
  void wait_until(const std::function<bool()>& done);
  /// Whether the terminal shows what is typed.
  bool echoes() const;
  void send_signal(int number);
  /// What the terminal was sent so far.
  const std::string& shown() const { return child_.so_far().terminal; }
  pid_t id() const { return child_.id(); }
  /// Keeps reading until the program ends.
  Outcome wait();
  /// After wait(): whether the program left the terminal echoing.
  bool echoed_at_end() const { return echoed_at_end_; }

 private:
  struct Ends {
    FileDescriptor controller;
    FileDescriptor device;
  };
  static Ends open(const Shape& shape);
  static Child::Terminal terminal_of(const Ends& ends, const Shape& shape);

  Ends ends_;
  Child child_;
  std::size_t seen_ = 0;
  bool echoed_at_end_ = false;
};

/// What is typed to cancel, and to say that there is no more.
inline constexpr const char* control_c = "\x03";
inline constexpr const char* control_d = "\x04";
inline constexpr const char* control_z = "\x1a";

}  // namespace eidtool::tests
